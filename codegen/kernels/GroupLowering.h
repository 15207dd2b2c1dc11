//===- GroupLowering.h - Fused groups as loops over rows --------*- C++ -*-===//
//
// All ops of a group live in one space of elements, the domain. Reductions of a
// group are over the same dimensions of it, the inner ones; the others are
// rows. A row is worked on in passes: one loop over the inner dimensions for
// the reductions that need nothing but operands, one for those that need the
// results of the first, and so on, and the last for the results of the kernel.
// Lanes of vectors run along the last dimension of the domain: in the loops
// over a row, or, if that dimension is not reduced, over several rows at once.
//
// Where a result is a tensor with a part replaced (update_slice), what the
// group computes is the part; it is written to its place in the tensor.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_KERNELS_GROUPLOWERING_H
#define STATOR_CODEGEN_KERNELS_GROUPLOWERING_H

#include "codegen/kernels/KernelEmitter.h"
#include "llvm/ADT/MapVector.h"

namespace stator {

inline mlir::RankedTensorType getTensorType(mlir::Value V) {
  return llvm::cast<mlir::RankedTensorType>(V.getType());
}

class GroupLowering {
public:
  GroupLowering(KernelEmitter &E, FuncOp Kernel)
      : E(E), Body(Kernel.getBody().front()),
        Return(llvm::cast<ReturnOp>(Body.getTerminator())) {
    for (mlir::Value Result : Return.getOperands()) {
      auto Update = Result.getDefiningOp<UpdateSliceOp>();
      Updates.push_back(Update);
      Computed.push_back(Update ? Update.getPart() : Result);
    }
  }

  mlir::LogicalResult run();

private:
  using Operation = mlir::Operation;
  using Value = mlir::Value;

  // GroupPlan.cpp
  mlir::LogicalResult analyze();
  bool collapse();
  void planPasses();
  void planBuffers();

  // LowerGroup.cpp
  void copyUpdated();
  void emitRows(int64_t LaneFrom, int64_t LaneCount, int64_t Width);
  void emitRow(LaneIndex Row);
  void emitPass(unsigned Level);
  void emitResults();

  using Accumulators = llvm::SmallVector<Value, 4>;
  using InnerBody = llvm::function_ref<Accumulators(const Accumulators &)>;
  /// Loops over the inner dimensions from `Inner` on. `Vectors` and `Scalars`
  /// are carried through the loops over whole vectors and over what remains.
  /// Each iteration of an outer loop sums by itself, from what `Restart` gives
  /// and with what `Combine` does, so that long sums lose fewer digits.
  struct Sums {
    llvm::function_ref<Accumulators()> Restart;
    llvm::function_ref<Accumulators(const Accumulators &, const Accumulators &)>
        Combine;
  };
  void emitInner(unsigned Inner, Accumulators &Vectors, Accumulators &Scalars,
                 InnerBody EmitBody, const Sums *Partial = nullptr);

  Indices mapTo(llvm::ArrayRef<int64_t> Shape, bool RowsOnly);
  LaneIndex getPlace(unsigned Result, const Indices &Index);
  bool isFull(Value V) const {
    return getTensorType(V).getNumElements() == NumElements;
  }

  KernelEmitter &E;
  mlir::Block &Body;
  ReturnOp Return;
  /// What is computed for each result, and the update that it is a part for, or
  /// null.
  llvm::SmallVector<Value> Computed;
  llvm::SmallVector<UpdateSliceOp> Updates;
  llvm::SmallVector<int64_t> Domain;
  llvm::SmallVector<unsigned> RowDims, InnerDims;
  bool LanesInRow = false;
  int64_t NumElements = 1, Lanes = 1;
  unsigned NumLevels = 0;
  llvm::SmallVector<llvm::SmallVector<ReduceOp>> Levels;
  /// Values that are kept in a buffer from the pass of this number on.
  llvm::MapVector<Value, unsigned> Kept;
  llvm::SmallVector<Value> BufferMemory;
  llvm::SmallVector<int64_t> BufferSizes;
  Indices Position;
};

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_GROUPLOWERING_H
