//===- UpdateKernel.cpp - The kernel that updates all parameters ----------===//

#include "ir/UpdateKernel.h"

using namespace mlir;

namespace stator {

static bool isSplat(ConstantOp Op) {
  return isa<SplatElementsAttr>(Op.getValue());
}

/// Tensors come from memory or are one number; so are numbers.
static bool isUpdate(Operation *Op) {
  return isa<AdamOp, SgdOp>(Op) && llvm::all_of(Op->getOperands(), [](Value V) {
           auto Constant = V.getDefiningOp<ConstantOp>();
           return isa<BlockArgument>(V) || (Constant && isSplat(Constant));
         });
}

bool isUpdateKernel(FuncOp Kernel) {
  if (Kernel.isExternal())
    return false;
  bool Updates = false;
  for (Operation &Op : Kernel.getBody().front().without_terminator()) {
    auto Constant = dyn_cast<ConstantOp>(Op);
    if (Constant ? !isSplat(Constant) : !isUpdate(&Op))
      return false;
    Updates |= !Constant;
  }
  return Updates;
}

bool canUpdateRunInPlace(FuncOp Kernel, unsigned Operand, unsigned Result) {
  Value Written = Kernel.getBody().front().getTerminator()->getOperand(Result);
  Operation *Writer = Written.getDefiningOp();
  if (isa_and_nonnull<ConstantOp>(Writer))
    return true;
  return llvm::all_of(Kernel.getBody().getArgument(Operand).getUsers(),
                      [&](Operation *User) { return User == Writer; });
}

} // namespace stator
