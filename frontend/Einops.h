//===- Einops.h - Patterns such as "b t (h d) -> b h t d" -------*- C++ -*-===//
//
// Reads einops patterns (Rogozhnikov 2022) and works out the steps that they
// stand for. Knows nothing of tensors but their shapes.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_EINOPS_H
#define STATOR_FRONTEND_EINOPS_H

#include "frontend/Datum.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <utility>

namespace stator {

/// What is wrong with a pattern, and where in its text.
struct EinopsError {
  size_t Begin = 0, End = 0;
  std::string Message;
  std::string SizeName; ///< the size that it is about, instead of a place
};

/// One axis of one side: a name, the number 1 or `...`.
struct EinopsAxis {
  std::string Name; ///< "1" for the number, "..." for the ellipsis
  size_t Begin = 0, End = 0;
};

/// One dimension of the tensor: an axis, or several between parentheses.
struct EinopsGroup {
  llvm::SmallVector<EinopsAxis, 2> Axes;
  bool IsComposed = false;
  size_t Begin = 0, End = 0;
};

/// One side of an arrow, or one operand of an einsum.
struct EinopsSide {
  llvm::SmallVector<EinopsGroup, 4> Groups;
  size_t Begin = 0, End = 0;
  bool hasEllipsis() const;
};

/// "a, b -> c"
struct EinopsPattern {
  llvm::SmallVector<EinopsSide, 2> Operands;
  EinopsSide Result;
};

/// Reads a pattern; on failure `Error` says what is wrong with it.
std::optional<EinopsPattern> parseEinops(llvm::StringRef Text,
                                         EinopsError &Error);

/// Sizes given by name: `h = heads`.
using EinopsSizes = llvm::SmallVector<std::pair<std::string, Dim>, 4>;

enum class EinopsForm {
  Rearrange, ///< both sides have the same axes
  Reduce,    ///< axes of the left side may be missing on the right
  Repeat     ///< the right side may have new axes, whose sizes are given
};

/// The steps of a pattern: reshape to `Split`, reduce over `Reduced`, transpose
/// by `Permutation`, broadcast (dimension i becomes `Broadcast[i]` of
/// `Repeated`), reshape to `Merged`.
struct EinopsPlan {
  llvm::SmallVector<Dim, 6> Split;
  llvm::SmallVector<int64_t, 4> Reduced;
  llvm::SmallVector<int64_t, 6> Permutation;
  llvm::SmallVector<int64_t, 6> Broadcast;
  llvm::SmallVector<Dim, 6> Repeated;
  llvm::SmallVector<Dim, 6> Merged;
};

/// Applies a pattern with one operand to a shape. `Save` keeps names alive.
std::optional<EinopsPlan>
planEinops(const EinopsPattern &Pattern, EinopsForm Form,
           llvm::ArrayRef<Dim> Shape, const EinopsSizes &Sizes,
           llvm::function_ref<llvm::StringRef(const std::string &)> Save,
           EinopsError &Error);

} // namespace stator

#endif // STATOR_FRONTEND_EINOPS_H
