//===- FormKernelsGroups.h - Which ops run in one kernel --------*- C++ -*-===//

#ifndef STATOR_PASSES_FORMKERNELSGROUPS_H
#define STATOR_PASSES_FORMKERNELSGROUPS_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallVector.h"
#include <string>

namespace stator {

/// The ops of one kernel, in the order of the block.
using FusionGroup = llvm::SmallVector<mlir::Operation *, 4>;

/// What may be fused.
struct FusionOptions {
  bool Fuse = true;      ///< more than one op in a kernel at all
  bool Epilogues = true; ///< ops behind a contraction in its kernel
  bool Repeat = true;    ///< cheap ops again in every kernel that needs them
};

/// By contraction, or op that uses one: what was done with it and why.
using FusionNotes = llvm::MapVector<mlir::Operation *, std::string>;

/// Whether an op makes floats of weights for contractions and gathers, and is
/// part of each of their kernels, whose operands are the weights as they are
/// stored.
bool isWeightType(mlir::Operation *Op);

/// Whether an op stays in the schedule: reads and writes of the state, views,
/// loops. Constants and weight types go into the kernels that use them.
bool staysInSchedule(mlir::Operation *Op);

/// Whether an op is lowered with loops of its own that take all operands,
/// constants too, from memory.
bool needsOwnKernel(mlir::Operation *Op);

/// Clones ops that cost next to nothing (broadcasts, index tensors) for each of
/// their users, so that none of them becomes a buffer.
void duplicateCheapOps(mlir::Block &Body);

/// Divides the ops of a block that do not stay in the schedule into groups.
/// With `Options.Fuse` false every op is a group.
///
/// Ops are visited in order and join the group of a producer where the two run
/// over one space of rows and no path through a third group would close a
/// cycle: a group has a level, greater than those of all its producers.
///
/// A contraction may be followed in its group by elementwise ops, which run on
/// each block of its result while that is in cache. They stay there only while
/// that moves fewer bytes to and from memory than to have them in the kernel
/// that needs what they compute. A contraction does not wait for operands of
/// them that are much later than its own, which it would keep alive.
///
/// Then cheap ops are repeated in the groups that need them where it saves a
/// buffer, groups that only one other uses are merged into it, and sums over
/// rows with the same operands become one kernel.
llvm::SmallVector<FusionGroup>
formGroups(mlir::Block &Body, const FusionOptions &Options, FusionNotes &Notes);

/// The groups of a block that are found by what they do, not by what uses what:
/// all updates of parameters, and rows summed into a tensor.
llvm::SmallVector<FusionGroup> formFixedGroups(mlir::Block &Body);

} // namespace stator

#endif // STATOR_PASSES_FORMKERNELSGROUPS_H
