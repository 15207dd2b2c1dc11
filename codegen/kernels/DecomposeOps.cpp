//===- DecomposeOps.cpp - Composite ops as reductions ---------------------===//

#include "codegen/kernels/Lowerings.h"

using namespace mlir;

namespace stator {
namespace {

RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

/// Builds ops of the dialect on tensors of one shape and reductions of it.
class Builder {
public:
  Builder(Operation *Op, int64_t Axis) : B(Op), Loc(Op->getLoc()), Axis(Axis) {}

  Value reduce(ReduceKind Kind, Value X) {
    SmallVector<int64_t> Shape(getType(X).getShape());
    Shape.erase(Shape.begin() + Axis);
    auto Type = RankedTensorType::get(Shape, getType(X).getElementType());
    return ReduceOp::create(B, Loc, Type, Kind, X,
                            B.getDenseI64ArrayAttr({Axis}));
  }
  /// Repeats the result of a reduction along the axis.
  Value spread(Value X, Value Like) {
    SmallVector<int64_t> Dims;
    for (int64_t Dim = 0; Dim != getType(Like).getRank(); ++Dim)
      if (Dim != Axis)
        Dims.push_back(Dim);
    auto Type = RankedTensorType::get(getType(Like).getShape(),
                                      getType(X).getElementType());
    return BroadcastOp::create(B, Loc, Type, X, B.getDenseI64ArrayAttr(Dims));
  }
  template <typename Op, typename... Values> Value same(Value X, Values... Y) {
    return Op::create(B, Loc, X.getType(), X, Y...);
  }
  Value compare(Predicate P, Value X, Value Y) {
    return CompareOp::create(B, Loc, getType(X).clone(B.getI1Type()), P, X, Y);
  }
  Value select(Value Condition, Value X, Value Y) {
    return SelectOp::create(B, Loc, X.getType(), Condition, X, Y);
  }
  Value zero(Value Like) {
    auto Type = getType(Like);
    auto Number =
        DenseElementsAttr::get(Type, B.getZeroAttr(Type.getElementType()));
    return ConstantOp::create(B, Loc, Type, Number);
  }

  OpBuilder B;
  Location Loc;
  int64_t Axis;
};

void decompose(SoftmaxOp Op) {
  Builder F(Op, Op.getAxis());
  Value X = Op.getInput();
  Value Max = F.spread(F.reduce(ReduceKind::Max, X), X);
  Value Weight = F.same<ExpOp>(F.same<SubOp>(X, Max));
  Value Sum = F.spread(F.reduce(ReduceKind::Sum, Weight), X);
  Op.getResult().replaceAllUsesWith(F.same<DivOp>(Weight, Sum));
  Op.erase();
}

/// The target's logit is a sum over classes with all others masked, so that it
/// comes out of the pass that sums the weights.
void decompose(CrossEntropyOp Op) {
  Value X = Op.getLogits(), Targets = Op.getTargets();
  int64_t Axis = getType(X).getRank() - 1;
  Builder F(Op, Axis);
  Value Max = F.reduce(ReduceKind::Max, X);
  Value Weight = F.same<ExpOp>(F.same<SubOp>(X, F.spread(Max, X)));
  Value Sum = F.reduce(ReduceKind::Sum, Weight);
  Value Lse = F.same<AddOp>(Max, F.same<LogOp>(Sum));
  auto ClassType = getType(X).clone(F.B.getI32Type());
  Value Class =
      IotaOp::create(F.B, F.Loc, ClassType, F.B.getI64IntegerAttr(Axis));
  Value IsTarget = F.compare(Predicate::EQ, Class, F.spread(Targets, X));
  Value Logit = F.reduce(ReduceKind::Sum, F.select(IsTarget, X, F.zero(X)));
  Value Ignored = F.compare(Predicate::LT, Targets, F.zero(Targets));
  Value Loss = F.select(Ignored, F.zero(Lse), F.same<SubOp>(Lse, Logit));
  Op.getLoss().replaceAllUsesWith(Loss);
  Op.getLse().replaceAllUsesWith(Lse);
  Op.erase();
}

} // namespace

void decomposeOps(FuncOp Kernel) {
  for (Operation &Op : llvm::make_early_inc_range(Kernel.getBody().front())) {
    if (auto Softmax = dyn_cast<SoftmaxOp>(Op))
      decompose(Softmax);
    else if (auto CrossEntropy = dyn_cast<CrossEntropyOp>(Op))
      decompose(CrossEntropy);
  }
}

} // namespace stator
