//===- KernelTable.cpp - Kernels of thousands of tensors ------------------===//

#include "codegen/KernelTable.h"
#include "ir/UpdateKernel.h"

using namespace mlir;

namespace stator {

/// More tensors than other kernels have, and too few to take long to compile.
static constexpr unsigned MaxArguments = 64;

bool takesArgumentTable(FuncOp Kernel) {
  FunctionType Type = Kernel.getFunctionType();
  if (Type.getNumInputs() + Type.getNumResults() <= MaxArguments)
    return false;
  Block &Body = Kernel.getBody().front();
  return isUpdateKernel(Kernel) ||
         (Body.getOperations().size() == 2 && isa<GlobalNormOp>(Body.front()));
}

bool isArgumentBesideTable(Type Tensor) {
  return cast<RankedTensorType>(Tensor).getRank() == 0;
}

} // namespace stator
