//===- TimeFlowSupport.cpp - Following time through ops -------------------===//

#include "ir/TimeFlowSupport.h"

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

TimeFlow stator::mixing(Operation *Op, const Twine &Reason) {
  TimeFlow Flow;
  Flow.Kind = TimeKind::Mixing;
  Flow.ResultAxes.assign(Op->getNumResults(), TimeAxis::whole());
  Flow.Reason = Reason.str();
  return Flow;
}

TimeFlow stator::mixing(Operation *Op, ArrayRef<TimeAxis> Axes,
                        const Twine &Reason) {
  TimeFlow Flow = mixing(Op, Reason);
  TimeAxis Result;
  for (auto [Operand, Time] : llvm::zip_equal(Op->getOperands(), Axes))
    Result.Prefix = std::max(
        Result.Prefix,
        getLastPosition(Time,
                        cast<RankedTensorType>(Operand.getType()).getShape()));
  Flow.ResultAxes.assign(Op->getNumResults(), Result);
  return Flow;
}

TimeFlow stator::flow(TimeKind Kind, TimeAxis Result) {
  TimeFlow Flow;
  Flow.Kind = Kind;
  Flow.ResultAxes.push_back(Result);
  return Flow;
}

TimeFlow stator::flow(TimeKind Kind, TimeAxis Result, const Twine &Reason) {
  TimeFlow Flow = flow(Kind, Result);
  if (Kind == TimeKind::Mixing)
    Flow.Reason = Reason.str();
  return Flow;
}

//===----------------------------------------------------------------------===//
// What is masked
//===----------------------------------------------------------------------===//

const TimeAxis *stator::getStrictest(ArrayRef<TimeAxis> Operands,
                                     FutureKeys Future) {
  const TimeAxis *Best = nullptr;
  for (const TimeAxis &Time : Operands)
    if (isFuture(Time, Future) &&
        (!Best || std::pair(Time.Reach, Time.KeyPrefix) <
                      std::pair(Best->Reach, Best->KeyPrefix)))
      Best = &Time;
  return Best;
}

FutureMask stator::hideForAll(ArrayRef<TimeAxis> Operands, FutureKeys Future) {
  FutureMask Result;
  Result.Future = Future;
  for (const TimeAxis &Time : Operands)
    if (Time.KeyAxis) {
      Result.Reach = std::max(Result.Reach, Time.Reach);
      Result.KeyPrefix = std::max(Result.KeyPrefix, Time.KeyPrefix);
    }
  return Result;
}

FutureMask stator::hideUnlessVisible(ArrayRef<TimeAxis> Operands) {
  // A pair that is along the key alone shows the key.
  for (const TimeAxis &Time : Operands)
    if (Time.KeyAxis && !hidesKeys(Time))
      return {};
  return hideForAll(Operands, FutureKeys::Hidden);
}

TimeAxis stator::weaken(TimeAxis Time) {
  if (hidesKeys(Time))
    Time.Future = FutureKeys::Hidden;
  else
    FutureMask{FutureKeys::Visible, 0, TimeAxis::Never}.applyTo(Time);
  Time.SeesOwn = false;
  return Time;
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// The two axes of the result of an op: first those that a mask has named
/// queries and keys, then those of any pair. Two vectors along different axes
/// are only ordered by convention until a mask says it.
static std::pair<int64_t, int64_t> chooseRoles(ArrayRef<TimeAxis> Operands,
                                               ArrayRef<int64_t> Axes) {
  for (bool NeedsMask : {true, false})
    for (const TimeAxis &Time : Operands)
      if (Time.KeyAxis && (!NeedsMask || Time.Future != FutureKeys::Visible))
        return {*Time.Axis, *Time.KeyAxis};
  return {Axes[0], Axes[1]};
}

/// An operand along these axes of queries and keys, as a pair where it has the
/// dimension of keys at all.
static TimeAxis orient(TimeAxis Time, int64_t Query) {
  if (!Time.Axis || *Time.Axis == Query)
    return Time;
  // Along the keys first: no mask that was found holds the other way round.
  TimeAxis Result = Time;
  Result.KeyAxis = Time.Axis;
  Result.KeyShift = Time.Shift;
  Result.Axis = Query;
  Result.Shift = Time.KeyAxis ? Time.KeyShift : TimeAxis::Never;
  FutureMask{}.applyTo(Result);
  return Result;
}

TimeFlow stator::combine(Operation *Op, ArrayRef<TimeAxis> Operands,
                         FutureRule Rule) {
  SmallVector<int64_t, 2> Axes;
  TimeAxis Result;
  for (const TimeAxis &Time : Operands) {
    Result.Prefix = std::max(Result.Prefix, Time.Prefix);
    for (std::optional<int64_t> Axis : {Time.Axis, Time.KeyAxis})
      if (Axis && !llvm::is_contained(Axes, *Axis))
        Axes.push_back(*Axis);
  }
  if (Axes.empty())
    return flow(TimeKind::Pointwise, Result);
  llvm::sort(Axes);
  if (Axes.size() > 2)
    return mixing(Op, "time in more than two dimensions of one tensor");
  Result.Shift = Result.KeyShift = TimeAxis::Never;
  if (Axes.size() == 1) {
    Result.Axis = Axes[0];
    for (const TimeAxis &Time : Operands)
      if (Time.Axis)
        Result.Shift = std::max(Result.Shift, Time.Shift);
    Result.KeyShift = 0;
    return flow(TimeKind::Pointwise, Result);
  }
  auto [Query, Key] = chooseRoles(Operands, Axes);
  Result.Axis = Query;
  Result.KeyAxis = Key;
  SmallVector<TimeAxis> Pairs;
  for (const TimeAxis &Time : Operands) {
    Pairs.push_back(orient(Time, Query));
    if (Pairs.back().Axis)
      Result.Shift = std::max(Result.Shift, Pairs.back().Shift);
    if (Pairs.back().KeyAxis)
      Result.KeyShift = std::max(Result.KeyShift, Pairs.back().KeyShift);
  }
  Rule(Pairs).applyTo(Result);
  if (Result.Future == FutureKeys::Visible)
    FutureMask{FutureKeys::Visible, 0, TimeAxis::Never}.applyTo(Result);
  return flow(TimeKind::Pointwise, Result);
}

/// Makes the key the only axis.
static TimeAxis keepKeyOnly(TimeAxis Time) {
  TimeAxis Result;
  Result.Axis = Time.KeyAxis;
  if (Result.Axis)
    Result.Shift = Time.KeyShift;
  Result.Prefix = Time.Prefix;
  return Result;
}

/// Makes the query the only axis, whatever is known of keys.
static TimeAxis keepQueryOnly(TimeAxis Time) {
  TimeAxis Result;
  Result.Axis = Time.Axis;
  Result.Shift = Time.Shift;
  Result.Prefix = Time.Prefix;
  return Result;
}

TimeAxis stator::collapse(TimeAxis Time, int64_t Dim, int64_t Size) {
  if (Time.Axis == Dim) {
    int64_t Last = move(Time.Shift, Size - 1);
    Time = keepKeyOnly(Time);
    Time.Prefix = std::max(Time.Prefix, Last);
  } else if (Time.KeyAxis == Dim) {
    int64_t Last = move(Time.KeyShift, Size - 1);
    Time = keepQueryOnly(Time);
    Time.Prefix = std::max(Time.Prefix, Last);
  }
  return Time;
}

TimeAxis stator::renameDims(TimeAxis Time,
                            function_ref<std::optional<int64_t>(int64_t)> Map) {
  std::optional<int64_t> Axis, KeyAxis;
  if (Time.Axis)
    Axis = Map(*Time.Axis);
  if (Time.KeyAxis)
    KeyAxis = Map(*Time.KeyAxis);
  // What is gone has a single index, the first.
  TimeAxis Result = Time;
  if (Time.KeyAxis && !KeyAxis)
    Result = collapse(Result, *Time.KeyAxis, 1);
  if (Time.Axis && !Axis)
    Result = collapse(Result, *Time.Axis, 1);
  if (Axis && KeyAxis) {
    Result.Axis = Axis;
    Result.KeyAxis = KeyAxis;
  } else if (Axis || KeyAxis) {
    Result.Axis = Axis ? Axis : KeyAxis;
  }
  return Result;
}

/// The dimensions of this size in front of which there are `Before` elements.
static SmallVector<int64_t, 4> findDims(ArrayRef<int64_t> Shape, int64_t Before,
                                        int64_t Size) {
  SmallVector<int64_t, 4> Found;
  int64_t BeforeDim = 1;
  for (auto [Dim, DimSize] : llvm::enumerate(Shape)) {
    if (BeforeDim == Before && DimSize == Size)
      Found.push_back(Dim);
    BeforeDim *= DimSize;
  }
  return Found;
}

std::optional<int64_t> stator::findReshapedDim(ArrayRef<int64_t> From,
                                               ArrayRef<int64_t> To,
                                               int64_t Dim) {
  int64_t Before = 1;
  for (int64_t Size : From.take_front(Dim))
    Before *= Size;
  // More than one only if they have one element each. They stay in their order,
  // unless some came or went: then it is not known which.
  auto Dims = findDims(From, Before, From[Dim]);
  auto DimsTo = findDims(To, Before, From[Dim]);
  if (Dims.size() != DimsTo.size())
    return std::nullopt;
  return DimsTo[llvm::find(Dims, Dim) - Dims.begin()];
}

TimeAxis stator::attachTo(TimeAxis Time, int64_t Dim) {
  assert(Time.isUniform());
  if (Time.Prefix >= TimeAxis::Always / 2)
    return Time;
  Time.Axis = Dim;
  Time.Shift = std::exchange(Time.Prefix, TimeAxis::Never);
  return Time;
}

int64_t stator::getLastPosition(const TimeAxis &Time, ArrayRef<int64_t> Shape) {
  int64_t Last = Time.Prefix;
  if (Time.Axis)
    Last = std::max(Last, move(Time.Shift, Shape[*Time.Axis] - 1));
  if (Time.KeyAxis)
    Last = std::max(Last, move(Time.KeyShift, Shape[*Time.KeyAxis] - 1));
  return Last;
}

TimeAxis stator::dropKeys(TimeAxis Time) {
  assert(Time.KeyAxis && Time.Future != FutureKeys::Visible);
  TimeAxis Result = keepQueryOnly(Time);
  if (Time.KeyShift > TimeAxis::Never / 2) {
    Result.Shift = std::max(Result.Shift, move(Time.Reach, Time.KeyShift));
    Result.Prefix =
        std::max(Result.Prefix, move(Time.KeyPrefix, Time.KeyShift));
  }
  return Result;
}

TimeAxis stator::moveAlong(TimeAxis Time, int64_t Dim, int64_t By) {
  if (By == 0)
    return Time;
  if (Time.Axis == Dim) {
    Time.Shift = move(Time.Shift, -By);
    if (Time.KeyAxis && Time.Future != FutureKeys::Visible)
      Time.Reach = move(Time.Reach, -By);
  } else if (Time.KeyAxis == Dim) {
    Time.KeyShift = move(Time.KeyShift, -By);
    if (Time.Future != FutureKeys::Visible) {
      Time.Reach = move(Time.Reach, By);
      Time.KeyPrefix = move(Time.KeyPrefix, By);
    }
  }
  Time.SeesOwn = false;
  // From index `By` on, the index itself is at least the prefix.
  if (By > 0 && Time.Axis == Dim && Time.Prefix >= 0 && Time.Prefix <= By) {
    Time.Shift = std::max(Time.Shift, Time.Prefix - By);
    Time.Prefix = TimeAxis::Never;
  }
  return Time;
}
