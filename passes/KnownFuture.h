//===- KnownFuture.h - What masks say of queries and keys -------*- C++ -*-===//
//
// Tensors that do not depend on the tokens, positions compared with positions
// or weights that a mask was applied to, are zero, one or minus infinity from
// some key on. The causality proof asks from which.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_KNOWNFUTURE_H
#define STATOR_PASSES_KNOWNFUTURE_H

#include "passes/NumberRanges.h"
#include "llvm/ADT/DenseMap.h"
#include <tuple>

namespace stator {

/// How far a mask may reach without showing what an output may not depend on.
/// Between descriptions of a mask that are both true, that within it is taken.
struct MaskLimit {
  int64_t Reach = 0;
  int64_t KeyPrefix = TimeAxis::Never;
};

/// What is known of the future in tensors that do not depend on tokens.
class KnownFuture {
public:
  /// The tensor as a pair of these two dimensions, or none if nothing is known.
  /// Its shifts are Never: it depends on no position. The tensor must not
  /// depend on the tokens.
  std::optional<TimeAxis> find(mlir::Value Value, int64_t Query, int64_t Key,
                               MaskLimit Limit);

  /// Takes back that keys are low, which an op relies on to hide them, unless
  /// its numbers there are far below those of each query's own key. If a query
  /// may see no key but masked ones, softmax gives equal weights to all; if
  /// other numbers are as large as the mask, it may hide nothing. Of a softmax
  /// says the latter in words.
  std::string checkFiniteMask(mlir::Operation *Op,
                              llvm::MutableArrayRef<TimeAxis> Inputs);

private:
  std::optional<TimeAxis> findAnew(mlir::Value Value, int64_t Query,
                                   int64_t Key, MaskLimit Limit);
  std::optional<TimeAxis> findThrough(mlir::Operation *Op, int64_t Query,
                                      int64_t Key, MaskLimit Limit);

  using Question = std::tuple<mlir::Value, int64_t, int64_t, int64_t, int64_t>;
  llvm::DenseMap<Question, std::optional<TimeAxis>> Answers;
  /// Only where there are finite masks.
  std::optional<NumberRanges> Ranges;
};

} // namespace stator

#endif // STATOR_PASSES_KNOWNFUTURE_H
