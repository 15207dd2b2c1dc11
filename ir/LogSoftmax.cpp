//===- LogSoftmax.cpp - The logarithm of a softmax ------------------------===//

#include "ir/LogSoftmax.h"
#include "ir/Splat.h"
#include <limits>

using namespace mlir;
using namespace stator;

Value stator::createLogSoftmax(OpBuilder &Builder, Location Loc, Value X,
                               int64_t Axis) {
  auto Type = cast<RankedTensorType>(X.getType());
  Value Lse = ReduceOp::create(Builder, Loc, ReduceKind::LogSumExp, X, Axis);
  auto RowType = cast<RankedTensorType>(Lse.getType());
  auto Splat = [&](double Number) {
    return createSplat(Builder, Loc, RowType, Number);
  };
  // -inf - -inf would be NaN.
  Value IsMasked = CompareOp::create(
      Builder, Loc, RowType.clone(Builder.getI1Type()), Predicate::EQ, Lse,
      Splat(-std::numeric_limits<double>::infinity()));
  Value Base = SelectOp::create(Builder, Loc, RowType, IsMasked, Splat(0), Lse);
  SmallVector<int64_t> Dims;
  for (int64_t Dim = 0; Dim < Type.getRank(); ++Dim)
    if (Dim != Axis)
      Dims.push_back(Dim);
  return SubOp::create(Builder, Loc, X,
                       BroadcastOp::create(Builder, Loc, Type, Base, Dims));
}
