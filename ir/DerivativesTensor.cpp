//===- DerivativesTensor.cpp - Derivatives of TensorOps.td, FusedOps.td ---===//

#include "ir/Einsum.h"
#include "ir/VjpBuilder.h"
#include <limits>

using namespace mlir;
using namespace stator;

void EinsumOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                        ArrayRef<bool> Wanted,
                        MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  // What is row of the first operand, is contracted in the cotangent of the
  // second, and the other way round.
  auto Build = [&](ArrayRef<int64_t> Lhs, ArrayRef<int64_t> Rhs,
                   ArrayRef<int64_t> Result, Value X, Value Y) {
    EinsumEquation Cotangent = *Equation;
    Cotangent.Lhs.assign(Lhs.begin(), Lhs.end());
    Cotangent.Rhs.assign(Rhs.begin(), Rhs.end());
    Cotangent.Result.assign(Result.begin(), Result.end());
    return B.einsum(Cotangent.str(), X, Y);
  };
  if (Wanted[0])
    OperandCotangents[0] = Build(Equation->Result, Equation->Rhs, Equation->Lhs,
                                 Cotangents[0], getRhs());
  if (Wanted[1])
    OperandCotangents[1] = Build(Equation->Lhs, Equation->Result, Equation->Rhs,
                                 getLhs(), Cotangents[0]);
}

/// e^(X - Lse), the softmax of X along `Axes` whose log sum exp is given; 0
/// where that is -inf, not e^(-inf + inf).
static Value buildWeights(VjpBuilder &B, Value X, Value Lse,
                          ArrayRef<int64_t> Axes) {
  constexpr double Infinity = std::numeric_limits<double>::infinity();
  Value IsMasked = B.compare(Predicate::EQ, Lse, B.splat(Lse, -Infinity));
  Value Base = B.select(IsMasked, B.zero(Lse), Lse);
  return B.exp(B.sub(X, B.broadcastOver(Base, X.getType(), Axes)));
}

void ReduceOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                        ArrayRef<bool> Wanted,
                        MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0])
    return;
  VjpBuilder B(Builder, *this);
  Value X = getInput(), R = getResult(), D = Cotangents[0];
  switch (getKind()) {
  case ReduceKind::Sum:
    break;
  case ReduceKind::Mean: {
    double Count = 1;
    for (int64_t Axis : getAxes())
      Count *= getInput().getType().getDimSize(Axis);
    D = B.mul(D, 1 / Count);
    break;
  }
  case ReduceKind::Max:
  case ReduceKind::Min: {
    // Shared equally by the elements that attain it.
    Value Attains =
        B.compare(Predicate::EQ, X, B.broadcastOver(R, X.getType(), getAxes()));
    Value Count = B.make<ReduceOp>(
        ReduceKind::Sum, B.make<ConvertOp>(X.getType(), Attains), getAxes());
    Value Share = B.broadcastOver(B.div(D, Count), X.getType(), getAxes());
    OperandCotangents[0] = B.select(Attains, Share, B.zero(X));
    return;
  }
  case ReduceKind::LogSumExp:
    OperandCotangents[0] = B.mul(buildWeights(B, X, R, getAxes()),
                                 B.broadcastOver(D, X.getType(), getAxes()));
    return;
  }
  OperandCotangents[0] = B.broadcastOver(D, X.getType(), getAxes());
}

void CumsumOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                        ArrayRef<bool> Wanted,
                        MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] =
        B.make<CumsumOp>(Cotangents[0], getAxis(), !getReverse());
}

void SoftmaxOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                         ArrayRef<bool> Wanted,
                         MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0])
    return;
  VjpBuilder B(Builder, *this);
  // R (D - sum(D R))
  Value R = getResult(), D = Cotangents[0];
  int64_t Axis = getAxis();
  Value Sum = B.make<ReduceOp>(ReduceKind::Sum, B.mul(D, R), Axis);
  OperandCotangents[0] =
      B.mul(R, B.sub(D, B.broadcastOver(Sum, R.getType(), Axis)));
}

void CausalMaskOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                            ArrayRef<bool> Wanted,
                            MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = B.make<CausalMaskOp>(
        Cotangents[0], Builder.getF64FloatAttr(0), getWindowAttr());
}

void GatherOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                        ArrayRef<bool> Wanted,
                        MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] =
        B.make<ScatterAddOp>(getTable().getType(), Cotangents[0], getIndices());
}

void CrossEntropyOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                              ArrayRef<bool> Wanted,
                              MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0])
    return;
  VjpBuilder B(Builder, *this);
  Value Logits = getLogits(), Sum;
  if (Value D = Cotangents[0])
    Sum = B.make<CrossEntropyGradOp>(Logits.getType(), Logits, getTargets(),
                                     getLse(), D);
  if (Value D = Cotangents[1]) {
    // The slope of log sum exp is the softmax.
    int64_t Axis = getLogits().getType().getRank() - 1;
    Value OfLse = B.mul(buildWeights(B, Logits, getLse(), Axis),
                        B.broadcastOver(D, Logits.getType(), Axis));
    Sum = Sum ? B.add(Sum, OfLse) : OfLse;
  }
  OperandCotangents[0] = Sum;
}

/// The cotangents that log sum exp sends to query and key. No fusion makes use
/// of them, so they are spelled out and hold the weights in memory.
static std::pair<Value, Value> buildVjpOfLse(VjpBuilder &B, AttentionOp Op,
                                             Value D) {
  RankedTensorType Query = Op.getQuery().getType();
  RankedTensorType Key = Op.getKey().getType();
  Type Element = Query.getElementType();
  int64_t Batch = Query.getDimSize(0), Heads = Query.getDimSize(1);
  int64_t Queries = Query.getDimSize(2), Depth = Query.getDimSize(3);
  int64_t Groups = Key.getDimSize(1), Keys = Key.getDimSize(2);
  auto Scores = RankedTensorType::get({Batch, Heads, Queries, Keys}, Element);
  auto Grouped = RankedTensorType::get(
      {Batch, Groups, Heads / Groups, Queries, Keys}, Element);
  double Scale = Op.getScale().convertToDouble();

  // The weights before dropout: exp(masked scores - lse).
  Value Q =
      B.reshape(Op.getQuery(),
                RankedTensorType::get(
                    {Batch, Groups, Heads / Groups, Queries, Depth}, Element));
  Value Weights = B.mul(
      B.reshape(B.einsum("b g r q d, b g k d -> b g r q k", Q, Op.getKey()),
                Scores),
      Scale);
  if (Value Bias = Op.getBias()) {
    auto BiasType = cast<RankedTensorType>(Bias.getType());
    // Dimensions of size 1 go, so that the others can be repeated.
    SmallVector<int64_t> Shape, Dims;
    for (auto [Dim, Size] : llvm::enumerate(BiasType.getShape())) {
      int64_t Target = Dim + Scores.getRank() - BiasType.getRank();
      if (Size != Scores.getDimSize(Target))
        continue;
      Shape.push_back(Size);
      Dims.push_back(Target);
    }
    Bias = B.reshape(Bias, RankedTensorType::get(Shape, Element));
    Weights = B.add(Weights, B.make<BroadcastOp>(Scores, Bias, Dims));
  }
  if (Op.getCausal())
    Weights = B.make<CausalMaskOp>(
        Weights,
        B.Builder.getF64FloatAttr(-std::numeric_limits<double>::infinity()),
        Op.getWindowAttr());
  Weights = buildWeights(B, Weights, Op.getLse(), 3);

  Value OfScores = B.mul(B.mul(Weights, B.broadcastOver(D, Scores, 3)), Scale);
  OfScores = B.reshape(OfScores, Grouped);
  Value OfQuery = B.reshape(
      B.einsum("b g r q k, b g k d -> b g r q d", OfScores, Op.getKey()),
      Query);
  Value OfKey = B.einsum("b g r q k, b g r q d -> b g k d", OfScores, Q);
  return {OfQuery, OfKey};
}

void AttentionOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                           ArrayRef<bool> Wanted,
                           MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0] && !Wanted[1] && !Wanted[2])
    return;
  VjpBuilder B(Builder, *this);
  if (Value D = Cotangents[0]) {
    auto Grad = AttentionGradOp::create(
        Builder, B.Loc, getQuery().getType(), getKey().getType(),
        getValue().getType(), getQuery(), getKey(), getValue(), getBias(),
        getResult(), getLse(), D, getScaleAttr(), getCausalAttr(),
        getWindowAttr(), getDropoutRateAttr(), getDropoutStreamAttr());
    for (int Operand : {0, 1, 2})
      if (Wanted[Operand])
        OperandCotangents[Operand] = Grad->getResult(Operand);
  }
  if (Value D = Cotangents[1]; D && (Wanted[0] || Wanted[1])) {
    auto [OfQuery, OfKey] = buildVjpOfLse(B, *this, D);
    for (auto [Operand, Part] : {std::pair(0, OfQuery), std::pair(1, OfKey)})
      if (Wanted[Operand]) {
        Value &Sum = OperandCotangents[Operand];
        Sum = Sum ? B.add(Sum, Part) : Part;
      }
  }
}
