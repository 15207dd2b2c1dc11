//===- EmitMath.h - Elementary functions as vector code ---------*- C++ -*-===//

#ifndef STATOR_CODEGEN_EMITMATH_H
#define STATOR_CODEGEN_EMITMATH_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace stator {

/// Emits e^X for an f32 or a vector of f32, within 2 ulp: X = n ln 2 + r with
/// |r| <= ln 2 / 2, a polynomial of degree 7 for e^r (Moshier, Cephes, expf),
/// times 2^n. 0 below about -103.97, subnormal results included, infinity above
/// 88.73, NaN for NaN. `UseFma` only for a CPU that has it.
mlir::Value emitExp(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                    bool UseFma);

/// Combines the lower half of a vector of 2^n lanes with the upper one until
/// one lane is left, which is returned: a fixed tree.
mlir::Value
combineLanes(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value Vector,
             llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> Combine);

} // namespace stator

#endif // STATOR_CODEGEN_EMITMATH_H
