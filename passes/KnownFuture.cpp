//===- KnownFuture.cpp - What masks say of queries and keys ---------------===//

#include "passes/KnownFuture.h"
#include "ir/Splat.h"
#include "ir/TimeFlowSupport.h"
#include "passes/ConstantEvaluation.h"
#include "passes/MaskPattern.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir;
using namespace stator;

namespace {
/// For each query the last key that is not what a future may be.
struct KeyLimits {
  std::vector<int64_t> LastOther;
  bool SeesOwn = true;
};
} // namespace

static bool belongsTo(FutureKeys Future, double Value) {
  switch (Future) {
  case FutureKeys::NegInf:
    return std::isinf(Value) && Value < 0;
  case FutureKeys::Low:
    return Value <= MaskedScore;
  case FutureKeys::High:
    return Value >= -MaskedScore;
  case FutureKeys::Zero:
    return Value == 0;
  case FutureKeys::One:
    return Value == 1;
  default:
    return false;
  }
}

/// Reads a tensor of which query and key are these dimensions; either may be
/// missing if it is the same along it.
static KeyLimits readLimits(const HostTensor &Tensor, FutureKeys Future,
                            std::optional<int64_t> Query, int64_t Queries,
                            std::optional<int64_t> Key, int64_t Keys) {
  KeyLimits Limits;
  Limits.LastOther.assign(Queries, -1);
  SmallVector<int64_t, 4> Strides = Tensor.getStrides();
  ArrayRef<int64_t> Shape = Tensor.getShape();
  // The own key is counted from the last of both.
  int64_t OwnOffset = Keys - Queries;
  for (int64_t I = 0; I < Tensor.getNumElements(); ++I) {
    bool Belongs = belongsTo(Future, Tensor.getAsDouble(I));
    int64_t QueryIndex =
        Query ? I / Strides[*Query] % Shape[*Query] : Queries - 1;
    int64_t KeyIndex = Key ? I / Strides[*Key] % Shape[*Key] : Keys - 1;
    if (!Belongs) {
      Limits.LastOther[QueryIndex] =
          std::max(Limits.LastOther[QueryIndex], KeyIndex);
      continue;
    }
    // The same for all queries or all keys: it is some query's own key.
    if (!Query || !Key || KeyIndex == QueryIndex + OwnOffset)
      Limits.SeesOwn = false;
  }
  if (OwnOffset < 0)
    Limits.SeesOwn = false;
  if (!Query)
    Limits.LastOther.assign(Queries, Limits.LastOther.back());
  return Limits;
}

/// The tightest mask that is true of the limits, if possible within `Limit`.
static FutureMask describe(const KeyLimits &Limits, FutureKeys Future,
                           MaskLimit Limit) {
  FutureMask Mask;
  Mask.Future = Future;
  Mask.SeesOwn = Limits.SeesOwn;
  int64_t WithinReach = TimeAxis::Never, Prefix = TimeAxis::Never;
  for (auto [Query, Last] : llvm::enumerate(Limits.LastOther)) {
    if (Last < 0)
      continue;
    int64_t Reach = Last - static_cast<int64_t>(Query);
    Mask.Reach = std::max(Mask.Reach, Reach);
    if (Reach <= Limit.Reach)
      WithinReach = std::max(WithinReach, Reach);
    else
      Prefix = std::max(Prefix, Last);
  }
  if (Mask.Reach > Limit.Reach && Prefix <= Limit.KeyPrefix) {
    Mask.Reach = WithinReach;
    Mask.KeyPrefix = Prefix;
  }
  return Mask;
}

/// Whether a mask hides more than another.
static bool isStricter(const FutureMask &A, const FutureMask &B) {
  return std::pair(A.Reach, A.KeyPrefix) < std::pair(B.Reach, B.KeyPrefix);
}

static TimeAxis makePair(int64_t Query, int64_t Key, const FutureMask &Mask) {
  TimeAxis Result = TimeAxis::pair(Query, Key);
  Result.Shift = Result.KeyShift = TimeAxis::Never;
  Mask.applyTo(Result);
  return Result;
}

/// Goes from a tensor to what was repeated to make it.
static Value skipBroadcasts(Value Value, std::optional<int64_t> &Query,
                            std::optional<int64_t> &Key) {
  auto Find = [](BroadcastOp Op, std::optional<int64_t> Dim) {
    const int64_t *It =
        Dim ? llvm::find(Op.getDimensions(), *Dim) : Op.getDimensions().end();
    return It == Op.getDimensions().end()
               ? std::nullopt
               : std::optional<int64_t>(It - Op.getDimensions().begin());
  };
  while (auto Broadcast = Value.getDefiningOp<BroadcastOp>()) {
    Query = Find(Broadcast, Query);
    Key = Find(Broadcast, Key);
    Value = Broadcast.getInput();
  }
  return Value;
}

std::optional<TimeAxis> KnownFuture::find(Value Value, int64_t Query,
                                          int64_t Key, MaskLimit Limit) {
  Question Asked{Value, Query, Key, Limit.Reach, Limit.KeyPrefix};
  if (auto It = Answers.find(Asked); It != Answers.end())
    return It->second;
  std::optional<TimeAxis> Answer = findAnew(Value, Query, Key, Limit);
  Answers[Asked] = Answer;
  return Answer;
}

std::optional<TimeAxis> KnownFuture::findAnew(Value Root, int64_t Query,
                                              int64_t Key, MaskLimit Limit) {
  auto Type = cast<RankedTensorType>(Root.getType());
  std::optional<int64_t> BaseQuery = Query, BaseKey = Key;
  Value Base = skipBroadcasts(Root, BaseQuery, BaseKey);
  std::optional<HostTensor> Tensor;
  if (std::optional<double> Splat = getSplatNumber(Base)) {
    // One element says it all.
    Tensor = HostTensor(HostType::F64, {});
    Tensor->setFromDouble(0, *Splat);
    BaseQuery = BaseKey = std::nullopt;
  } else {
    Tensor = evaluateConstant(Base, MaxMaskElements);
  }
  if (!Tensor)
    return Base == Root || (BaseQuery && BaseKey)
               ? findThrough(Base.getDefiningOp(), *BaseQuery, *BaseKey, Limit)
               : std::nullopt;
  std::optional<FutureMask> Best;
  for (FutureKeys Future :
       {FutureKeys::NegInf, FutureKeys::Low, FutureKeys::High, FutureKeys::Zero,
        FutureKeys::One}) {
    KeyLimits Limits =
        readLimits(*Tensor, Future, BaseQuery, Type.getDimSize(Query), BaseKey,
                   Type.getDimSize(Key));
    FutureMask Mask = describe(Limits, Future, Limit);
    if (!Best || isStricter(Mask, *Best))
      Best = Mask;
  }
  // All keys of all queries: nothing is hidden.
  if (Best->Reach >= Type.getDimSize(Key) - 1)
    return std::nullopt;
  return makePair(Query, Key, *Best);
}

std::optional<TimeAxis> KnownFuture::findThrough(Operation *Op, int64_t Query,
                                                 int64_t Key, MaskLimit Limit) {
  // Weights that are parameters are known as far as a mask was applied.
  if (!Op || Op->getNumResults() != 1 || Op->getNumRegions() != 0)
    return std::nullopt;
  auto Semantics = dyn_cast<TimeSemantics>(Op);
  if (!Semantics)
    return std::nullopt;
  std::pair<int64_t, int64_t> Dims{Query, Key};
  if (auto Transpose = dyn_cast<TransposeOp>(Op)) {
    Dims = {Transpose.getPermutation()[Query], Transpose.getPermutation()[Key]};
  } else if (auto Softmax = dyn_cast<SoftmaxOp>(Op)) {
    if (static_cast<int64_t>(Softmax.getAxis()) != Key)
      return std::nullopt;
  } else if (!Op->hasTrait<OpTrait::Elementwise>() &&
             !isa<CausalMaskOp, DropoutOp>(Op)) {
    return std::nullopt;
  }
  SmallVector<TimeAxis> Axes;
  for (Value Operand : Op->getOperands()) {
    FutureMask Unknown{FutureKeys::Visible, 0, TimeAxis::Never, false};
    Axes.push_back(find(Operand, Dims.first, Dims.second, Limit)
                       .value_or(makePair(Dims.first, Dims.second, Unknown)));
  }
  checkFiniteMask(Op, Axes);
  TimeAxis Result = Semantics.getTimeFlow(Axes).ResultAxes[0];
  if (Result.Axis != Query || Result.KeyAxis != Key ||
      Result.Future == FutureKeys::Visible ||
      Result.Future == FutureKeys::Hidden)
    return std::nullopt;
  return makePair(Query, Key, FutureMask::of(Result));
}

//===----------------------------------------------------------------------===//
// Finite masks
//===----------------------------------------------------------------------===//

/// How far below others a number must be for exp to make nothing of it: a mask
/// that was divided by 64 is so, and in f32 104 are enough.
static constexpr double Gap = 150;

/// The bounds of the scores that an attention adds its bias to.
static NumberRange findScores(AttentionOp Op, NumberRanges &Ranges) {
  double Scale = Op.getScale().convertToDouble();
  return multiply(
      sum(multiply(Ranges.find(Op.getQuery()), Ranges.find(Op.getKey())),
          Op.getQuery().getType().getShape().back()),
      NumberRange::exactly(Scale, Scale));
}

std::string KnownFuture::checkFiniteMask(Operation *Op,
                                         MutableArrayRef<TimeAxis> Inputs) {
  auto Softmax = dyn_cast<SoftmaxOp>(Op);
  auto Attention = dyn_cast<AttentionOp>(Op);
  if (!Softmax && !Attention && !isa<ExpOp, SigmoidOp, ReluOp>(Op))
    return "";
  unsigned Index = Attention ? 3 : 0;
  if (Index >= Inputs.size() || !isFuture(Inputs[Index], FutureKeys::Low))
    return "";
  TimeAxis &Time = Inputs[Index];
  Value Scores = Op->getOperand(Index);
  HiddenKeys Keys{*Time.Axis, *Time.KeyAxis, Time.Reach, Time.KeyPrefix};
  int64_t LastKey =
      cast<RankedTensorType>(Scores.getType()).getDimSize(Keys.Key) - 1;
  if (LastKey <= std::max(Keys.Reach, Keys.KeyPrefix))
    return "";
  if (!Ranges)
    Ranges.emplace(Op->getParentOfType<FuncOp>());
  ScoreRanges Found = Ranges->find(Scores, Keys);
  if (Attention) {
    NumberRange Others = findScores(Attention, *Ranges);
    Found = {add(Found.Own, Others), add(Found.Hidden, Others)};
  }
  bool IsLow = Found.Hidden.High <= -Gap;
  if (!Softmax && !Attention) {
    if (!IsLow)
      Time = weaken(Time);
    return "";
  }
  if (Found.Hidden.High <= Found.Own.Low - Gap)
    return "";
  if (IsLow) {
    // The own key is low as well, so that a query may see no key at all.
    Time.SeesOwn = false;
    return "";
  }
  Time = weaken(Time);
  return "a softmax over keys whose finite mask other numbers may outweigh "
         "(mask with -inf, or after all else)";
}
