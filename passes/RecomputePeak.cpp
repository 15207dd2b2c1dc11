//===- RecomputePeak.cpp - What holds the memory of a step ----------------===//

#include "passes/RecomputePeak.h"
#include "ir/KernelInterface.h"
#include "passes/Views.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <map>

using namespace mlir;

namespace stator {
namespace {

struct ArenaUse {
  Operation *Op;
  int64_t Offset, Bytes;
  unsigned First, Last;
  bool Gradient;
};

/// Kernels that update parameters.
llvm::DenseSet<StringRef> findOptimizers(ModuleOp Module) {
  llvm::DenseSet<StringRef> Names;
  for (FuncOp Function : Module.getOps<FuncOp>())
    if (Function.getKernel() &&
        llvm::any_of(Function.getBody().front(), [](Operation &Op) {
          return isa<AdamOp, SgdOp, GlobalNormOp>(Op);
        }))
      Names.insert(Function.getSymName());
  return Names;
}

} // namespace

PeakUse describePeak(ModuleOp Module, FuncOp Planned) {
  Block &Body = Planned.getBody().front();
  llvm::DenseSet<StringRef> Optimizers = findOptimizers(Module);
  llvm::DenseMap<Operation *, unsigned> PositionOf;
  unsigned Count = 0;
  for (Operation &Op : Body)
    PositionOf[&Op] = Count++;

  std::vector<ArenaUse> Uses;
  for (Operation &Op : Body) {
    auto Places = Op.getAttrOfType<ArrayAttr>(PlacesAttrName);
    if (!Places)
      continue;
    for (auto [Place, Result] : llvm::zip(Places, Op.getResults())) {
      auto Where = dyn_cast<PlaceAttr>(Place);
      if (!Where || Where.getMemory() != Memory::Arena)
        continue;
      const unsigned First = PositionOf.lookup(&Op);
      ArenaUse Use{&Op,
                   Where.getOffset(),
                   getTensorBytes(Result.getType()),
                   First,
                   First,
                   false};
      SmallVector<Value> Work{Result};
      while (!Work.empty())
        for (Operation *User : Work.pop_back_val().getUsers()) {
          if (isView(User))
            Work.push_back(User->getResult(0));
          Use.Last = std::max(
              Use.Last, PositionOf.lookup(Body.findAncestorOpInBlock(*User)));
          auto Launch = dyn_cast<LaunchOp>(User);
          Use.Gradient |= Launch && Optimizers.contains(Launch.getKernel());
        }
      Uses.push_back(Use);
    }
  }

  std::vector<int64_t> Change(Count + 1, 0);
  for (const ArenaUse &Use : Uses) {
    Change[Use.First] += Use.Bytes;
    Change[Use.Last + 1] -= Use.Bytes;
  }
  unsigned Peak = 0;
  int64_t Alive = 0, Most = 0;
  for (unsigned Position = 0; Position != Count; ++Position) {
    Alive += Change[Position];
    if (Alive > Most) {
      Most = Alive;
      Peak = Position;
    }
  }

  PeakUse Result;
  std::map<int64_t, size_t> AtOffset; // results that share a buffer count once
  for (const ArenaUse &Use : Uses) {
    if (Use.First > Peak || Use.Last < Peak)
      continue;
    if (Use.Gradient) {
      Result.GradientBytes += Use.Bytes;
      continue;
    }
    auto [Known, New] = AtOffset.try_emplace(Use.Offset, Result.Largest.size());
    StringRef Path = getPathOfLocation(Use.Op->getLoc());
    PeakBuffer Buffer{Path.empty() ? "-" : Path.str(), Use.Bytes};
    if (New)
      Result.Largest.push_back(std::move(Buffer));
    else if (Buffer.Bytes > Result.Largest[Known->second].Bytes)
      Result.Largest[Known->second] = std::move(Buffer);
  }
  for (const PeakBuffer &Buffer : Result.Largest)
    Result.OtherBytes += Buffer.Bytes;
  llvm::sort(Result.Largest, [](const PeakBuffer &X, const PeakBuffer &Y) {
    return X.Bytes != Y.Bytes ? X.Bytes > Y.Bytes : X.Name < Y.Name;
  });
  return Result;
}

} // namespace stator
