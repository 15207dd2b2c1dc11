//===- EmitPhilox.h - Random numbers inside kernels -------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_EMITPHILOX_H
#define STATOR_CODEGEN_EMITPHILOX_H

#include "mlir/IR/Builders.h"

namespace stator {

/// Emits word 0 of Philox4x32-10 (runtime/core/philox.h, which says what the
/// arguments are), as i32 or, if `Index` is a vector of i32, as a vector like
/// it. `Seed` is an i64; `Stream` and `Sequence` are i32. `Domain` is one of
/// STATOR_RANDOM_*.
mlir::Value emitPhiloxWord(mlir::OpBuilder &B, mlir::Location Loc,
                           mlir::Value Seed, mlir::Value Index,
                           mlir::Value Stream, mlir::Value Sequence,
                           uint32_t Domain);

/// Emits the factor of dropout for the elements `Index` (i32 or a vector of
/// it): 1 / (1 - Rate) where it is kept, 0 where not, as f32. `Info` is the
/// memref<13xi64> of the entry point.
mlir::Value emitDropoutFactor(mlir::OpBuilder &B, mlir::Location Loc,
                              mlir::Value Info, mlir::Value Index,
                              int64_t Stream, double Rate);

} // namespace stator

#endif // STATOR_CODEGEN_EMITPHILOX_H
