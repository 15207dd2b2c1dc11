//===- AttentionChain.h - From the scores to the softmax and on -*- C++ -*-===//
//
// The ops between the product of queries and keys and the softmax, and between
// the softmax and the product with the values.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_ATTENTIONCHAIN_H
#define STATOR_PASSES_ATTENTIONCHAIN_H

#include "ir/Dialect.h"
#include <optional>
#include <string>

namespace stator {

/// What an op does to the scores that go through it.
struct ScoreStep {
  enum class Kind {
    Scale,      ///< times `Number`
    Bias,       ///< plus `Number` times `Other`
    Condition,  ///< `Number` where `Other` holds, or where not
    CausalMask, ///< `Number` where a query may not see a key
    Gate,       ///< times `Other`, known at compile time, 1 for what stays
    Transpose,
    Reshape
  };
  Kind What;
  mlir::Operation *Op;
  mlir::Value Other = {};
  double Number = 1.0;
  bool FillWhereTrue = false;
};

struct AttentionChain {
  EinsumOp Scores;
  llvm::SmallVector<ScoreStep> BeforeSoftmax; ///< in the order of the ops
  SoftmaxOp Softmax;
  llvm::SmallVector<mlir::Operation *> AfterSoftmax; ///< transposes, reshapes
  DropoutOp Dropout;                                 ///< or null
  EinsumOp Product;
  mlir::Value Weights; ///< the operand of the product
};

/// Follows the values around a softmax; on failure `Reason` says what is in
/// the way.
std::optional<AttentionChain> findAttentionChain(SoftmaxOp Softmax,
                                                 std::string &Reason);

/// The trainable parameter that a value depends on, "" if there is none. What
/// cannot be told (an argument of a loop) is given in words.
std::string findTrainableDependence(mlir::Value Value);

/// A value in words: its path, and the op that makes it.
std::string describe(mlir::Value Value);

/// A number as people write it: 0.125, 1e-05.
std::string describe(double Number);

} // namespace stator

#endif // STATOR_PASSES_ATTENTIONCHAIN_H
