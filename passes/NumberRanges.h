//===- NumberRanges.h - How large numbers may be ----------------*- C++ -*-===//
//
// A finite mask hides a key only as long as its number stays far below the
// scores of other keys. So the causality proof asks between which bounds the
// numbers are of the keys that are said to be hidden, and of those that are
// not.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_NUMBERRANGES_H
#define STATOR_PASSES_NUMBERRANGES_H

#include "ir/Dialect.h"
#include "ir/HostTensor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <map>

namespace stator {

/// Bounds of numbers. What parameters and tokens are made into is taken to be
/// ordinary: of a size at which a mask hides it. Bounds that are not exact are
/// those of such a number added to one between Low and High; so an ordinary
/// number alone is between 0 and 0, not exactly.
struct NumberRange {
  double Low = 0, High = 0;
  bool IsExact = false;

  static NumberRange exactly(double Low, double High) {
    return {Low, High, true};
  }
  static NumberRange ordinary() { return {}; }
  static NumberRange any();

  /// The largest absolute value.
  double getSize() const;
  /// Whether it is so large that an ordinary number, multiplied with it, is no
  /// longer ordinary.
  bool isLarge() const { return !(getSize() < 1000); }
  /// Whether all numbers of the other one are in this one.
  bool contains(const NumberRange &Other) const;
};

NumberRange add(const NumberRange &A, const NumberRange &B);
NumberRange multiply(const NumberRange &A, const NumberRange &B);
/// A sum of so many numbers. Sums of ordinary ones are taken to be ordinary.
NumberRange sum(const NumberRange &Each, double Count);

/// In a tensor of scores, the keys that a mask hides: those after
/// query + Reach and after KeyPrefix.
struct HiddenKeys {
  int64_t Query, Key, Reach, KeyPrefix;
};

/// The bounds of scores: of each query's own key, counted from the last of
/// both, and of the keys that a mask hides from it.
struct ScoreRanges {
  NumberRange Own, Hidden;
};

/// Bounds of all values of an entry point.
class NumberRanges {
public:
  explicit NumberRanges(FuncOp Func);

  /// The bounds of all elements.
  NumberRange find(mlir::Value Value);

  /// The bounds of some elements. Where dimensions cannot be followed, those of
  /// all elements.
  ScoreRanges find(mlir::Value Scores, const HiddenKeys &Keys);

private:
  NumberRange apply(mlir::Operation *Op,
                    llvm::ArrayRef<NumberRange> Operands) const;
  void follow(mlir::Block &Block);
  void followLoop(ScanOp Loop);
  NumberRange followWhole(mlir::OpResult Result);
  std::optional<ScoreRanges> findThrough(mlir::Operation *Op,
                                         const HiddenKeys &Keys);

  using Question = std::tuple<void *, int64_t, int64_t, int64_t, int64_t>;
  /// Made of constants alone; they are evaluated where they are asked for.
  llvm::DenseSet<mlir::Value> Constants;
  llvm::DenseMap<mlir::Value, NumberRange> Ranges;
  std::map<Question, ScoreRanges> Answers;
};

} // namespace stator

#endif // STATOR_PASSES_NUMBERRANGES_H
