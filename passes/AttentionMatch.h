//===- AttentionMatch.h - Finds attention around a softmax ------*- C++ -*-===//

#ifndef STATOR_PASSES_ATTENTIONMATCH_H
#define STATOR_PASSES_ATTENTIONMATCH_H

#include "passes/DimensionAtoms.h"
#include <string>

namespace stator {

/// Numbers this low, added to a score, make its weight zero in f32.
inline constexpr double MaskedScore = -1e4;

/// Something that masks scores or is added to them.
struct BiasTerm {
  /// A bias of floats, or the condition of a select.
  TensorView View;
  /// What the bias is multiplied with.
  double Factor = 1.0;
  /// For a condition: what stands in place of the scores where it holds
  /// (`FillWhereTrue`) or does not.
  bool IsCondition = false;
  bool FillWhereTrue = false;
  double Fill = 0.0;
};

/// What attention is made of, in terms of the values that the model has, with
/// their dimensions as atoms.
struct AttentionMatch {
  AtomTable Atoms;
  TensorView Query, Key, Value;
  llvm::SmallVector<BiasTerm, 2> Biases;
  /// What scores are multiplied with: 1 wherever they are not masked.
  llvm::SmallVector<BiasTerm, 2> Gates;
  double Scale = 1.0;
  bool Causal = false;
  std::optional<int64_t> Window;
  double DropoutRate = 0.0;
  int64_t DropoutStream = -1;

  /// The product of weights and values, whose result this is.
  EinsumOp Product;
  llvm::SmallVector<AtomVector> ResultDims;

  /// The dimensions of stator.attention; heads are those of keys and values,
  /// groups the query heads for each of them.
  AtomVector Batch, Heads, Groups, Queries, Keys, Depth, ValueDepth;

  /// Heads of the queries.
  AtomVector getQueryHeads() const {
    AtomVector All = Heads;
    llvm::append_range(All, Groups);
    return All;
  }
};

/// Matches attention around a softmax. If it is none, or none that
/// stator.attention can express, returns none and says in `Reason` why.
std::optional<AttentionMatch> matchAttention(SoftmaxOp Softmax,
                                             std::string &Reason);

} // namespace stator

#endif // STATOR_PASSES_ATTENTIONMATCH_H
