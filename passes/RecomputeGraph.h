//===- RecomputeGraph.h - What could be computed again ----------*- C++ -*-===//
//
// The joint graph of forward and backward pass as recomputation sees it: which
// values the backward pass needs of the forward pass, what it would cost to
// compute them again, and where.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_RECOMPUTEGRAPH_H
#define STATOR_PASSES_RECOMPUTEGRAPH_H

#include "ir/Dialect.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include <vector>

namespace stator {

/// Residuals that are best recomputed together, because the same contractions
/// or attentions are needed for all of them.
struct RecomputeChoice {
  llvm::SmallVector<unsigned, 4> Ops; ///< that produce them, as numbers
  int64_t Bytes = 0;                  ///< of memory that they take
  double Flops = 0;                   ///< to compute them from other residuals
  double Lifetime = 0; ///< ops of the schedule that they wait for their use
  bool Cheap = true;   ///< without contraction, attention or loop
};

/// Which ops to compute again, by their numbers.
struct RecomputePlan {
  /// An op, and the op in front of which to repeat it; in the order of both.
  std::vector<std::pair<unsigned, unsigned>> Clones;
  /// Ops of the backward pass that need nothing of it, and must not run early.
  std::vector<unsigned> Late;
  double Flops = 0; ///< of the repeated ops
};

/// Ops are numbered in the order of the block. The forward pass is all that the
/// first result of the function, the loss, needs.
class RecomputeGraph {
public:
  explicit RecomputeGraph(mlir::Block &Body);

  /// All that could be recomputed with the cut points kept: what is cheap
  /// first, and among equals what saves most bytes for most of the schedule per
  /// FLOP.
  llvm::ArrayRef<RecomputeChoice> getChoices() const { return Choices; }

  /// Values through which alone the rest of the forward pass depends on what
  /// was before them, in order: the sums of a residual stream. While they are
  /// kept, no more than what lies between two of them is recomputed at a time.
  llvm::ArrayRef<unsigned> getCuts() const { return Cuts; }

  unsigned getNumOps() const { return Ops.size(); }
  mlir::Operation *getOp(unsigned Number) const { return Ops[Number]; }

  /// How to do without the results of the ops in `Dropped`, each of which is
  /// one of a choice or a cut.
  RecomputePlan makePlan(const llvm::BitVector &Dropped) const;

private:
  struct Node {
    llvm::SmallVector<unsigned, 4> Inputs; ///< numbers of the defining ops
    llvm::SmallVector<unsigned, 4> Users;
    int64_t Bytes = 0;
    int Root = -1; ///< of a view: what it shows, or -1 for an argument
    bool IsView = false, Forward = false, Late = false, Residual = false;
    bool Given = false;     ///< constants, parameters, numbers of the step
    bool Varies = false;    ///< depends on the tokens
    bool Candidate = false; ///< a residual that waits over the whole head
    bool Cut = false, Visited = false;
    unsigned LastForwardUse = 0, FirstBackwardUse = 0;
  };

  void connect(mlir::Block &Body);
  void divide(mlir::Block &Body);
  void findResiduals();
  void findCuts();
  bool isExpensiveFromCuts(unsigned Number) const;
  void findLateOps();
  void makeChoices();
  bool isKept(unsigned Number, const llvm::BitVector &Dropped) const;
  bool collectChain(unsigned Number, llvm::SmallVectorImpl<unsigned> &Chain);
  double getFlops(unsigned Number) const;

  std::vector<mlir::Operation *> Ops;
  llvm::DenseMap<mlir::Operation *, unsigned> NumberOf;
  std::vector<Node> Nodes;
  unsigned FirstBackward = 0, LastForward = 0;
  int64_t SmallBytes = 0; ///< what is never worth the trouble
  llvm::SmallVector<unsigned, 0> Cuts;
  std::vector<unsigned> Late;
  std::vector<RecomputeChoice> Choices;
};

/// Repeats the ops of a plan that was made for this block or for a copy of it.
void applyRecomputePlan(mlir::Block &Body, const RecomputePlan &Plan);

} // namespace stator

#endif // STATOR_PASSES_RECOMPUTEGRAPH_H
