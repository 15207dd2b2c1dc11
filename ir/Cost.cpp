//===- Cost.cpp - What each op costs when it runs on its own --------------===//
//
// Every arithmetic operation and every value of a function (exp, tanh, ...)
// counts one, a fused multiply-add two. Traffic is what an op has to read and
// write at least: each operand and each result once, where it needs all of
// them.
//
//===----------------------------------------------------------------------===//

#include "ir/Dialect.h"
#include "ir/Einsum.h"
#include "ir/KernelInterface.h"

using namespace mlir;
using namespace stator;

static double getElements(Value Tensor) {
  return cast<RankedTensorType>(Tensor.getType()).getNumElements();
}

static double getBytes(Value Tensor) {
  return getTensorBytes(Tensor.getType());
}

/// An op that reads all its operands and writes all its results.
static OpCost getCostWithFlops(Operation *Op, double Flops) {
  OpCost Cost;
  Cost.Flops = Flops;
  for (Value Operand : Op->getOperands())
    Cost.BytesRead += getBytes(Operand);
  for (Value Result : Op->getResults())
    Cost.BytesWritten += getBytes(Result);
  return Cost;
}

/// The same number of operations for each element of the first result.
static OpCost getElementwiseCost(Operation *Op, double FlopsPerElement) {
  return getCostWithFlops(Op, FlopsPerElement * getElements(Op->getResult(0)));
}

/// An op that only moves as many elements as its result has.
static OpCost getMoveCost(Operation *Op) {
  OpCost Cost;
  Cost.BytesRead = Cost.BytesWritten = getBytes(Op->getResult(0));
  return Cost;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

OpCost NegOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost AbsOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost ExpOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost LogOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost SqrtOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost RsqrtOp::getCost() { return getElementwiseCost(*this, 2); }
OpCost SinOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost CosOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost TanhOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost ErfOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost SigmoidOp::getCost() { return getElementwiseCost(*this, 4); }
OpCost ReluOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost SiluOp::getCost() { return getElementwiseCost(*this, 5); }
OpCost GeluOp::getCost() {
  return getElementwiseCost(*this, getTanhApproximation() ? 9 : 5);
}
OpCost AddOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost SubOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost MulOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost DivOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost PowOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost MaximumOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost MinimumOp::getCost() { return getElementwiseCost(*this, 1); }
OpCost SelectOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost DropoutOp::getCost() { return getElementwiseCost(*this, 1); }

// Integers and booleans count no FLOPs.
OpCost CompareOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost AndOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost OrOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost NotOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost IAddOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost ISubOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost IMulOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost ConvertOp::getCost() { return getElementwiseCost(*this, 0); }

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

// Constants are part of the kernels that use them.
OpCost ConstantOp::getCost() { return {}; }
OpCost IotaOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost BroadcastOp::getCost() { return getElementwiseCost(*this, 0); }
// Another shape for the same memory.
OpCost ReshapeOp::getCost() { return {}; }
OpCost TransposeOp::getCost() { return getMoveCost(*this); }
OpCost SliceOp::getCost() { return getMoveCost(*this); }
OpCost PadOp::getCost() { return getElementwiseCost(*this, 0); }
OpCost ConcatOp::getCost() { return getMoveCost(*this); }

OpCost GatherOp::getCost() {
  OpCost Cost = getMoveCost(*this);
  Cost.BytesRead += getBytes(getIndices());
  return Cost;
}

OpCost ScatterAddOp::getCost() {
  return getCostWithFlops(*this, getElements(getUpdates()));
}

//===----------------------------------------------------------------------===//
// Contractions and reductions
//===----------------------------------------------------------------------===//

OpCost EinsumOp::getCost() {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  // The product of all dimensions: those of the result and the contracted ones.
  double MultiplyAdds = getElements(getResult());
  for (auto [Index, Dim] : llvm::enumerate(Equation->Lhs))
    if (Equation->getRole(Dim) == EinsumRole::Contracted)
      MultiplyAdds *= getLhs().getType().getDimSize(Index);
  return getCostWithFlops(*this, 2 * MultiplyAdds);
}

OpCost ReduceOp::getCost() {
  // Maximum, difference, exponential, sum.
  double Each = getKind() == ReduceKind::LogSumExp ? 4 : 1;
  return getCostWithFlops(*this, Each * getElements(getInput()));
}
OpCost CumsumOp::getCost() { return getElementwiseCost(*this, 1); }
// Maximum, difference, exponential, sum, quotient.
OpCost SoftmaxOp::getCost() { return getElementwiseCost(*this, 5); }
OpCost CausalMaskOp::getCost() { return getElementwiseCost(*this, 0); }

OpCost CrossEntropyOp::getCost() {
  return getCostWithFlops(*this, 4 * getElements(getLogits()));
}
OpCost CrossEntropyGradOp::getCost() { return getElementwiseCost(*this, 3); }

/// How many pairs of a query and a key that it sees an attention has.
template <typename OpT> static double getVisiblePairs(OpT Op) {
  RankedTensorType Query = Op.getQuery().getType();
  int64_t Queries = Query.getDimSize(2);
  int64_t Keys = Op.getKey().getType().getDimSize(2);
  double Pairs = 0;
  for (int64_t Q = 0; Q < Queries; ++Q) {
    int64_t Seen = Keys;
    if (Op.getCausal())
      Seen = std::clamp<int64_t>(Q + Keys - Queries + 1, 0, Keys);
    if (std::optional<uint64_t> Window = Op.getWindow())
      Seen = std::min<int64_t>(Seen, *Window);
    Pairs += Seen;
  }
  return Pairs * Query.getDimSize(0) * Query.getDimSize(1);
}

OpCost AttentionOp::getCost() {
  double Depth = getQuery().getType().getDimSize(3);
  double ValueDepth = getValue().getType().getDimSize(3);
  // Two contractions, and scale, softmax, perhaps dropout of each weight.
  return getCostWithFlops(*this, getVisiblePairs(*this) *
                                     (2 * Depth + 2 * ValueDepth + 6));
}

OpCost AttentionGradOp::getCost() {
  double Depth = getQuery().getType().getDimSize(3);
  double ValueDepth = getValue().getType().getDimSize(3);
  const bool OfScores =
      !getQueryCotangent().use_empty() || !getKeyCotangent().use_empty();
  // The scores again, and from them the weights.
  double Flops = 2 * Depth + 4;
  // The cotangents of the weights and of the scores.
  if (OfScores)
    Flops += 2 * ValueDepth + 4;
  for (Value Cotangent : {getQueryCotangent(), getKeyCotangent()})
    if (!Cotangent.use_empty())
      Flops += 2 * Depth;
  if (!getValueCotangent().use_empty())
    Flops += 2 * ValueDepth;
  return getCostWithFlops(*this, getVisiblePairs(*this) * Flops);
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

OpCost GlobalNormOp::getCost() {
  double Flops = 1;
  for (Value Input : getInputs())
    Flops += 2 * getElements(Input);
  return getCostWithFlops(*this, Flops);
}
OpCost ClipScaleOp::getCost() { return getElementwiseCost(*this, 3); }
OpCost LearningRateOp::getCost() { return getElementwiseCost(*this, 10); }
OpCost SgdOp::getCost() {
  return getElementwiseCost(*this, getBuffer() ? 7 : 5);
}
OpCost AdamOp::getCost() { return getElementwiseCost(*this, 17); }

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

OpCost ScanOp::getCost() {
  OpCost Cost;
  for (Operation &Op : getBody().front()) {
    auto Priced = dyn_cast<stator::Cost>(Op);
    if (!Priced)
      continue;
    OpCost Once = Priced.getCost();
    double Length = static_cast<double>(getLength());
    Cost.Flops += Length * Once.Flops;
    Cost.BytesRead += Length * Once.BytesRead;
    Cost.BytesWritten += Length * Once.BytesWritten;
  }
  return Cost;
}
