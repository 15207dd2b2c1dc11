//===- RowIndependence.h - Rows of a batch do not mix -----------*- C++ -*-===//
//
// Texts that are generated side by side must not change one another. This
// follows the rows of the tokens through a function: which elements of each
// value depend on which row.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_ROWINDEPENDENCE_H
#define STATOR_PASSES_ROWINDEPENDENCE_H

#include "ir/Dialect.h"

namespace stator {

/// Succeeds if row b of what the function returns first, along its dimension 0,
/// is proved to depend on row b of the tokens, its first argument, alone. Else
/// it reports the op that mixes rows. The function has no calls.
mlir::LogicalResult proveRowsIndependent(FuncOp Func);

} // namespace stator

#endif // STATOR_PASSES_ROWINDEPENDENCE_H
