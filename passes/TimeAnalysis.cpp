//===- TimeAnalysis.cpp - How the values of an entry point vary -----------===//

#include "passes/TimeAnalysis.h"
#include "ir/Einsum.h"
#include "ir/TimeFlowSupport.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/ConstantEvaluation.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Ops that know more than their operands' axes say
//===----------------------------------------------------------------------===//

/// A look-up among positions at indices known at compile time: each index of
/// the result has a position that it looks up.
static std::optional<TimeFlow> followKnownGather(GatherOp Op,
                                                 ArrayRef<TimeAxis> Inputs) {
  if (Inputs[0].Axis != 0 || Inputs[0].KeyAxis || Inputs[1].varies())
    return std::nullopt;
  std::optional<HostTensor> Indices = evaluateConstant(Op.getIndices());
  if (!Indices)
    return std::nullopt;
  // Of the dimensions of the indices, that along which the least is moved.
  ArrayRef<int64_t> Shape = Indices->getShape();
  SmallVector<int64_t, 4> Strides = Indices->getStrides();
  std::optional<int64_t> Best;
  int64_t BestMove = 0;
  for (int64_t Dim = 0; Dim < Indices->getRank(); ++Dim) {
    int64_t Move = TimeAxis::Never;
    for (int64_t I = 0; I < Indices->getNumElements(); ++I)
      Move = std::max(Move, static_cast<int64_t>(Indices->getAsDouble(I)) -
                                I / Strides[Dim] % Shape[Dim]);
    if (!Best || Move < BestMove) {
      Best = Dim;
      BestMove = Move;
    }
  }
  // Otherwise the last position that is looked up says as much.
  if (!Best || move(Inputs[0].Shift, BestMove) > 0)
    return std::nullopt;
  TimeAxis Result = Inputs[0];
  Result.Axis = *Best;
  Result.Shift = move(Inputs[0].Shift, BestMove);
  return flow(BestMove == 0 ? TimeKind::Pointwise : TimeKind::Causal, Result);
}

TimeFlow TimeAnalysis::follow(Operation *Op, ArrayRef<TimeAxis> Inputs) {
  if (auto Scan = dyn_cast<ScanOp>(Op))
    return getScanFlow(Scan, Inputs.take_front(Op->getNumOperands()),
                       Inputs.drop_front(Op->getNumOperands()));
  if (auto Gather = dyn_cast<GatherOp>(Op))
    if (std::optional<TimeFlow> Flow = followKnownGather(Gather, Inputs))
      return *Flow;
  return cast<TimeSemantics>(Op).getTimeFlow(Inputs);
}

//===----------------------------------------------------------------------===//
// Inputs that do not vary, seen as masks of those that do
//===----------------------------------------------------------------------===//

MaskLimit TimeAnalysis::getLimit(int64_t QueryShift, int64_t KeyShift) const {
  MaskLimit Limit;
  if (KeyShift <= TimeAxis::Never / 2)
    return Limit;
  Limit.Reach = (QueryShift <= TimeAxis::Never / 2 ? 0 : QueryShift) - KeyShift;
  Limit.KeyPrefix = Prefix - 1 - KeyShift;
  return Limit;
}

/// The shift of a tensor along a dimension.
static int64_t getShiftAlong(const TimeAxis &Time, int64_t Dim) {
  return Time.Axis == Dim      ? Time.Shift
         : Time.KeyAxis == Dim ? Time.KeyShift
                               : TimeAxis::Never;
}

/// How far an op lets positions see: by how much later, and up to which all.
static std::pair<int64_t, int64_t> rate(const TimeAxis &Time) {
  if (!Time.KeyAxis || Time.Future == FutureKeys::Visible)
    return {TimeAxis::Always, TimeAxis::Always};
  int64_t Shift = std::max(Time.Shift, move(Time.Reach, Time.KeyShift));
  return {std::max(Shift, int64_t(0)), Time.KeyPrefix};
}

void TimeAnalysis::refineElementwise(Operation *Op,
                                     MutableArrayRef<TimeAxis> Inputs) {
  ArrayRef<int64_t> Shape =
      cast<RankedTensorType>(Op->getResult(0).getType()).getShape();
  SmallVector<int64_t, 2> Dims;
  std::optional<std::pair<int64_t, int64_t>> Roles;
  for (const TimeAxis &Time : Inputs) {
    if (Time.KeyAxis && Time.Future != FutureKeys::Visible && !Roles)
      Roles = {*Time.Axis, *Time.KeyAxis};
    for (std::optional<int64_t> Axis : {Time.Axis, Time.KeyAxis})
      if (Axis && !llvm::is_contained(Dims, *Axis))
        Dims.push_back(*Axis);
  }
  // Which dimension is that of queries, only a mask says; try both.
  SmallVector<std::pair<int64_t, int64_t>> Candidates;
  if (Roles) {
    Candidates.push_back(*Roles);
  } else if (Dims.size() == 2) {
    llvm::sort(Dims);
    Candidates = {{Dims[0], Dims[1]}, {Dims[1], Dims[0]}};
  } else if (Dims.size() == 1) {
    // Keys alone; the queries are in the mask.
    for (int64_t Dim = 0; Dim < static_cast<int64_t>(Shape.size()); ++Dim)
      if (Dim != Dims[0] && Shape[Dim] > 1)
        Candidates.push_back({Dim, Dims[0]});
  }
  auto Best = std::pair(TimeAxis::Always, TimeAxis::Always);
  SmallVector<TimeAxis> BestInputs;
  for (auto [Query, Key] : Candidates) {
    int64_t QueryShift = TimeAxis::Never, KeyShift = TimeAxis::Never;
    for (const TimeAxis &Time : Inputs) {
      QueryShift = std::max(QueryShift, getShiftAlong(Time, Query));
      KeyShift = std::max(KeyShift, getShiftAlong(Time, Key));
    }
    MaskLimit Limit = getLimit(QueryShift, KeyShift);
    SmallVector<TimeAxis> Refined(Inputs.begin(), Inputs.end());
    bool IsRefined = false;
    for (auto [Operand, Time] : llvm::zip_equal(Op->getOperands(), Refined)) {
      if (Time.varies())
        continue;
      std::optional<TimeAxis> Mask = Known.find(Operand, Query, Key, Limit);
      // A table over positions and something else is no mask.
      if (!Mask || (Dims.size() == 1 && Shape[Query] != Shape[Key] &&
                    Mask->Reach > Limit.Reach))
        continue;
      // With keys alone the same for all queries there is nothing to gain.
      if (Dims.size() == 1 && Mask->Reach <= TimeAxis::Never / 2)
        continue;
      Time = *Mask;
      IsRefined = true;
    }
    if (!IsRefined)
      continue;
    auto Rating = rate(follow(Op, Refined).ResultAxes[0]);
    if (Rating < Best) {
      Best = Rating;
      BestInputs = std::move(Refined);
    }
  }
  if (!BestInputs.empty())
    llvm::copy(BestInputs, Inputs.begin());
}

void TimeAnalysis::refineEinsum(EinsumOp Op, MutableArrayRef<TimeAxis> Inputs) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(Op.getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  for (int Index : {0, 1}) {
    if (Inputs[Index].varies() || !Inputs[1 - Index].Axis)
      continue;
    ArrayRef<int64_t> Names = Index ? Equation->Rhs : Equation->Lhs;
    ArrayRef<int64_t> Others = Index ? Equation->Lhs : Equation->Rhs;
    ArrayRef<int64_t> Shape =
        cast<RankedTensorType>(Op->getOperand(Index).getType()).getShape();
    const TimeAxis &Varying = Inputs[1 - Index];
    TimeAxis Best;
    for (std::optional<int64_t> Axis : {Varying.Axis, Varying.KeyAxis}) {
      if (!Axis)
        continue;
      const auto *Key = llvm::find(Names, Others[*Axis]);
      if (Key == Names.end())
        continue;
      bool IsSummed = Equation->getRole(*Key) == EinsumRole::Contracted;
      for (const auto *Query = Names.begin(); Query != Names.end(); ++Query) {
        int64_t QueryDim = Query - Names.begin(), KeyDim = Key - Names.begin();
        const auto *OtherQuery = llvm::find(Others, *Query);
        bool IsShared = OtherQuery != Others.end() &&
                        getShiftAlong(Varying, OtherQuery - Others.begin()) !=
                            TimeAxis::Never;
        if (Query == Key || Shape[QueryDim] == 1 ||
            (IsSummed ? Equation->getRole(*Query) == EinsumRole::Contracted
                      : !IsShared))
          continue;
        MaskLimit Limit =
            getLimit(TimeAxis::Never,
                     Axis == Varying.Axis ? Varying.Shift : Varying.KeyShift);
        std::optional<TimeAxis> Mask =
            Known.find(Op->getOperand(Index), QueryDim, KeyDim, Limit);
        if (!Mask || Mask->Future != FutureKeys::Zero ||
            (Shape[QueryDim] != Shape[KeyDim] && Mask->Reach > Limit.Reach))
          continue;
        if (!Best.Axis || std::pair(Mask->Reach, Mask->KeyPrefix) <
                              std::pair(Best.Reach, Best.KeyPrefix))
          Best = *Mask;
      }
    }
    if (Best.Axis)
      Inputs[Index] = Best;
  }
}

void TimeAnalysis::refineBias(AttentionOp Op,
                              MutableArrayRef<TimeAxis> Inputs) {
  if (!Op.getBias() || Inputs[3].varies())
    return;
  int64_t Rank = cast<RankedTensorType>(Op.getBias().getType()).getRank();
  auto GetShift = [](const TimeAxis &Time) {
    return Time.Axis ? Time.Shift : TimeAxis::Never;
  };
  MaskLimit Limit = getLimit(
      GetShift(Inputs[0]), std::max(GetShift(Inputs[1]), GetShift(Inputs[2])));
  if (std::optional<TimeAxis> Mask =
          Known.find(Op.getBias(), Rank - 2, Rank - 1, Limit))
    Inputs[3] = *Mask;
}

void TimeAnalysis::refine(Operation *Op, MutableArrayRef<TimeAxis> Inputs) {
  auto HasAxis = [](const TimeAxis &Time) { return Time.Axis.has_value(); };
  auto Varies = [](const TimeAxis &Time) { return Time.varies(); };
  if (llvm::none_of(Inputs, HasAxis) || llvm::all_of(Inputs, Varies))
    return;
  if (auto Einsum = dyn_cast<EinsumOp>(Op))
    refineEinsum(Einsum, Inputs);
  else if (auto Attention = dyn_cast<AttentionOp>(Op))
    refineBias(Attention, Inputs);
  else if (Op->hasTrait<OpTrait::Elementwise>())
    refineElementwise(Op, Inputs);
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

SmallVector<Value> TimeAnalysis::getInputs(Operation *Op) {
  SmallVector<Value> Inputs(Op->getOperands());
  if (Op->getNumRegions() == 0)
    return Inputs;
  llvm::SetVector<Value> Captured;
  getUsedValuesDefinedAbove(Op->getRegions(), Captured);
  llvm::append_range(Inputs, Captured);
  return Inputs;
}

ArrayRef<TimeAxis> TimeAnalysis::getInputAxes(Operation *Op) const {
  auto It = Inputs.find(Op);
  return It == Inputs.end() ? ArrayRef<TimeAxis>() : ArrayRef(It->second);
}

FailureOr<TimeAnalysis> TimeAnalysis::run(FuncOp Func, int64_t Prefix) {
  SmallVector<TimeAxis> Arguments(Func.getNumArguments());
  if (!Arguments.empty())
    Arguments[0] = TimeAxis::along(1);
  return run(Func, Arguments, Prefix);
}

FailureOr<TimeAnalysis>
TimeAnalysis::run(FuncOp Func, ArrayRef<TimeAxis> Arguments, int64_t Prefix) {
  TimeAnalysis Analysis(Prefix);
  for (auto [Argument, Time] :
       llvm::zip_equal(Func.getBody().getArguments(), Arguments))
    Analysis.Axes[Argument] = Time;
  for (Operation &Op : Func.getBody().front().without_terminator()) {
    // The state is the same for all positions.
    if (isa<ReadOp, WriteOp, InfoOp>(Op))
      continue;
    if (!isa<TimeSemantics>(Op))
      return Op.emitOpError("has no time semantics");
    SmallVector<TimeAxis> Axes;
    for (Value Input : getInputs(&Op))
      Axes.push_back(Analysis.getAxis(Input));
    Analysis.refine(&Op, Axes);
    std::string Cancelled = Analysis.Known.checkFiniteMask(&Op, Axes);
    TimeFlow Flow = follow(&Op, Axes);
    if (!Cancelled.empty() && Flow.Kind == TimeKind::Mixing)
      Flow.Reason = Cancelled;
    for (auto [Result, Time] :
         llvm::zip_equal(Op.getResults(), Flow.ResultAxes))
      Analysis.Axes[Result] = Time;
    Analysis.Flows[&Op] = std::move(Flow);
    Analysis.Inputs[&Op] = std::move(Axes);
  }
  return Analysis;
}
