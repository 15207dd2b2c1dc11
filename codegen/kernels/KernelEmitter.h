//===- KernelEmitter.h - Writes the loops of a kernel -----------*- C++ -*-===//
//
// Values of a kernel are computed where they are asked for: `emit` writes the
// code that computes a value at an index, and so the operands at theirs, up to
// loads from memory. What does not depend on the innermost loop is written in
// front of it, and nothing is computed twice in one scope. Loops are opened and
// closed by the code that lowers a group or a single op.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_KERNELS_KERNELEMITTER_H
#define STATOR_CODEGEN_KERNELS_KERNELEMITTER_H

#include "codegen/Target.h"
#include "codegen/kernels/LaneIndex.h"
#include "ir/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace stator {

/// Whether KernelEmitter::emit knows the op, or can be told what a row of it
/// is.
bool canEmit(mlir::Operation *Op);

class KernelEmitter {
public:
  /// Writes into `Func`, whose arguments are the memrefs of `Kernel`, or the
  /// table of their addresses (codegen/KernelTable.h).
  KernelEmitter(FuncOp Kernel, mlir::func::FuncOp Func,
                const CpuTarget &Target);

  mlir::ImplicitLocOpBuilder B;
  const CpuTarget &Target;
  /// The memref<13xi64> of the entry point; null if the kernel neither draws
  /// nor checks.
  mlir::Value Info;
  /// The addresses of operands and results; null if all are arguments.
  mlir::Value Table;
  /// Lanes of the vectors of the loop that is open; 1 for scalars.
  int64_t Width = 1;

  //===--------------------------------------------------------------------===//
  // Memory
  //===--------------------------------------------------------------------===//

  /// The memref, in one dimension, of an operand or a result of the kernel.
  mlir::Value getOperandMemory(mlir::BlockArgument Operand) const {
    return FlatOperands[Operand.getArgNumber()];
  }
  mlir::Value getResultMemory(unsigned Result) const {
    return FlatResults[Result];
  }
  /// The number of a result where operands come first.
  unsigned getResultArgument(unsigned Result) const {
    return FlatOperands.size() + Result;
  }
  mlir::Value getArgumentMemory(unsigned Argument) const {
    return Argument < FlatOperands.size()
               ? FlatOperands[Argument]
               : FlatResults[Argument - FlatOperands.size()];
  }
  /// A one-dimensional buffer on the stack of the thread.
  mlir::Value createBuffer(mlir::Type Element, int64_t Size);

  /// Reads from a flat memref: a scalar if the index is uniform, else a vector.
  mlir::Value load(mlir::Value Flat, LaneIndex Linear);
  void store(mlir::Value Element, mlir::Value Flat, LaneIndex Linear);

  //===--------------------------------------------------------------------===//
  // Scopes
  //===--------------------------------------------------------------------===//

  /// Opens a loop; everything is written into it until it is closed.
  mlir::scf::ForOp openFor(mlir::Value From, mlir::Value To, int64_t Step,
                           mlir::ValueRange Inits = {});
  /// A loop whose iterations are divided between threads.
  mlir::Value openParallel(int64_t Count);
  void close(mlir::ValueRange Yields = {});
  unsigned getDepth() const { return Scopes.size() - 1; }
  /// Writes what is built until the guard ends at the end of an open scope.
  mlir::OpBuilder::InsertionGuard enter(unsigned Depth);

  //===--------------------------------------------------------------------===//
  // Indices
  //===--------------------------------------------------------------------===//

  mlir::Value getConstant(int64_t Value);
  LaneIndex getConstantIndex(int64_t Value);
  /// The index `Base` of the innermost scope, for all lanes.
  LaneIndex getUniform(mlir::Value Base, int64_t Align = 1);
  /// The index of lane 0 of a vector of consecutive elements.
  LaneIndex getConsecutive(mlir::Value Base, int64_t Align);

  LaneIndex add(const LaneIndex &Index, int64_t Value);
  LaneIndex add(const LaneIndex &Lhs, const LaneIndex &Rhs);
  LaneIndex mul(const LaneIndex &Index, int64_t Value);
  LaneIndex floorDiv(const LaneIndex &Index, int64_t Value);
  LaneIndex rem(const LaneIndex &Index, int64_t Value);
  /// The row-major position of an element of a tensor of this shape.
  LaneIndex linearize(llvm::ArrayRef<int64_t> Shape, const Indices &Index);
  Indices delinearize(llvm::ArrayRef<int64_t> Shape, const LaneIndex &Linear);

  /// The index as number or vector, of type index or i32.
  mlir::Value getLanes(const LaneIndex &Index);
  mlir::Value getLanesI32(const LaneIndex &Index);

  //===--------------------------------------------------------------------===//
  // Values
  //===--------------------------------------------------------------------===//

  /// The element of `V` at an index, or the elements at the lanes of one.
  mlir::Value emit(mlir::Value V, const Indices &Index);
  /// If the op is marked to check an index (codegen/IndexChecks.h), notes in
  /// the Info that it is outside of its table. `Index` is one i32 or a vector.
  void checkIndex(mlir::Operation *Op, mlir::Value Index, bool IsTarget);
  /// The offset of `Rows` rows of `Size` along some dimension, from a value of
  /// one i32: the largest where they fit if it is beyond that. With `Ring` it
  /// is the offset modulo the size.
  LaneIndex emitOffset(mlir::Value Offset, int64_t Size, int64_t Rows,
                       bool Ring = false);
  /// `Element` as a vector of `Width` lanes, if it is a scalar.
  mlir::Value splat(mlir::Value Element);

  /// Says that a value has been computed for the row that is worked on.
  void setReduced(mlir::Value V, mlir::Value Element) { Reduced[V] = Element; }
  /// Values that depend on reductions live in this scope or deeper.
  void setRowDepth(unsigned Depth) { RowDepth = Depth; }
  /// Says that a value of the current row is in a buffer. `Sizes` are those of
  /// the dimensions that a row has, and 1 for all others.
  void setBuffered(mlir::Value V, mlir::Value Buffer,
                   llvm::ArrayRef<int64_t> Sizes) {
    Buffers[V] = {Buffer, llvm::SmallVector<int64_t>(Sizes)};
  }
  /// Says that nothing is known any more of the row.
  void forgetRow() {
    Reduced.clear();
    Buffers.clear();
  }

  /// The index of the operand of a reshape for one of its result.
  Indices reshapeIndex(llvm::ArrayRef<int64_t> From, llvm::ArrayRef<int64_t> To,
                       const Indices &Index);

private:
  struct Scope {
    explicit Scope(mlir::Operation *Loop) : Loop(Loop) {}
    mlir::Operation *Loop; ///< null for the function
    llvm::DenseMap<mlir::Value,
                   llvm::SmallVector<std::pair<Indices, mlir::Value>, 2>>
        Known;
  };

  unsigned getDepth(mlir::Value V, const Indices &Index) const;
  mlir::Value compute(mlir::OpResult V, const Indices &Index);
  mlir::Value computeDynamicSlice(DynamicSliceOp Op, const Indices &Index);
  mlir::Value computePad(PadOp Op, const Indices &Index);
  mlir::Value computeConcat(ConcatOp Op, const Indices &Index);
  mlir::Value computeGather(GatherOp Op, const Indices &Index);
  mlir::Value computeDequantize(DequantizeOp Op, const Indices &Index);
  mlir::Value computeConstant(ConstantOp Op, const Indices &Index);
  mlir::Value computeCausalMask(CausalMaskOp Op, const Indices &Index);
  mlir::Value computeCrossEntropyGrad(CrossEntropyGradOp Op,
                                      const Indices &Index);
  mlir::Value computeDropout(DropoutOp Op, const Indices &Index);
  /// Index - Low if that is in [0, Size), else 0; `Inside` says which, as i1 or
  /// vector of it.
  LaneIndex clampToPart(const LaneIndex &Index, int64_t Low, int64_t Size,
                        int64_t Stride, mlir::Value &Inside);
  mlir::Value flatten(mlir::Value Memref);
  /// The index of one lane.
  mlir::Value getLane(const LaneIndex &Index, int64_t Lane);
  /// Whether all lanes are between the same two multiples of `Divisor`.
  bool haveOneQuotient(const LaneIndex &Index, int64_t Divisor) const;

  llvm::SmallVector<mlir::Value> FlatOperands, FlatResults;
  llvm::SmallVector<Scope> Scopes;
  llvm::DenseMap<int64_t, mlir::Value> Constants;
  llvm::DenseMap<mlir::Value, mlir::Value> Reduced;
  llvm::DenseMap<mlir::Value,
                 std::pair<mlir::Value, llvm::SmallVector<int64_t>>>
      Buffers;
  llvm::DenseSet<mlir::Value> AfterReduction;
  unsigned RowDepth = 0;
};

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_KERNELEMITTER_H
