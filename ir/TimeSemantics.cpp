//===- TimeSemantics.cpp - How ops move information along time ------------===//
//
// Elementwise ops, ops that move elements, losses and optimizers. Those that
// sum over dimensions are in TimeSemanticsSums.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/Splat.h"
#include "ir/TimeFlowSupport.h"

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// One operand, each element alone
//===----------------------------------------------------------------------===//

/// What a function makes of keys in the future that are zero or minus infinity.
static TimeFlow getUnaryFlow(Operation *Op, ArrayRef<TimeAxis> Axes,
                             FutureKeys OfZero, FutureKeys OfNegInf) {
  return combine(Op, Axes, [&](ArrayRef<TimeAxis> Operands) {
    switch (Operands[0].Future) {
    case FutureKeys::Zero:
      return OfZero;
    case FutureKeys::NegInf:
      return OfNegInf;
    default:
      return Operands[0].Future;
    }
  });
}

// What the op makes of zero, and of minus infinity.
#define STATOR_UNARY_FLOW(OP, OF_ZERO, OF_NEG_INF)                             \
  TimeFlow OP::getTimeFlow(ArrayRef<TimeAxis> Axes) {                          \
    return getUnaryFlow(*this, Axes, FutureKeys::OF_ZERO,                      \
                        FutureKeys::OF_NEG_INF);                               \
  }

STATOR_UNARY_FLOW(NegOp, Zero, Hidden)
STATOR_UNARY_FLOW(AbsOp, Zero, Hidden)
STATOR_UNARY_FLOW(ExpOp, Hidden, Zero)
STATOR_UNARY_FLOW(LogOp, NegInf, Hidden)
STATOR_UNARY_FLOW(SqrtOp, Zero, Hidden)
STATOR_UNARY_FLOW(RsqrtOp, Hidden, Hidden)
STATOR_UNARY_FLOW(SinOp, Zero, Hidden)
STATOR_UNARY_FLOW(CosOp, Hidden, Hidden)
STATOR_UNARY_FLOW(TanhOp, Zero, Hidden)
STATOR_UNARY_FLOW(ErfOp, Zero, Hidden)
STATOR_UNARY_FLOW(SigmoidOp, Hidden, Zero)
STATOR_UNARY_FLOW(ReluOp, Zero, Zero)
STATOR_UNARY_FLOW(SiluOp, Zero, Hidden)
STATOR_UNARY_FLOW(GeluOp, Zero, Hidden)
STATOR_UNARY_FLOW(DropoutOp, Zero, Hidden)
STATOR_UNARY_FLOW(NotOp, Hidden, Hidden)
STATOR_UNARY_FLOW(ConvertOp, Zero, Hidden)

#undef STATOR_UNARY_FLOW

//===----------------------------------------------------------------------===//
// Two operands and more, each element alone
//===----------------------------------------------------------------------===//

/// Whether the operands at those indices all are `Future` after the query.
static bool isFuture(ArrayRef<TimeAxis> Operands, FutureKeys Future) {
  return llvm::all_of(Operands, [&](const TimeAxis &Time) {
    return Time.KeyAxis && Time.Future == Future;
  });
}

/// The rule for a sum: minus infinity plus anything stays it.
static FutureKeys addFutures(ArrayRef<TimeAxis> Operands) {
  for (const TimeAxis &Time : Operands)
    if (isFuture(Time, FutureKeys::NegInf))
      return FutureKeys::NegInf;
  return isFuture(Operands, FutureKeys::Zero) ? FutureKeys::Zero
                                              : hideUnlessVisible(Operands);
}

/// The rule for a product: zero times anything stays it.
static FutureKeys multiplyFutures(ArrayRef<TimeAxis> Operands) {
  for (const TimeAxis &Time : Operands)
    if (isFuture(Time, FutureKeys::Zero))
      return FutureKeys::Zero;
  return hideUnlessVisible(Operands);
}

TimeFlow SubOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    if (isFuture(Operands[1], FutureKeys::NegInf))
      return hideUnlessVisible(Operands);
    return addFutures(Operands);
  });
}

TimeFlow MulOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [&](ArrayRef<TimeAxis> Operands) {
    // A positive factor leaves minus infinity what it is.
    for (int Masked : {0, 1})
      if (isFuture(Operands[Masked], FutureKeys::NegInf) &&
          getSplatNumber(getOperand(1 - Masked)).value_or(0) > 0)
        return FutureKeys::NegInf;
    return multiplyFutures(Operands);
  });
}

TimeFlow DivOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [&](ArrayRef<TimeAxis> Operands) {
    if (isFuture(Operands[0], FutureKeys::Zero))
      return FutureKeys::Zero;
    if (isFuture(Operands[0], FutureKeys::NegInf) &&
        getSplatNumber(getRhs()).value_or(0) > 0)
      return FutureKeys::NegInf;
    return hideUnlessVisible(Operands);
  });
}

TimeFlow SelectOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    for (FutureKeys Future : {FutureKeys::Zero, FutureKeys::NegInf})
      if (isFuture(Operands.drop_front(), Future))
        return Future;
    return hideUnlessVisible(Operands);
  });
}

#define STATOR_COMBINED_FLOW(OP, RULE)                                         \
  TimeFlow OP::getTimeFlow(ArrayRef<TimeAxis> Axes) {                          \
    return combine(*this, Axes, RULE);                                         \
  }

STATOR_COMBINED_FLOW(AddOp, addFutures)
STATOR_COMBINED_FLOW(PowOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(MaximumOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(MinimumOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(CompareOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(AndOp, multiplyFutures)
STATOR_COMBINED_FLOW(OrOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(IAddOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(ISubOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(IMulOp, multiplyFutures)

#undef STATOR_COMBINED_FLOW

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

TimeFlow ConstantOp::getTimeFlow(ArrayRef<TimeAxis>) {
  return flow(TimeKind::Pointwise, TimeAxis::none());
}

// A position is no token: nothing flows.
TimeFlow IotaOp::getTimeFlow(ArrayRef<TimeAxis>) {
  return flow(TimeKind::Pointwise, TimeAxis::none());
}

TimeFlow BroadcastOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return flow(TimeKind::Pointwise, renameDims(Axes[0], [&](int64_t Dim) {
                return std::optional(getDimensions()[Dim]);
              }));
}

TimeFlow TransposeOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return flow(TimeKind::Pointwise, renameDims(Axes[0], [&](int64_t Dim) {
                return std::optional<int64_t>(
                    llvm::find(getPermutation(), Dim) -
                    getPermutation().begin());
              }));
}

TimeFlow ReshapeOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  ArrayRef<int64_t> From = getInput().getType().getShape();
  ArrayRef<int64_t> To = getType().getShape();
  // A dimension stays itself if as many elements are before it and in it.
  bool IsMerged = false;
  TimeAxis Result =
      renameDims(Axes[0], [&](int64_t Dim) -> std::optional<int64_t> {
        int64_t Before = 1;
        for (int64_t Size : From.take_front(Dim))
          Before *= Size;
        int64_t BeforeTo = 1;
        for (auto [DimTo, Size] : llvm::enumerate(To)) {
          if (BeforeTo == Before && Size == From[Dim])
            return DimTo;
          BeforeTo *= Size;
        }
        IsMerged |= From[Dim] != 1;
        return std::nullopt;
      });
  if (IsMerged)
    return mixing(*this, "a reshape that splits time or merges it with "
                         "another dimension");
  return flow(TimeKind::Pointwise, Result);
}

/// The flow of a slice or pad. `IsInPlace` and `IsLater` say of a dimension
/// whether an element of the result has the index that it had, or a larger one.
static TimeFlow getPartFlow(Operation *Op, TimeAxis Time,
                            function_ref<bool(int64_t)> IsInPlace,
                            function_ref<bool(int64_t)> IsLater) {
  if (!Time.Axis || Time.Whole)
    return flow(TimeKind::Pointwise, Time);
  if (IsInPlace(*Time.Axis) && (!Time.KeyAxis || IsInPlace(*Time.KeyAxis)))
    return flow(TimeKind::Pointwise, Time);
  // Once the axes move against each other, what is known of the future is lost.
  if (Time.KeyAxis && Time.Future != FutureKeys::Visible)
    Time = dropKeys(Time);
  for (std::optional<int64_t> Axis : {Time.Axis, Time.KeyAxis})
    if (Axis && !IsInPlace(*Axis) && !IsLater(*Axis))
      return mixing(Op, "a slice that moves later positions to earlier ones");
  return flow(TimeKind::Causal, Time);
}

TimeFlow SliceOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getPartFlow(
      *this, Axes[0],
      [&](int64_t Dim) {
        return getOffsets()[Dim] == 0 &&
               (getStrides()[Dim] == 1 || getType().getDimSize(Dim) <= 1);
      },
      [](int64_t) { return false; });
}

TimeFlow PadOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getPartFlow(
      *this, Axes[0],
      [&](int64_t Dim) { return getLow()[Dim] == 0 && getStrides()[Dim] == 1; },
      [](int64_t) { return true; });
}

TimeFlow ConcatOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  // Along the concatenated dimension all but the first operand move to later
  // positions.
  int64_t Axis = getAxis();
  TimeKind Kind = TimeKind::Pointwise;
  SmallVector<TimeAxis> Moved;
  for (auto [Index, Time] : llvm::enumerate(Axes)) {
    bool IsMoved = Index > 0 && (Time.Axis == Axis || Time.KeyAxis == Axis);
    if (IsMoved) {
      Kind = TimeKind::Causal;
      if (Time.KeyAxis && Time.Future != FutureKeys::Visible)
        Moved.push_back(dropKeys(Time));
      else
        Moved.push_back(Time);
      continue;
    }
    Moved.push_back(Time);
  }
  TimeFlow Flow = combine(*this, Moved, [](ArrayRef<TimeAxis> Operands) {
    for (FutureKeys Future : {FutureKeys::Zero, FutureKeys::NegInf})
      if (isFuture(Operands, Future))
        return Future;
    return hideUnlessVisible(Operands);
  });
  if (Flow.Kind == TimeKind::Pointwise)
    Flow.Kind = Kind;
  return Flow;
}

TimeFlow GatherOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Table = Axes[0], Indices = Axes[1];
  if (Table.Axis == 0 || Table.KeyAxis == 0)
    return mixing(*this, "a look-up among the positions");
  int64_t Offset = getIndices().getType().getRank() - 1;
  TimeAxis Operands[] = {
      renameDims(Table,
                 [&](int64_t Dim) { return std::optional(Dim + Offset); }),
      Indices};
  return combine(*this, Operands);
}

//===----------------------------------------------------------------------===//
// Losses, backward ops and optimizers
//===----------------------------------------------------------------------===//

TimeFlow CrossEntropyOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  int64_t Vocabulary = getLogits().getType().getRank() - 1;
  if (Axes[0].Axis == Vocabulary || Axes[0].KeyAxis == Vocabulary)
    return mixing(*this, "a softmax over time");
  TimeFlow Flow = combine(*this, Axes);
  Flow.ResultAxes.resize(1);
  Flow.ResultAxes.push_back(Flow.ResultAxes[0]);
  return Flow;
}

TimeFlow CrossEntropyGradOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes);
}

/// An op whose results depend on all that it is given.
static TimeFlow getDependentFlow(Operation *Op, ArrayRef<TimeAxis> Axes,
                                 const Twine &Reason) {
  if (llvm::any_of(Axes, [](const TimeAxis &T) { return T.Axis.has_value(); }))
    return mixing(Op, Reason);
  TimeFlow Flow;
  bool IsWhole = llvm::any_of(Axes, [](const TimeAxis &T) { return T.Whole; });
  Flow.ResultAxes.assign(Op->getNumResults(),
                         IsWhole ? TimeAxis::whole() : TimeAxis::none());
  return Flow;
}

TimeFlow ScatterAddOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes, "a sum over positions");
}
TimeFlow AttentionGradOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes,
                          "cotangents flow from later positions to earlier");
}
TimeFlow GlobalNormOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes, "a norm over positions");
}
TimeFlow ClipScaleOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes, "");
}
TimeFlow LearningRateOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes, "");
}
TimeFlow SgdOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes, "an update of the parameters");
}
TimeFlow AdamOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getDependentFlow(*this, Axes, "an update of the parameters");
}
