//===- KernelBuilder.h - The words that emitters are written in -*- C++ -*-===//
//
// An OpBuilder with a location and a CPU, and the few operations that loops
// over flat buffers of f32 need, so that an emitter reads like the loop nest
// it emits.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_CONTRACTION_KERNELBUILDER_H
#define STATOR_CODEGEN_CONTRACTION_KERNELBUILDER_H

#include "codegen/Target.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace stator {

/// A matrix inside a flat buffer (memref<?xf32>): element (i, j) is at
/// Offset + i * RowStride + j * ColumnStride, counted in elements.
struct MatrixView {
  mlir::Value Buffer;
  mlir::Value Offset; ///< index
  int64_t RowStride = 0;
  int64_t ColumnStride = 1;
};

/// These kernels are written for f32: an error for operands of another type.
mlir::LogicalResult checkElementTypes(mlir::Operation *Op,
                                      llvm::ArrayRef<mlir::Value> Operands);

class KernelBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<mlir::Value, 8>;

  KernelBuilder(mlir::OpBuilder &B, mlir::Location Loc, const CpuTarget &Target)
      : B(B), Loc(Loc), Target(Target) {}

  mlir::OpBuilder &B;
  mlir::Location Loc;
  const CpuTarget &Target;

  int64_t getLanes() const { return Target.getF32Lanes(); }
  mlir::VectorType getVectorType(int64_t Lanes) const;
  mlir::VectorType getVectorType() const { return getVectorType(getLanes()); }

  // Indices. All fold constants.
  Value index(int64_t X);
  Value add(Value X, Value Y);
  Value add(Value X, int64_t Y) { return add(X, index(Y)); }
  Value sub(Value X, Value Y);
  Value mul(Value X, int64_t Y);
  Value div(Value X, int64_t Y);
  Value rem(Value X, int64_t Y);
  Value min(Value X, Value Y);
  Value max(Value X, Value Y);
  Value isLess(Value X, Value Y);

  // f32 and vectors of it.
  Value constant(double X);
  Value splat(double X, int64_t Lanes);
  Value splat(double X) { return splat(X, getLanes()); }
  Value broadcast(Value Scalar, int64_t Lanes);
  Value broadcast(Value Scalar) { return broadcast(Scalar, getLanes()); }
  Value addf(Value X, Value Y);
  Value subf(Value X, Value Y);
  Value mulf(Value X, Value Y);
  /// X * Y + Z, fused where the CPU can.
  Value multiplyAdd(Value X, Value Y, Value Z);
  /// Each lane of X and Y is a pair of bf16: Z plus both products, in f32. The
  /// CPU must have vdpbf16ps.
  Value multiplyAddPairs(Value X, Value Y, Value Z);
  /// f32 rounded to bf16, to the nearest, ties to even, two in each lane: a
  /// vector of half as many lanes.
  Value roundToPairs(Value Vector);
  /// The sum or maximum of all lanes, combined in halves: a fixed tree.
  Value sumLanes(Value Vector);
  Value maxLanes(Value Vector);
  /// In lane r the combination of all lanes of row r, for at most as many rows
  /// as lanes; what is in the other lanes is of no use. A tree, of the same
  /// form for every row.
  Value combineRows(Values Rows,
                    llvm::function_ref<Value(Value, Value)> Combine);

  // Memory.
  /// The row-major memref as memref<?xf32> of one dimension.
  Value flatten(Value Memref);
  /// A buffer of `Size` f32 on the stack, aligned for vectors. Only inside
  /// `scope`.
  Value stackBuffer(int64_t Size);
  Value load(Value Buffer, Value Offset);
  void store(Value Scalar, Value Buffer, Value Offset);
  /// `Count` elements (at most the lanes of a register) in a vector of all
  /// lanes, the rest `Fill`; memory beyond them is not touched.
  Value loadVector(Value Buffer, Value Offset, int64_t Count, double Fill = 0);
  Value loadVector(Value Buffer, Value Offset) {
    return loadVector(Buffer, Offset, getLanes());
  }
  void storeVector(Value Vector, Value Buffer, Value Offset, int64_t Count);
  void storeVector(Value Vector, Value Buffer, Value Offset) {
    storeVector(Vector, Buffer, Offset, getLanes());
  }

  /// Asks for the cache line of an element: into the nearest cache, or only
  /// into the one behind it. Never faults, wherever the element is.
  enum class Cache { Nearest, Second };
  void prefetch(Value Buffer, Value Offset, Cache Into = Cache::Nearest,
                bool ForWriting = false);

  // Control flow.
  void loop(Value From, Value To, int64_t Step,
            llvm::function_ref<void(Value)> Body);
  void loop(int64_t From, int64_t To, int64_t Step,
            llvm::function_ref<void(Value)> Body) {
    loop(index(From), index(To), Step, Body);
  }
  /// With values carried from iteration to iteration.
  Values loop(Value From, Value To, int64_t Step, mlir::ValueRange Init,
              llvm::function_ref<Values(Value, mlir::ValueRange)> Body);
  /// Has a loop with these results stay one: neither unrolled, nor its
  /// iterations mixed with each other by the scheduler.
  void keepRolled(mlir::ValueRange Results);
  void ifThenElse(Value Condition, llvm::function_ref<void()> Then,
                  llvm::function_ref<void()> Else = nullptr);
  /// One of two lists of values of equal types.
  Values choose(Value Condition, llvm::function_ref<Values()> Then,
                llvm::function_ref<Values()> Else);
  /// `Count` independent tasks, in parallel if `Parallel`. What a task puts on
  /// the stack is gone when it ends.
  void tasks(int64_t Count, bool Parallel,
             llvm::function_ref<void(Value)> Body);
};

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_KERNELBUILDER_H
