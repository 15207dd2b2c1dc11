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

/// Whether a function of this name is an entry point.
inline bool isEntryPoint(llvm::StringRef Name) {
  for (llvm::StringRef Entry :
       {Forward, Loss, Gradients, TrainStep, Accumulate, Update, Evaluate})
    if (Name == Entry)
      return true;
  return false;
}

/// The parameters that are trained, in the order of their declaration, which is
/// the order of the gradients.
llvm::SmallVector<ParameterOp> getTrainableParameters(mlir::ModuleOp Module);

/// Removes dropout from a function: the op is the identity, attention has a
/// rate of 0.
void stripDropout(FuncOp Func);

} // namespace stator::entry

#endif // STATOR_PASSES_ENTRYPOINTS_H
