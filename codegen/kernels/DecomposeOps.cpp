//===- DecomposeOps.cpp - Composite ops as reductions ---------------------===//
//
// Exponentials are taken relative to the maximum of a row. Where that is
// infinite, the difference would be NaN, and 0 is subtracted instead: a row of
// -inf has weights of 0, whose sum is 0.
//
//===----------------------------------------------------------------------===//

#include "codegen/kernels/Lowerings.h"
#include "ir/KernelInterface.h"
#include "ir/Splat.h"
#include <limits>

using namespace mlir;

namespace stator {
namespace {

RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

constexpr double Infinity = std::numeric_limits<double>::infinity();

/// Builds ops of the dialect on tensors of one shape and reductions of it.
class Builder {
public:
  Builder(Operation *Op, ArrayRef<int64_t> Axes)
      : B(Op), Loc(Op->getLoc()), Axes(Axes) {}

  Value reduce(ReduceKind Kind, Value X) {
    SmallVector<int64_t> Shape;
    for (auto [Dim, Size] : llvm::enumerate(getType(X).getShape()))
      if (!llvm::is_contained(Axes, static_cast<int64_t>(Dim)))
        Shape.push_back(Size);
    auto Type = RankedTensorType::get(Shape, getType(X).getElementType());
    return ReduceOp::create(B, Loc, Type, Kind, X,
                            B.getDenseI64ArrayAttr(Axes));
  }
  /// Repeats the result of a reduction along the axes.
  Value spread(Value X, Value Like) {
    SmallVector<int64_t> Dims;
    for (int64_t Dim = 0; Dim != getType(Like).getRank(); ++Dim)
      if (!llvm::is_contained(Axes, Dim))
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
  Value number(Value Like, double Number) {
    return createSplat(B, Loc, Like.getType(), Number);
  }
  Value zero(Value Like) { return number(Like, 0); }
  /// X, or `Otherwise` where X is `Number`.
  Value replace(Value X, double Number, double Otherwise) {
    return select(compare(Predicate::EQ, X, number(X, Number)),
                  number(X, Otherwise), X);
  }
  /// e^(X - Base), with one number in Base for each row.
  Value weigh(Value X, Value Base) {
    return same<ExpOp>(same<SubOp>(X, spread(Base, X)));
  }
  /// The logarithm of the sum of the exponentials along the axes.
  Value logSumExp(Value X) {
    Value Max = reduce(ReduceKind::Max, X);
    Value IsInfinite =
        compare(Predicate::EQ, same<AbsOp>(Max), number(Max, Infinity));
    Value Base = select(IsInfinite, zero(Max), Max);
    Value Sum = reduce(ReduceKind::Sum, weigh(X, Base));
    return same<AddOp>(Base, same<LogOp>(Sum));
  }

  OpBuilder B;
  Location Loc;
  SmallVector<int64_t> Axes;
};

void decompose(SoftmaxOp Op) {
  Builder F(Op, static_cast<int64_t>(Op.getAxis()));
  Value X = Op.getInput();
  Value Base = F.replace(F.reduce(ReduceKind::Max, X), -Infinity, 0);
  Value Weight = F.weigh(X, Base);
  Value Sum = F.replace(F.reduce(ReduceKind::Sum, Weight), 0, 1);
  Op.getResult().replaceAllUsesWith(F.same<DivOp>(Weight, F.spread(Sum, X)));
  Op.erase();
}

void decompose(ReduceOp Op) {
  Builder F(Op, Op.getAxes());
  Op.getResult().replaceAllUsesWith(F.logSumExp(Op.getInput()));
  Op.erase();
}

/// The target's logit is a sum over classes with all others masked, so that it
/// comes out of the pass that sums the weights.
void decompose(CrossEntropyOp Op) {
  Value X = Op.getLogits(), Targets = Op.getTargets();
  int64_t Axis = getType(X).getRank() - 1;
  Builder F(Op, Axis);
  Value Lse = F.logSumExp(X);
  auto ClassType = getType(X).clone(F.B.getI32Type());
  Value Class =
      IotaOp::create(F.B, F.Loc, ClassType, F.B.getI64IntegerAttr(Axis));
  Value IsTarget = F.compare(Predicate::EQ, Class, F.spread(Targets, X));
  Value Logit = F.reduce(ReduceKind::Sum, F.select(IsTarget, X, F.zero(X)));
  Value Ignored = F.compare(Predicate::LT, Targets, F.zero(Targets));
  if (Attribute Check = Op->getAttr(IndexCheckAttrName))
    Ignored.getDefiningOp()->setAttr(IndexCheckAttrName, Check);
  // Without a class that is possible, -log 0 and not -inf + inf.
  Value Impossible = F.compare(Predicate::EQ, Lse, F.number(Lse, -Infinity));
  Value Loss =
      F.select(Impossible, F.number(Lse, Infinity), F.same<SubOp>(Lse, Logit));
  Loss = F.select(Ignored, F.zero(Lse), Loss);
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
    else if (auto Reduce = dyn_cast<ReduceOp>(Op);
             Reduce && Reduce.getKind() == ReduceKind::LogSumExp)
      decompose(Reduce);
  }
}

} // namespace stator
