//===- EmitMath.h - Elementary functions as vector code ---------*- C++ -*-===//
//
// Each function takes an f32 or a vector of f32 and emits straight-line code
// for its element type: no calls, no tables and, but for sines of huge
// arguments, no branches. The accuracies hold over all 2^32 arguments, with and
// without FMA, and are tested by tests/codegen/EmitMathTest.cpp, in units of
// the last place of the exact result, subnormal results included. NaN gives
// NaN. `UseFma` only for a CPU that has it.
//
// The polynomials are computed by tests/codegen/math-coefficients.py; the
// reductions of the arguments are the classic ones, named at each function.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_EMITMATH_H
#define STATOR_CODEGEN_EMITMATH_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace stator {

/// e^X within 1.2 ulp: X = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite), a
/// polynomial of degree 6 for e^r, times 2^n. Subnormal results included, 0
/// below about -103.97, infinity above 88.73.
mlir::Value emitExp(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                    bool UseFma);

/// e^X within 1.2 ulp for X < 88, with fewer instructions: results below the
/// normal numbers, those of X < -87.33, are 0. For weights relative to their
/// maximum.
mlir::Value emitExpOfWeight(mlir::OpBuilder &B, mlir::Location Loc,
                            mlir::Value X, bool UseFma);

/// Natural logarithm within 1.1 ulp: X = 2^e m with m in [sqrt(1/2), sqrt(2)),
/// log m = f - f^2 / 2 + f^3 P(f) with f = m - 1. -inf for zeros, NaN below.
mlir::Value emitLog(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                    bool UseFma);

/// Hyperbolic tangent within 1.5 ulp: X + X^3 P(X^2) for |X| < 5/8 and
/// 1 - 2 / (e^|2X| + 1) above, with the sign of X.
mlir::Value emitTanh(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                     bool UseFma);

/// Error function within 1.8 ulp: X + X P(X^2) for |X| < 1 and 1 - Q(|X|)
/// above, with the sign of X; no division and no exponential.
mlir::Value emitErf(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                    bool UseFma);

/// 1 / sqrt(X) within 1.5 ulp, by the two instructions that are exact: an
/// estimate and Newton's iteration to this accuracy, with what zeros,
/// subnormals and infinity need, take as long.
mlir::Value emitRsqrt(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X);

/// Sine and cosine within 1.6 ulp: X less a multiple of pi/2 in f64 (Cody and
/// Waite), beyond 2^20 by the bits of 2/pi that matter in whole numbers (Payne
/// and Hanek 1983), which is skipped if no lane needs it. NaN for infinities.
mlir::Value emitSin(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                    bool UseFma);
mlir::Value emitCos(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value X,
                    bool UseFma);

/// Combines the lower half of a vector of 2^n lanes with the upper one until
/// one lane is left, which is returned: a fixed tree.
mlir::Value
combineLanes(mlir::OpBuilder &B, mlir::Location Loc, mlir::Value Vector,
             llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> Combine);

} // namespace stator

#endif // STATOR_CODEGEN_EMITMATH_H
