//===- ElaborateModel.cpp - Parameters, @forward, @loss -------------------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace stator;

/// Names that passes give to functions; a parameter cannot have them.
static constexpr StringLiteral EntryNames[] = {
    "forward",    "loss",   "gradients", "train_step",
    "accumulate", "update", "evaluate"};

Elaborator::Elaborator(mlir::MLIRContext &Context, const Program &P,
                       const FrontendOptions &Options, SourceMgr &Sources,
                       Diagnostics &Diags)
    : Context(Context), P(P), Options(Options), Sources(Sources), Diags(Diags),
      Builder(&Context) {
  for (StringRef Name : EntryNames)
    SymbolNames.insert(Name);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// In words, what a frame is: "Attention(width=128, heads=4)".
std::string Elaborator::describeFrame(const Frame &F) {
  if (F.Self)
    return F.Self->describe();
  return F.Fn ? ("fn '" + F.Fn->Name.Text + "'").str() : std::string();
}

void Elaborator::noteCallers(const Frame *F) {
  unsigned Left = 4;
  for (; F && Left; F = F->Caller) {
    std::string What = describeFrame(*F);
    if (!F->CallRange.isValid() || What.empty())
      continue;
    note(F->CallRange, "in " + What +
                           (F->Kind == FrameKind::Body && F->Self
                                ? ", which is made here"
                                : ", which is called here"));
    --Left;
  }
}

Datum Elaborator::error(SMRange Range, const Twine &Message, SMRange Related,
                        const Twine &RelatedText) {
  auto IsInStd = [&](SMRange R) {
    return Sources.FindBufferContainingLoc(R.Start) != Sources.getMainFileID();
  };
  // The frame through which the model file came into the standard library.
  const Frame *User = Current;
  if (IsInStd(Range))
    while (User && (!User->CallRange.isValid() || IsInStd(User->CallRange)))
      User = User->Caller;
  if (!User || !IsInStd(Range)) {
    Diags.error(Range, Message);
    if (Related.isValid())
      note(Related, RelatedText);
    noteCallers(Current);
    return Datum::poison();
  }
  Diags.error(User->CallRange, "in " + describeFrame(*User) + ": " + Message);
  note(Range, "it is found here, in the standard library");
  if (Related.isValid())
    note(Related, RelatedText);
  noteCallers(User->Caller);
  return Datum::poison();
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

bool Elaborator::checkParameters() {
  int64_t Total = 0;
  bool Ok = true;
  for (Parameter *Param : Root->Parameters) {
    if (Param->TiedTo)
      continue;
    int64_t Elements = 1;
    for (const Dim &D : Param->Dims)
      Elements *= D.Size; // Each was checked when it was declared.
    if (AddOverflow(Total, Elements, Total) || Total > limits::Parameters) {
      error(P.Model->Name.Range,
            "this model has too many parameters; Stator allows " +
                Twine(limits::Parameters));
      return false;
    }
    if (!SymbolNames.insert(Param->Path).second) {
      error(Param->Range, "a parameter of the model cannot be called '" +
                              Param->Path +
                              "', which is the name of an entry "
                              "point of the program");
      Ok = false;
    }
  }
  return Ok;
}

void Elaborator::emitParameters() {
  Builder.setInsertionPointToEnd(ModuleOut->getBody());
  for (Parameter *Param : Root->Parameters) {
    if (Param->TiedTo)
      continue;
    InitKind Kind = Param->Init.Kind == Initialiser::Normal ? InitKind::Normal
                    : Param->Init.Kind == Initialiser::Uniform
                        ? InitKind::Uniform
                        : InitKind::Constant;
    ParameterOp::create(
        Builder, makeLocation(Param->Range, Param->Path), Param->Path,
        /*sym_visibility=*/mlir::StringAttr(),
        makeType(ElementKind::F32, Param->Dims, Param->Range),
        InitAttr::get(&Context, Kind, Param->Init.A, Param->Init.B),
        Role::Parameter, /*of=*/mlir::FlatSymbolRefAttr(), Param->Frozen,
        Param->Decay, /*transposed=*/false);
  }
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

/// The loss of each position, by the function that the train block names.
Datum Elaborator::evaluateLoss(const Datum &Logits, const Datum &Targets) {
  const SettingDecl *Setting = TrainSettings.lookup("loss");
  Frame F;
  F.Kind = FrameKind::Code;
  F.Variable = "loss";
  FrameScope Scope(*this, F);
  SMRange Range = Setting ? Setting->Value->Range : P.Model->Name.Range;
  Datum Function =
      Setting ? Train.lookup("loss")
              : Datum::makeBuiltin(findBuiltin("cross_entropy", false));
  if (Function.isPoison())
    return Function;
  if (Function.Kind != DatumKind::Fn && Function.Kind != DatumKind::Builtin)
    return error(Range, "'loss' is a function of the model's output and the "
                        "targets, found " +
                            describe(Function));
  Actuals Given;
  Given.push_back({{}, Logits, Range});
  Given.push_back({{}, Targets, Range});
  Datum Loss = callValue(Function, Given, Range, Range);
  if (Loss.isPoison())
    return Loss;
  if (!Loss.isFloatTensor() || Loss.getRank() != 2 ||
      Loss.Dims[0].Size != Batch || Loss.Dims[1].Size != Time)
    return error(Range, "the loss is one number for each position: expected " +
                            printShape(ElementKind::F32, Targets.Dims) +
                            ", found " + describe(Loss));
  return Loss;
}

bool Elaborator::emitEntry(StringRef Name) {
  bool IsLoss = Name == "loss";
  const FnDecl &Fn = *P.Model->Fn;
  if (Fn.Params.size() != 1) {
    error(Fn.Name.Range, "the fn of a model takes the tokens and nothing else, "
                         "found " +
                             Twine(Fn.Params.size()) + " parameters");
    return false;
  }
  const ParamDecl &Tokens = Fn.Params[0];
  Dim Dims[] = {{Batch, "B"}, {Time, "T"}};
  mlir::RankedTensorType Type =
      makeType(ElementKind::I32, Dims, Tokens.Name.Range);
  if (!Type)
    return false;

  mlir::OpBuilder::InsertionGuard Guard(Builder);
  Builder.clearInsertionPoint();
  mlir::OwningOpRef<FuncOp> Func =
      FuncOp::create(Builder, makeLocation(P.Model->Name.Range, ""), Name,
                     Builder.getFunctionType({}, {}));
  mlir::Block *Entry = new mlir::Block;
  Func->getBody().push_back(Entry);
  Builder.setInsertionPointToEnd(Entry);
  auto AddArgument = [&](StringRef Name) {
    return Datum::makeTensor(
        ElementKind::I32,
        Entry->addArgument(Type, makeLocation(Tokens.Name.Range, Name)),
        save(Dims));
  };
  Actual Given{{}, AddArgument(Tokens.Name.Text), Tokens.Name.Range};
  Datum Targets = IsLoss ? AddArgument("targets") : Datum();

  DenseMap<Parameter *, mlir::Value> Values;
  SmallVector<ReadOp> Reads;
  for (Parameter *Param : Root->Parameters) {
    Parameter *Real = Param->resolve();
    mlir::Value &Value = Values[Real];
    if (!Value) {
      Reads.push_back(ReadOp::create(
          Builder, makeLocation(Real->Range, Real->Path),
          makeType(ElementKind::F32, Real->Dims, Real->Range), Real->Path));
      Value = Reads.back();
    }
    mlir::Value Copy = Value;
    Values[Param] = Copy;
  }
  ParameterValues = &Values;

  Frame F;
  F.Kind = FrameKind::Code;
  F.Self = Root;
  F.Fn = &Fn;
  FrameScope Scope(*this, F);
  const Actual *Bound[] = {&Given};
  bool Ok = bindParameters(Fn, Bound, "model '" + P.Model->Name.Text + "'");
  Datum Result;
  if (Ok) {
    F.Variable = "logits";
    Result = runBody(Fn);
    Ok = !Result.isPoison();
  }
  if (Ok && (!Result.isFloatTensor() || Result.getRank() != 3 ||
             Result.Dims[0].Size != Batch || Result.Dims[1].Size != Time)) {
    error(F.ReturnRange, "a model returns logits: expected f32[" +
                             printDim(Dims[0]) + ", " + printDim(Dims[1]) +
                             ", vocabulary], found " + describe(Result));
    Ok = false;
  }
  if (Ok) {
    Vocabulary = Result.Dims[2].Size;
    if (IsLoss) {
      emitForwardOf(*Func, Result.Tensor, F.ReturnRange);
      Result = evaluateLoss(Result, Targets);
      Ok = !Result.isPoison();
    }
  }
  ParameterValues = nullptr;
  if (!Ok)
    return false;
  ReturnOp::create(Builder, makeLocation(F.ReturnRange, ""), Result.Tensor);
  Func->setFunctionTypeAttr(mlir::TypeAttr::get(Builder.getFunctionType(
      Entry->getArgumentTypes(), Result.Tensor.getType())));
  tidy(*Entry);
  for (ReadOp Read : Reads)
    if (Read->use_empty())
      Read->erase();
  // The loss comes first, then what is only looked at.
  ModuleOut->push_back(Func.release());
  if (Forward)
    ModuleOut->push_back(Forward.release());
  return true;
}

void Elaborator::emitForwardOf(FuncOp Loss, mlir::Value Logits,
                               llvm::SMRange Return) {
  mlir::OpBuilder::InsertionGuard Guard(Builder);
  mlir::IRMapping Mapping;
  Forward = mlir::cast<FuncOp>(Loss->clone(Mapping));
  Forward->setSymName("forward");
  mlir::Block &Entry = Forward->getBody().front();
  Entry.eraseArgument(1);
  Builder.setInsertionPointToEnd(&Entry);
  ReturnOp::create(Builder, makeLocation(Return, ""), Mapping.lookup(Logits));
  Forward->setFunctionTypeAttr(mlir::TypeAttr::get(
      Builder.getFunctionType(Entry.getArgumentTypes(), Logits.getType())));
  tidy(Entry);
  for (ReadOp Read : llvm::make_early_inc_range(Entry.getOps<ReadOp>()))
    if (Read->use_empty())
      Read->erase();
}

//===----------------------------------------------------------------------===//
// What takes memory for nothing
//===----------------------------------------------------------------------===//

/// Warns of parameters that no fn reads, once for each place in the model file;
/// `Maker` is the one where the module is made.
void Elaborator::warnOfUnused(const Instance &Self, SMRange Maker) {
  auto IsUnused = [](const Parameter *Param) {
    return !Param->TiedTo && !Param->Used;
  };
  for (const Instance *Element : Self.Elements)
    warnOfUnused(*Element, Maker);
  for (const Member &M : Self.Members) {
    bool IsInStd = Sources.FindBufferContainingLoc(M.Name.Range.Start) !=
                   Sources.getMainFileID();
    SMRange Place = IsInStd ? Maker : M.Name.Range;
    if (M.Param && IsUnused(M.Param))
      Diags.warning(Place, "parameter '" + M.Param->Path + "' is never used");
    if (!M.Module)
      continue;
    // A module as a whole, where that is it.
    ArrayRef<Parameter *> Parameters = M.Module->Parameters;
    if (!Parameters.empty() && all_of(Parameters, IsUnused))
      Diags.warning(Place, "member '" + M.Module->Path + "' is never used");
    else
      warnOfUnused(*M.Module, Place);
  }
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

mlir::OwningOpRef<mlir::ModuleOp> Elaborator::run() {
  mlir::Location Loc = makeLocation(P.Model->Name.Range, "");
  ModuleOut = mlir::ModuleOp::create(Loc);
  evaluateConfig();
  evaluateTrain();
  if (!resolveBatchAndTime() || Diags.isFull())
    return nullptr;

  Root = makeInstance(P.Model, "", P.Model->Name.Range);
  Root->Key = "model";
  {
    Frame F;
    F.Kind = FrameKind::Body;
    F.Self = Root;
    FrameScope Scope(*this, F);
    ModulesBeingMade.push_back(P.Model);
    evaluateItems(*Root, P.Model->Items);
    ModulesBeingMade.pop_back();
  }
  bool IsTrain = Options.Mode == FrontendMode::Train;
  // Members that failed are poison in the fn, which can be checked otherwise.
  if (!checkParameters() || !P.Model->Fn)
    return nullptr;
  emitParameters();
  if (!emitEntry(IsTrain ? "loss" : "forward") || Diags.hasErrors())
    return nullptr;
  warnOfUnused(*Root, P.Model->Name.Range);
  if (IsTrain)
    emitTraining();
  declareCausality();
  if (Diags.hasErrors())
    return nullptr;

  mlir::ModuleOp Module = *ModuleOut;
  Module->setAttr("stator.model", Builder.getStringAttr(P.Model->Name.Text));
  Module->setAttr("stator.vocabulary", Builder.getI64IntegerAttr(Vocabulary));
  Module->setAttr("stator.batch", Builder.getI64IntegerAttr(Batch));
  Module->setAttr("stator.time", Builder.getI64IntegerAttr(Time));
  Module->setAttr("stator.config", Builder.getStringAttr(makeConfigJson()));
  return std::move(ModuleOut);
}
