//===- Packing.h - Panels of a matrix ---------------------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_CONTRACTION_PACKING_H
#define STATOR_CODEGEN_CONTRACTION_PACKING_H

#include "codegen/contraction/KernelBuilder.h"

namespace stator {

/// Emits Panel[k, j] = Source[k, j] for k < Depth and j < Columns, and 0 for
/// Columns <= j < PanelColumns, a multiple of the vector length. The panel's
/// rows are contiguous, one after the other, from the start of its buffer.
/// Source may have any strides; a source whose depth is contiguous is
/// transposed in registers.
void emitPackPanel(KernelBuilder &K, const MatrixView &Source,
                   mlir::Value Depth, int64_t Columns, mlir::Value Panel,
                   int64_t PanelColumns);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_PACKING_H
