//===- MaskPattern.h - What a mask says, however it is written --*- C++ -*-===//

#ifndef STATOR_PASSES_MASKPATTERN_H
#define STATOR_PASSES_MASKPATTERN_H

#include "passes/AttentionMatch.h"

namespace stator {

/// What a bias known at compile time says about queries and keys.
struct MaskPattern {
  /// What is masked is what a causal mask (with this window) masks.
  bool IsCausal = false;
  std::optional<int64_t> Window;
  /// All scores that are not masked get the same, which softmax does not see.
  bool KeptAreEqual = false;
  /// Nothing is masked.
  bool KeepsAll = false;
};

/// Reads a bias as a table over queries and keys. None if its values are not
/// known, or differ between batches or heads.
std::optional<MaskPattern> readMaskPattern(const AttentionMatch &Match,
                                           const BiasTerm &Term);

/// Whether a factor of the scores that is known at compile time is 1 for every
/// key that the causal mask of the match lets a query see.
bool isOneWhereVisible(const AttentionMatch &Match, const BiasTerm &Factor);

} // namespace stator

#endif // STATOR_PASSES_MASKPATTERN_H
