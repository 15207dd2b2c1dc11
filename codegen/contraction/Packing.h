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

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_PACKING_H
