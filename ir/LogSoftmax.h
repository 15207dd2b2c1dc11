//===- LogSoftmax.h - The logarithm of a softmax ----------------*- C++ -*-===//

#ifndef STATOR_IR_LOGSOFTMAX_H
#define STATOR_IR_LOGSOFTMAX_H

#include "ir/Dialect.h"

namespace stator {

/// The logarithm of the softmax of `X` along `Axis`, as X - logsumexp(X), which
/// neither overflows nor underflows. It is -inf where X is -inf, also where all
/// elements along the axis are.
mlir::Value createLogSoftmax(mlir::OpBuilder &Builder, mlir::Location Loc,
                             mlir::Value X, int64_t Axis);

} // namespace stator

#endif // STATOR_IR_LOGSOFTMAX_H
