//===- EmitElementwise.h - Elementwise ops on scalars and vectors -*- C++ -*-=//

#ifndef STATOR_CODEGEN_KERNELS_EMITELEMENTWISE_H
#define STATOR_CODEGEN_KERNELS_EMITELEMENTWISE_H

#include "codegen/Target.h"
#include "ir/Dialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace stator {

/// Whether `emitElementwise` knows the op.
bool isElementwise(mlir::Operation *Op);

/// Emits what the op does to one element of each operand, all scalars or all
/// vectors of one length. `Operands` are those of the op; gives one value for
/// each result.
llvm::SmallVector<mlir::Value, 3>
emitElementwise(mlir::ImplicitLocOpBuilder &B, mlir::Operation *Op,
                llvm::ArrayRef<mlir::Value> Operands, const CpuTarget &Target);

/// A float constant of the type of `Like`.
mlir::Value emitFloat(mlir::ImplicitLocOpBuilder &B, mlir::Value Like,
                      double Value);
/// e^X for f32 or f64.
mlir::Value emitExponential(mlir::ImplicitLocOpBuilder &B, mlir::Value X,
                            const CpuTarget &Target);

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_EMITELEMENTWISE_H
