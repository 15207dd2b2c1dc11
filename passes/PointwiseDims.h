//===- PointwiseDims.h - Ops that work along a dimension alone --*- C++ -*-===//
//
// Follows one dimension of a result into the operands, for passes that compute
// a part of a result along it.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_POINTWISEDIMS_H
#define STATOR_PASSES_POINTWISEDIMS_H

#include "ir/Dialect.h"

namespace stator {

/// For each operand, the dimension whose index is that of the dimension of the
/// result; none where an operand is needed whole.
using PointwiseDims = llvm::SmallVector<std::optional<int64_t>, 3>;

/// Where index i of the result along `Dim` needs of the operands index i alone,
/// along the dimensions that this gives, and the op can be repeated with its
/// attributes on another size of them; none if it is not so. Constants count if
/// they are one number.
std::optional<PointwiseDims> getPointwiseDims(mlir::OpResult Result,
                                              int64_t Dim);

/// Whether the op is a slice, pad or concatenation that moves elements along a
/// dimension of its result.
bool movesAlong(mlir::Operation *Op, int64_t Dim);

} // namespace stator

#endif // STATOR_PASSES_POINTWISEDIMS_H
