//===- StateLayout.cpp - Where the tensors of the state lie ---------------===//

#include "ir/StateLayout.h"
#include "ir/KernelInterface.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace stator {

static std::vector<StateTensor> layoutTensors(ModuleOp Module, bool Caches) {
  std::vector<StateTensor> Tensors;
  uint64_t Offset = 0;
  for (ParameterOp Op : Module.getOps<ParameterOp>()) {
    if ((Op.getRole() == Role::Cache) != Caches)
      continue;
    RankedTensorType Type = Op.getTensorType();
    uint64_t Elements = Type.getNumElements(), Bytes = getTensorBytes(Type);
    Tensors.push_back({Op, Offset, Elements, Bytes});
    Offset = llvm::alignTo(Offset + Bytes, StateAlignment);
  }
  return Tensors;
}

std::vector<StateTensor> layoutState(ModuleOp Module) {
  return layoutTensors(Module, /*Caches=*/false);
}

std::vector<StateTensor> layoutCaches(ModuleOp Module) {
  return layoutTensors(Module, /*Caches=*/true);
}

uint64_t getStateBytes(llvm::ArrayRef<StateTensor> Tensors) {
  if (Tensors.empty())
    return 0;
  const StateTensor &Last = Tensors.back();
  return llvm::alignTo(Last.Offset + Last.Bytes, StateAlignment);
}

} // namespace stator
