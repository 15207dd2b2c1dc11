//===- FormKernelsFixed.cpp - Groups that are found by what they do -------===//

#include "ir/Dialect.h"
#include "ir/UpdateKernel.h"
#include "passes/FormKernelsGroups.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace stator {
namespace {

bool isSplat(Value V) {
  auto Constant = V.getDefiningOp<ConstantOp>();
  return Constant && isa<SplatElementsAttr>(Constant.getValue());
}

/// Whether nothing is computed from the results.
bool isOnlyWritten(Operation *Op) {
  return llvm::all_of(Op->getUsers(), [](Operation *User) {
    return isa<WriteOp, ReturnOp>(User);
  });
}

/// All optimizers, and the tensors that are set to one number.
FusionGroup findUpdates(Block &Body) {
  FusionGroup Updates;
  for (Operation &Op : Body)
    if (isa<AdamOp, SgdOp>(Op) && isOnlyWritten(&Op) &&
        llvm::all_of(Op.getOperands(), [](Value V) {
          return !V.getDefiningOp<ConstantOp>() || isSplat(V);
        }))
      Updates.push_back(&Op);
  if (Updates.empty())
    return Updates;
  FusionGroup Fills;
  for (Operation &Op : Body) {
    auto Write = dyn_cast<WriteOp>(Op);
    if (!Write || !isSplat(Write.getValue()))
      continue;
    // One result for each tensor that is set.
    Operation *Constant = Write.getValue().getDefiningOp();
    if (!Write.getValue().hasOneUse()) {
      OpBuilder B(Constant);
      Constant = B.clone(*Constant);
      Write.getValueMutable().assign(Constant->getResult(0));
    }
    // The group ends with an optimizer.
    Constant->moveBefore(&Body.front());
    Fills.push_back(Constant);
  }
  Fills.append(Updates);
  llvm::sort(Fills,
             [](Operation *X, Operation *Y) { return X->isBeforeInBlock(Y); });
  return Fills;
}

/// Rows that are summed into zeros, and then added to a tensor, can be summed
/// into that.
FusionGroup findScatter(AddOp Add) {
  for (auto [Sum, Base] :
       {std::pair(Add.getLhs(), Add.getRhs()), {Add.getRhs(), Add.getLhs()}}) {
    auto Scatter = Sum.getDefiningOp<ScatterAddOp>();
    if (Scatter && Sum.hasOneUse() && Scatter->getBlock() == Add->getBlock() &&
        !Base.getDefiningOp<ConstantOp>())
      return {Scatter, Add};
  }
  return {};
}

} // namespace

SmallVector<FusionGroup> formFixedGroups(Block &Body) {
  SmallVector<FusionGroup> Groups;
  if (FusionGroup Updates = findUpdates(Body); !Updates.empty())
    Groups.push_back(Updates);
  llvm::DenseSet<Operation *> Scatters;
  for (auto Add : Body.getOps<AddOp>()) {
    FusionGroup Scatter = findScatter(Add);
    if (!Scatter.empty() && Scatters.insert(Scatter.front()).second)
      Groups.push_back(Scatter);
  }
  return Groups;
}

} // namespace stator
