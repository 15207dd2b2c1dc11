//===- BuildTrainingStep.cpp - The entry points of a training program -----===//

#include "ir/RunSettings.h"
#include "ir/Splat.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/EntryPoints.h"
#include "passes/Passes.h"
#include <limits>

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_BUILDTRAININGSTEP
#include "passes/Passes.h.inc"
} // namespace stator

namespace {
/// Builds the entry points of one module.
class TrainingStepBuilder {
public:
  TrainingStepBuilder(ModuleOp Module, TrainingOp Training)
      : Module(Module), Symbols(Module), Training(Training),
        Context(Module.getContext()),
        Parameters(entry::getTrainableParameters(Module)) {}

  LogicalResult check(FuncOp Gradients);
  /// Declares the moments of the optimizer, and the accumulated gradients.
  LogicalResult declareState(bool WithGradients);
  /// Forward, backward and update in one.
  void buildTrainStep(FuncOp Gradients);
  /// Forward and backward of a micro-batch; the update after all of them.
  void buildAccumulate(FuncOp Gradients);
  void buildUpdate(FuncOp Gradients);
  /// The loss of each position without dropout.
  void buildEvaluate(FuncOp Loss);

private:
  FuncOp cloneAs(FuncOp Func, StringRef Name);
  LogicalResult declare(ParameterOp Parameter, StringRef Suffix, Role Role);
  /// Ends a function with the optimizer; returns gradient norm and learning
  /// rate. The gradients are sums over `MicroBatches`.
  std::pair<Value, Value> applyOptimizer(OpBuilder &Builder,
                                         ArrayRef<Value> Gradients,
                                         int64_t MicroBatches);
  void updateParameter(OpBuilder &Builder, ParameterOp Parameter,
                       Value Gradient, Value Rate, Value Scale, Value Step);

  Location getLoc(StringRef Name) {
    return NameLoc::get(StringAttr::get(Context, Name), Training->getLoc());
  }
  /// The location of what belongs to a parameter: `wte.weight.adam_m`.
  Location getLoc(ParameterOp Parameter, StringRef Suffix = "") const {
    return NameLoc::get(
        StringAttr::get(Context, Parameter.getSymName() + Suffix),
        Parameter.getLoc());
  }
  Value readState(OpBuilder &Builder, ParameterOp Parameter,
                  StringRef Suffix = "") const {
    return ReadOp::create(Builder, getLoc(Parameter, Suffix),
                          Parameter.getTensorType(),
                          (Parameter.getSymName() + Suffix).str());
  }
  void writeState(OpBuilder &Builder, Value New, ParameterOp Parameter,
                  StringRef Suffix = "") const {
    WriteOp::create(Builder, getLoc(Parameter, Suffix), New,
                    (Parameter.getSymName() + Suffix).str());
  }

  ModuleOp Module;
  SymbolTable Symbols;
  TrainingOp Training;
  MLIRContext *Context;
  SmallVector<ParameterOp> Parameters;
};
} // namespace

constexpr StringLiteral FirstMoment = ".adam_m";
constexpr StringLiteral SecondMoment = ".adam_v";
constexpr StringLiteral Momentum = ".momentum";
constexpr StringLiteral AccumulatedGradient = ".grad";

LogicalResult TrainingStepBuilder::check(FuncOp Gradients) {
  if (Parameters.empty())
    return Training.emitError()
           << "the model has no trainable parameter, so there is nothing to "
              "train";
  if (Training.getMicroBatches() < 1)
    return Training.emitError() << "micro_batches has to be at least 1, not "
                                << Training.getMicroBatches();
  if (Gradients.getNumResults() != Parameters.size() + 1)
    return Gradients.emitError()
           << "has " << Gradients.getNumResults()
           << " results, but the loss and the gradients of "
           << Parameters.size() << " trainable parameters are expected";
  for (StringRef Name :
       {entry::TrainStep, entry::Accumulate, entry::Update, entry::Evaluate})
    if (Operation *Old = Symbols.lookup(Name))
      return Old->emitError() << '@' << Name << " already exists";
  return success();
}

LogicalResult TrainingStepBuilder::declare(ParameterOp Parameter,
                                           StringRef Suffix, Role Role) {
  std::string Name = (Parameter.getSymName() + Suffix).str();
  if (Operation *Other = Symbols.lookup(Name)) {
    InFlightDiagnostic Error = Other->emitError()
                               << "the name @" << Name
                               << " is needed for the optimizer's state";
    Error.attachNote(Parameter.getLoc())
        << "of the parameter @" << Parameter.getSymName();
    return Error;
  }
  OpBuilder Builder(Context);
  auto State = ParameterOp::create(
      Builder, getLoc(Parameter, Suffix), StringAttr::get(Context, Name),
      /*sym_visibility=*/nullptr, TypeAttr::get(Parameter.getTensorType()),
      InitAttr::get(Context, InitKind::Constant, 0.0, 0.0),
      RoleAttr::get(Context, Role),
      FlatSymbolRefAttr::get(Context, Parameter.getSymName()),
      /*frozen=*/nullptr, /*decay=*/nullptr, /*transposed=*/nullptr);
  // After all parameters, in their order.
  auto States = Module.getOps<ParameterOp>();
  Operation *Last = nullptr;
  for (ParameterOp Each : States)
    Last = Each;
  Symbols.insert(State, std::next(Last->getIterator()));
  return success();
}

LogicalResult TrainingStepBuilder::declareState(bool WithGradients) {
  OptimizerAttr Optimizer = Training.getOptimizer();
  for (ParameterOp Parameter : Parameters) {
    LogicalResult Declared = success();
    if (Optimizer.getKind() != OptimizerKind::Sgd)
      Declared =
          success(succeeded(declare(Parameter, FirstMoment, Role::Moment)) &&
                  succeeded(declare(Parameter, SecondMoment, Role::Moment)));
    else if (Optimizer.getMomentum().getValueAsDouble() != 0)
      Declared = declare(Parameter, Momentum, Role::Moment);
    if (failed(Declared))
      return failure();
  }
  if (WithGradients)
    for (ParameterOp Parameter : Parameters)
      if (failed(declare(Parameter, AccumulatedGradient, Role::Gradient)))
        return failure();
  return success();
}

FuncOp TrainingStepBuilder::cloneAs(FuncOp Func, StringRef Name) {
  auto Copy = cast<FuncOp>(Func->clone());
  Copy.setSymName(Name);
  Symbols.insert(Copy, Module.getBody()->end());
  return Copy;
}

/// Lets a function return other values than before.
static void setResults(FuncOp Func, ArrayRef<Value> Results) {
  Func.getBody().front().getTerminator()->setOperands(Results);
  Func.setFunctionType(
      FunctionType::get(Func.getContext(), Func.getArgumentTypes(),
                        llvm::to_vector(ValueRange(Results).getTypes())));
}

/// Lets the run set the numbers of an op.
template <typename OpType> static OpType setSettable(OpType Op) {
  Op->setAttr(SettableAttrName, UnitAttr::get(Op->getContext()));
  return Op;
}

std::pair<Value, Value> TrainingStepBuilder::applyOptimizer(
    OpBuilder &Builder, ArrayRef<Value> Gradients, int64_t MicroBatches) {
  Type Float = RankedTensorType::get(
      {}, cast<RankedTensorType>(Gradients.front().getType()).getElementType());
  Type Int = RankedTensorType::get({}, Builder.getI32Type());

  // Norm and scale are those of the mean over the micro-batches: the sums stay
  // as they are, and their factor goes into the scale.
  Value Norm =
      GlobalNormOp::create(Builder, getLoc("grad_norm"), Float, Gradients);
  Value Share;
  if (MicroBatches > 1) {
    Share = createSplat(Builder, getLoc("micro_batch_share"), Float,
                        1.0 / MicroBatches);
    Norm = MulOp::create(Builder, getLoc("grad_norm"), Norm, Share);
  }
  // A model that does not clip can be told to when the run begins.
  std::optional<APFloat> Clip = Training.getClip();
  double MaxNorm =
      Clip ? Clip->convertToDouble() : std::numeric_limits<double>::infinity();
  Value Scale =
      setSettable(ClipScaleOp::create(Builder, getLoc("clip_scale"), Float,
                                      Norm, Builder.getF64FloatAttr(MaxNorm)));
  if (Share)
    Scale = MulOp::create(Builder, getLoc("grad_scale"), Scale, Share);

  Value Step = InfoOp::create(Builder, getLoc("step"), Int, InfoKind::Step);
  Value Total =
      InfoOp::create(Builder, getLoc("total_steps"), Int, InfoKind::TotalSteps);
  Value Rate = setSettable(LearningRateOp::create(
      Builder, getLoc("lr"), Float, Step, Total,
      Training.getOptimizer().getLr(), Training.getSchedule()));

  for (auto [Parameter, Gradient] : llvm::zip_equal(Parameters, Gradients))
    updateParameter(Builder, Parameter, Gradient, Rate, Scale, Step);
  return {Norm, Rate};
}

void TrainingStepBuilder::updateParameter(OpBuilder &Builder,
                                          ParameterOp Parameter, Value Gradient,
                                          Value Rate, Value Scale, Value Step) {
  OptimizerAttr Optimizer = Training.getOptimizer();
  FloatAttr Decay = Parameter.getDecay() ? Optimizer.getWeightDecay()
                                         : Builder.getF64FloatAttr(0.0);
  Type Type = Parameter.getTensorType();
  Location Loc = getLoc(Parameter);
  Value Old = readState(Builder, Parameter);

  if (Optimizer.getKind() == OptimizerKind::Sgd) {
    bool HasBuffer = Optimizer.getMomentum().getValueAsDouble() != 0;
    Value Buffer =
        HasBuffer ? readState(Builder, Parameter, Momentum) : Value();
    auto Sgd = SgdOp::create(
        Builder, Loc, Type, HasBuffer ? Type : mlir::Type(), Old, Gradient,
        Rate, Scale, Buffer, Optimizer.getMomentum(), Decay,
        Optimizer.getNesterov() ? Builder.getUnitAttr() : UnitAttr());
    if (Parameter.getDecay())
      setSettable(Sgd);
    writeState(Builder, Sgd.getNewParameter(), Parameter);
    if (HasBuffer)
      writeState(Builder, Sgd.getNewBuffer(), Parameter, Momentum);
    return;
  }

  bool Decoupled = Optimizer.getKind() == OptimizerKind::AdamW;
  auto Adam = AdamOp::create(Builder, Loc, Type, Type, Type, Old, Gradient,
                             readState(Builder, Parameter, FirstMoment),
                             readState(Builder, Parameter, SecondMoment), Rate,
                             Scale, Step, Optimizer.getBeta1(),
                             Optimizer.getBeta2(), Optimizer.getEps(), Decay,
                             Decoupled ? Builder.getUnitAttr() : UnitAttr());
  if (Parameter.getDecay())
    setSettable(Adam);
  writeState(Builder, Adam.getNewParameter(), Parameter);
  writeState(Builder, Adam.getNewM(), Parameter, FirstMoment);
  writeState(Builder, Adam.getNewV(), Parameter, SecondMoment);
}

void TrainingStepBuilder::buildTrainStep(FuncOp Gradients) {
  FuncOp Func = cloneAs(Gradients, entry::TrainStep);
  Operation *Return = Func.getBody().front().getTerminator();
  OpBuilder Builder(Return);
  SmallVector<Value> Results(Return->getOperands());
  auto [Norm, Rate] =
      applyOptimizer(Builder, ArrayRef(Results).drop_front(), 1);
  setResults(Func, {Results.front(), Norm, Rate});
}

/// Adds a gradient to what has been accumulated, each of its terms where that
/// is computed: there it can be summed up in the memory of the accumulator.
static Value accumulate(Value Sum, Value Gradient, Location Loc) {
  SmallVector<Value> Terms, Work{Gradient};
  while (!Work.empty()) {
    Value Term = Work.pop_back_val();
    auto Add = Term.getDefiningOp<AddOp>();
    if (Add && Add->hasOneUse())
      Work.append({Add.getRhs(), Add.getLhs()});
    else
      Terms.push_back(Term);
  }
  llvm::sort(Terms, [](Value X, Value Y) {
    Operation *First = X.getDefiningOp(), *Second = Y.getDefiningOp();
    if (First && Second && First != Second)
      return First->isBeforeInBlock(Second);
    if (First != Second)
      return !First;
    return First && cast<OpResult>(X).getResultNumber() <
                        cast<OpResult>(Y).getResultNumber();
  });
  OpBuilder Builder(Loc.getContext());
  for (Value Term : Terms) {
    // Behind both: the accumulator is read in front of everything.
    Builder.setInsertionPointAfterValue(Sum);
    Operation *Source = Term.getDefiningOp();
    if (Source && Sum.getDefiningOp()->isBeforeInBlock(Source))
      Builder.setInsertionPointAfter(Source);
    Sum = AddOp::create(Builder, Loc, Sum, Term);
  }
  return Sum;
}

void TrainingStepBuilder::buildAccumulate(FuncOp Gradients) {
  FuncOp Func = cloneAs(Gradients, entry::Accumulate);
  Operation *Return = Func.getBody().front().getTerminator();
  OpBuilder Builder(Return);
  OpBuilder Start(&Func.getBody().front(), Func.getBody().front().begin());
  SmallVector<Value> Results(Return->getOperands());
  for (auto [Parameter, Gradient] :
       llvm::zip_equal(Parameters, ArrayRef(Results).drop_front())) {
    Value Old = readState(Start, Parameter, AccumulatedGradient);
    Value Sum =
        accumulate(Old, Gradient, getLoc(Parameter, AccumulatedGradient));
    writeState(Builder, Sum, Parameter, AccumulatedGradient);
  }
  setResults(Func, {Results.front()});
}

void TrainingStepBuilder::buildUpdate(FuncOp Gradients) {
  OpBuilder Builder(Context);
  auto Func = FuncOp::create(Builder, getLoc(entry::Update), entry::Update,
                             Builder.getFunctionType({}, {}));
  Symbols.insert(Func, Module.getBody()->end());
  Builder.setInsertionPointToStart(Func.addEntryBlock());

  SmallVector<Value> Sums;
  for (ParameterOp Parameter : Parameters)
    Sums.push_back(readState(Builder, Parameter, AccumulatedGradient));
  auto [Norm, Rate] = applyOptimizer(Builder, Sums, Training.getMicroBatches());
  for (ParameterOp Parameter : Parameters)
    writeState(Builder,
               createSplat(Builder, getLoc(Parameter, AccumulatedGradient),
                           Parameter.getTensorType(), 0.0),
               Parameter, AccumulatedGradient);
  ReturnOp::create(Builder, Func.getLoc());
  setResults(Func, {Norm, Rate});
}

void TrainingStepBuilder::buildEvaluate(FuncOp Loss) {
  FuncOp Func = cloneAs(Loss, entry::Evaluate);
  entry::stripDropout(Func);
  // A model with one loss for all gives every position the same.
  Operation *Return = Func.getBody().front().getTerminator();
  Value Result = Return->getOperand(0);
  auto Type = cast<RankedTensorType>(Result.getType());
  if (Type.getRank() > 0 || Func.getNumArguments() == 0)
    return;
  OpBuilder Builder(Return);
  auto Positions = cast<RankedTensorType>(Func.getArgumentTypes().front());
  Value Each = BroadcastOp::create(
      Builder, Result.getLoc(),
      RankedTensorType::get(Positions.getShape(), Type.getElementType()),
      Result, ArrayRef<int64_t>{});
  setResults(Func, {Each});
}

namespace {
struct BuildTrainingStep
    : stator::impl::BuildTrainingStepBase<BuildTrainingStep> {
  using BuildTrainingStepBase::BuildTrainingStepBase;

  void runOnOperation() override {
    ModuleOp Module = getOperation();
    auto Gradients = Module.lookupSymbol<FuncOp>(entry::Gradients);
    auto Loss = Module.lookupSymbol<FuncOp>(entry::Loss);
    if (!Gradients || !Loss) {
      Module.emitError() << "@loss and @gradients are needed to build a "
                            "training step (stator-differentiate)";
      return signalPassFailure();
    }
    auto Settings = Module.getOps<TrainingOp>();
    if (Settings.empty()) {
      Module.emitError() << "the model has no `train` block, so it cannot be "
                            "compiled for training";
      return signalPassFailure();
    }
    TrainingOp Training = *Settings.begin();

    TrainingStepBuilder Builder(Module, Training);
    bool Separate = separateUpdate || Training.getMicroBatches() > 1;
    if (failed(Builder.check(Gradients)) ||
        failed(Builder.declareState(Separate)))
      return signalPassFailure();
    if (Separate) {
      Builder.buildAccumulate(Gradients);
      Builder.buildUpdate(Gradients);
    } else {
      Builder.buildTrainStep(Gradients);
    }
    Builder.buildEvaluate(Loss);

    Loss.erase();
    if (!keepGradients)
      Gradients.erase();
    if (auto Forward = Module.lookupSymbol<FuncOp>(entry::Forward))
      Forward.erase();
  }
};
} // namespace
