//===- EmitMatvec.h - Products of a matrix with few rows --------*- C++ -*-===//

#ifndef STATOR_CODEGEN_CONTRACTION_EMITMATVEC_H
#define STATOR_CODEGEN_CONTRACTION_EMITMATVEC_H

#include "codegen/contraction/ContractionPlan.h"
#include "codegen/contraction/WeightView.h"

namespace stator {

/// Result[row, column] = sum over depth of Lhs[row, depth] * Rhs[column,
/// depth]: a few rows times a matrix whose rows are the columns of the result,
/// both with contiguous depth (ContractionPlan::FewRows).
struct MatvecProduct {
  const ContractionLoops &Loops;
  mlir::Value Lhs; ///< flat, f32
  WeightView Rhs;
  mlir::Value Result;      ///< flat, f32
  mlir::Value Accumulator; ///< like Result, added to the sums; or null
  bool Parallel = false;
  /// Emits what happens to the columns of all rows, from one up to and not
  /// including the other, as soon as they are final. May be null.
  llvm::function_ref<void(mlir::Value, mlir::Value)> Finish;
};

/// Emits the product. The matrix is read once, from start to end, without being
/// copied: few rows take less time than it takes to arrive from memory.
void emitMatvec(KernelBuilder &K, const MatvecProduct &Product);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_EMITMATVEC_H
