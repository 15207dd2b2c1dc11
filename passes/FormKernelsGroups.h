//===- FormKernelsGroups.h - Which ops run in one kernel --------*- C++ -*-===//

#ifndef STATOR_PASSES_FORMKERNELSGROUPS_H
#define STATOR_PASSES_FORMKERNELSGROUPS_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace stator {

/// The ops of one kernel, in the order of the block.
using FusionGroup = llvm::SmallVector<mlir::Operation *, 4>;

/// Whether an op stays in the schedule: reads and writes of the state, views,
/// loops. Constants go into the kernels that use them.
bool staysInSchedule(mlir::Operation *Op);

/// Whether an op is lowered with loops of its own and so has a kernel to
/// itself, which takes all operands, constants too, from memory.
bool needsOwnKernel(mlir::Operation *Op);

/// Clones ops that cost next to nothing (broadcasts, index tensors) for each of
/// their users, so that none of them becomes a buffer.
void duplicateCheapOps(mlir::Block &Body);

/// Divides the ops of a block that do not stay in the schedule into groups.
/// With `Fuse` false every op is a group.
///
/// Ops are visited in order and join the group of a producer where the two run
/// over one space of rows and no path through a third group would close a
/// cycle: a group has a level, greater than those of all its producers. Then
/// groups that only one other uses are merged into it, and sums over rows with
/// the same operands become one kernel.
llvm::SmallVector<FusionGroup> formGroups(mlir::Block &Body, bool Fuse);

} // namespace stator

#endif // STATOR_PASSES_FORMKERNELSGROUPS_H
