//===- Lookups.h - Ops that index a table -----------------------*- C++ -*-===//
//
// The ops whose indices may be out of range while a program runs, for those who
// check them: compiled kernels and the interpreters.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_LOOKUPS_H
#define STATOR_PASSES_LOOKUPS_H

#include "ir/Dialect.h"
#include <string>

namespace stator {

/// What an op looks up; without Indices if it looks up nothing.
struct Lookup {
  mlir::Value Indices;
  int64_t Bound = 0;     ///< indices are below it
  bool IsTarget = false; ///< a class of a cross entropy: may be negative
};

/// The look-up of an op. Derivatives have none of their own: they look up what
/// was looked up before.
Lookup getLookup(mlir::Operation *Op);

/// "file:line:col", where a message about a look-up points to; "" if unknown.
std::string describeSource(mlir::Location Loc);

} // namespace stator

#endif // STATOR_PASSES_LOOKUPS_H
