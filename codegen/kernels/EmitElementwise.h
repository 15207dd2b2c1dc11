//===- EmitElementwise.h - Elementwise ops on scalars and vectors -*- C++ -*-=//

#ifndef STATOR_CODEGEN_KERNELS_EMITELEMENTWISE_H
#define STATOR_CODEGEN_KERNELS_EMITELEMENTWISE_H

#include "codegen/Target.h"
#include "ir/Dialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace stator {

/// Whether `emitElementwise` knows the op.
bool isElementwise(mlir::Operation *Op);

/// The numbers of a settable op (ir/RunSettings.h), each that of the Info if
/// the run sets it: f64 scalars, of a learning_rate two and whether its
/// schedule ends with the run. Empty for other ops.
llvm::SmallVector<mlir::Value, 3> emitRunSettings(mlir::ImplicitLocOpBuilder &B,
                                                  mlir::Operation *Op,
                                                  mlir::Value Info);

/// Emits what the op does to one element of each operand, all scalars or all
/// vectors of one length. `Operands` are those of the op, `Settings` what
/// emitRunSettings gives; gives one value for each result.
llvm::SmallVector<mlir::Value, 3>
emitElementwise(mlir::ImplicitLocOpBuilder &B, mlir::Operation *Op,
                llvm::ArrayRef<mlir::Value> Operands, const CpuTarget &Target,
                llvm::ArrayRef<mlir::Value> Settings = {});

/// A float constant of the type of `Like`.
mlir::Value emitFloat(mlir::ImplicitLocOpBuilder &B, mlir::Value Like,
                      double Value);
/// e^X for f32 or f64.
mlir::Value emitExponential(mlir::ImplicitLocOpBuilder &B, mlir::Value X,
                            const CpuTarget &Target);

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_EMITELEMENTWISE_H
