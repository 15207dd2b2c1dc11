//===- MicroKernel.h - A matrix product in registers ------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_CONTRACTION_MICROKERNEL_H
#define STATOR_CODEGEN_CONTRACTION_MICROKERNEL_H

#include "codegen/contraction/ContractionPlan.h"
#include "codegen/contraction/KernelBuilder.h"
#include <functional>

namespace stator {

/// The operands of Result[Rows, Columns] (+)= Lhs[Rows, Depth] *
/// Rhs[Depth, Columns], with Rows and Columns known when compiling.
struct TileProduct {
  int64_t Rows = 0, Columns = 0;
  mlir::Value Depth; ///< index
  MatrixView Lhs;    ///< any strides
  MatrixView Rhs;    ///< columns contiguous
  MatrixView Result; ///< any strides; best with contiguous columns
  /// The rows of Rhs are padded to whole vectors that may be read.
  bool RhsPadded = false;
  /// Each element of Lhs and Rhs is a pair of bf16 along the depth, and `Depth`
  /// counts pairs (Packing.h).
  bool Pairs = false;
  /// i1: add to what `Previous` holds. Null: overwrite. The product is summed
  /// up by itself first: it would lose digits to a sum that is larger.
  mlir::Value Accumulate;
  MatrixView Previous; ///< like Result, which it is if it has no buffer
  /// Copies the rows of Rhs that are read, whole vectors, to this buffer, one
  /// after the other. Costs nothing beside the multiply-adds. May be null.
  mlir::Value PackTo;
  /// Emitted in every step of depth, with its number: room for prefetches.
  std::function<void(mlir::Value Step)> EachStep;
};

/// Emits the product of one register tile: the sums live in registers from the
/// first to the last step of depth.
void emitMicroKernel(KernelBuilder &K, const TileProduct &Product);

/// Emits the product of a block of any size as loops over register tiles, with
/// smaller tiles at the ragged edges.
void emitBlockProduct(KernelBuilder &K, const TileProduct &Product);

/// Emits `Body` for tiles `From` up to, not including, `To`: in a loop over the
/// `Whole` whole ones and, if there is one, for the ragged one behind them,
/// for which the body is emitted a second time with `IsEdge`.
void forEachTile(KernelBuilder &K, mlir::Value From, mlir::Value To,
                 int64_t Whole, bool HasEdge,
                 llvm::function_ref<void(mlir::Value, bool IsEdge)> Body);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_MICROKERNEL_H
