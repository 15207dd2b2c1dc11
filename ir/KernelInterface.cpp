//===- KernelInterface.cpp - How a schedule calls a kernel ----------------===//

#include "ir/KernelInterface.h"
#include "ir/EinsumKernel.h"
#include "ir/RunSettings.h"
#include "ir/UpdateKernel.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace stator {

bool kernelNeedsInfo(FuncOp Kernel) {
  return Kernel
      ->walk([](Operation *Op) {
        if (isa<DropoutOp, InfoOp>(Op) || isSettable(Op) ||
            Op->hasAttr(IndexCheckAttrName))
          return WalkResult::interrupt();
        if (auto Attention = dyn_cast<AttentionOp>(Op))
          if (Attention.getDropoutRate().convertToDouble() > 0)
            return WalkResult::interrupt();
        if (auto Attention = dyn_cast<AttentionGradOp>(Op))
          if (Attention.getDropoutRate().convertToDouble() > 0)
            return WalkResult::interrupt();
        return WalkResult::advance();
      })
      .wasInterrupted();
}

bool isResultOfDomain(int64_t Count, int64_t Domain, int64_t RowSize) {
  return Count == Domain || Count * RowSize == Domain || Count == 1;
}

bool canOmitResults(Operation *Op) { return isa<AttentionGradOp>(Op); }

int64_t getKernelWorkspaceBytes(FuncOp Kernel) {
  auto Bytes = Kernel->getAttrOfType<IntegerAttr>(WorkspaceAttrName);
  return Bytes ? Bytes.getInt() : 0;
}

bool isExpensiveToRepeat(Operation *Op) {
  return isa<ExpOp, LogOp, SqrtOp, RsqrtOp, SinOp, CosOp, TanhOp, ErfOp,
             SigmoidOp, SiluOp, GeluOp, DivOp, PowOp, DropoutOp,
             CrossEntropyGradOp, GatherOp>(Op);
}

int64_t getTensorBytes(Type Type) {
  auto Tensor = cast<RankedTensorType>(Type);
  int64_t Bits = Tensor.getElementTypeBitWidth();
  return Tensor.getNumElements() * ((Bits + 7) / 8);
}

/// Whether all that becomes of the operand of a kernel is at the index of its
/// elements.
static bool isOnlyUsedAtOwnIndex(BlockArgument Operand) {
  SmallVector<Value> Work{Operand};
  llvm::DenseSet<Operation *> Seen;
  while (!Work.empty()) {
    for (Operation *User : Work.pop_back_val().getUsers()) {
      if (isa<ReturnOp>(User) || !Seen.insert(User).second)
        continue;
      if (!canFollowEinsum(User))
        return false;
      Work.append(User->result_begin(), User->result_end());
    }
  }
  return true;
}

static bool canEinsumRunInPlace(const EinsumKernel &Form, FuncOp Kernel,
                                unsigned Operand, unsigned Result) {
  BlockArgument Argument = Kernel.getBody().getArgument(Operand);
  if (!isOnlyUsedAtOwnIndex(Argument))
    return false;
  return Result != Form.SumsResult ||
         (Argument == Form.Accumulator && Argument.hasOneUse());
}

/// A kernel of a loss reads a row of logits before it writes the gradient of
/// that row, and none of another row.
static bool canLossRunInPlace(FuncOp Kernel, unsigned Operand,
                              unsigned Result) {
  Value Logits = Kernel.getBody().getArgument(Operand);
  Value Written = Kernel.getBody().front().getTerminator()->getOperand(Result);
  return Written.getDefiningOp<CrossEntropyGradOp>() &&
         llvm::all_of(Logits.getUses(), [](OpOperand &Use) {
           return isa<CrossEntropyOp, CrossEntropyGradOp>(Use.getOwner()) &&
                  Use.getOperandNumber() == 0;
         });
}

/// Rows can be summed into the tensor that they are added to.
static bool canScatterRunInPlace(FuncOp Kernel, unsigned Operand,
                                 unsigned Result) {
  Value Base = Kernel.getBody().getArgument(Operand);
  if (!Base.hasOneUse())
    return false;
  auto Add = dyn_cast<AddOp>(*Base.user_begin());
  if (!Add)
    return false;
  Value Sum = Add.getLhs() == Base ? Add.getRhs() : Add.getLhs();
  return Sum.getDefiningOp<ScatterAddOp>() && Sum.hasOneUse();
}

/// A part of a tensor can be replaced where the tensor is.
static bool canUpdateSliceRunInPlace(FuncOp Kernel, unsigned Operand,
                                     unsigned Result) {
  Value Written = Kernel.getBody().front().getTerminator()->getOperand(Result);
  auto Update = Written.getDefiningOp<UpdateSliceOp>();
  Value Whole = Kernel.getBody().getArgument(Operand);
  return Update && Update.getInput() == Whole && Whole.hasOneUse();
}

// Scalars and what is broadcast from them are read at every index, so they are
// fine as long as they are not what is overwritten.
bool canRunInPlace(FuncOp Kernel, unsigned Operand, unsigned Result) {
  FunctionType Type = Kernel.getFunctionType();
  auto Shape = cast<RankedTensorType>(Type.getInput(Operand));
  if (Shape != Type.getResult(Result) || Kernel.isExternal())
    return false;
  if (auto Form = EinsumKernel::get(Kernel))
    return canEinsumRunInPlace(*Form, Kernel, Operand, Result);
  if (isUpdateKernel(Kernel))
    return canUpdateRunInPlace(Kernel, Operand, Result);
  if (canLossRunInPlace(Kernel, Operand, Result) ||
      canScatterRunInPlace(Kernel, Operand, Result) ||
      canUpdateSliceRunInPlace(Kernel, Operand, Result))
    return true;
  for (mlir::Type Other : Type.getResults())
    if (cast<RankedTensorType>(Other).getShape() != Shape.getShape())
      return false;
  for (Operation &Op : Kernel.getBody().front()) {
    if (isa<ReturnOp, ConstantOp, InfoOp>(Op))
      continue;
    // A scalar made of a tensor needs all of it before anything is written.
    auto IsScalar = [](mlir::Type T) {
      return cast<RankedTensorType>(T).getRank() == 0;
    };
    bool Scalar = llvm::all_of(Op.getResultTypes(), IsScalar) &&
                  llvm::all_of(Op.getOperandTypes(), IsScalar);
    bool FromOther = isa<BroadcastOp, IotaOp>(Op) &&
                     llvm::none_of(Op.getOperands(), [&](Value V) {
                       return V == Kernel.getBody().getArgument(Operand);
                     });
    if (Scalar || FromOther)
      continue;
    if (!Op.hasTrait<OpTrait::Elementwise>() && !isa<DropoutOp>(Op))
      return false;
    if (cast<RankedTensorType>(Op.getResult(0).getType()).getShape() !=
        Shape.getShape())
      return false;
  }
  // A scalar kernel may overwrite its operand; a scalar in a kernel over a
  // larger shape has another type than the result and was refused above.
  return true;
}

} // namespace stator
