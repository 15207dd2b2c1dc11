//===- Differentiate.cpp - Build @gradients from @loss --------------------===//

#include "ir/ReverseWalk.h"
#include "ir/Splat.h"
#include "passes/EntryPoints.h"
#include "passes/Passes.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Passes.h.inc"
} // namespace stator

static Location getNamedLoc(MLIRContext *Context, StringRef Name) {
  return NameLoc::get(StringAttr::get(Context, Name));
}

/// The reads of each trainable parameter. A parameter that the model uses in
/// several places (tied ones) is read as often.
static llvm::MapVector<StringRef, SmallVector<ReadOp>>
findTrainableReads(FuncOp Func, ArrayRef<ParameterOp> Parameters) {
  llvm::MapVector<StringRef, SmallVector<ReadOp>> Reads;
  for (ParameterOp Parameter : Parameters)
    Reads[Parameter.getSymName()];
  Func.walk([&](ReadOp Read) {
    auto *It = Reads.find(Read.getParameter());
    if (It == Reads.end())
      return;
    It->second.push_back(Read);
    // The gradient takes its name from here.
    if (getPathOfLocation(Read.getLoc()).empty())
      Read->setLoc(
          NameLoc::get(Read.getParameterAttr().getAttr(), Read.getLoc()));
  });
  // A gradient flows out of loops only through what they capture.
  for (auto &[Name, Uses] : Reads)
    for (ReadOp Read : Uses)
      if (Read->getParentOp() != Func)
        Read->moveBefore(&Func.getBody().front(),
                         Func.getBody().front().begin());
  return Reads;
}

namespace {
struct Differentiate : stator::impl::DifferentiateBase<Differentiate> {
  void runOnOperation() override;

private:
  LogicalResult checkLoss(FuncOp Loss);
  LogicalResult buildGradients(FuncOp Func, ArrayRef<ParameterOp> Parameters);
};
} // namespace

LogicalResult Differentiate::checkLoss(FuncOp Loss) {
  if (Loss.getNumResults() != 1 ||
      !isFloatTensor(Loss.getResultTypes().front()))
    return Loss.emitError() << "@loss has to return one tensor of floats: the "
                               "loss of each position, or one loss";
  WalkResult Calls = Loss.walk([](CallOp Call) {
    Call.emitError() << "has to be inlined before differentiation "
                        "(stator-inline-modules)";
    return WalkResult::interrupt();
  });
  return failure(Calls.wasInterrupted());
}

LogicalResult Differentiate::buildGradients(FuncOp Func,
                                            ArrayRef<ParameterOp> Parameters) {
  MLIRContext *Context = Func.getContext();
  Block &Body = Func.getBody().front();
  auto Reads = findTrainableReads(Func, Parameters);
  SmallVector<Value> Sources;
  for (auto &[Name, Uses] : Reads)
    llvm::append_range(Sources, Uses);
  ValueSet Active = prepareActiveValues(Body, Sources);

  // The mean over the positions, and its own derivative as the seed.
  Operation *Return = Body.getTerminator();
  Value Loss = Return->getOperand(0);
  auto LossType = cast<RankedTensorType>(Loss.getType());
  OpBuilder Builder(Return);
  Location LossLoc = getNamedLoc(Context, "loss");
  Location SeedLoc = getNamedLoc(Context, "d(loss)");
  Value Mean = Loss;
  if (LossType.getRank() > 0)
    Mean = ReduceOp::create(
        Builder, LossLoc, RankedTensorType::get({}, LossType.getElementType()),
        ReduceKind::Mean, Loss,
        llvm::to_vector(llvm::seq<int64_t>(0, LossType.getRank())));
  Cotangents Sums;
  if (Active.contains(Loss))
    Sums.add(Builder, Loss,
             createSplat(Builder, SeedLoc, LossType,
                         1.0 / LossType.getNumElements()));
  if (failed(walkBackwards(Body, Active, Sums, Builder)))
    return failure();

  SmallVector<Value> Results{Mean};
  SmallVector<Type> Types{Mean.getType()};
  for (ParameterOp Parameter : Parameters) {
    Value Gradient;
    for (ReadOp Read : Reads[Parameter.getSymName()])
      if (Value Part = Sums.lookup(Read))
        Gradient = Gradient
                       ? AddOp::create(Builder, getCotangentLoc(Read.getLoc()),
                                       Gradient, Part)
                       : Part;
    if (!Gradient)
      Gradient = createSplat(
          Builder,
          getNamedLoc(Context, ("d(" + Parameter.getSymName() + ")").str()),
          Parameter.getTensorType(), 0.0);
    Results.push_back(Gradient);
    Types.push_back(Gradient.getType());
  }
  Return->setOperands(Results);
  Func.setFunctionType(
      FunctionType::get(Context, Func.getArgumentTypes(), Types));
  return success();
}

void Differentiate::runOnOperation() {
  ModuleOp Module = getOperation();
  SymbolTable Symbols(Module);
  auto Loss = Symbols.lookup<FuncOp>(entry::Loss);
  if (!Loss || Loss.isExternal()) {
    Module.emitError() << "there is no @loss to differentiate";
    return signalPassFailure();
  }
  if (Symbols.lookup(entry::Gradients)) {
    Module.emitError() << "@gradients already exists";
    return signalPassFailure();
  }
  if (failed(checkLoss(Loss)))
    return signalPassFailure();

  auto Gradients = cast<FuncOp>(Loss->clone());
  Gradients.setSymName(entry::Gradients);
  Symbols.insert(Gradients, std::next(Loss->getIterator()));
  if (failed(buildGradients(Gradients, entry::getTrainableParameters(Module))))
    return signalPassFailure();
}
