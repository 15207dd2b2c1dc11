//===- ConstantEvaluation.h - Values known at compile time ------*- C++ -*-===//
//
// Computes what does not depend on inputs, parameters or random numbers, with
// the reference evaluation of the ops. Masks built from indices and comparisons
// are recognised by what they are, however they are written.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_CONSTANTEVALUATION_H
#define STATOR_PASSES_CONSTANTEVALUATION_H

#include "ir/Dialect.h"
#include "ir/HostTensor.h"

namespace stator {

/// Masks of a long context for a few heads are still looked at.
inline constexpr int64_t MaxMaskElements = int64_t(1) << 26;

/// The value of a tensor that is known at compile time, or none if it is not,
/// or if that would take tensors of more than `MaxElements` elements.
std::optional<HostTensor> evaluateConstant(mlir::Value Value,
                                           int64_t MaxElements = 1 << 24);

/// The number that a float tensor known at compile time is everywhere.
std::optional<double> getConstantNumber(mlir::Value Value);

} // namespace stator

#endif // STATOR_PASSES_CONSTANTEVALUATION_H
