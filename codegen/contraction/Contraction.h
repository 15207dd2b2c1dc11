//===- Contraction.h - Kernels of einsum and attention ----------*- C++ -*-===//
//
// The entry points of this folder: each writes the loops of one kernel at the
// builder's insertion point, in scf, vector, memref, arith and math.
//
// What holds for all of them. Operands and results are memrefs of f32 (weights
// of contractions may be narrower) with static shape and row-major layout,
// disjoint where one is written. Nothing is allocated but small buffers on the
// stack of each thread. Parallel loops run over result tiles and every sum has
// one fixed order, so that the result does not depend on the number of threads
// by a bit.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_CONTRACTION_CONTRACTION_H
#define STATOR_CODEGEN_CONTRACTION_CONTRACTION_H

#include "codegen/Target.h"
#include "ir/Dialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace stator {

/// Rows and columns of the result of a contraction, whose sums are final: the
/// elements at Offset + row * RowStride + column of the flat result. The
/// columns are the last dimensions of the result, `TotalColumns` in all, the
/// other two are multiples of that.
struct ResultBlock {
  mlir::Value Offset;
  mlir::Value FirstRow, LastRow; ///< from, up to and not including
  int64_t RowStride = 0;
  mlir::Value FirstColumn; ///< a multiple of the vector length
  mlir::Value LastColumn;
  int64_t TotalColumns = 1;
};

/// What the kernel of a contraction does besides.
struct EinsumExtras {
  /// A memref like the result to whose elements the sums are added, the result
  /// itself if it is to be; or null.
  mlir::Value Accumulator;
  /// Writes what happens to a block of the result as soon as its sums are
  /// there. Called once, with the builder inside the loop over the tasks of a
  /// thread; the blocks divide the result between them.
  llvm::function_ref<void(const ResultBlock &)> Epilogue;
  /// By operand: the scales of an operand of i8, of which `ScaleBlock` elements
  /// along its last dimension share one; or null. An operand may be bf16, too.
  mlir::Value Scales[2];
  int64_t ScaleBlock = 1;
};

/// Result = einsum(Operands[0], Operands[1]). The op gives equation and
/// location only; it may have been erased from the block that `B` writes to.
mlir::LogicalResult emitEinsum(mlir::OpBuilder &B, EinsumOp Op,
                               mlir::ArrayRef<mlir::Value> Operands,
                               mlir::Value Result, const CpuTarget &Target,
                               const EinsumExtras &Extras = {});

/// Operands: query, key, value and, if the op has one, bias. `Info` is the
/// memref<13xi64> of the entry point and null for an op without dropout.
/// A row whose scores are all masked has result 0 and `Lse` -inf.
mlir::LogicalResult emitAttention(mlir::OpBuilder &B, AttentionOp Op,
                                  mlir::ArrayRef<mlir::Value> Operands,
                                  mlir::Value Info, mlir::Value Result,
                                  mlir::Value Lse, const CpuTarget &Target);

/// Operands: as the op's: query, key, value, position, and bias if there is
/// one. A row whose scores are all masked has result 0.
mlir::LogicalResult emitCachedAttention(mlir::OpBuilder &B,
                                        CachedAttentionOp Op,
                                        mlir::ArrayRef<mlir::Value> Operands,
                                        mlir::Value Result,
                                        const CpuTarget &Target);

/// Operands: as the op's: query, key, value, bias if there is one, result,
/// log sum exp, cotangent. Writes the cotangents of query, key and value, and
/// computes nothing for those that are null; at least one is not.
mlir::LogicalResult
emitAttentionGrad(mlir::OpBuilder &B, AttentionGradOp Op,
                  mlir::ArrayRef<mlir::Value> Operands, mlir::Value Info,
                  mlir::Value QueryCotangent, mlir::Value KeyCotangent,
                  mlir::Value ValueCotangent, const CpuTarget &Target);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_CONTRACTION_H
