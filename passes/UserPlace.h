//===- UserPlace.h - Where a user's file leads to an op ---------*- C++ -*-===//
//
// Modules are inlined, and an op keeps its place in the file of its module. For
// the modules of the standard library that place says little to the user.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_USERPLACE_H
#define STATOR_PASSES_USERPLACE_H

#include "ir/Dialect.h"

namespace stator {

/// Whether an op is part of a standard module, whose inside is known.
bool isInStandardModule(mlir::Operation *Op);

/// The location of an op for a message about what it takes from `Operands`. For
/// an op of a standard module it points to where the nearest of the values that
/// they are computed from was made in the user's file; the path stays that of
/// the op. Without such a value it is the location of the op.
mlir::Location getUserPlace(mlir::Operation *Op, mlir::ValueRange Operands);

} // namespace stator

#endif // STATOR_PASSES_USERPLACE_H
