//===- TimeFlowSupport.h - Following time through ops -----------*- C++ -*-===//
//
// What the time semantics of the ops have in common: arithmetic on TimeAxis.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_TIMEFLOWSUPPORT_H
#define STATOR_IR_TIMEFLOWSUPPORT_H

#include "ir/Dialect.h"

namespace stator {

/// A position moved by some places. Never and Always stay what they are.
inline int64_t move(int64_t Position, int64_t By) {
  return Position <= TimeAxis::Never / 2    ? TimeAxis::Never
         : Position >= TimeAxis::Always / 2 ? TimeAxis::Always
                                            : Position + By;
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

/// The answer of an op of which nothing is known: its results depend on all.
TimeFlow mixing(mlir::Operation *Op, const llvm::Twine &Reason);

/// The answer of an op each of whose results depends on all of the operands.
TimeFlow mixing(mlir::Operation *Op, llvm::ArrayRef<TimeAxis> Axes,
                const llvm::Twine &Reason);

/// The answer of an op with one result.
TimeFlow flow(TimeKind Kind, TimeAxis Result);

/// The same, with the reason if it is Mixing.
TimeFlow flow(TimeKind Kind, TimeAxis Result, const llvm::Twine &Reason);

//===----------------------------------------------------------------------===//
// What is masked
//===----------------------------------------------------------------------===//

/// What is known of the future of some scores, and from which key on.
struct FutureMask {
  FutureKeys Future = FutureKeys::Visible;
  int64_t Reach = TimeAxis::Never, KeyPrefix = TimeAxis::Never;
  bool SeesOwn = false;

  static FutureMask of(const TimeAxis &Time) {
    return {Time.Future, Time.Reach, Time.KeyPrefix, Time.SeesOwn};
  }
  void applyTo(TimeAxis &Time) const {
    Time.Future = Future;
    Time.Reach = Reach;
    Time.KeyPrefix = KeyPrefix;
    Time.SeesOwn = SeesOwn;
  }
};

/// Whether it is a pair whose future is `Future`.
inline bool isFuture(const TimeAxis &Time, FutureKeys Future) {
  return Time.KeyAxis && Time.Future == Future;
}

/// Whether elements whose key is in the future are known not to depend on it. A
/// low number may be a score from which much was taken.
inline bool hidesKeys(FutureKeys Future) {
  return Future != FutureKeys::Visible && Future != FutureKeys::Low &&
         Future != FutureKeys::High;
}
inline bool hidesKeys(const TimeAxis &Time) {
  return Time.KeyAxis && hidesKeys(Time.Future);
}

/// What is left to say of a pair whose future is other numbers now, which
/// depend on the same as before.
TimeAxis weaken(TimeAxis Time);

/// Whether softmax gives the keys in the future a weight of 0.
inline bool isMaskedForSoftmax(const TimeAxis &Time) {
  return isFuture(Time, FutureKeys::NegInf) ||
         (isFuture(Time, FutureKeys::Low) && Time.SeesOwn);
}

/// Of those operands whose future is `Future`, the one that hides most. Null if
/// there is none.
const TimeAxis *getStrictest(llvm::ArrayRef<TimeAxis> Operands,
                             FutureKeys Future);

/// `Future`, for the keys that all operands hide.
FutureMask hideForAll(llvm::ArrayRef<TimeAxis> Operands, FutureKeys Future);

/// How elements whose key comes after their query combine. The operands are
/// given as they are along the axes of the result.
using FutureRule =
    llvm::function_ref<FutureMask(llvm::ArrayRef<TimeAxis> Operands)>;

/// Hidden, unless an operand shows the future.
FutureMask hideUnlessVisible(llvm::ArrayRef<TimeAxis> Operands);

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// The flow of an op that combines operands index by index.
TimeFlow combine(mlir::Operation *Op, llvm::ArrayRef<TimeAxis> Operands,
                 FutureRule Rule = hideUnlessVisible);

/// The axis after its dimensions were renamed; `Map` gives the new one, or none
/// for one of size 1 that is gone.
TimeAxis renameDims(TimeAxis Time,
                    llvm::function_ref<std::optional<int64_t>(int64_t)> Map);

/// The dimension of a tensor reshaped from one shape to another that a
/// dimension stays: as many elements are before it and in it. None if there is
/// none, or if it has one element and there is no saying which of several it
/// is.
std::optional<int64_t> findReshapedDim(llvm::ArrayRef<int64_t> From,
                                       llvm::ArrayRef<int64_t> To, int64_t Dim);

/// What all elements depend on, said of the one index of a dimension of size 1.
TimeAxis attachTo(TimeAxis Time, int64_t Dim);

/// What is left when all indices of a dimension of this size are mixed. Does
/// nothing if time is not along it.
TimeAxis collapse(TimeAxis Time, int64_t Dim, int64_t Size);

/// The last position that any element of a tensor of this shape depends on.
int64_t getLastPosition(const TimeAxis &Time, llvm::ArrayRef<int64_t> Shape);

/// What is left to say of a pair if keys no longer matter, because all that a
/// query may see are mixed: the query alone. Only where they are hidden, or
/// were.
TimeAxis dropKeys(TimeAxis Time);

/// The axis of what moves to the indices from `By` on (or, negative, from the
/// indices from -By on to the first).
TimeAxis moveAlong(TimeAxis Time, int64_t Dim, int64_t By);

/// The flow of a loop, given how what its body uses from outside varies.
TimeFlow getScanFlow(ScanOp Op, llvm::ArrayRef<TimeAxis> Axes,
                     llvm::ArrayRef<TimeAxis> Captured);

} // namespace stator

#endif // STATOR_IR_TIMEFLOWSUPPORT_H
