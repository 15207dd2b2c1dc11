//===- Lowerings.h - The kinds of kernels -----------------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_KERNELS_LOWERINGS_H
#define STATOR_CODEGEN_KERNELS_LOWERINGS_H

#include "codegen/kernels/KernelEmitter.h"
#include "ir/EinsumKernel.h"

namespace stator {

/// Writes ops whose reductions cannot be fused as they are (softmax, cross
/// entropy) as reductions and elementwise ops.
void decomposeOps(FuncOp Kernel);

/// A group of elementwise ops, movements of elements and reductions, all over
/// one space of rows.
mlir::LogicalResult lowerGroup(KernelEmitter &Emitter, FuncOp Kernel);

/// A contraction and its epilogue. `Arguments` are the memrefs of the kernel.
mlir::LogicalResult lowerEinsum(KernelEmitter &Emitter,
                                const EinsumKernel &Form,
                                llvm::ArrayRef<mlir::Value> Arguments);

/// All optimizers of a step (ir/UpdateKernel.h).
mlir::LogicalResult lowerUpdate(KernelEmitter &Emitter, FuncOp Kernel);

/// Kernels of one op. A scatter_add may sum into a copy of `Base`, which can be
/// in the memory of the result.
mlir::LogicalResult lowerScatterAdd(KernelEmitter &Emitter, ScatterAddOp Op,
                                    mlir::BlockArgument Base = {});
mlir::LogicalResult lowerGlobalNorm(KernelEmitter &Emitter, GlobalNormOp Op);
mlir::LogicalResult lowerCumsum(KernelEmitter &Emitter, CumsumOp Op);

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_LOWERINGS_H
