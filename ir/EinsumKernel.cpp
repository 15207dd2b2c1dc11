//===- EinsumKernel.cpp - Kernels of a contraction and more ---------------===//

#include "ir/EinsumKernel.h"

using namespace mlir;

namespace stator {

static RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

bool hasRoomForSums(Value V, EinsumOp Einsum) {
  RankedTensorType Sums = getType(Einsum.getResult()), Type = getType(V);
  return Type.getNumElements() == Sums.getNumElements() &&
         Type.getElementType() == Sums.getElementType();
}

bool canFollowEinsum(Operation *Op) {
  return Op->getNumResults() == 1 &&
         (Op->hasTrait<OpTrait::Elementwise>() ||
          isa<ReshapeOp, DropoutOp, CausalMaskOp>(Op));
}

std::optional<EinsumKernel> EinsumKernel::get(FuncOp Kernel) {
  if (Kernel.isExternal())
    return std::nullopt;
  Block &Body = Kernel.getBody().front();
  EinsumKernel Form;
  for (auto Einsum : Body.getOps<EinsumOp>()) {
    if (Form.Einsum)
      return std::nullopt;
    Form.Einsum = Einsum;
  }
  if (!Form.Einsum)
    return std::nullopt;
  Form.Sums = Form.Einsum.getResult();
  if (Form.Sums.hasOneUse())
    if (auto Add = dyn_cast<AddOp>(*Form.Sums.user_begin())) {
      Value Other = Add.getLhs() == Form.Sums ? Add.getRhs() : Add.getLhs();
      if (auto Argument = dyn_cast<BlockArgument>(Other)) {
        Form.Accumulator = Argument;
        Form.Sums = Add.getResult();
      }
    }

  // Best the result that is nothing but the sums.
  std::optional<unsigned> Room;
  for (auto [I, V] : llvm::enumerate(Body.getTerminator()->getOperands())) {
    if (V == Form.Sums)
      Room = I;
    else if (!Room && hasRoomForSums(V, Form.Einsum))
      Room = I;
    if (V == Form.Sums)
      break;
  }
  if (!Room)
    return std::nullopt;
  Form.SumsResult = *Room;
  return Form;
}

bool EinsumKernel::hasEpilogue() const {
  return llvm::any_of(Sums.getUsers(),
                      [](Operation *User) { return !isa<ReturnOp>(User); }) ||
         Value(Sums).getParentBlock()->getTerminator()->getNumOperands() > 1;
}

} // namespace stator
