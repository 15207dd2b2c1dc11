//===- FindLeak.cpp - How the future gets into the logits -----------------===//
//
// Goes from the result back to the tokens. That an element depends on a
// position that it may not see, it has from an element of an input that depends
// on too late a position, or from an op that moves positions. What an input
// contributes is found by asking for the flow of the op with nothing else
// varying; bounds are maxima of sums, so that each contribution is a number
// added.
//
//===----------------------------------------------------------------------===//

#include "passes/FindLeak.h"
#include "ir/TimeFlowSupport.h"
#include <map>
#include <queue>

using namespace mlir;
using namespace stator;

namespace {
/// Which of the bounds of a TimeAxis.
enum class Part { Prefix, Axis, KeyAxis };

/// That a bound of a value is above what it may be.
struct Excess {
  Value Of;
  Part Which = Part::Prefix;
  int64_t Allowed = 0;
  /// On the side of the tokens of what mixes positions.
  bool IsBefore = false;

  auto getKey() const {
    return std::tuple(Of.getAsOpaquePointer(), static_cast<int>(Which), Allowed,
                      IsBefore);
  }
};

/// How one excess comes from another: by an op that adds so many positions.
struct Step {
  Excess To, From;
  int64_t Added = 0;
};
} // namespace

static int64_t getBound(const TimeAxis &Time, Part Which) {
  switch (Which) {
  case Part::Prefix:
    return Time.Prefix;
  case Part::Axis:
    return Time.Axis ? Time.Shift : TimeAxis::Never;
  case Part::KeyAxis:
    return Time.KeyAxis ? Time.KeyShift : TimeAxis::Never;
  }
  llvm_unreachable("all parts are handled");
}

/// The axis with no other bound than this one, but with all that is known of
/// masks.
static TimeAxis keepOnly(TimeAxis Time, std::optional<Part> Which) {
  if (Which != Part::Prefix)
    Time.Prefix = TimeAxis::Never;
  if (Which != Part::Axis && Time.Axis)
    Time.Shift = TimeAxis::Never;
  if (Which != Part::KeyAxis && Time.KeyAxis)
    Time.KeyShift = TimeAxis::Never;
  return Time;
}

namespace {
class LeakSearch {
public:
  LeakSearch(Value Tokens, const TimeAnalysis &Analysis)
      : Tokens(Tokens), Analysis(Analysis) {}

  /// The shortest way from the tokens to one of these, as steps from the result
  /// to the tokens.
  SmallVector<Step> run(ArrayRef<Excess> Starts);

private:
  void expand(const Excess &To, int64_t Cost);

  struct Entry {
    int64_t Cost;
    Excess State;
    bool operator<(const Entry &Other) const { return Cost > Other.Cost; }
  };
  Value Tokens;
  const TimeAnalysis &Analysis;
  std::priority_queue<Entry> Queue;
  std::map<decltype(Excess().getKey()), std::pair<int64_t, Step>> Best;
};
} // namespace

void LeakSearch::expand(const Excess &To, int64_t Cost) {
  auto Result = cast<OpResult>(To.Of);
  Operation *Op = Result.getOwner();
  ArrayRef<TimeAxis> Axes = Analysis.getInputAxes(Op);
  SmallVector<Value> Inputs = TimeAnalysis::getInputs(Op);
  SmallVector<TimeAxis> Quiet;
  for (const TimeAxis &Time : Axes)
    Quiet.push_back(keepOnly(Time, std::nullopt));
  for (auto [Index, Input] : llvm::enumerate(Inputs)) {
    if (!Analysis.getAxis(Input).varies())
      continue;
    for (Part Which : {Part::Prefix, Part::Axis, Part::KeyAxis}) {
      int64_t Bound = getBound(Axes[Index], Which);
      if (Bound <= TimeAxis::Never / 2)
        continue;
      SmallVector<TimeAxis> Alone(Quiet);
      Alone[Index] = keepOnly(Axes[Index], Which);
      int64_t Contribution = getBound(
          TimeAnalysis::follow(Op, Alone).ResultAxes[Result.getResultNumber()],
          To.Which);
      if (Contribution <= To.Allowed || Contribution <= TimeAxis::Never / 2)
        continue;
      Step Next;
      Next.To = To;
      Next.Added = Contribution - Bound;
      Next.From = {Input, Which, To.Allowed - Next.Added, To.IsBefore};
      bool Mixes =
          Next.Added > 0 &&
          (To.Which == Part::Prefix ? Which != Part::Prefix
                                    : To.Allowed >= 0 && Next.From.Allowed < 0);
      Next.From.IsBefore |= Mixes;
      // Of ways equally long that with the least before the leak.
      int64_t NextCost = Cost + 1000 + (Next.From.IsBefore ? 1 : 0);
      auto [It, IsNew] =
          Best.try_emplace(Next.From.getKey(), std::pair(NextCost, Next));
      if (!IsNew && It->second.first <= NextCost)
        continue;
      It->second = {NextCost, Next};
      Queue.push({NextCost, Next.From});
    }
  }
}

SmallVector<Step> LeakSearch::run(ArrayRef<Excess> Starts) {
  for (const Excess &Start : Starts) {
    Best.try_emplace(Start.getKey(), std::pair(0, Step()));
    Queue.push({0, Start});
  }
  while (!Queue.empty()) {
    auto [Cost, State] = Queue.top();
    Queue.pop();
    if (Best[State.getKey()].first < Cost)
      continue;
    if (State.Of != Tokens) {
      expand(State, Cost);
      continue;
    }
    SmallVector<Step> Way;
    while (Cost > 0) {
      auto &[StateCost, Next] = Best[State.getKey()];
      Way.push_back(Next);
      State = Next.To;
      Cost = Best[State.getKey()].first;
    }
    std::reverse(Way.begin(), Way.end());
    return Way;
  }
  return {};
}

/// What of a result is above what it may be.
static SmallVector<Excess> findExcess(Value Result, TimeAxis Time,
                                      int64_t Prefix) {
  ArrayRef<int64_t> Shape = cast<RankedTensorType>(Result.getType()).getShape();
  int64_t Last = std::max(Prefix - 1, int64_t(0));
  SmallVector<Excess> Found;
  auto Check = [&](Part Which, int64_t Allowed) {
    if (getBound(Time, Which) > Allowed)
      Found.push_back({Result, Which, Allowed, false});
  };
  Check(Part::Prefix, Last);
  // All of a dimension that is not that of time is one position of the result.
  auto GetAllowed = [&](int64_t Dim) {
    int64_t End = Last - (Shape[Dim] - 1);
    return Dim == 1 ? std::max(End, int64_t(0)) : End;
  };
  if (Time.KeyAxis && !hidesKeys(Time))
    Check(Part::KeyAxis, GetAllowed(*Time.KeyAxis));
  if (Time.Axis)
    Check(Part::Axis, GetAllowed(*Time.Axis));
  return Found;
}

/// The step of a way by which the future gets in; none if only the place of
/// time in the result is wrong.
static const Step *findLeakingStep(ArrayRef<Step> Way, int64_t Excess) {
  // Mixing positions is what a prefix comes from; if it is one position that is
  // taken, where it was moved from.
  for (const Step &Each : Way)
    if (Each.To.Which == Part::Prefix && Each.From.Which != Part::Prefix &&
        Each.Added > 0)
      return &Each;
  // Several moves may undo each other. The one that moves by as much as is too
  // much is it.
  const Step *Best = nullptr;
  for (const Step &Each : Way) {
    if (Each.Added <= 0)
      continue;
    if (Each.Added == Excess)
      return &Each;
    if (!Best)
      Best = &Each;
  }
  return Best;
}

/// If a contraction leaks because the softmax that makes its weights does, what
/// is too much about those.
static std::optional<Excess> findWeights(const Step &Leaking,
                                         const TimeAnalysis &Analysis) {
  auto Product = Leaking.To.Of.getDefiningOp<EinsumOp>();
  if (!Product)
    return std::nullopt;
  for (Value Operand : Product->getOperands()) {
    Value Weights = Operand;
    while (Operation *Op = Weights.getDefiningOp()) {
      if (!isa<DropoutOp, TransposeOp, ReshapeOp, BroadcastOp, ConvertOp>(Op))
        break;
      Weights = Op->getOperand(0);
    }
    if (!Weights.getDefiningOp<SoftmaxOp>())
      continue;
    Excess Found{Weights, Leaking.To.Which, Leaking.To.Allowed, false};
    if (getBound(Analysis.getAxis(Weights), Found.Which) > Found.Allowed)
      return Found;
  }
  return std::nullopt;
}

static std::string describe(const Step &Leaking, const TimeAnalysis &Analysis) {
  Operation *Op = Leaking.To.Of.getDefiningOp();
  std::string Reason = Analysis.getReason(Op);
  bool IsPrefix = Leaking.To.Which == Part::Prefix;
  if (!Reason.empty() &&
      !(isa<AttentionOp>(Op) && cast<AttentionOp>(Op).getCausal()))
    return Reason;
  if (isa<ScanOp>(Op) && IsPrefix)
    return "the last state of a loop, which has seen all positions";
  // A mask that shows too much is not Mixing: it is a mask.
  if (isa<SoftmaxOp, EinsumOp, ReduceOp, AttentionOp, CumsumOp>(Op))
    return "a mask that lets " +
           (IsPrefix ? "all positions see the first " +
                           std::to_string(Leaking.Added + 1) + " ones"
            : Leaking.Added == 1 ? "each position see the next one"
                                 : "each position see the next " +
                                       std::to_string(Leaking.Added) + " ones");
  if (!Reason.empty())
    return Reason;
  return "an op that moves later positions to earlier ones";
}

std::optional<Leak> stator::findLeak(FuncOp Func, const TimeAnalysis &Analysis,
                                     int64_t Prefix) {
  // After a single position there is none that it could depend on.
  if (auto Tokens = dyn_cast<RankedTensorType>(Func.getArgumentTypes().front());
      Tokens && Tokens.getRank() == 2 && Tokens.getDimSize(1) == 1)
    return std::nullopt;
  Value Result = Func.getBody().front().getTerminator()->getOperand(0);
  TimeAxis Time = Analysis.getAxis(Result);
  TimeAxis Visible = hidesKeys(Time) ? dropKeys(Time) : Time;
  SmallVector<Excess> Starts = findExcess(Result, Visible, Prefix);
  if (Starts.empty())
    return std::nullopt;
  SmallVector<Step> Way = LeakSearch(Func.getArgument(0), Analysis).run(Starts);
  Leak Found;
  Found.Op = Result.getDefiningOp();
  auto GetTooMuch = [&] {
    const Excess &Start = Way.front().To;
    return getBound(Analysis.getAxis(Start.Of), Start.Which) - Start.Allowed;
  };
  const Step *Leaking =
      Way.empty() ? nullptr : findLeakingStep(Way, GetTooMuch());
  // Attention that nothing masks is shorter through the values; it is the
  // weights that should have been masked.
  if (std::optional<Excess> Weights =
          Leaking ? findWeights(*Leaking, Analysis) : std::nullopt) {
    SmallVector<Step> WayOfWeights =
        LeakSearch(Func.getArgument(0), Analysis).run(*Weights);
    if (!WayOfWeights.empty()) {
      Way = std::move(WayOfWeights);
      Leaking = findLeakingStep(Way, GetTooMuch());
    }
  }
  if (Leaking) {
    Found.Op = Leaking->To.Of.getDefiningOp();
    Found.Reason = describe(*Leaking, Analysis);
  } else {
    Found.Reason = "dimension 1 of the result is not that of time";
  }
  bool IsBehind = !Leaking;
  for (const Step &Each : Way) {
    IsBehind |= &Each == Leaking;
    if (IsBehind)
      Found.Chain.push_back(Each.From.Of);
  }
  return Found;
}
