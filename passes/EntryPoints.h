//===- EntryPoints.h - The functions that become a program ------*- C++ -*-===//
//
// Names of the entry points of a module (docs/architecture.md).
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_ENTRYPOINTS_H
#define STATOR_PASSES_ENTRYPOINTS_H

#include "ir/Dialect.h"

namespace stator::entry {

inline constexpr llvm::StringLiteral Forward = "forward";
inline constexpr llvm::StringLiteral Loss = "loss";
inline constexpr llvm::StringLiteral Gradients = "gradients";
inline constexpr llvm::StringLiteral TrainStep = "train_step";
inline constexpr llvm::StringLiteral Accumulate = "accumulate";
inline constexpr llvm::StringLiteral Update = "update";
inline constexpr llvm::StringLiteral Evaluate = "evaluate";
/// Followed by the width of the block, "decode_16".
inline constexpr llvm::StringLiteral DecodePrefix = "decode_";

/// On a module that decodes: the positions that its caches can hold (i64), 0 or
/// absent if there is no bound; and whether what a block holds after its last
/// token may be anything (unit).
inline constexpr llvm::StringLiteral ContextAttrName = "stator.context";
inline constexpr llvm::StringLiteral PaddedBlocksAttrName =
    "stator.padded_blocks";

/// The width of the block that an entry point of this name decodes; 0 if it is
/// none of those.
int64_t getDecodeWidth(llvm::StringRef Name);

/// Whether a function of this name is an entry point.
inline bool isEntryPoint(llvm::StringRef Name) {
  for (llvm::StringRef Entry :
       {Forward, Loss, Gradients, TrainStep, Accumulate, Update, Evaluate})
    if (Name == Entry)
      return true;
  return getDecodeWidth(Name) != 0;
}

/// The entry points that decode, in ascending order of their widths, which is
/// the order of StatorProgram.Blocks.
llvm::SmallVector<FuncOp> getDecodeEntries(mlir::ModuleOp Module);

/// The parameters that are trained, in the order of their declaration, which is
/// the order of the gradients.
llvm::SmallVector<ParameterOp> getTrainableParameters(mlir::ModuleOp Module);

/// Removes dropout from a function: the op is the identity, attention has a
/// rate of 0.
void stripDropout(FuncOp Func);

} // namespace stator::entry

#endif // STATOR_PASSES_ENTRYPOINTS_H
