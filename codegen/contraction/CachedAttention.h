//===- CachedAttention.h - Attention to a cache -----------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_CONTRACTION_CACHEDATTENTION_H
#define STATOR_CODEGEN_CONTRACTION_CACHEDATTENTION_H

#include "codegen/contraction/AttentionBlocks.h"

namespace stator {

/// The tensors of a CachedAttentionOp, flat.
struct CachedTensors {
  mlir::Value Query, Key, Val, Bias; ///< Bias may be null
  mlir::Value Result;
  mlir::Value Position; ///< index, at least 0
};

/// Emits attention of a block of queries, in tiles (EmitAttention.cpp).
void emitCachedBlock(KernelBuilder &K, const AttentionSizes &Sizes,
                     const CachedTensors &Tensors);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_CACHEDATTENTION_H
