//===- DecodingStep.cpp - The incremental form of @forward ----------------===//
//
// Planning and building of a step, and what is the same for all ops. What is
// special about an op is in DecodingForms.cpp.
//
//===----------------------------------------------------------------------===//

#include "passes/DecodingStep.h"
#include "ir/Splat.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/EntryPoints.h"
#include "passes/PointwiseDims.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace stator {

//===----------------------------------------------------------------------===//
// Caches
//===----------------------------------------------------------------------===//

ParameterOp DecodingCaches::get(Value Value, StringRef Kind,
                                RankedTensorType Type) {
  ParameterOp &Cache = Caches[Value][Kind];
  if (Cache)
    return Cache;
  StringRef Path = getPathOfLocation(Value.getLoc());
  std::string Stem = ("cache." + (Path.empty() ? "value" : Path)).str();
  std::string Name = Stem;
  for (unsigned I = 1;
       !Names.insert(Name).second || SymbolTable::lookupSymbolIn(Module, Name);
       ++I)
    Name = Stem + "." + std::to_string(I);
  MLIRContext *Context = Module.getContext();
  OpBuilder Builder(Context);
  // After the last parameter, so that the state stays as it is.
  Operation *Before = nullptr;
  for (ParameterOp Parameter : Module.getOps<ParameterOp>())
    Before = Parameter;
  if (Before)
    Builder.setInsertionPointAfter(Before);
  else
    Builder.setInsertionPointToStart(Module.getBody());
  Cache = ParameterOp::create(
      Builder, Value.getLoc(), StringAttr::get(Context, Name),
      /*sym_visibility=*/nullptr, TypeAttr::get(Type),
      InitAttr::get(Context, InitKind::Constant, 0.0, 0.0),
      RoleAttr::get(Context, Role::Cache), /*of=*/nullptr, /*frozen=*/nullptr,
      /*decay=*/nullptr, /*transposed=*/nullptr);
  return Cache;
}

void DecodingCaches::clear() {
  for (auto &[Value, Kinds] : Caches)
    for (auto &[Kind, Cache] : Kinds)
      Cache.erase();
  Caches.clear();
  Names.clear();
}

//===----------------------------------------------------------------------===//
// Planning and building
//===----------------------------------------------------------------------===//

DecodingStep::DecodingStep(FuncOp Forward, const TimeAnalysis &Time,
                           DecodingCaches &Caches, int64_t Width)
    : Forward(Forward), Time(Time), Caches(Caches), Width(Width),
      ReasonLoc(Forward.getLoc()) {}

Value DecodingStep::fail(Operation *Op, const Twine &Why) {
  if (Reason.empty()) {
    Reason = Why.str();
    ReasonLoc = Op->getLoc();
  }
  return {};
}

/// The value in a form: noted as needed while planning, or what was built.
Value DecodingStep::use(Value Value, StepForm Form) {
  // One position alone is both.
  if (Form.What == Kind::Last && Width == 1)
    Form = StepForm::rows(Form.Dim);
  if (Planning) {
    auto &Forms = Needed[Value];
    if (!llvm::is_contained(Forms, Form))
      Forms.push_back(Form);
    return {};
  }
  return build(Value, Form);
}

/// The form of a value, built if it is not yet. It is where its turn has come;
/// only what a text begins with is used before that, by what is delayed.
Value DecodingStep::build(Value Value, StepForm Form) {
  for (auto [Other, Result] : Built.lookup(Value))
    if (Other == Form)
      return Result;
  mlir::Value Result = make(Value, Form);
  Built[Value].push_back({Form, Result});
  return Result;
}

// Users come after what they use, so that walking backwards all that is needed
// of a value is known when it is reached. Whole may need rows of its own value,
// and the last row is taken from the rows if those are needed anyway.
bool DecodingStep::plan() {
  auto Visit = [&](Value Value) {
    auto Make = [&](auto Matches) {
      for (size_t I = 0; I < Needed[Value].size(); ++I)
        if (StepForm Form = Needed[Value][I]; Matches(Form))
          make(Value, Form);
    };
    Make([](StepForm F) { return F.What == Kind::Whole; });
    Make([](StepForm F) { return F.What == Kind::Rows && F.Shift != 0; });
    Make([](StepForm F) { return F.What == Kind::Last; });
    Make([](StepForm F) { return F.What == Kind::Rows && F.Shift == 0; });
  };
  for (Operation &Op :
       llvm::reverse(Forward.getBody().front().without_terminator())) {
    for (Value Result : Op.getResults())
      if (Needed.contains(Result))
        Visit(Result);
    if (!Reason.empty())
      return false;
  }
  if (Needed.contains(Forward.getArgument(0)))
    Visit(Forward.getArgument(0));
  return Reason.empty();
}

FuncOp DecodingStep::build() {
  Operation *Return = Forward.getBody().front().getTerminator();
  Value Logits = Return->getOperand(0);
  auto LogitsType = cast<RankedTensorType>(Logits.getType());
  if (LogitsType.getRank() != 3 || !isAlongTime(Logits, 1)) {
    fail(Return, "the logits do not vary along their second dimension");
    return {};
  }
  StepForm Form = StepForm::last(1);
  use(Logits, Form);
  if (!plan())
    return {};
  Planning = false;

  MLIRContext *Context = Forward.getContext();
  auto Tokens = cast<RankedTensorType>(Forward.getArgument(0).getType());
  Type Arguments[] = {RankedTensorType::get({Tokens.getDimSize(0), Width},
                                            Tokens.getElementType())};
  Type Results[] = {RankedTensorType::get(
      {LogitsType.getDimSize(0), LogitsType.getDimSize(2)},
      LogitsType.getElementType())};
  OpBuilder AtForward(Context);
  AtForward.setInsertionPointAfter(Forward);
  Step = FuncOp::create(AtForward, Forward.getLoc(),
                        entry::DecodePrefix.str() + std::to_string(Width),
                        FunctionType::get(Context, Arguments, Results));
  Block *Body = &Step.getBody().emplaceBlock();
  Body->addArgument(Arguments[0], Forward.getArgument(0).getLoc());

  ImplicitLocOpBuilder Builder(Forward.getLoc(), Context);
  B = &Builder;
  B->setInsertionPointToEnd(Body);
  auto Scalar = RankedTensorType::get({}, B->getI32Type());
  auto Name = [&](StringRef Path) {
    B->setLoc(NameLoc::get(B->getStringAttr(Path), Forward.getLoc()));
  };
  Name("position");
  Position = InfoOp::create(*B, Scalar, InfoKind::Position);
  Name("last");
  Last = InfoOp::create(*B, Scalar, InfoKind::Last);
  Name("last_position");
  LastPosition = IAddOp::create(*B, Position, Last);
  Name("is_first");
  IsFirst = CompareOp::create(*B, RankedTensorType::get({}, B->getI1Type()),
                              Predicate::EQ, Position,
                              createSplat(*B, B->getLoc(), Scalar, 0));

  auto Visit = [&](Value Value) {
    B->setLoc(Value.getLoc());
    // The rows of the step first, which all else is made of.
    auto Make = [&](auto Matches) {
      for (StepForm Form : Needed.lookup(Value))
        if (Matches(Form))
          build(Value, Form);
    };
    Make([](StepForm F) { return F.What == Kind::Rows && F.Shift == 0; });
    Make([](StepForm F) { return F.What == Kind::Rows && F.Shift != 0; });
    Make([](StepForm F) { return F.What != Kind::Rows; });
  };
  Visit(Forward.getArgument(0));
  for (Operation &Op : Forward.getBody().front().without_terminator())
    for (Value Result : Op.getResults())
      if (Needed.contains(Result))
        Visit(Result);

  B->setLoc(Return->getLoc());
  Value Result = ReshapeOp::create(*B, Results[0], use(Logits, Form));
  for (auto &[Cache, Value] : Writes) {
    B->setLoc(Cache->getLoc());
    WriteOp::create(*B, Value, cast<ParameterOp>(Cache).getSymName());
  }
  B->setLoc(Return->getLoc());
  ReturnOp::create(*B, Result);
  return Step;
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

Value DecodingStep::make(Value Value, StepForm Form) {
  if (Form.What == Kind::Whole)
    return makeWhole(Value);
  if (varies(Value) && !isAlongTime(Value, Form.Dim))
    return fail(Value.getDefiningOp() ? Value.getDefiningOp()
                                      : Forward.getOperation(),
                "positions are needed along another dimension than time");
  if (Form.What == Kind::Last && varies(Value) &&
      llvm::is_contained(Needed.lookup(Value), StepForm::rows(Form.Dim))) {
    mlir::Value Rows = use(Value, StepForm::rows(Form.Dim));
    return Planning ? Rows : sliceAt(Rows, Last, Form.Dim, 1);
  }
  if (auto Argument = dyn_cast<BlockArgument>(Value))
    return makeArgument(Argument, Form);
  return makePart(cast<OpResult>(Value), Form);
}

Value DecodingStep::makeArgument(BlockArgument Argument, StepForm Form) {
  if (Argument.getArgNumber() != 0)
    return fail(Forward, "there is an input besides the tokens");
  if (Form.Shift != 0)
    return makeDelayed(Argument, Form);
  if (Planning)
    return {};
  mlir::Value Tokens = Step.getArgument(0);
  return Form.What == Kind::Rows ? Tokens : sliceAt(Tokens, Last, Form.Dim, 1);
}

/// What does not vary is computed as it was; of what does, the positions of all
/// steps are kept.
Value DecodingStep::makeWhole(Value Value) {
  Operation *Op = Value.getDefiningOp();
  if (varies(Value)) {
    TimeAxis Axis = Time.getAxis(Value);
    if (Axis.Prefix >= 0 || Axis.KeyAxis)
      return fail(Op ? Op : Forward.getOperation(),
                  Axis.Prefix >= 0 ? "all of it depends on all positions"
                                   : "it is needed for all pairs of positions");
    if (!hasAllPositions(Value, *Axis.Axis))
      return fail(Op, "it is kept, but not for all positions");
    Caches.IsBounded = true;
    mlir::Value Rows = use(Value, StepForm::rows(*Axis.Axis));
    if (Planning)
      return {};
    ParameterOp Cache =
        Caches.get(Value, "all", cast<RankedTensorType>(Value.getType()));
    mlir::Value All =
        UpdateSliceOp::create(*B, Value.getType(), readCache(Cache), Position,
                              Rows, *Axis.Axis, /*ring=*/false);
    writeCache(Cache, All);
    return All;
  }
  if (!Op)
    return fail(Forward, "there is an input besides the tokens");
  IRMapping Mapping;
  llvm::SetVector<mlir::Value> Used(Op->operand_begin(), Op->operand_end());
  getUsedValuesDefinedAbove(Op->getRegions(), Used);
  for (mlir::Value Operand : Used)
    Mapping.map(Operand, use(Operand, StepForm::whole()));
  if (Planning)
    return {};
  Operation *&Clone = Wholes[Op];
  if (!Clone)
    Clone = B->clone(*Op, Mapping);
  return Clone->getResult(cast<OpResult>(Value).getResultNumber());
}

Value DecodingStep::makePart(OpResult Result, StepForm Form) {
  Operation *Op = Result.getOwner();
  if (Form.What == Kind::Rows && varies(Result) && movesAlong(Op, Form.Dim))
    return makeShifted(Result, Form);
  if (Form.Shift != 0)
    return makeDelayed(Result, Form);
  if (auto Iota = dyn_cast<IotaOp>(Op);
      Iota && static_cast<int64_t>(Iota.getAxis()) == Form.Dim)
    return makeIota(Iota, Form);
  if (std::optional<PointwiseDims> Dims = getPointwiseDims(Result, Form.Dim)) {
    // A table of something for each position, such as learned embeddings.
    if (isa<GatherOp>(Op) && !varies(Result))
      Caches.IsBounded = true;
    return makePointwise(Result, Form, *Dims);
  }
  if (!varies(Result)) {
    if (!hasAllPositions(Result, Form.Dim))
      return fail(Op, "a table that does not have all positions");
    Caches.IsBounded = true;
    Value All = use(Result, StepForm::whole());
    return Planning ? All
                    : sliceAt(All, getStart(Form), Form.Dim, getSize(Form));
  }
  if (auto Attention = dyn_cast<AttentionOp>(Op))
    return makeAttention(Attention, Form);
  if (auto Mask = dyn_cast<CausalMaskOp>(Op))
    return makeMask(Mask, Form);
  // The others need all rows of the step to know one.
  if (Form.What == Kind::Last) {
    Value Rows = use(Result, StepForm::rows(Form.Dim));
    return Planning ? Rows : sliceAt(Rows, Last, Form.Dim, 1);
  }
  if (auto Cumsum = dyn_cast<CumsumOp>(Op))
    return makeCumsum(Cumsum, Form);
  if (auto Scan = dyn_cast<ScanOp>(Op))
    return makeScan(Scan, Result, Form);
  return fail(Op, "it cannot be continued from one position to the next");
}

/// The op on the rows of its operands; `Dims` are those of time.
Value DecodingStep::makePointwise(OpResult Result, StepForm Form,
                                  ArrayRef<std::optional<int64_t>> Dims) {
  SmallVector<Value> Operands;
  for (auto [Operand, Dim] :
       llvm::zip_equal(Result.getOwner()->getOperands(), Dims)) {
    StepForm Wanted = Form;
    Wanted.Dim = Dim.value_or(-1);
    Operands.push_back(use(Operand, Dim ? Wanted : StepForm::whole()));
  }
  return Planning ? Value()
                  : cloneWith(Result, Operands, Form.Dim, getSize(Form));
}

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

RankedTensorType DecodingStep::resize(Type Of, int64_t Dim, int64_t Size) {
  auto Type = cast<RankedTensorType>(Of);
  SmallVector<int64_t> Shape(Type.getShape());
  Shape[Dim] = Size;
  return RankedTensorType::get(Shape, Type.getElementType());
}

/// The op again on other operands; its result has another size of one
/// dimension. Other results are dead.
Value DecodingStep::cloneWith(OpResult Result, ValueRange Operands, int64_t Dim,
                              int64_t Size) {
  Operation *Op = Result.getOwner();
  if (auto Constant = dyn_cast<ConstantOp>(Op)) {
    auto Splat = cast<SplatElementsAttr>(Constant.getValue());
    return ConstantOp::create(
        *B, Splat.resizeSplat(resize(Result.getType(), Dim, Size)));
  }
  OperationState State(Op->getLoc(), Op->getName());
  State.addOperands(Operands);
  State.addAttributes(Op->getAttrs());
  for (OpResult Each : Op->getResults())
    State.addTypes(resize(Each.getType(), Dim, Size));
  return B->create(State)->getResult(Result.getResultNumber());
}

Value DecodingStep::sliceAt(Value Value, mlir::Value Offset, int64_t Dim,
                            int64_t Size) {
  return DynamicSliceOp::create(*B, resize(Value.getType(), Dim, Size), Value,
                                Offset, Dim);
}

/// Where the positions of a form begin.
Value DecodingStep::getStart(StepForm Form) {
  return Form.What == Kind::Last ? LastPosition : Position;
}

/// `First` in the first step of a text, `Later` in all others.
Value DecodingStep::atStart(Value First, Value Later) {
  auto Type = cast<RankedTensorType>(Later.getType());
  Value Condition = BroadcastOp::create(
      *B, RankedTensorType::get(Type.getShape(), B->getI1Type()), IsFirst,
      ArrayRef<int64_t>());
  return SelectOp::create(*B, Condition, First, Later);
}

Value DecodingStep::readCache(ParameterOp Cache) {
  Value &Read = Reads[Cache];
  if (!Read) {
    OpBuilder::InsertionGuard Guard(*B);
    B->setInsertionPointToStart(&Step.getBody().front());
    Read = ReadOp::create(*B, Cache.getTensorType(), Cache.getSymName());
  }
  return Read;
}

void DecodingStep::writeCache(ParameterOp Cache, Value Value) {
  Writes[Cache] = Value;
}

} // namespace stator
