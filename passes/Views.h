//===- Views.h - Tensors that lie in the memory of others -------*- C++ -*-===//
//
// Which ops of a schedule move nothing: what they make is a part of the memory
// of their operand, or their operands are written where they belong. Kernel
// formation leaves such ops in the schedule, the memory plan gives them places.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_VIEWS_H
#define STATOR_PASSES_VIEWS_H

#include "ir/Dialect.h"

namespace stator {

/// Whether the elements of the slice follow each other in the row-major memory
/// of its operand: leading dimensions of one element, a range of the next one,
/// all of the others.
bool isContiguous(SliceOp Slice);

/// Whether the result is the memory of the first operand, or a part of it: a
/// reshape, or a slice that is contiguous.
bool isView(mlir::Operation *Op);

/// Bytes from the start of the first operand of a view to the start of the
/// result.
int64_t getViewOffset(mlir::Operation *View);

/// Whether the concatenation stays in the schedule: it is along the first
/// dimension, so that its operands are parts of its memory, and they are
/// computed by kernels in the same block, which can write them there.
bool isJoinedInPlace(ConcatOp Concat);

} // namespace stator

#endif // STATOR_PASSES_VIEWS_H
