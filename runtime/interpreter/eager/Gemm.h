//===- Gemm.h - Contractions by OpenBLAS ------------------------*- C++ -*-===//

#ifndef STATOR_RUNTIME_INTERPRETER_EAGER_GEMM_H
#define STATOR_RUNTIME_INTERPRETER_EAGER_GEMM_H

#include "runtime/interpreter/eager/Engine.h"

namespace stator::eager {

/// A stator.einsum as matrix products. Operands and result are used where they
/// lie if their strides are those of matrices, one way or the other; else the
/// operand is copied, or the result is a view of the product.
void handleEinsum(Engine &, mlir::Operation *Op,
                  llvm::ArrayRef<Tensor> Operands,
                  llvm::MutableArrayRef<Tensor> Results);

/// Lets OpenBLAS use the calling thread alone; the products are divided here.
void setUpGemm();

} // namespace stator::eager

#endif // STATOR_RUNTIME_INTERPRETER_EAGER_GEMM_H
