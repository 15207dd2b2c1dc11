//===- Verifiers.h - Checks that several ops share --------------*- C++ -*-===//

#ifndef STATOR_IR_VERIFIERS_H
#define STATOR_IR_VERIFIERS_H

#include "ir/Dialect.h"

namespace stator {

/// Checks that `Axis` is a dimension of the type.
mlir::LogicalResult verifyAxis(mlir::Operation *Op, int64_t Axis,
                               mlir::RankedTensorType Type);

/// Checks the window of a causal mask.
mlir::LogicalResult verifyWindow(mlir::Operation *Op,
                                 std::optional<uint64_t> Window);

/// Checks a bias of the scores of an attention of `Query`, [batch, heads,
/// queries, depth], to `Keys` keys; it may be null.
mlir::LogicalResult verifyBias(mlir::Operation *Op, mlir::Value Bias,
                               mlir::RankedTensorType Query, int64_t Keys);

} // namespace stator

#endif // STATOR_IR_VERIFIERS_H
