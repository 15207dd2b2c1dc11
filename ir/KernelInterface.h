//===- KernelInterface.h - How a schedule calls a kernel --------*- C++ -*-===//
//
// What kernel formation, memory planning, kernel lowering and the emission of
// entry points agree on. A kernel is a `stator.func ... kernel`; lowered it is
// a `func.func private` of the same name whose arguments are, in this order,
//
//   one static row-major memref for each operand,
//   memref<13xi64>                 the Info, iff kernelNeedsInfo,
//   one static row-major memref for each result,
//   memref<Nxi8>                  scratch, iff getKernelWorkspaceBytes is N >
//   0.
//
// A result may have the memory of an operand exactly where canRunInPlace allows
// it; otherwise results overlap nothing. Pointers have the alignment of their
// element type only (tensors of the state and of the arena that are no part of
// another are 64-byte aligned, tokens, targets and entry results need not be).
// An i1 tensor has a byte for each element.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_KERNELINTERFACE_H
#define STATOR_IR_KERNELINTERFACE_H

#include "ir/Dialect.h"

namespace stator {

/// On a kernel: bytes of scratch that it needs while it runs (i64). Set before
/// stator-plan-memory by who knows how the kernel will be lowered.
inline constexpr llvm::StringLiteral WorkspaceAttrName = "stator.workspace";

/// On an op of a schedule: the place of each result (array of PlaceAttr).
inline constexpr llvm::StringLiteral PlacesAttrName = "stator.places";

/// On a launch: the place of its scratch (PlaceAttr).
inline constexpr llvm::StringLiteral WorkspacePlaceAttrName =
    "stator.workspace_place";

/// On a planned entry point: bytes of arena used, and the most bytes alive at
/// once, which no plan can go below (i64).
inline constexpr llvm::StringLiteral ArenaBytesAttrName = "stator.arena_bytes";
inline constexpr llvm::StringLiteral ArenaLowerBoundAttrName =
    "stator.arena_lower_bound";

/// Whether a fused kernel that runs over `Domain` elements, in rows of
/// `RowSize`, can write a result of `Count`: one for each element, or one for
/// each row, or one number that is the same in every row.
bool isResultOfDomain(int64_t Count, int64_t Domain, int64_t RowSize);

/// Whether a kernel of this op alone computes only those of its results that it
/// returns. A kernel of any other op alone returns them all.
bool canOmitResults(mlir::Operation *Op);

/// On an op that looks up what the model computes: the number of the check of
/// its indices, and what they have to be below (array of i64).
inline constexpr llvm::StringLiteral IndexCheckAttrName = "stator.index_check";

/// Whether the kernel takes the Info: it draws random numbers, checks indices,
/// or the run may set numbers of its ops (ir/RunSettings.h).
bool kernelNeedsInfo(FuncOp Kernel);

/// Bytes of scratch that a launch of the kernel hands to it.
int64_t getKernelWorkspaceBytes(FuncOp Kernel);

/// Whether `Result` may be written over `Operand`: same type, and the kernel
///
/// - is a single loop nest of elementwise ops over one shape, which reads all
///   operands at an index before it writes any result there; or
/// - is a contraction with or without an epilogue (ir/EinsumKernel.h), which
///   does not multiply the operand but needs its elements only where it writes
///   them. The result in whose memory the sums grow takes the place of an
///   operand only if that is what they are added to and nothing else needs it:
///   `add(einsum(x, w), acc)` may be written over `acc`.
///
/// Or the result is an update_slice of the operand, which nothing else needs.
/// The lowering of kernels must keep this promise.
bool canRunInPlace(FuncOp Kernel, unsigned Operand, unsigned Result);

/// Whether an element of the op's result costs more to compute again than to
/// keep in memory and read.
bool isExpensiveToRepeat(mlir::Operation *Op);

/// Bytes of a tensor in memory.
int64_t getTensorBytes(mlir::Type Type);

} // namespace stator

#endif // STATOR_IR_KERNELINTERFACE_H
