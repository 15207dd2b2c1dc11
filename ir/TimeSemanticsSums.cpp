//===- TimeSemanticsSums.cpp - Ops that could let the future in -----------===//
//
// Contractions, reductions, softmax, masks, attention and loops.
//
//===----------------------------------------------------------------------===//

#include "ir/Einsum.h"
#include "ir/TimeFlowSupport.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

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
  std::string Reason;
  for (const TimeAxis &Weights : Operands)
    if (IsContracted(Weights.Axis) && hidesKeys(Weights))
      Reason =
          "a sum over what the mask takes for queries; is it the wrong way "
          "round?";
  for (int Index : {0, 1}) {
    TimeAxis &Scores = Operands[Index], &Values = Operands[1 - Index];
    if (!IsContracted(Scores.KeyAxis) || IsContracted(Scores.Axis))
      continue;
    if (!hidesKeys(Scores)) {
      Reason = "a sum over keys that no causal mask hides";
      continue;
    }
    // Weights that are zero hide the values of later positions.
    bool AreValues =
        Values.Axis == Scores.KeyAxis || Values.KeyAxis == Scores.KeyAxis;
    if (AreValues && Scores.Future != FutureKeys::Zero) {
      Reason = "a sum over keys whose weights are not zero for later positions";
      continue;
    }
    if (AreValues &&
        (Values.Axis != Scores.KeyAxis || Values.KeyAxis == Scores.Axis)) {
      Reason = "a sum over keys of two tensors of scores";
      continue;
    }
    if (AreValues) {
      // Of key k there is k + Shift, and k is at most q + Reach or KeyPrefix.
      Values.Axis = Scores.Axis;
      Values.Prefix =
          std::max(Values.Prefix, move(Values.Shift, Scores.KeyPrefix));
      Values.Shift = move(Values.Shift, Scores.Reach);
      if (hidesKeys(Values)) {
        Values.KeyPrefix =
            std::max(Values.KeyPrefix, move(Values.Reach, Scores.KeyPrefix));
        Values.Reach = move(Values.Reach, Scores.Reach);
        Values.SeesOwn = false;
      } else {
        Values = weaken(Values);
      }
    }
    Scores = dropKeys(Scores);
    Kind = TimeKind::Causal;
  }
  for (int Index : {0, 1}) {
    TimeAxis &Time = Operands[Index];
    ArrayRef<int64_t> Names =
        Index == 0 ? ArrayRef(Equation->Lhs) : ArrayRef(Equation->Rhs);
    ArrayRef<int64_t> Shape =
        (Index == 0 ? getLhs() : getRhs()).getType().getShape();
    for (auto [Name, Size] : llvm::zip_equal(Names, Shape))
      if (IsContracted(Name) && (Time.Axis == Name || Time.KeyAxis == Name)) {
        Time = collapse(Time, Name, Size);
        if (Size != 1)
          Kind = TimeKind::Mixing;
      }
  }

  for (TimeAxis &Time : Operands)
    Time = renameDims(Time, [&](int64_t Name) {
      return std::optional<int64_t>(llvm::find(Equation->Result, Name) -
                                    Equation->Result.begin());
    });
  TimeFlow Flow = combine(*this, Operands, [](ArrayRef<TimeAxis> Pairs) {
    if (const TimeAxis *Strictest = getStrictest(Pairs, FutureKeys::Zero)) {
      FutureMask Mask = FutureMask::of(*Strictest);
      Mask.SeesOwn = false;
      return Mask;
    }
    return hideUnlessVisible(Pairs);
  });
  if (Flow.Kind == TimeKind::Pointwise && Kind == TimeKind::Mixing)
    Flow.Reason = Reason.empty() ? "a sum over time" : Reason;
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
  if (IsReduced(Time.KeyAxis) && !IsReduced(Time.Axis) && hidesKeys(Time)) {
    Time = dropKeys(Time);
    Kind = TimeKind::Causal;
  }
  for (int64_t Axis : getAxes())
    if (Time.Axis == Axis || Time.KeyAxis == Axis) {
      int64_t Size = getInput().getType().getDimSize(Axis);
      if (Size != 1)
        Kind = TimeKind::Mixing;
      Time = collapse(Time, Axis, Size);
    }
  // Of several elements that are reduced, one more is masked than another.
  Time.SeesOwn = false;
  if (Time.KeyAxis && Time.Future == FutureKeys::One &&
      getKind() == ReduceKind::Sum)
    Time.Future = FutureKeys::Hidden;
  return flow(Kind,
              renameDims(Time,
                         [&](int64_t Dim) -> std::optional<int64_t> {
                           return Dim -
                                  llvm::count_if(getAxes(), [&](int64_t Axis) {
                                    return Axis < Dim;
                                  });
                         }),
              "a " + stringifyReduceKind(getKind()) + " over time");
}

TimeFlow CumsumOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  int64_t Axis = getAxis();
  // Numbers other than zero add up to others.
  if (Time.Future != FutureKeys::Zero)
    Time = weaken(Time);
  Time.SeesOwn = false;
  if (Time.Axis != Axis && Time.KeyAxis != Axis)
    return flow(TimeKind::Pointwise, Time);
  if (Time.KeyAxis == Axis && hidesKeys(Time))
    return flow(TimeKind::Causal, dropKeys(Time));
  if (!getReverse()) {
    // Sums over queries: what an earlier one does not see, is added to none.
    return flow(TimeKind::Causal, Time);
  }
  return flow(TimeKind::Mixing,
              collapse(Time, Axis, getType().getDimSize(Axis)),
              "a running sum from the end");
}

TimeFlow SoftmaxOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  int64_t Axis = getAxis();
  int64_t Size = getType().getDimSize(Axis);
  if (Time.Axis == Axis)
    return flow(
        Size == 1 ? TimeKind::Pointwise : TimeKind::Mixing,
        collapse(Time, Axis, Size),
        Time.KeyAxis && Time.Future != FutureKeys::Visible
            ? "a softmax over what the mask takes for queries; is it the "
              "wrong way round?"
            : "a softmax over time");
  // Over another dimension; what was infinite or zero is some number now.
  if (Time.KeyAxis != Axis)
    return flow(TimeKind::Pointwise, weaken(Time));
  bool IsMasked = isMaskedForSoftmax(Time);
  if (!IsMasked && !hidesKeys(Time))
    return flow(
        TimeKind::Mixing, collapse(Time, Axis, Size),
        Time.Future == FutureKeys::Low
            ? "a softmax where a query may have no key but masked ones, "
              "which then all count (mask with -inf, or let each "
              "position see itself)"
            : "a softmax over keys that no causal mask hides; mask the "
              "scores before it, as in softmax(causal_mask(scores))");
  TimeAxis Result = dropKeys(Time);
  // What is left of the key is its index: from the limit on there are zeros.
  Result.KeyAxis = Time.KeyAxis;
  Result.KeyShift = TimeAxis::Never;
  Result.Future = IsMasked ? FutureKeys::Zero : FutureKeys::Hidden;
  Result.Reach = Time.Reach;
  Result.KeyPrefix = Time.KeyPrefix;
  return flow(TimeKind::Causal, Result);
}

/// From where on softmax gives nothing to what has this number.
static constexpr double MaskedFill = -1e4;

TimeFlow CausalMaskOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  TimeAxis Time = Axes[0];
  RankedTensorType Type = getType();
  int64_t Query = Type.getRank() - 2, Key = Type.getRank() - 1;
  auto IsEither = [&](std::optional<int64_t> Axis) {
    return !Axis || *Axis == Query || *Axis == Key;
  };
  if (!Time.varies())
    return flow(TimeKind::Pointwise, Time);
  // Masked along other dimensions: what is zero there may now be the fill.
  if (!IsEither(Time.Axis) || !IsEither(Time.KeyAxis))
    return flow(TimeKind::Pointwise, weaken(Time));
  TimeAxis Result = TimeAxis::pair(Query, Key);
  Result.Shift = Result.KeyShift = TimeAxis::Never;
  Result.Prefix = Time.Prefix;
  if (Time.Axis)
    (Time.Axis == Query ? Result.Shift : Result.KeyShift) = Time.Shift;
  if (Time.KeyAxis)
    (Time.KeyAxis == Query ? Result.Shift : Result.KeyShift) = Time.KeyShift;

  // The last query sees the last key.
  int64_t Offset = Type.getDimSize(Key) - Type.getDimSize(Query);
  FutureMask Mask{FutureKeys::Hidden, Offset, TimeAxis::Never, Offset >= 0};
  double Fill = getFill().convertToDouble();
  if (Fill == 0)
    Mask.Future = FutureKeys::Zero;
  else if (Fill == 1)
    Mask.Future = FutureKeys::One;
  else if (std::isinf(Fill) && Fill < 0)
    Mask.Future = FutureKeys::NegInf;
  else if (Fill <= MaskedFill)
    Mask.Future = FutureKeys::Low;
  // What was masked before stays so, where the query sees it now.
  if (Time.KeyAxis == Key && Time.Future != FutureKeys::Visible) {
    if (Time.Future == FutureKeys::Low || Time.Future == FutureKeys::NegInf)
      Mask.SeesOwn &= Time.SeesOwn;
    if (Time.Future == Mask.Future &&
        std::pair(Time.Reach, Time.KeyPrefix) <
            std::pair(Mask.Reach, Mask.KeyPrefix)) {
      Mask.Reach = Time.Reach;
      Mask.KeyPrefix = Time.KeyPrefix;
    }
  }
  Mask.applyTo(Result);
  return flow(TimeKind::Pointwise, Result);
}

/// What the scores of an attention and its mask say together of keys in the
/// future.
static std::optional<FutureMask> getAttentionMask(AttentionOp Op,
                                                  ArrayRef<TimeAxis> Axes,
                                                  int64_t Query, int64_t Key) {
  std::optional<FutureMask> Mask;
  if (Op.getCausal())
    Mask = {FutureKeys::NegInf,
            Op.getKey().getType().getDimSize(2) -
                Op.getQuery().getType().getDimSize(2),
            TimeAxis::Never, false};
  if (!Op.getBias())
    return Mask;
  const TimeAxis &Bias = Axes[3];
  if (!isMaskedForSoftmax(Bias) || Bias.Axis != Query || Bias.KeyAxis != Key)
    return Mask;
  if (!Mask || std::pair(Bias.Reach, Bias.KeyPrefix) <
                   std::pair(Mask->Reach, Mask->KeyPrefix))
    Mask = FutureMask::of(Bias);
  return Mask;
}

TimeFlow AttentionOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  const int64_t Time = 2;
  TimeFlow Flow;
  auto Answer = [&](TimeKind Kind, TimeAxis Result, StringRef Reason = "") {
    Flow.Kind = Kind;
    Flow.ResultAxes.assign({Result, Result});
    Flow.Reason = Kind == TimeKind::Mixing ? Reason.str() : "";
    return Flow;
  };
  TimeAxis Result;
  for (const TimeAxis &Operand : Axes)
    Result.Prefix = std::max(Result.Prefix, Operand.Prefix);
  auto IsNoneOr = [&](int64_t Axis) {
    return llvm::all_of(Axes, [&](const TimeAxis &T) {
      return !T.Axis || (T.Axis == Axis && !T.KeyAxis);
    });
  };
  if (llvm::none_of(Axes, [](const TimeAxis &T) { return T.Axis.has_value(); }))
    return Answer(TimeKind::Pointwise, Result);
  // The bias lacks the first two dimensions if it has two.
  int64_t BiasOffset =
      getBias() ? 4 - cast<RankedTensorType>(getBias().getType()).getRank() : 0;
  // Each position attends to other things, within itself.
  if (IsNoneOr(0) && !(getBias() && BiasOffset && Axes[3].Axis)) {
    Result.Axis = 0;
    Result.Shift = TimeAxis::Never;
    for (const TimeAxis &Operand : Axes)
      if (Operand.Axis)
        Result.Shift = std::max(Result.Shift, Operand.Shift);
    return Answer(TimeKind::Pointwise, Result);
  }
  // Scores, as a pair of queries and keys; values by key.
  int64_t Query = Time - BiasOffset, Key = Query + 1;
  int64_t QueryShift = TimeAxis::Never, KeyShift = TimeAxis::Never;
  auto AddBias = [&](std::optional<int64_t> Axis, int64_t Shift) {
    if (Axis && *Axis == Query)
      QueryShift = std::max(QueryShift, Shift);
    else if (Axis && *Axis == Key)
      KeyShift = std::max(KeyShift, Shift);
    return !Axis || *Axis == Query || *Axis == Key;
  };
  bool IsFamiliar = true;
  if (getBias())
    for (auto [Axis, Shift] : {std::pair(Axes[3].Axis, Axes[3].Shift),
                               std::pair(Axes[3].KeyAxis, Axes[3].KeyShift)})
      IsFamiliar &= AddBias(Axis, Shift);
  for (int Index : {0, 1, 2}) {
    if (!Axes[Index].Axis)
      continue;
    IsFamiliar &= Axes[Index].Axis == Time && !Axes[Index].KeyAxis;
    int64_t &Shift = Index == 0 ? QueryShift : KeyShift;
    Shift = std::max(Shift, Axes[Index].Shift);
  }
  if (!IsFamiliar)
    return mixing(*this, Axes,
                  "attention with time in another dimension than that of "
                  "queries and keys");
  Result.Axis = Time;
  Result.Shift = QueryShift;
  if (KeyShift <= TimeAxis::Never / 2)
    return Answer(TimeKind::Pointwise, Result);
  std::optional<FutureMask> Mask = getAttentionMask(*this, Axes, Query, Key);
  if (Mask) {
    Result.Shift = std::max(QueryShift, move(KeyShift, Mask->Reach));
    Result.Prefix = std::max(Result.Prefix, move(KeyShift, Mask->KeyPrefix));
  }
  int64_t Keys = getKey().getType().getDimSize(Time);
  if (!Mask || (Result.Shift > 0 && Result.Shift > QueryShift)) {
    // All keys, which may be less than the mask lets a query see.
    int64_t Last = move(KeyShift, Keys - 1);
    if (!Mask) {
      Result.Prefix = std::max(Result.Prefix, Last);
      if (QueryShift <= TimeAxis::Never / 2)
        Result.Axis.reset(), Result.Shift = 0;
    }
    return Answer(TimeKind::Mixing, Result,
                  Mask ? StringRef("attention whose mask shows later positions")
                       : StringRef("attention without a causal mask"));
  }
  return Answer(TimeKind::Causal, Result);
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

TimeFlow stator::getScanFlow(ScanOp Op, ArrayRef<TimeAxis> Axes,
                             ArrayRef<TimeAxis> Captured) {
  TimeFlow Flow;
  size_t NumInits = Op.getInits().size();
  int64_t Axis = Op.getAxis();
  auto Mix = [&](StringRef Reason) {
    TimeFlow Flow = mixing(Op, Axes, Reason);
    // What is used from outside has a shape of its own; all of it, then.
    for (const TimeAxis &Time : Captured)
      if (Time.varies())
        Flow.ResultAxes.assign(Op->getNumResults(), TimeAxis::whole());
    return Flow;
  };
  TimeAxis Carries, Outputs;
  for (ArrayRef<TimeAxis> Group : {Axes, Captured})
    for (const TimeAxis &Time : Group)
      Carries.Prefix = std::max(Carries.Prefix, Time.Prefix);
  for (const TimeAxis &Time : Captured)
    if (Time.Axis)
      return Mix("a loop that uses from outside what varies with time");
  for (const TimeAxis &Time : Axes.take_front(NumInits))
    if (Time.Axis)
      return Mix("a loop whose first state varies with time");
  Outputs = Carries;
  for (const TimeAxis &Time : Axes.drop_front(NumInits)) {
    if (!Time.Axis)
      continue;
    if (Time.Axis != Axis || Time.KeyAxis)
      return Mix("a loop over another dimension than time");
    Outputs.Shift =
        Outputs.Axis ? std::max(Outputs.Shift, Time.Shift) : Time.Shift;
    Outputs.Axis = Axis;
  }
  Carries.Prefix =
      std::max(Carries.Prefix, getLastPosition(Outputs, [&] {
                 SmallVector<int64_t, 8> Shape(Axis + 1, Op.getLength());
                 return Shape;
               }()));
  bool IsMixing = Outputs.Axis && Op.getReverse();
  Flow.Kind = IsMixing       ? TimeKind::Mixing
              : Outputs.Axis ? TimeKind::Causal
                             : TimeKind::Pointwise;
  if (IsMixing) {
    Flow.Reason = "a loop that runs backwards in time";
    Outputs = Carries;
  }
  Flow.ResultAxes.assign(NumInits, Carries);
  Flow.ResultAxes.append(Op->getNumResults() - NumInits, Outputs);
  return Flow;
}

TimeFlow ScanOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  llvm::SetVector<Value> Values;
  getUsedValuesDefinedAbove(getBody(), Values);
  SmallVector<TimeAxis> Captured;
  for (Value Value : Values)
    if (!isTimeless(Value))
      Captured.push_back(
          TimeAxis::along(0, TimeAxis::Always)); // Nothing is known of it.
  return getScanFlow(*this, Axes, Captured);
}
