//===- TensorStreams.h - One loop through many tensors ----------*- C++ -*-===//
//
// The optimizer and the norm of the gradients go once through all parameters,
// of any number and shape. A loop for each tensor would be thousands of little
// parallel regions; here the tensors are one long row of elements, which is
// divided into segments of the same number of elements, and a table says which
// pieces of which tensors a segment is.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_KERNELS_TENSORSTREAMS_H
#define STATOR_CODEGEN_KERNELS_TENSORSTREAMS_H

#include "codegen/kernels/KernelEmitter.h"

namespace stator {

class TensorStreams {
public:
  /// For tensors of these numbers of elements of type `Element`, f32 or f64.
  /// `Name` is that of the table in the module; it is made unique.
  TensorStreams(KernelEmitter &E, mlir::StringRef Name,
                llvm::ArrayRef<int64_t> Sizes, mlir::Type Element);

  /// Segments, as many for any number of threads. Sums that are made for each
  /// segment and then added in their order have the same bits always.
  int64_t getNumSegments() const { return NumSegments; }

  /// Adds a stream: for each size the number of the operand, or result behind
  /// all operands, that it is the tensor of. It is stream 0, 1, ... in the
  /// order of the calls.
  void addStream(llvm::ArrayRef<int64_t> Arguments);

  using Carried = llvm::SmallVector<mlir::Value, 2>;
  /// Writes what happens to `E.Width` consecutive elements, whose address in
  /// each stream is given; gives the carried values after that.
  using ElementBody = llvm::function_ref<Carried(
      llvm::ArrayRef<mlir::Value> Addresses, const Carried &Before)>;
  /// Writes what happens at the end of a segment.
  using SegmentEnd =
      llvm::function_ref<void(LaneIndex Segment, const Carried &After)>;

  /// Loops over all elements, segments in parallel. `Start` is written in each
  /// segment and gives what is carried from element to element.
  void forEach(llvm::function_ref<Carried()> Start, ElementBody Body,
               SegmentEnd End);

  /// Reads and writes at an address that a body is given: a number, or a vector
  /// if `E.Width` is more than 1.
  mlir::Value load(mlir::Value Address);
  void store(mlir::Value Elements, mlir::Value Address);

private:
  void divide(llvm::ArrayRef<int64_t> Sizes);
  mlir::Value createTable(llvm::StringRef What,
                          llvm::ArrayRef<int64_t> Numbers);
  mlir::Value loadTable(mlir::Value Table, mlir::Value Index);

  KernelEmitter &E;
  std::string Name;
  mlir::Type Element;
  int64_t NumTensors, NumSegments = 0;
  /// Of each segment its first piece, and one more; of each piece its tensor,
  /// its first element and the one after its last.
  mlir::Value FirstPieces, Tensors, Starts, Ends;
  /// For each stream the addresses of its tensors, memref<index>, or where they
  /// are in the table of the kernel, memref<i64>.
  llvm::SmallVector<mlir::Value> Pointers;
};

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_TENSORSTREAMS_H
