//===- StructureOps.cpp - Functions, calls, state, loops ------------------===//
//
// Syntax and verification of the ops in StructureOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/Dialect.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace stator;

/// Gives arguments that have no location of their own one with their name, so
/// that printing shows it again. Numbered names (%0, %arg0) say nothing.
static void keepArgumentNames(OpAsmParser &Parser,
                              MutableArrayRef<OpAsmParser::Argument> Args) {
  for (OpAsmParser::Argument &Arg : Args) {
    StringRef Name = Arg.ssaName.name.drop_front();
    StringRef Rest = Name;
    Rest.consume_front("arg");
    if (Arg.sourceLoc || llvm::all_of(Rest, llvm::isDigit))
      continue;
    Arg.sourceLoc =
        NameLoc::get(Parser.getBuilder().getStringAttr(Name),
                     Parser.getEncodedSourceLoc(Arg.ssaName.location));
  }
}

/// Names block arguments after their locations.
static void nameArguments(Region &Region, OpAsmSetValueNameFn SetName) {
  for (BlockArgument Arg : Region.getArguments())
    if (StringRef Path = getPathOfLocation(Arg.getLoc()); !Path.empty())
      SetName(Arg, sanitizeValueName(Path));
}

//===----------------------------------------------------------------------===//
// FuncOp
//===----------------------------------------------------------------------===//

void FuncOp::build(OpBuilder &Builder, OperationState &State, StringRef Name,
                   FunctionType Type) {
  State.addAttribute(getSymNameAttrName(State.name),
                     Builder.getStringAttr(Name));
  State.addAttribute(getFunctionTypeAttrName(State.name), TypeAttr::get(Type));
  State.addRegion();
}

ParseResult FuncOp::parse(OpAsmParser &Parser, OperationState &Result) {
  Builder &Builder = Parser.getBuilder();
  (void)impl::parseOptionalVisibilityKeyword(Parser, Result.attributes);
  if (succeeded(Parser.parseOptionalKeyword("kernel")))
    Result.addAttribute(getKernelAttrName(Result.name), Builder.getUnitAttr());

  StringAttr Name;
  SmallVector<OpAsmParser::Argument> Args;
  SmallVector<Type> ResultTypes;
  SmallVector<DictionaryAttr> ResultAttrs;
  bool IsVariadic = false;
  if (Parser.parseSymbolName(Name, getSymNameAttrName(Result.name),
                             Result.attributes) ||
      function_interface_impl::parseFunctionSignatureWithArguments(
          Parser, /*allowVariadic=*/false, Args, IsVariadic, ResultTypes,
          ResultAttrs) ||
      Parser.parseOptionalAttrDictWithKeyword(Result.attributes))
    return failure();

  SmallVector<Type> ArgTypes;
  for (const OpAsmParser::Argument &Arg : Args)
    ArgTypes.push_back(Arg.type);
  Result.addAttribute(
      getFunctionTypeAttrName(Result.name),
      TypeAttr::get(Builder.getFunctionType(ArgTypes, ResultTypes)));
  call_interface_impl::addArgAndResultAttrs(Builder, Result, Args, ResultAttrs,
                                            getArgAttrsAttrName(Result.name),
                                            getResAttrsAttrName(Result.name));

  // A declaration may leave out the names of its arguments.
  if (llvm::all_of(Args, [](const OpAsmParser::Argument &Arg) {
        return !Arg.ssaName.name.empty();
      }))
    keepArgumentNames(Parser, Args);
  Region *Body = Result.addRegion();
  SMLoc BodyLoc = Parser.getCurrentLocation();
  OptionalParseResult Parsed = Parser.parseOptionalRegion(*Body, Args);
  if (Parsed.has_value()) {
    if (failed(*Parsed))
      return failure();
    if (Body->empty())
      return Parser.emitError(BodyLoc, "expected a non-empty function body");
  }
  return success();
}

void FuncOp::print(OpAsmPrinter &Printer) {
  Printer << ' ';
  if (std::optional<StringRef> Visibility = getSymVisibility())
    Printer << *Visibility << ' ';
  if (getKernel())
    Printer << "kernel ";
  Printer.printSymbolName(getSymName());
  function_interface_impl::printFunctionSignature(
      Printer, *this, getArgumentTypes(), /*isVariadic=*/false,
      getResultTypes());
  function_interface_impl::printFunctionAttributes(
      Printer, *this,
      {getSymVisibilityAttrName(), getKernelAttrName(),
       getFunctionTypeAttrName(), getArgAttrsAttrName(),
       getResAttrsAttrName()});
  if (!isExternal()) {
    Printer << ' ';
    Printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                        /*printBlockTerminators=*/true);
  }
}

void FuncOp::getAsmBlockArgumentNames(Region &Region,
                                      OpAsmSetValueNameFn SetName) {
  nameArguments(Region, SetName);
}

LogicalResult FuncOp::verify() {
  if (getKernel() && isExternal())
    return emitOpError() << "a kernel needs a body";
  if (!isExternal() && !getBody().hasOneBlock())
    return emitOpError() << "the body must be one block, found "
                         << getBody().getBlocks().size();
  // The value that a tensor of the state has after the step must be one.
  llvm::SmallDenseMap<StringAttr, WriteOp> Writes;
  WalkResult Result = walk([&](WriteOp Write) {
    auto [Earlier, IsFirst] =
        Writes.try_emplace(Write.getParameterAttr().getAttr(), Write);
    if (!IsFirst) {
      InFlightDiagnostic Error = Write.emitOpError() << Write.getParameterAttr()
                                                     << " is already written";
      Error.attachNote(Earlier->second.getLoc()) << "here";
      return WalkResult::interrupt();
    }
    if (Write->getParentOp() != getOperation()) {
      Write.emitOpError() << "must not be in a loop";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(Result.wasInterrupted());
}

LogicalResult ReturnOp::verify() {
  auto Func = cast<FuncOp>((*this)->getParentOp());
  if (TypeRange(getOperandTypes()) != TypeRange(Func.getResultTypes()))
    return emitOpError() << "returns (" << getOperandTypes() << "), but @"
                         << Func.getSymName() << " is declared with ("
                         << Func.getResultTypes() << ")";
  return success();
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

/// Checks that the function `callee` exists, has or lacks `kernel`, and fits.
static LogicalResult verifyFunctionUse(Operation *Op,
                                       SymbolTableCollection &SymbolTable,
                                       FlatSymbolRefAttr Callee,
                                       bool IsKernel) {
  auto Func = SymbolTable.lookupNearestSymbolFrom<FuncOp>(Op, Callee);
  if (!Func)
    return Op->emitOpError() << "there is no function " << Callee;
  if (Func.getKernel() != IsKernel)
    return Op->emitOpError()
           << Callee
           << (IsKernel ? " is no kernel; stator.call applies it"
                        : " is a kernel; stator.launch runs it");
  FunctionType Type = Func.getFunctionType();
  if (TypeRange(Op->getOperandTypes()) != TypeRange(Type.getInputs()))
    return Op->emitOpError()
           << "passes (" << Op->getOperandTypes() << ") to " << Callee
           << ", which takes (" << Type.getInputs() << ")";
  if (TypeRange(Op->getResultTypes()) != TypeRange(Type.getResults()))
    return Op->emitOpError()
           << "expects (" << Op->getResultTypes() << ") from " << Callee
           << ", which returns (" << Type.getResults() << ")";
  return success();
}

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &SymbolTable) {
  return verifyFunctionUse(*this, SymbolTable, getCalleeAttr(),
                           /*IsKernel=*/false);
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &SymbolTable) {
  // A kernel that was lowered is a function on memory, of another dialect.
  Operation *Kernel =
      SymbolTable.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (isa_and_nonnull<FunctionOpInterface>(Kernel) && !isa<FuncOp>(Kernel))
    return success();
  return verifyFunctionUse(*this, SymbolTable, getKernelAttr(),
                           /*IsKernel=*/true);
}

/// Checks that the tensor of the state exists and has the type of the value.
static LogicalResult verifyParameterUse(Operation *Op,
                                        SymbolTableCollection &SymbolTable,
                                        FlatSymbolRefAttr Name, Type Type) {
  auto Parameter = SymbolTable.lookupNearestSymbolFrom<ParameterOp>(Op, Name);
  if (!Parameter)
    return Op->emitOpError() << "there is no parameter " << Name;
  if (Parameter.getType() != Type)
    return Op->emitOpError() << "has " << Type << ", but " << Name << " is "
                             << Parameter.getType();
  return success();
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &SymbolTable) {
  return verifyParameterUse(*this, SymbolTable, getParameterAttr(),
                            getResult().getType());
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &SymbolTable) {
  return verifyParameterUse(*this, SymbolTable, getParameterAttr(),
                            getValue().getType());
}

LogicalResult ParameterOp::verify() {
  bool IsOwn = getRole() == Role::Parameter || getRole() == Role::Cache;
  if (IsOwn == bool(getOf()))
    return emitOpError() << (getOf() ? "a parameter belongs to no other, but "
                                     : "a moment, gradient or scale names with "
                                       "`of` the parameter that it belongs "
                                       "to; ")
                         << '@' << getSymName()
                         << (getOf() ? " is `of` another" : " does not");
  double A = getInit().getA().getValueAsDouble();
  double B = getInit().getB().getValueAsDouble();
  if (getInit().getKind() == InitKind::Normal && !(B >= 0))
    return emitOpError() << "standard deviation must not be negative, found "
                         << B;
  if (getInit().getKind() == InitKind::Uniform && !(A <= B))
    return emitOpError() << "bounds must be in order, found " << A << " and "
                         << B;
  return success();
}

LogicalResult
ParameterOp::verifySymbolUses(SymbolTableCollection &SymbolTable) {
  FlatSymbolRefAttr Of = getOfAttr();
  if (!Of)
    return success();
  // The scales of weights have a shape of their own.
  if (getRole() != Role::Scale)
    return verifyParameterUse(*this, SymbolTable, Of, getType());
  auto Weights = SymbolTable.lookupNearestSymbolFrom<ParameterOp>(*this, Of);
  if (Weights && Weights.getTensorType().getElementType().isInteger(8))
    return success();
  return emitOpError() << "scales belong to a parameter of i8; " << Of
                       << " is none";
}

//===----------------------------------------------------------------------===//
// ScanOp
//===----------------------------------------------------------------------===//

/// The type of one slice of a sequence: without `axis`.
static RankedTensorType getSliceType(RankedTensorType Type, int64_t Axis) {
  SmallVector<int64_t> Shape(Type.getShape());
  Shape.erase(Shape.begin() + Axis);
  return RankedTensorType::get(Shape, Type.getElementType());
}

void ScanOp::getAsmBlockArgumentNames(Region &Region,
                                      OpAsmSetValueNameFn SetName) {
  nameArguments(Region, SetName);
}

/// Reads `keyword(%arg = %operand, ...)`.
static ParseResult
parseAssignments(OpAsmParser &Parser, StringRef Keyword,
                 SmallVectorImpl<OpAsmParser::Argument> &Args,
                 SmallVectorImpl<OpAsmParser::UnresolvedOperand> &Operands) {
  if (failed(Parser.parseOptionalKeyword(Keyword)))
    return success();
  return Parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&]() {
    return failure(Parser.parseArgument(Args.emplace_back()) ||
                   Parser.parseEqual() ||
                   Parser.parseOperand(Operands.emplace_back()));
  });
}

ParseResult ScanOp::parse(OpAsmParser &Parser, OperationState &Result) {
  Builder &Builder = Parser.getBuilder();
  IntegerAttr Axis, Length;
  Type I64 = Builder.getI64Type();
  if (Parser.parseKeyword("axis") ||
      Parser.parseAttribute(Axis, I64, getAxisAttrName(Result.name),
                            Result.attributes) ||
      Parser.parseKeyword("length") ||
      Parser.parseAttribute(Length, I64, getLengthAttrName(Result.name),
                            Result.attributes))
    return failure();
  if (succeeded(Parser.parseOptionalKeyword("reverse")))
    Result.addAttribute(getReverseAttrName(Result.name), Builder.getUnitAttr());

  SmallVector<OpAsmParser::Argument> Args;
  SmallVector<OpAsmParser::UnresolvedOperand> Operands;
  if (parseAssignments(Parser, "carries", Args, Operands))
    return failure();
  size_t NumInits = Operands.size();
  if (parseAssignments(Parser, "over", Args, Operands))
    return failure();

  FunctionType Type;
  SMLoc TypeLoc = Parser.getCurrentLocation();
  if (Parser.parseColonType(Type))
    return failure();
  if (Type.getNumInputs() != Operands.size())
    return Parser.emitError(TypeLoc)
           << "expected " << Operands.size() << " operand types, found "
           << Type.getNumInputs();
  for (auto [Index, Pair] :
       llvm::enumerate(llvm::zip_equal(Args, Type.getInputs()))) {
    auto &[Arg, OperandType] = Pair;
    auto Tensor = dyn_cast<RankedTensorType>(OperandType);
    bool IsSequence = Index >= NumInits;
    if (!Tensor || (IsSequence &&
                    (Axis.getInt() < 0 || Axis.getInt() >= Tensor.getRank())))
      return Parser.emitError(TypeLoc)
             << "expected a tensor" << (IsSequence ? " with axis " : "")
             << (IsSequence ? Twine(Axis.getInt()) : Twine()) << ", found "
             << OperandType;
    Arg.type = IsSequence ? getSliceType(Tensor, Axis.getInt()) : Tensor;
  }
  keepArgumentNames(Parser, Args);
  if (Parser.resolveOperands(Operands, Type.getInputs(), TypeLoc,
                             Result.operands))
    return failure();
  Result.addTypes(Type.getResults());
  Result.getOrAddProperties<Properties>().operandSegmentSizes = {
      static_cast<int32_t>(NumInits),
      static_cast<int32_t>(Operands.size() - NumInits)};
  Region *Body = Result.addRegion();
  if (Parser.parseOptionalAttrDictWithKeyword(Result.attributes) ||
      Parser.parseRegion(*Body, Args))
    return failure();
  ensureTerminator(*Body, Builder, Result.location);
  return success();
}

void ScanOp::print(OpAsmPrinter &Printer) {
  Printer << " axis " << getAxis() << " length " << getLength();
  if (getReverse())
    Printer << " reverse";
  auto PrintAssignments = [&](StringRef Keyword, auto Args,
                              OperandRange Operands) {
    if (Operands.empty())
      return;
    Printer << ' ' << Keyword << '(';
    llvm::interleaveComma(llvm::zip_equal(Args, Operands), Printer,
                          [&](auto Pair) {
                            Printer.printRegionArgument(std::get<0>(Pair), {},
                                                        /*omitType=*/true);
                            Printer << " = " << std::get<1>(Pair);
                          });
    Printer << ')';
  };
  auto Args = getBody().getArguments();
  PrintAssignments("carries", Args.take_front(getInits().size()), getInits());
  PrintAssignments("over", Args.drop_front(getInits().size()), getSequences());
  Printer << " : ";
  Printer.printFunctionalType(*this);
  Printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getAxisAttrName(), getLengthAttrName(),
                            getReverseAttrName(), "operandSegmentSizes"});
  Printer << ' ';
  Printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/true);
}

LogicalResult ScanOp::verify() {
  int64_t Length = getLength(), Axis = getAxis();
  if (Length <= 0)
    return emitOpError() << "length must be positive, found " << Length;
  size_t NumInits = getInits().size();
  auto Args = getBody().getArguments();
  if (Args.size() != getNumOperands())
    return emitOpError() << "the body has " << Args.size() << " arguments for "
                         << getNumOperands() << " carries and sequences";
  auto CheckSequence = [&](StringRef What, size_t Index, Type SequenceType,
                           Type Slice) -> LogicalResult {
    auto Tensor = cast<RankedTensorType>(SequenceType);
    if (Axis < 0 || Axis >= Tensor.getRank() ||
        Tensor.getDimSize(Axis) != Length)
      return emitOpError() << What << ' ' << Index << " must be " << Length
                           << " long along axis " << Axis << ", found "
                           << Tensor;
    if (getSliceType(Tensor, Axis) != Slice)
      return emitOpError() << "slice of " << What << ' ' << Index << " is "
                           << getSliceType(Tensor, Axis) << ", but the body "
                           << (What == "output" ? "yields " : "takes ")
                           << Slice;
    return success();
  };
  for (auto [Index, Sequence] : llvm::enumerate(getSequences()))
    if (failed(CheckSequence("sequence", Index, Sequence.getType(),
                             Args[NumInits + Index].getType())))
      return failure();

  auto Yield = cast<YieldOp>(getBody().front().getTerminator());
  if (Yield.getNumOperands() != getNumResults() || getNumResults() < NumInits)
    return emitOpError() << "has " << getNumResults() << " results and "
                         << NumInits << " carries, but the body yields "
                         << Yield.getNumOperands() << " values";
  for (size_t Index = 0; Index < NumInits; ++Index) {
    Type Init = getInits()[Index].getType();
    for (auto [What, Found] :
         {std::pair("argument", Args[Index].getType()),
          std::pair("yielded value", Yield.getOperand(Index).getType()),
          std::pair("result", getResult(Index).getType())})
      if (Found != Init)
        return emitOpError() << "carry " << Index << " starts as " << Init
                             << ", but its " << What << " is " << Found;
  }
  for (size_t Index = NumInits; Index < getNumResults(); ++Index)
    if (failed(CheckSequence("output", Index - NumInits,
                             getResult(Index).getType(),
                             Yield.getOperand(Index).getType())))
      return failure();
  return success();
}
