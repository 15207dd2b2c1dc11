//===- TimeSemanticsSums.cpp - Ops that could let the future in -----------===//
//
// Contractions, reductions, softmax, masks, attention and loops.
//
//===----------------------------------------------------------------------===//

#include "ir/Einsum.h"
#include "ir/TimeFlowSupport.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace stator;

TimeFlow EinsumOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  // From here on axes are numbers of names, which both operands share.
  TimeAxis Operands[] = {renameDims(Axes[0],
                                    [&](int64_t Dim) {
                                      return std::optional(Equation->Lhs[Dim]);
                                    }),
                         renameDims(Axes[1], [&](int64_t Dim) {
                           return std::optional(Equation->Rhs[Dim]);
                         })};
  auto IsContracted = [&](std::optional<int64_t> Name) {
    return Name && Equation->getRole(*Name) == EinsumRole::Contracted;
  };

  TimeKind Kind = TimeKind::Pointwise;
  for (int Index : {0, 1}) {
    TimeAxis &Scores = Operands[Index], &Values = Operands[1 - Index];
    if (!IsContracted(Scores.KeyAxis) || IsContracted(Scores.Axis))
      continue;
    if (Scores.Future == FutureKeys::Visible)
      return mixing(*this, "a sum over keys that no causal mask hides");
    if (Values.Axis == Scores.KeyAxis && !Values.KeyAxis) {
      // Weights that are zero hide the values of later positions.
      if (Scores.Future != FutureKeys::Zero)
        return mixing(*this, "a sum over keys whose weights are not zero for "
                             "later positions");
      Values = TimeAxis::none();
    } else if (Values.Axis == Scores.KeyAxis ||
               Values.KeyAxis == Scores.KeyAxis) {
      return mixing(*this, "a sum over keys of two tensors of scores");
    }
    Scores = dropKeys(Scores);
    Kind = TimeKind::Causal;
  }
  for (const TimeAxis &Time : Operands)
    if (IsContracted(Time.Axis) || IsContracted(Time.KeyAxis))
      return mixing(*this, "a sum over time");

  for (TimeAxis &Time : Operands)
    Time = renameDims(Time, [&](int64_t Name) {
      return std::optional<int64_t>(llvm::find(Equation->Result, Name) -
                                    Equation->Result.begin());
    });
  TimeFlow Flow = combine(*this, Operands, [](ArrayRef<TimeAxis> Pairs) {
    for (const TimeAxis &Time : Pairs)
      if (Time.KeyAxis && Time.Future == FutureKeys::Zero)
        return FutureKeys::Zero;
    return hideUnlessVisible(Pairs);
  });
  if (Flow.Kind == TimeKind::Pointwise)
    Flow.Kind = Kind;
  return Flow;
}

TimeFlow ReduceOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  TimeKind Kind = TimeKind::Pointwise;
  auto IsReduced = [&](std::optional<int64_t> Axis) {
    return Axis && llvm::is_contained(getAxes(), *Axis) &&
           getInput().getType().getDimSize(*Axis) != 1;
  };
  if (IsReduced(Time.KeyAxis) && !IsReduced(Time.Axis) &&
      Time.Future != FutureKeys::Visible) {
    Time = dropKeys(Time);
    Kind = TimeKind::Causal;
  }
  if (IsReduced(Time.Axis) || IsReduced(Time.KeyAxis))
    return mixing(*this,
                  "a " + stringifyReduceKind(getKind()).str() + " over time");
  return flow(
      Kind, renameDims(Time, [&](int64_t Dim) -> std::optional<int64_t> {
        if (llvm::is_contained(getAxes(), Dim))
          return std::nullopt;
        return Dim - llvm::count_if(getAxes(),
                                    [&](int64_t Axis) { return Axis < Dim; });
      }));
}

TimeFlow CumsumOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  int64_t Axis = getAxis();
  if (Time.Axis != Axis && Time.KeyAxis != Axis)
    return flow(TimeKind::Pointwise, Time);
  if (Time.KeyAxis == Axis && Time.Future != FutureKeys::Visible)
    return flow(TimeKind::Causal, dropKeys(Time));
  if (getReverse())
    return mixing(*this, "a running sum from the end");
  return flow(TimeKind::Causal, Time);
}

TimeFlow SoftmaxOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  int64_t Axis = getAxis();
  if (Time.Axis == Axis)
    return mixing(*this, "a softmax over time");
  if (Time.KeyAxis != Axis) {
    // Over another dimension; what was infinite or zero is some number now.
    if (Time.KeyAxis && Time.Future != FutureKeys::Visible)
      Time.Future = FutureKeys::Hidden;
    return flow(TimeKind::Pointwise, Time);
  }
  if (Time.Future == FutureKeys::Visible)
    return mixing(*this, "a softmax over keys that no causal mask hides");
  if (Time.Future != FutureKeys::NegInf)
    return flow(TimeKind::Causal, dropKeys(Time));
  return flow(TimeKind::Causal,
              TimeAxis::pair(*Time.Axis, *Time.KeyAxis, FutureKeys::Zero));
}

TimeFlow CausalMaskOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  RankedTensorType Type = getType();
  int64_t Query = Type.getRank() - 2, Key = Type.getRank() - 1;
  // With more keys than queries it shows each query later positions than its
  // own; it then only helps if the queries are the last ones, which no tensor
  // here says.
  bool IsPair = (Time.Axis == Query && Time.KeyAxis == Key) ||
                (Time.Axis == Key && Time.KeyAxis == Query);
  if (!IsPair || Type.getDimSize(Key) > Type.getDimSize(Query))
    return flow(TimeKind::Pointwise, Time);
  FutureKeys Future = FutureKeys::Hidden;
  double Fill = getFill().convertToDouble();
  if (Fill == 0)
    Future = FutureKeys::Zero;
  // Beside any real score, exp(-1e9) is as good as nothing.
  else if (Fill <= -1e9)
    Future = FutureKeys::NegInf;
  return flow(TimeKind::Pointwise, TimeAxis::pair(Query, Key, Future));
}

TimeFlow AttentionOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  const int64_t Time = 2;
  TimeFlow Flow;
  auto Answer = [&](TimeKind Kind, TimeAxis Result) {
    Flow.Kind = Kind;
    Flow.ResultAxes.assign({Result, Result});
    return Flow;
  };
  if (llvm::any_of(Axes, [](const TimeAxis &T) { return T.Whole; }))
    return Answer(TimeKind::Pointwise, TimeAxis::whole());
  if (llvm::none_of(Axes, [](const TimeAxis &T) { return T.varies(); }))
    return Answer(TimeKind::Pointwise, TimeAxis::none());
  auto IsNoneOr = [&](TimeAxis Along) {
    return llvm::all_of(Axes, [&](const TimeAxis &T) {
      return T == TimeAxis::none() || T == Along;
    });
  };
  // Each position attends to other things, within itself. The first dimension
  // of a bias is that of the batch only if it has all four.
  bool HasFullBias = !getBias() || getBias().getType().getRank() == 4;
  if (IsNoneOr(TimeAxis::along(0)) && (HasFullBias || !Axes[3].varies()))
    return Answer(TimeKind::Pointwise, TimeAxis::along(0));
  if (!IsNoneOr(TimeAxis::along(Time)) || (Axes.size() > 3 && Axes[3].varies()))
    return mixing(*this, "attention with time in another dimension than that "
                         "of queries and keys");
  if (!Axes[1].varies() && !Axes[2].varies())
    return Answer(TimeKind::Pointwise, TimeAxis::along(Time));
  if (!getCausal())
    return mixing(*this, "attention without a causal mask");
  if (getKey().getType().getDimSize(Time) >
      getQuery().getType().getDimSize(Time))
    return mixing(*this, "attention to more positions than there are queries");
  return Answer(TimeKind::Causal, TimeAxis::along(Time));
}

/// Whether a value is known not to depend on tokens: made of parameters and
/// constants alone.
static bool isTimeless(Value Root) {
  SetVector<Value> Values;
  Values.insert(Root);
  for (unsigned Index = 0; Index < Values.size(); ++Index) {
    Operation *Op = Values[Index].getDefiningOp();
    if (!Op || Op->getNumRegions() != 0 || isa<CallOp, LaunchOp>(Op))
      return false;
    for (Value Operand : Op->getOperands())
      Values.insert(Operand);
  }
  return true;
}

TimeFlow ScanOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeFlow Flow;
  size_t NumInits = getInits().size();
  auto Answer = [&](TimeKind Kind, TimeAxis Carries, TimeAxis Outputs) {
    Flow.Kind = Kind;
    Flow.ResultAxes.assign(NumInits, Carries);
    Flow.ResultAxes.append(getNumResults() - NumInits, Outputs);
    return Flow;
  };
  if (llvm::any_of(Axes, [](const TimeAxis &T) { return T.Whole; }))
    return Answer(TimeKind::Pointwise, TimeAxis::whole(), TimeAxis::whole());
  llvm::SetVector<Value> Captured;
  getUsedValuesDefinedAbove(getBody(), Captured);
  for (Value Value : Captured)
    if (!isTimeless(Value))
      return mixing(*this, "a loop that uses from outside what may vary with "
                           "time");
  if (llvm::any_of(Axes.take_front(NumInits),
                   [](const TimeAxis &T) { return T.varies(); }))
    return mixing(*this, "a loop whose first state varies with time");
  bool Varies = false;
  for (const TimeAxis &Time : Axes.drop_front(NumInits)) {
    Varies |= Time.varies();
    if (Time.varies() &&
        Time != TimeAxis::along(static_cast<int64_t>(getAxis())))
      return mixing(*this, "a loop over another dimension than time");
  }
  if (!Varies)
    return Answer(TimeKind::Pointwise, TimeAxis::none(), TimeAxis::none());
  if (getReverse())
    return mixing(*this, "a loop that runs backwards in time");
  return Answer(TimeKind::Causal, TimeAxis::whole(),
                TimeAxis::along(static_cast<int64_t>(getAxis())));
}
