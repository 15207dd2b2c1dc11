//===- GroupPlan.cpp - Rows, passes and buffers of a fused group ----------===//

#include "codegen/kernels/EmitElementwise.h"
#include "codegen/kernels/GroupLowering.h"
#include "ir/KernelInterface.h"

using namespace mlir;

namespace stator {

/// Bytes of buffers on the stack of a thread.
static constexpr int64_t MaxBufferBytes = 48 << 10;

static int64_t getNumElements(Value V) {
  return getTensorType(V).getNumElements();
}

/// Whether the op is an update of an operand that nothing but the result needs.
static bool isWritten(Operation *Op) {
  auto Update = dyn_cast<UpdateSliceOp>(Op);
  return Update && isa<BlockArgument>(Update.getInput()) && Op->hasOneUse() &&
         isa<ReturnOp>(*Op->user_begin());
}

LogicalResult GroupLowering::analyze() {
  SmallVector<int64_t> Axes;
  if (Return.getNumOperands() == 0)
    return Return.emitOpError("ends a kernel without results");
  for (Operation &Op : Body) {
    if (!isa<ReturnOp>(Op) && !canEmit(&Op) && !isWritten(&Op))
      return Op.emitOpError("cannot be fused with other ops");
    auto Reduce = dyn_cast<ReduceOp>(Op);
    if (!Reduce)
      continue;
    ArrayRef<int64_t> Shape = getTensorType(Reduce.getInput()).getShape();
    SmallVector<int64_t> OpAxes(Reduce.getAxes());
    llvm::sort(OpAxes);
    if (NumLevels == 0) {
      Domain.assign(Shape.begin(), Shape.end());
      Axes = OpAxes;
    } else if (Shape != ArrayRef(Domain) || Axes != OpAxes) {
      return Reduce.emitOpError()
             << "reduces over other dimensions than its kernel";
    }
    NumLevels = 1;
  }
  if (NumLevels == 0) {
    Value Largest = Computed.front();
    for (Value Result : Computed)
      if (getNumElements(Result) > getNumElements(Largest))
        Largest = Result;
    ArrayRef<int64_t> Shape = getTensorType(Largest).getShape();
    Domain.assign(Shape.begin(), Shape.end());
    if (!Domain.empty())
      Axes.push_back(Domain.size() - 1);
    if (collapse())
      Axes.clear();
  }
  for (unsigned Dim = 0; Dim != Domain.size(); ++Dim)
    (llvm::is_contained(Axes, Dim) ? InnerDims : RowDims).push_back(Dim);
  for (int64_t Size : Domain)
    NumElements *= Size;
  LanesInRow = !RowDims.empty() && RowDims.back() + 1 == Domain.size();
  int64_t RowSize = 1;
  for (unsigned Dim : InnerDims)
    RowSize *= Domain[Dim];
  for (Value Result : Computed)
    if (!isResultOfDomain(getNumElements(Result), NumElements, RowSize))
      return emitError(Result.getLoc())
             << "a result of " << getTensorType(Result)
             << " is in a kernel over " << NumElements
             << " elements in rows of " << RowSize;

  Lanes = E.Target.getF32Lanes();
  while (!Domain.empty() && Lanes > Domain.back())
    Lanes /= 2;
  return success();
}

/// Makes the domain one-dimensional if no op minds.
bool GroupLowering::collapse() {
  int64_t Size = 1;
  for (int64_t Dim : Domain)
    Size *= Dim;
  if (Size == 1)
    return false;
  for (Operation &Op : Body) {
    bool Uniform = false;
    if (auto Constant = dyn_cast<ConstantOp>(Op))
      Uniform = cast<ElementsAttr>(Constant.getValue()).isSplat();
    if (auto Broadcast = dyn_cast<BroadcastOp>(Op))
      Uniform = getTensorType(Broadcast.getInput()).getRank() == 0;
    if (!Uniform && !isElementwise(&Op) &&
        !isa<DropoutOp, ReshapeOp, ReturnOp>(Op))
      return false;
    for (Value V : Op.getOperands())
      if (getNumElements(V) != Size && getTensorType(V).getRank() != 0)
        return false;
    for (Value V : Op.getResults())
      if (getNumElements(V) != Size && getTensorType(V).getRank() != 0)
        return false;
  }
  auto Flatten = [&](Value V) {
    if (getNumElements(V) == Size)
      V.setType(
          RankedTensorType::get({Size}, getTensorType(V).getElementType()));
  };
  llvm::for_each(Body.getArguments(), Flatten);
  for (Operation &Op : llvm::make_early_inc_range(Body)) {
    llvm::for_each(Op.getResults(), Flatten);
    if (auto Constant = dyn_cast<ConstantOp>(Op)) {
      auto Number = cast<DenseElementsAttr>(Constant.getValue());
      Constant.setValueAttr(
          Number.resizeSplat(getTensorType(Constant.getResult())));
    }
    if (auto Reshape = dyn_cast<ReshapeOp>(Op)) {
      Reshape.getResult().replaceAllUsesWith(Reshape.getInput());
      Reshape.erase();
    }
  }
  Domain.assign({Size});
  return true;
}

void GroupLowering::planPasses() {
  llvm::DenseMap<Value, unsigned> LevelOf;
  for (Operation &Op : Body) {
    unsigned Level = 0;
    for (Value Operand : Op.getOperands())
      Level = std::max(Level, LevelOf.lookup(Operand));
    if (auto Reduce = dyn_cast<ReduceOp>(Op)) {
      Levels.resize(std::max<size_t>(Levels.size(), Level + 1));
      Levels[Level++].push_back(Reduce);
    }
    for (Value Result : Op.getResults())
      LevelOf[Result] = Level;
  }
}

/// Chooses which values to keep from one pass to the next: those that are
/// expensive, needed in several passes, and only ever at their own index.
void GroupLowering::planBuffers() {
  if (LanesInRow || Levels.empty())
    return;
  int64_t RowElements = 1;
  for (unsigned Dim : InnerDims)
    RowElements *= Domain[Dim];

  SmallVector<Operation *> Ops;
  for (Operation &Op : Body)
    Ops.push_back(&Op);
  auto GetRoots = [&](unsigned Pass) {
    SmallVector<Value> Roots;
    if (Pass < Levels.size()) {
      for (ReduceOp Reduce : Levels[Pass])
        Roots.push_back(Reduce.getInput());
    } else {
      Roots.append(Computed);
    }
    return Roots;
  };
  // Passes in which each op is computed, given what is kept so far.
  auto CountPasses = [&](llvm::DenseMap<Operation *, unsigned> &First) {
    llvm::DenseMap<Operation *, unsigned> Count;
    for (unsigned Pass = 0; Pass <= Levels.size(); ++Pass) {
      llvm::DenseSet<Operation *> Seen;
      SmallVector<Value> Work = GetRoots(Pass);
      while (!Work.empty()) {
        Value V = Work.pop_back_val();
        Operation *Op = V.getDefiningOp();
        if (!Op || isa<ReduceOp>(Op) || !Seen.insert(Op).second)
          continue;
        auto *Keep = Kept.find(V);
        if (Keep != Kept.end() && Keep->second < Pass)
          continue;
        if (Count[Op]++ == 0)
          First[Op] = Pass;
        Work.append(Op->operand_begin(), Op->operand_end());
      }
    }
    return Count;
  };
  int64_t Bytes = 0;
  for (Operation *Op : llvm::reverse(Ops)) {
    if (!isExpensiveToRepeat(Op) || Op->getNumResults() != 1)
      continue;
    Value V = Op->getResult(0);
    if (getTensorType(V).getShape() != ArrayRef(Domain) ||
        !llvm::all_of(Op->getUsers(), [](Operation *User) {
          return isElementwise(User) || isa<ReduceOp, ReturnOp, UpdateSliceOp,
                                            DropoutOp, CausalMaskOp>(User);
        }))
      continue;
    int64_t Size =
        RowElements * (getTensorType(V).getElementTypeBitWidth() + 7) / 8;
    llvm::DenseMap<Operation *, unsigned> First;
    auto Count = CountPasses(First);
    if (Count.lookup(Op) < 2 || Bytes + Size > MaxBufferBytes)
      continue;
    Bytes += Size;
    Kept[V] = First.lookup(Op);
  }
  BufferSizes.assign(Domain.size(), 1);
  for (unsigned Dim : InnerDims)
    BufferSizes[Dim] = Domain[Dim];
}

} // namespace stator
