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

/// What a function makes of keys in the future that are zero, low or minus
/// infinity, and one.
static TimeFlow getUnaryFlow(Operation *Op, ArrayRef<TimeAxis> Axes,
                             FutureKeys OfZero, FutureKeys OfLow,
                             FutureKeys OfOne = FutureKeys::Hidden) {
  return combine(Op, Axes, [&](ArrayRef<TimeAxis> Operands) {
    FutureMask Mask = FutureMask::of(Operands[0]);
    switch (Mask.Future) {
    case FutureKeys::Zero:
      Mask.Future = OfZero;
      break;
    case FutureKeys::Low:
    case FutureKeys::NegInf:
      if (OfLow == FutureKeys::Hidden)
        return FutureMask::of(weaken(Operands[0]));
      Mask.Future = OfLow;
      break;
    case FutureKeys::One:
      Mask.Future = OfOne;
      break;
    case FutureKeys::High:
      if (!isa<NegOp>(Op))
        return FutureMask::of(weaken(Operands[0]));
      Mask.Future = FutureKeys::Low;
      return Mask;
    default:
      break;
    }
    // What is not masked may become what the masked ones are.
    Mask.SeesOwn &= cast<RankedTensorType>(Op->getOperand(0).getType())
                        .getElementType()
                        .isInteger(1);
    return Mask;
  });
}

// What the op makes of zero, of low numbers and minus infinity, and of one.
#define STATOR_UNARY_FLOW(OP, OF_ZERO, OF_LOW, ...)                            \
  TimeFlow OP::getTimeFlow(ArrayRef<TimeAxis> Axes) {                          \
    return getUnaryFlow(*this, Axes, FutureKeys::OF_ZERO,                      \
                        FutureKeys::OF_LOW __VA_OPT__(, FutureKeys::)          \
                            __VA_ARGS__);                                      \
  }

STATOR_UNARY_FLOW(NegOp, Zero, Hidden)
STATOR_UNARY_FLOW(AbsOp, Zero, Hidden, One)
STATOR_UNARY_FLOW(ExpOp, One, Zero)
STATOR_UNARY_FLOW(LogOp, NegInf, Hidden, Zero)
STATOR_UNARY_FLOW(SqrtOp, Zero, Hidden, One)
STATOR_UNARY_FLOW(RsqrtOp, Hidden, Hidden, One)
STATOR_UNARY_FLOW(SinOp, Zero, Hidden)
STATOR_UNARY_FLOW(CosOp, One, Hidden)
STATOR_UNARY_FLOW(TanhOp, Zero, Hidden)
STATOR_UNARY_FLOW(ErfOp, Zero, Hidden)
STATOR_UNARY_FLOW(SigmoidOp, Hidden, Zero)
STATOR_UNARY_FLOW(ReluOp, Zero, Zero, One)
STATOR_UNARY_FLOW(SiluOp, Zero, Hidden)
STATOR_UNARY_FLOW(GeluOp, Zero, Hidden)
STATOR_UNARY_FLOW(DropoutOp, Zero, Hidden)
STATOR_UNARY_FLOW(NotOp, One, Hidden, Zero)
STATOR_UNARY_FLOW(ConvertOp, Zero, Hidden, One)

#undef STATOR_UNARY_FLOW

//===----------------------------------------------------------------------===//
// Two operands and more, each element alone
//===----------------------------------------------------------------------===//

/// The keys that are `Future` for every operand are so in the result.
static FutureMask keepIfAll(ArrayRef<TimeAxis> Operands, FutureKeys Future) {
  if (llvm::all_of(Operands, [&](const TimeAxis &Time) {
        return isFuture(Time, Future);
      }))
    return hideForAll(Operands, Future);
  return hideUnlessVisible(Operands);
}

/// Minus infinity, or a low number, in an operand makes the result it.
static std::optional<FutureMask> findMasked(ArrayRef<TimeAxis> Operands) {
  for (FutureKeys Future : {FutureKeys::NegInf, FutureKeys::Low})
    if (const TimeAxis *Strictest = getStrictest(Operands, Future)) {
      FutureMask Mask = FutureMask::of(*Strictest);
      // One of several masks may hide what another one shows.
      for (const TimeAxis &Time : Operands)
        if (isFuture(Time, FutureKeys::NegInf) ||
            isFuture(Time, FutureKeys::Low))
          Mask.SeesOwn &= Time.SeesOwn;
      return Mask;
    }
  return std::nullopt;
}

/// The rule for a sum: minus infinity plus anything stays it.
static FutureMask addFutures(ArrayRef<TimeAxis> Operands) {
  if (std::optional<FutureMask> Mask = findMasked(Operands))
    return *Mask;
  return keepIfAll(Operands, FutureKeys::Zero);
}

static FutureMask subtractFutures(ArrayRef<TimeAxis> Operands) {
  if (std::optional<FutureMask> Mask = findMasked(Operands.take_front()))
    if (!findMasked(Operands.drop_front()))
      return *Mask;
  // 1 - mask.
  if (isFuture(Operands[0], FutureKeys::One))
    for (FutureKeys Future : {FutureKeys::Zero, FutureKeys::One})
      if (isFuture(Operands[1], Future))
        return hideForAll(Operands, Future == FutureKeys::Zero
                                        ? FutureKeys::One
                                        : FutureKeys::Zero);
  return keepIfAll(Operands, FutureKeys::Zero);
}

/// The rule for a product: zero times anything stays it.
static FutureMask multiplyFutures(ArrayRef<TimeAxis> Operands) {
  if (const TimeAxis *Strictest = getStrictest(Operands, FutureKeys::Zero)) {
    FutureMask Mask = FutureMask::of(*Strictest);
    for (const TimeAxis &Time : Operands)
      Mask.SeesOwn &= isFuture(Time, FutureKeys::Zero) && Time.SeesOwn;
    return Mask;
  }
  // -1e9 * mask.
  for (int Masked : {0, 1})
    for (FutureKeys Future :
         {FutureKeys::Low, FutureKeys::High, FutureKeys::NegInf})
      if (isFuture(Operands[Masked], Future) &&
          isFuture(Operands[1 - Masked], FutureKeys::One))
        return hideForAll(Operands, Future);
  return keepIfAll(Operands, FutureKeys::One);
}

/// Whether minus infinity, or what is as good for softmax, is so after it was
/// multiplied by this factor.
static bool keepsMask(std::optional<double> Factor) {
  return Factor && *Factor >= 1.0 / 64;
}

TimeFlow SubOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    // Less something high is something low.
    if (!isFuture(Operands[1], FutureKeys::High))
      return subtractFutures(Operands);
    TimeAxis Negated = Operands[1];
    Negated.Future = FutureKeys::Low;
    return addFutures({Operands[0], Negated});
  });
}

TimeFlow MulOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [&](ArrayRef<TimeAxis> Operands) {
    for (int Masked : {0, 1})
      if (std::optional<FutureMask> Mask = findMasked(Operands[Masked]);
          Mask && keepsMask(getSplatNumber(getOperand(1 - Masked))))
        return *Mask;
    return multiplyFutures(Operands);
  });
}

TimeFlow DivOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [&](ArrayRef<TimeAxis> Operands) {
    if (isFuture(Operands[0], FutureKeys::Zero)) {
      FutureMask Mask = FutureMask::of(Operands[0]);
      Mask.SeesOwn = false;
      return Mask;
    }
    if (std::optional<FutureMask> Mask = findMasked(Operands.take_front()))
      if (std::optional<double> Divisor = getSplatNumber(getRhs());
          Divisor && *Divisor > 0 && keepsMask(1 / *Divisor))
        return *Mask;
    return hideUnlessVisible(Operands);
  });
}

TimeFlow SelectOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    // A condition that is known for the future chooses there.
    for (int Chosen : {1, 2}) {
      const TimeAxis &Condition = Operands[0];
      const TimeAxis Branches[] = {Condition, Operands[Chosen]};
      if (!isFuture(Condition,
                    Chosen == 1 ? FutureKeys::One : FutureKeys::Zero))
        continue;
      // A branch without keys depends on none.
      FutureKeys Future =
          Branches[1].KeyAxis ? Branches[1].Future : FutureKeys::Hidden;
      if (Future == FutureKeys::Visible)
        continue;
      FutureMask Mask = hideForAll(Branches, Future);
      // The own key has what the other branch gives it.
      const TimeAxis &Other = Operands[3 - Chosen];
      Mask.SeesOwn =
          Condition.SeesOwn &&
          (Other.SeesOwn || !(isFuture(Other, Future) || findMasked(Other)));
      return Mask;
    }
    for (FutureKeys Future : {FutureKeys::Zero, FutureKeys::One,
                              FutureKeys::NegInf, FutureKeys::Low})
      if (isFuture(Operands[1], Future) && isFuture(Operands[2], Future)) {
        FutureMask Mask = hideForAll(Operands.drop_front(), Future);
        Mask.SeesOwn = Operands[1].SeesOwn && Operands[2].SeesOwn;
        return Mask;
      }
    return hideUnlessVisible(Operands);
  });
}

TimeFlow AndOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    const TimeAxis *Strictest = getStrictest(Operands, FutureKeys::Zero);
    if (!Strictest)
      return keepIfAll(Operands, FutureKeys::One);
    FutureMask Mask = FutureMask::of(*Strictest);
    // Seen if both show it.
    for (const TimeAxis &Time : Operands)
      Mask.SeesOwn &= isFuture(Time, FutureKeys::Zero) && Time.SeesOwn;
    return Mask;
  });
}

TimeFlow OrOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    const TimeAxis *Strictest = getStrictest(Operands, FutureKeys::One);
    if (!Strictest) {
      FutureMask Mask = keepIfAll(Operands, FutureKeys::Zero);
      // Seen if either shows it.
      Mask.SeesOwn = Mask.Future == FutureKeys::Zero &&
                     llvm::any_of(Operands, [](const TimeAxis &Time) {
                       return Time.SeesOwn;
                     });
      return Mask;
    }
    FutureMask Mask = FutureMask::of(*Strictest);
    for (const TimeAxis &Time : Operands)
      Mask.SeesOwn &= isFuture(Time, FutureKeys::One) && Time.SeesOwn;
    return Mask;
  });
}

TimeFlow MinimumOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    if (std::optional<FutureMask> Mask = findMasked(Operands))
      return *Mask;
    return keepIfAll(Operands, FutureKeys::Zero);
  });
}

TimeFlow MaximumOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return combine(*this, Axes, [](ArrayRef<TimeAxis> Operands) {
    return keepIfAll(Operands, FutureKeys::Zero);
  });
}

#define STATOR_COMBINED_FLOW(OP, RULE)                                         \
  TimeFlow OP::getTimeFlow(ArrayRef<TimeAxis> Axes) {                          \
    return combine(*this, Axes, RULE);                                         \
  }

STATOR_COMBINED_FLOW(AddOp, addFutures)
STATOR_COMBINED_FLOW(PowOp, hideUnlessVisible)
STATOR_COMBINED_FLOW(CompareOp, hideUnlessVisible)
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
  auto FindDim = [&](int64_t Dim) { return findReshapedDim(From, To, Dim); };
  TimeAxis Time = Axes[0];
  bool IsMerged = false;
  for (std::optional<int64_t> Axis : {Axes[0].Axis, Axes[0].KeyAxis})
    if (Axis && From[*Axis] != 1 && !FindDim(*Axis)) {
      Time = collapse(Time, *Axis, From[*Axis]);
      IsMerged = true;
    }
  return flow(IsMerged ? TimeKind::Mixing : TimeKind::Pointwise,
              renameDims(Time, FindDim),
              "a reshape that splits time or merges it with another dimension");
}

TimeFlow SliceOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  // A step leaves out positions, so that those after them come earlier.
  bool IsSparse = false;
  for (std::optional<int64_t> Axis : {Axes[0].Axis, Axes[0].KeyAxis})
    if (Axis && getStrides()[*Axis] != 1 && getType().getDimSize(*Axis) > 1) {
      Time = hidesKeys(Time) ? dropKeys(Time) : weaken(Time);
      int64_t Skipped =
          (getType().getDimSize(*Axis) - 1) * (getStrides()[*Axis] - 1);
      if (Time.Axis == *Axis)
        Time.Shift = move(Time.Shift, Skipped);
      else if (Time.KeyAxis == *Axis)
        Time.KeyShift = move(Time.KeyShift, Skipped);
      IsSparse = true;
    }
  bool IsMoved = IsSparse;
  for (auto [Dim, Offset] : llvm::enumerate(getOffsets())) {
    IsMoved |= Offset != 0 && (Time.Axis == Dim || Time.KeyAxis == Dim);
    Time = moveAlong(Time, Dim, -Offset);
  }
  Time.SeesOwn = false;
  if (!IsMoved)
    return flow(TimeKind::Pointwise, Time);
  return flow(Time.Shift > 0 || (Time.KeyAxis && Time.KeyShift > 0)
                  ? TimeKind::Mixing
                  : TimeKind::Causal,
              Time, "a slice that moves later positions to earlier ones");
}

/// What moves to later indices of a tensor whose other elements are zero: what
/// its future was, it is no longer everywhere, unless it is zero as they are.
static TimeAxis putAmongZeros(TimeAxis Time, int64_t Dim, int64_t Low) {
  if (Time.Future != FutureKeys::Zero)
    Time = weaken(Time);
  Time.SeesOwn = false;
  return moveAlong(Time, Dim, Low);
}

TimeFlow PadOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  RankedTensorType From = getInput().getType();
  TimeKind Kind = TimeKind::Pointwise;
  for (auto [Dim, Low] : llvm::enumerate(getLow())) {
    bool IsTime = Time.Axis == Dim || Time.KeyAxis == Dim;
    // Spread elements only move to later indices.
    if (IsTime && getStrides()[Dim] != 1)
      Time = hidesKeys(Time) ? dropKeys(Time) : weaken(Time);
    if (IsTime && (Low != 0 || getStrides()[Dim] != 1))
      Kind = TimeKind::Causal;
    if (From.getDimSize(Dim) == getType().getDimSize(Dim))
      continue;
    // A single position that becomes the last one.
    if (Time.isUniform() && From.getDimSize(Dim) == 1 &&
        Low + 1 == getType().getDimSize(Dim))
      Time = attachTo(Time, Dim);
    Time = putAmongZeros(Time, Dim, Low);
  }
  return flow(Kind, Time);
}

TimeFlow ConcatOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  // Along the concatenated dimension all but the first operand move to later
  // positions.
  int64_t Axis = getAxis();
  TimeKind Kind = TimeKind::Pointwise;
  SmallVector<TimeAxis> Moved;
  SmallVector<int64_t> Ends;
  int64_t Offset = 0;
  // A single position behind what depends on no token is along the axis, too.
  bool IsAlong =
      llvm::any_of(Axes,
                   [&](const TimeAxis &Time) { return Time.Axis == Axis; }) ||
      (Axes.size() > 1 && Axes.back().isUniform() &&
       llvm::none_of(Axes.drop_back(),
                     [](const TimeAxis &Time) { return Time.varies(); }));
  for (auto [Operand, OperandTime] : llvm::zip_equal(getInputs(), Axes)) {
    TimeAxis Time = OperandTime;
    if (Offset > 0 && (Time.Axis == Axis || Time.KeyAxis == Axis))
      Kind = TimeKind::Causal;
    int64_t Size = cast<RankedTensorType>(Operand.getType()).getDimSize(Axis);
    if (IsAlong && Time.isUniform() && Size == 1) {
      Time = attachTo(Time, Axis);
    } else if (Offset > 0 && IsAlong && Time.isUniform()) {
      // What is the same everywhere now comes after what is along the axis.
      Time.Axis = Axis;
      Time.Shift = TimeAxis::Never;
    }
    Moved.push_back(moveAlong(Time, Axis, Offset));
    Offset += Size;
    Ends.push_back(Offset);
  }
  TimeFlow Flow = combine(*this, Moved, [&](ArrayRef<TimeAxis> Operands) {
    std::optional<FutureKeys> Future;
    for (const TimeAxis &Time : Operands)
      if (Time.KeyAxis) {
        if (Future && *Future != Time.Future)
          return hideUnlessVisible(Operands);
        Future = Time.Future;
      }
    if (!Future || *Future == FutureKeys::Visible)
      return hideUnlessVisible(Operands);
    FutureMask Mask = hideForAll(Operands, *Future);
    // What else is there is none of the future: keys that all queries see.
    for (auto [Time, End] : llvm::zip_equal(Operands, Ends)) {
      bool IsSeen = llvm::any_of(Operands, [&](const TimeAxis &Other) {
        return Other.KeyAxis == Axis;
      });
      if (!Time.KeyAxis &&
          !(IsSeen && End - 1 <= std::max(Mask.Reach, Mask.KeyPrefix)))
        return hideUnlessVisible(Operands);
    }
    return Mask;
  });
  if (Flow.Kind == TimeKind::Pointwise)
    Flow.Kind = Kind;
  return Flow;
}

TimeFlow GatherOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Indices = Axes[1];
  TimeAxis Table = collapse(Axes[0], 0, getTable().getType().getDimSize(0));
  int64_t Offset = getIndices().getType().getRank() - 1;
  TimeAxis Operands[] = {
      renameDims(Table,
                 [&](int64_t Dim) { return std::optional(Dim + Offset); }),
      Indices};
  TimeFlow Flow = combine(*this, Operands);
  if (Axes[0].Axis == 0 || Axes[0].KeyAxis == 0) {
    Flow.Kind = TimeKind::Mixing;
    Flow.Reason = "a look-up among the positions";
  }
  return Flow;
}

//===----------------------------------------------------------------------===//
// Losses, backward ops and optimizers
//===----------------------------------------------------------------------===//

TimeFlow CrossEntropyOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  int64_t Vocabulary = getLogits().getType().getRank() - 1;
  if (Axes[0].Axis == Vocabulary || Axes[0].KeyAxis == Vocabulary)
    return mixing(*this, Axes, "a softmax over time");
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
  TimeFlow Flow = mixing(Op, Axes, Reason);
  if (llvm::none_of(Axes, [](const TimeAxis &T) { return T.Axis.has_value(); }))
    Flow.Kind = TimeKind::Pointwise, Flow.Reason.clear();
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
