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
  // Masks of a long context for a few heads are still looked at.
  constexpr int64_t MaxElements = int64_t(1) << 26;
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
    Tensor = evaluateConstant(Base, MaxElements);
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
  bool IsSoftmax = isa<SoftmaxOp>(Op);
  for (Value Operand : Op->getOperands()) {
    FutureMask Unknown{FutureKeys::Visible, 0, TimeAxis::Never, false};
    Axes.push_back(find(Operand, Dims.first, Dims.second, Limit)
                       .value_or(makePair(Dims.first, Dims.second, Unknown)));
    if (IsSoftmax && mayMaskOwn(Operand, Query, Key))
      Axes.back().SeesOwn = false;
  }
  TimeAxis Result = Semantics.getTimeFlow(Axes).ResultAxes[0];
  if (Result.Axis != Query || Result.KeyAxis != Key ||
      Result.Future == FutureKeys::Visible ||
      Result.Future == FutureKeys::Hidden)
    return std::nullopt;
  return makePair(Query, Key, FutureMask::of(Result));
}

//===----------------------------------------------------------------------===//
// Own keys
//===----------------------------------------------------------------------===//

/// The elements of a tensor known at compile time that belong to the own keys
/// of queries; all elements if it lacks one of the dimensions. None if it is
/// not known.
static std::optional<SmallVector<double>>
readOwn(Value Root, std::optional<int64_t> Query, std::optional<int64_t> Key) {
  Value Base = skipBroadcasts(Root, Query, Key);
  std::optional<HostTensor> Tensor;
  if (std::optional<double> Splat = getSplatNumber(Base))
    return SmallVector<double>{*Splat};
  Tensor = evaluateConstant(Base);
  if (!Tensor)
    return std::nullopt;
  SmallVector<double> Own;
  SmallVector<int64_t, 4> Strides = Tensor->getStrides();
  ArrayRef<int64_t> Shape = Tensor->getShape();
  bool IsPair = Query && Key;
  int64_t Offset = IsPair ? Shape[*Key] - Shape[*Query] : 0;
  for (int64_t I = 0; I < Tensor->getNumElements(); ++I)
    if (!IsPair || I / Strides[*Key] % Shape[*Key] ==
                       I / Strides[*Query] % Shape[*Query] + Offset)
      Own.push_back(Tensor->getAsDouble(I));
  return Own;
}

bool KnownFuture::mayMaskOwn(Value Scores, std::optional<int64_t> Query,
                             std::optional<int64_t> Key) {
  // Beside what is masked by much more, a masked number is one like others.
  double Masked = MaskedScore;
  if (auto Mask = Scores.getDefiningOp<CausalMaskOp>())
    Masked = std::min(Masked, Mask.getFill().convertToDouble() / 2);
  return mayMaskOwn(Scores, Query, Key, Masked);
}

bool KnownFuture::mayMaskOwn(Value Scores, std::optional<int64_t> Query,
                             std::optional<int64_t> Key, double Masked) {
  auto IsLow = [&](double Number) { return !(Number > Masked); };
  auto IsHigh = [&](double Number) { return !(Number < -Masked); };
  if (std::optional<SmallVector<double>> Own = readOwn(Scores, Query, Key))
    return llvm::any_of(*Own, IsLow);
  Operation *Op = Scores.getDefiningOp();
  if (!Op)
    return false;
  if (auto Broadcast = dyn_cast<BroadcastOp>(Op)) {
    Value Base = skipBroadcasts(Scores, Query, Key);
    return mayMaskOwn(Base, Query, Key, Masked);
  }
  if (auto Transpose = dyn_cast<TransposeOp>(Op)) {
    auto Map = [&](std::optional<int64_t> Dim) {
      return Dim ? std::optional(Transpose.getPermutation()[*Dim]) : Dim;
    };
    return mayMaskOwn(Transpose.getInput(), Map(Query), Map(Key), Masked);
  }
  // Where dimensions are not followed, all elements count.
  if (isa<ReshapeOp, SliceOp, PadOp, ConcatOp>(Op))
    return llvm::any_of(Op->getOperands(), [&](Value Operand) {
      return mayMaskOwn(Operand, std::nullopt, std::nullopt, Masked);
    });
  if (auto Mask = dyn_cast<CausalMaskOp>(Op)) {
    int64_t Rank = Mask.getType().getRank();
    bool SeesOwn = Query == Rank - 2 && Key == Rank - 1 &&
                   Mask.getType().getDimSize(Rank - 1) >=
                       Mask.getType().getDimSize(Rank - 2);
    return (!SeesOwn && IsLow(Mask.getFill().convertToDouble())) ||
           mayMaskOwn(Mask.getInput(), Query, Key, Masked);
  }
  if (auto Select = dyn_cast<SelectOp>(Op)) {
    std::optional<SmallVector<double>> Chosen =
        readOwn(Select.getCondition(), Query, Key);
    auto IsTaken = [&](bool Branch) {
      return !Chosen || llvm::any_of(*Chosen, [&](double Condition) {
        return (Condition != 0) == Branch;
      });
    };
    return (IsTaken(true) &&
            mayMaskOwn(Select.getOnTrue(), Query, Key, Masked)) ||
           (IsTaken(false) &&
            mayMaskOwn(Select.getOnFalse(), Query, Key, Masked));
  }
  if (isa<SubOp>(Op))
    if (std::optional<SmallVector<double>> Own =
            readOwn(Op->getOperand(1), Query, Key))
      return llvm::any_of(*Own, IsHigh) ||
             mayMaskOwn(Op->getOperand(0), Query, Key, Masked);
  // Numbers that are computed otherwise are no masks.
  if (!isa<AddOp, SubOp, MulOp, DivOp, MinimumOp, MaximumOp, DropoutOp,
           ConvertOp, NegOp>(Op))
    return false;
  return llvm::any_of(Op->getOperands(), [&](Value Operand) {
    if (std::optional<SmallVector<double>> Own = readOwn(Operand, Query, Key))
      return llvm::any_of(*Own, IsLow) ||
             (isa<MulOp, NegOp>(Op) && llvm::any_of(*Own, IsHigh));
    return mayMaskOwn(Operand, Query, Key, Masked);
  });
}
