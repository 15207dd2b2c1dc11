//===- FindLeak.h - How the future gets into the logits ---------*- C++ -*-===//

#ifndef STATOR_PASSES_FINDLEAK_H
#define STATOR_PASSES_FINDLEAK_H

#include "passes/TimeAnalysis.h"
#include <string>

namespace stator {

/// A way by which positions depend on later ones.
struct Leak {
  /// The op that lets the future in.
  mlir::Operation *Op = nullptr;
  /// In words, what lets it in ("a mean over time").
  std::string Reason;
  /// From an input of the op back to the tokens: each value is computed from
  /// the next one.
  llvm::SmallVector<mlir::Value> Chain;
};

/// Looks whether position t of what the function returns first, along its
/// dimension 1, depends on positions of the tokens after t and after the first
/// `Prefix` ones. If so, gives the shortest way in from the tokens to the
/// result, and of several the one whose leak is nearest to the tokens.
std::optional<Leak> findLeak(FuncOp Func, const TimeAnalysis &Analysis,
                             int64_t Prefix);

} // namespace stator

#endif // STATOR_PASSES_FINDLEAK_H
