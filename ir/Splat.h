//===- Splat.h - Constants that are one number everywhere -------*- C++ -*-===//

#ifndef STATOR_IR_SPLAT_H
#define STATOR_IR_SPLAT_H

#include "ir/Dialect.h"
#include <optional>

namespace stator {

/// A constant of the type, a float or integer tensor, that is `Number`
/// everywhere.
mlir::Value createSplat(mlir::OpBuilder &Builder, mlir::Location Loc,
                        mlir::Type Type, double Number);

/// The number that a value is everywhere: a splat constant of floats, also seen
/// through ops that only move elements. None if it is not one.
std::optional<double> getSplatNumber(mlir::Value Value);

} // namespace stator

#endif // STATOR_IR_SPLAT_H
