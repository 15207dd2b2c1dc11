//===- LaneIndex.h - Where the lanes of a vector are ------------*- C++ -*-===//
//
// The index along one dimension at which a kernel computes an element, or a
// vector of elements, of a tensor.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_KERNELS_LANEINDEX_H
#define STATOR_CODEGEN_KERNELS_LANEINDEX_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace stator {

/// Lane l is at `Base + l * Stride`, or, where no stride describes the lanes,
/// at element l of the vector `Lanes`.
struct LaneIndex {
  mlir::Value Base;   ///< index; null if `Lanes` is set
  int64_t Stride = 0; ///< 0: the same for all lanes
  mlir::Value Lanes;  ///< vector of index, or null
  int64_t Align = 1;  ///< a number that divides Base; 0 if Base is 0
  unsigned Depth = 0; ///< the scope in which Base or Lanes is defined

  bool isUniform() const { return Stride == 0 && !Lanes; }
  bool operator==(const LaneIndex &Other) const {
    return Base == Other.Base && Stride == Other.Stride && Lanes == Other.Lanes;
  }
};

/// One for each dimension of a tensor.
using Indices = llvm::SmallVector<LaneIndex, 4>;

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_LANEINDEX_H
