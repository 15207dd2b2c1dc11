//===- Packing.h - Panels of a matrix ---------------------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_CONTRACTION_PACKING_H
#define STATOR_CODEGEN_CONTRACTION_PACKING_H

#include "codegen/contraction/WeightView.h"

namespace stator {

/// Emits Panel[k, j] = Source[k, j] for k < Depth and j < Columns, and 0 for
/// Columns <= j < PanelColumns, a multiple of the vector length. The panel's
/// rows are contiguous, one after the other, from the start of its buffer.
/// Source may have any strides; a source whose depth is contiguous is
/// transposed in registers.
void emitPackPanel(KernelBuilder &K, const MatrixView &Source,
                   mlir::Value Depth, int64_t Columns, mlir::Value Panel,
                   int64_t PanelColumns);

/// The same for a source that is stored in another type: `Weights`, in place of
/// the buffer of the source. Rows of weights are columns of the source, and its
/// depth starts at a multiple of the lanes of a register.
void emitPackPanel(KernelBuilder &K, const WeightView &Weights,
                   const MatrixView &Source, mlir::Value Depth, int64_t Columns,
                   mlir::Value Panel, int64_t PanelColumns);

/// Pairs of neighbours along the depth, as bf16 in the bits of one f32, are
/// what vdpbf16ps multiplies. Below, `Depth` counts single elements; it is a
/// multiple of `getPairsBlock`, or `TotalDepth`, that of the whole contraction,
/// ends there, and the rest of the block is zeros, for which there must be
/// room.
inline int64_t getPairsBlock(const KernelBuilder &K) {
  return 2 * K.getLanes();
}

/// Emits Panel[k, j] = (Weights[2k, j], Weights[2k + 1, j]) for bf16 weights
/// whose depth is contiguous; columns are padded as above.
void emitPackPairs(KernelBuilder &K, const WeightView &Weights,
                   const MatrixView &Source, mlir::Value Depth,
                   int64_t TotalDepth, int64_t Columns, mlir::Value Panel,
                   int64_t PanelColumns);

/// Emits To[i, k] = (Source[i, 2k], Source[i, 2k + 1]), rounded to bf16, for
/// i < Rows. Columns are contiguous, `Depth` of them; the rows of `To` are at
/// its stride.
void emitRoundRows(KernelBuilder &K, const MatrixView &Source, mlir::Value Rows,
                   mlir::Value Depth, int64_t TotalDepth, const MatrixView &To);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_PACKING_H
