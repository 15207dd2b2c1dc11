//===- StateLayout.cpp - Where the tensors of the state lie ---------------===//

#include "ir/StateLayout.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace stator {

std::vector<StateTensor> layoutState(ModuleOp Module) {
  std::vector<StateTensor> Tensors;
  uint64_t Offset = 0;
  for (ParameterOp Op : Module.getOps<ParameterOp>()) {
    uint64_t Elements = Op.getTensorType().getNumElements();
    Tensors.push_back({Op, Offset, Elements});
    Offset = llvm::alignTo(Offset + Elements * sizeof(float), StateAlignment);
  }
  return Tensors;
}

uint64_t getStateBytes(llvm::ArrayRef<StateTensor> Tensors) {
  if (Tensors.empty())
    return 0;
  const StateTensor &Last = Tensors.back();
  return llvm::alignTo(Last.Offset + Last.getBytes(), StateAlignment);
}

} // namespace stator
