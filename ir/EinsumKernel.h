//===- EinsumKernel.h - Kernels of a contraction and more -------*- C++ -*-===//
//
// A kernel may hold one contraction and the elementwise ops that follow it, its
// epilogue. This says how such a kernel is computed, which both its lowering
// and whoever gives it memory have to know.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_EINSUMKERNEL_H
#define STATOR_IR_EINSUMKERNEL_H

#include "ir/Dialect.h"
#include <optional>

namespace stator {

/// How a kernel around a contraction is computed. The contraction leaves its
/// sums in the memory of a result of the kernel; then the epilogue reads them
/// there, element by element, and writes all results.
struct EinsumKernel {
  EinsumOp Einsum;
  /// The operand of the kernel that the contraction is added to as it is
  /// summed up, or null.
  mlir::BlockArgument Accumulator;
  /// What is in memory after the contraction: its result or, with an
  /// accumulator, the sum with that.
  mlir::Value Sums;
  /// The result of the kernel whose memory holds `Sums`.
  unsigned SumsResult = 0;

  /// None if the kernel has no contraction, more than one, or no result with
  /// room for the sums.
  static std::optional<EinsumKernel> get(FuncOp Kernel);

  /// Whether nothing is left to do after the contraction.
  bool hasEpilogue() const;
};

/// Whether the op is fine in an epilogue, behind the contraction: an element of
/// the result needs that element of the operands, in row-major order, and is
/// one of as many.
bool canFollowEinsum(mlir::Operation *Op);

/// Whether `Value` has the elements of the result of `Einsum`, and its type.
bool hasRoomForSums(mlir::Value Value, EinsumOp Einsum);

} // namespace stator

#endif // STATOR_IR_EINSUMKERNEL_H
