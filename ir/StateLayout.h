//===- StateLayout.h - Where the tensors of the state lie -------*- C++ -*-===//
//
// The one place that decides the order and the offsets of the tensors of a
// module's state; compiled programs and interpreters both use it.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_STATELAYOUT_H
#define STATOR_IR_STATELAYOUT_H

#include "ir/Dialect.h"
#include <vector>

namespace stator {

/// Offsets in the state are multiples of this many bytes.
inline constexpr uint64_t StateAlignment = 64;

/// A tensor of the state.
struct StateTensor {
  ParameterOp Op;
  uint64_t Offset = 0;   ///< in bytes, a multiple of StateAlignment
  uint64_t Elements = 1; ///< 1 for a scalar
  uint64_t Bytes = 0;    ///< of all elements
};

/// Every stator.parameter of the module but the caches in the order of
/// declaration, one after the other, each at the next aligned offset.
std::vector<StateTensor> layoutState(mlir::ModuleOp Module);

/// The same for the caches, which lie in a block of their own, so that several
/// texts can be decoded with one set of weights. A place in the schedule names
/// both alike (`state + 0 of @tensor`): the role of the tensor says which block
/// it is in.
std::vector<StateTensor> layoutCaches(mlir::ModuleOp Module);

/// Bytes of the whole block, a multiple of StateAlignment.
uint64_t getStateBytes(llvm::ArrayRef<StateTensor> Tensors);

} // namespace stator

#endif // STATOR_IR_STATELAYOUT_H
