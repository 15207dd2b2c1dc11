//===- LowerToLLVM.h - From loops and vectors to LLVM -----------*- C++ -*-===//
//
// The part of the lowering that all kernels and entry points share: upstream
// dialects on static memrefs to the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_LOWERTOLLVM_H
#define STATOR_CODEGEN_LOWERTOLLVM_H

#include "mlir/Pass/PassManager.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace stator {

/// Adds the passes up to loops on vectors in OpenMP: linalg on memrefs to
/// loops, scf.forall and scf.parallel to omp.parallel, vector transfers to one
/// dimension. What is left of math functions becomes calls of libm.
void buildOpenMpLoweringPipeline(mlir::OpPassManager &Passes);

/// Adds the passes from there to the LLVM dialect. Memrefs in signatures become
/// bare pointers.
void buildLlvmDialectPipeline(mlir::OpPassManager &Passes);

/// Both of the above. Input: func.func on static memrefs, of linalg, affine,
/// scf, vector, math, arith, memref and ub. The number of threads is the
/// runtime's to set (omp_set_num_threads).
void buildLlvmLoweringPipeline(mlir::OpPassManager &Passes);

/// Registers the dialects that kernels and entry points are lowered through,
/// their interface implementations and their translations to LLVM IR.
void registerLoweringDialects(mlir::DialectRegistry &Registry);

} // namespace stator

#endif // STATOR_CODEGEN_LOWERTOLLVM_H
