//===- KnownFuture.h - What masks say of queries and keys -------*- C++ -*-===//
//
// Tensors that do not depend on the tokens, positions compared with positions
// or weights that a mask was applied to, are zero, one or minus infinity from
// some key on. The causality proof asks from which.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_KNOWNFUTURE_H
#define STATOR_PASSES_KNOWNFUTURE_H

#include "ir/Dialect.h"
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

  /// Whether of scores, which may depend on the tokens, the one of a query's
  /// own key may be masked: by a constant that is so low, or by a condition of
  /// which nothing is known. Then a query may see no key, and softmax would
  /// give equal weights to all that a finite mask hides. A missing dimension is
  /// one along which the tensor is the same.
  bool mayMaskOwn(mlir::Value Scores, std::optional<int64_t> Query,
                  std::optional<int64_t> Key);

  /// The same, where a number counts as masked only from `Masked` down.
  bool mayMaskOwn(mlir::Value Scores, std::optional<int64_t> Query,
                  std::optional<int64_t> Key, double Masked);

private:
  std::optional<TimeAxis> findAnew(mlir::Value Value, int64_t Query,
                                   int64_t Key, MaskLimit Limit);
  std::optional<TimeAxis> findThrough(mlir::Operation *Op, int64_t Query,
                                      int64_t Key, MaskLimit Limit);

  using Question = std::tuple<mlir::Value, int64_t, int64_t, int64_t, int64_t>;
  llvm::DenseMap<Question, std::optional<TimeAxis>> Answers;
};

} // namespace stator

#endif // STATOR_PASSES_KNOWNFUTURE_H
