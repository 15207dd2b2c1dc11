//===- WeightView.h - Weights in the type that they are stored in -*- C++
//-*-===//
//
// An operand of a contraction may be stored as bf16, or as i8 with a scale for
// every few elements of a row (stator.dequantize). Kernels read it as f32.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_CONTRACTION_WEIGHTVIEW_H
#define STATOR_CODEGEN_CONTRACTION_WEIGHTVIEW_H

#include "codegen/contraction/KernelBuilder.h"

namespace stator {

/// A flat buffer of f32, bf16 or i8 that is read as f32. Offsets count
/// elements. `Scales` and what is below is of i8 only: rows of `RowLength`
/// elements, of which each `Block`, from the start of the row on, share one
/// scale; the scales are in the order of the elements.
struct WeightView {
  mlir::Value Buffer;
  mlir::Value Scales; ///< flat, of f32; null if there are none
  int64_t RowLength = 1, Block = 1;

  mlir::Type getElementType() const;
  int64_t getElementBytes() const;
  bool isBF16() const { return getElementType().isBF16(); }
  bool isF32() const { return getElementType().isF32(); }
  int64_t getBlocksPerRow() const { return (RowLength + Block - 1) / Block; }

  /// The element at `Offset`.
  mlir::Value load(KernelBuilder &K, mlir::Value Offset) const;
  /// As KernelBuilder::loadVector. The elements must share one scale, which
  /// they do from a multiple of the lanes of a register from the start of a row
  /// on.
  mlir::Value loadVector(KernelBuilder &K, mlir::Value Offset,
                         int64_t Count) const;
  /// The numbers as they are stored, without the scale.
  mlir::Value loadUnscaled(KernelBuilder &K, mlir::Value Offset,
                           int64_t Count) const;
  /// `Count` neighbours of a view of bf16, two in each lane of a vector of f32,
  /// zeros behind them; at most twice the lanes of a register.
  mlir::Value loadPairs(KernelBuilder &K, mlir::Value Offset,
                        int64_t Count) const;

private:
  /// Where the scale of the element at `Offset` is.
  mlir::Value getScaleOffset(KernelBuilder &K, mlir::Value Offset) const;
};

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_WEIGHTVIEW_H
