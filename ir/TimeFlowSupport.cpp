//===- TimeFlowSupport.cpp - Following time through ops -------------------===//

#include "ir/TimeFlowSupport.h"

using namespace mlir;
using namespace stator;

TimeFlow stator::mixing(Operation *Op, const Twine &Reason) {
  TimeFlow Flow;
  Flow.Kind = TimeKind::Mixing;
  Flow.ResultAxes.assign(Op->getNumResults(), TimeAxis::whole());
  Flow.Reason = Reason.str();
  return Flow;
}

TimeFlow stator::flow(TimeKind Kind, TimeAxis Result) {
  TimeFlow Flow;
  Flow.Kind = Kind;
  Flow.ResultAxes.push_back(Result);
  return Flow;
}

FutureKeys stator::hideUnlessVisible(ArrayRef<TimeAxis> Operands) {
  // A pair that is along the key alone shows the key.
  return llvm::any_of(Operands,
                      [](const TimeAxis &Time) {
                        return Time.KeyAxis &&
                               Time.Future == FutureKeys::Visible;
                      })
             ? FutureKeys::Visible
             : FutureKeys::Hidden;
}

TimeFlow stator::combine(Operation *Op, ArrayRef<TimeAxis> Operands,
                         FutureRule Rule) {
  // The pair that an operand has settles which axis is of queries; two vectors
  // along different axes are only ordered by convention until a mask says it.
  std::optional<int64_t> Query, Key;
  for (const TimeAxis &Time : Operands)
    if (Time.KeyAxis && !Query) {
      Query = Time.Axis;
      Key = Time.KeyAxis;
    }
  SmallVector<int64_t, 2> Axes;
  for (const TimeAxis &Time : Operands) {
    if (Time.Whole)
      return flow(TimeKind::Pointwise, TimeAxis::whole());
    for (std::optional<int64_t> Axis : {Time.Axis, Time.KeyAxis})
      if (Axis && !llvm::is_contained(Axes, *Axis))
        Axes.push_back(*Axis);
  }
  llvm::sort(Axes);
  if (Axes.empty())
    return flow(TimeKind::Pointwise, TimeAxis::none());
  if (Axes.size() == 1)
    return flow(TimeKind::Pointwise, TimeAxis::along(Axes[0]));
  if (Axes.size() > 2)
    return mixing(Op, "time in more than two dimensions of one tensor");
  if (!Query) {
    Query = Axes[0];
    Key = Axes[1];
  }
  // Each operand as a pair, where it depends on the key at all.
  SmallVector<TimeAxis> Pairs;
  for (TimeAxis Time : Operands) {
    bool IsSwapped = Time.Axis == Key;
    if (IsSwapped)
      Time = TimeAxis::pair(*Query, *Key);
    Pairs.push_back(Time);
  }
  return flow(TimeKind::Pointwise, TimeAxis::pair(*Query, *Key, Rule(Pairs)));
}

TimeAxis stator::renameDims(TimeAxis Time,
                            function_ref<std::optional<int64_t>(int64_t)> Map) {
  TimeAxis Result = Time;
  if (Time.Axis)
    Result.Axis = Map(*Time.Axis);
  if (Time.KeyAxis)
    Result.KeyAxis = Map(*Time.KeyAxis);
  // What is gone has a single index, the first: nothing comes before it.
  if (!Result.Axis) {
    Result.Axis = Result.KeyAxis;
    Result.KeyAxis = std::nullopt;
  }
  if (!Result.KeyAxis)
    Result.Future = FutureKeys::Visible;
  return Result;
}
