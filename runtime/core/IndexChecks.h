//===- IndexChecks.h - Indices that a program computes ----------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_INDEXCHECKS_H
#define STATOR_RUNTIME_CORE_INDEXCHECKS_H

#include "absl/status/status.h"
#include "runtime/core/program.h"

namespace stator::runtime {

/// An error if the call of an entry point that was given \p Info has met an
/// index outside of its table, or a target outside of the vocabulary. It says
/// which op of the model did, and the index.
absl::Status checkIndices(const StatorProgram &Program, const int64_t *Info);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_INDEXCHECKS_H
