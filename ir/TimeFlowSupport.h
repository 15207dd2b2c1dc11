//===- TimeFlowSupport.h - Following time through ops -----------*- C++ -*-===//
//
// What the time semantics of the ops have in common.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_TIMEFLOWSUPPORT_H
#define STATOR_IR_TIMEFLOWSUPPORT_H

#include "ir/Dialect.h"

namespace stator {

/// The answer of an op that lets in the future: its results depend on all.
TimeFlow mixing(mlir::Operation *Op, const llvm::Twine &Reason);

/// The answer of an op with one result.
TimeFlow flow(TimeKind Kind, TimeAxis Result);

/// How elements whose key comes after their query combine. The operands are
/// given as they are along the axes of the result.
using FutureRule =
    llvm::function_ref<FutureKeys(llvm::ArrayRef<TimeAxis> Operands)>;

/// Hidden, unless an operand shows the future.
FutureKeys hideUnlessVisible(llvm::ArrayRef<TimeAxis> Operands);

/// The flow of an op that combines operands index by index.
TimeFlow combine(mlir::Operation *Op, llvm::ArrayRef<TimeAxis> Operands,
                 FutureRule Rule = hideUnlessVisible);

/// The axis after its dimensions were renamed; `Map` gives the new one, or none
/// for one that is gone. Only for dimensions that are not summed over.
TimeAxis renameDims(TimeAxis Time,
                    llvm::function_ref<std::optional<int64_t>(int64_t)> Map);

/// What is left to say of a pair if keys no longer matter: the query alone.
/// Only if the future is not Visible.
inline TimeAxis dropKeys(TimeAxis Time) { return TimeAxis::along(*Time.Axis); }

} // namespace stator

#endif // STATOR_IR_TIMEFLOWSUPPORT_H
