//===- FormKernelsGrouping.h - Fusion groups while they grow ----*- C++ -*-===//
//
// The state of kernel formation in one block, shared by its steps:
// FormKernelsGroups.cpp puts every op into a group, FormKernelsEpilogues.cpp
// decides what runs behind a contraction, FormKernelsMerge.cpp moves and
// repeats ops and merges groups where that saves memory traffic.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_FORMKERNELSGROUPING_H
#define STATOR_PASSES_FORMKERNELSGROUPING_H

#include "ir/Dialect.h"
#include "ir/EinsumKernel.h"
#include "passes/FormKernelsGroups.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

namespace stator {

/// What an op is to fusion.
enum class OpKind {
  Solo,      ///< a kernel of its own
  Pointwise, ///< an element of the result needs operands at the same index
  Movement,  ///< ... at another index
  RowReduce  ///< sums over the last dimensions
};

using GroupShape = llvm::SmallVector<int64_t, 4>;

struct ReduceSpace {
  GroupShape Input, Axes;
  bool operator==(const ReduceSpace &) const = default;
  GroupShape getRows() const;
};

/// A set of ops that run in one kernel, while it grows.
struct OpGroup {
  FusionGroup Ops;
  unsigned Level = 0;
  bool Solo = false;
  bool Column = false;      ///< sums over rows
  bool Update = false;      ///< computes parts of tensors, which end it
  bool Late = false;        ///< begins with an op of stator.recomputed
  EinsumOp Einsum;          ///< the contraction that all others follow, or null
  unsigned EinsumLevel = 0; ///< the least level of the contraction
  GroupShape Domain;        ///< the largest values, stripped
  std::optional<GroupShape> Rows;   ///< the values that are one number a row
  std::optional<ReduceSpace> Space; ///< the reductions, if there are any
};

class Grouping {
public:
  Grouping(mlir::Block &Body, const FusionOptions &Options)
      : Body(Body), Options(Options) {}

  llvm::SmallVector<FusionGroup> run();
  /// What was said of contractions and the ops behind them.
  FusionNotes takeNotes() { return std::move(Notes); }

private:
  using Operation = mlir::Operation;
  using Value = mlir::Value;

  unsigned find(unsigned Index) {
    while (Parent[Index] != Index)
      Index = Parent[Index] = Parent[Parent[Index]];
    return Index;
  }
  /// The group of the op, or none.
  std::optional<unsigned> getGroup(Operation *Op);
  /// The group of the op at the level of the block that defines `V`, or none.
  std::optional<unsigned> getProducer(Value V);
  /// The group that all users of the op are in, if that is one and not its own.
  std::optional<unsigned> getOnlyConsumer(Operation *Op);
  unsigned getLevel(Operation *Op);
  llvm::SmallVector<Value> getInputs(Operation *Op);
  void moveTo(Operation *Op, unsigned Group);

  // FormKernelsGroups.cpp
  void assignFeeders();
  void visit(Operation *Op);
  bool join(OpGroup &G, unsigned Index, Operation *Op);
  static bool fitsBeside(const OpGroup &Other, const OpGroup &G);
  unsigned createGroup(Operation *Op);
  void createColumnGroup(Operation *Op);
  void createFixedGroup(llvm::ArrayRef<Operation *> Ops);
  void merge(unsigned From, unsigned Into);
  llvm::SmallVector<FusionGroup> collect();

  // FormKernelsEpilogues.cpp
  bool joinEinsum(unsigned Index, Operation *Op);
  bool dependsOn(unsigned Group, unsigned On);
  bool raise(unsigned Index, unsigned Level);
  bool isEpilogue(llvm::ArrayRef<Operation *> Ops, EinsumOp Einsum);
  bool canMergeEinsum(const OpGroup &Producer, const OpGroup &Consumer);
  void returnToConsumers();
  void splitWithoutRoom();
  void evictOtherSizes();
  bool hasResultOfOtherSize(Operation *Op, unsigned Index);
  void noteEpilogues();

  // FormKernelsMerge.cpp
  void sinkBroadcasts();
  void repeatCheapOps();
  bool collectRepeated(Operation *Op, const OpGroup &Home,
                       llvm::SmallVectorImpl<Operation *> &Chain,
                       llvm::SmallPtrSetImpl<void *> &Large);
  void mergeIntoConsumers(bool Einsums);
  bool canMerge(const OpGroup &Producer, unsigned ProducerIndex,
                const OpGroup &Consumer, unsigned ConsumerIndex);
  void mergeColumns();
  void mergeUpdates();

  mlir::Block &Body;
  FusionOptions Options;
  FusionNotes Notes;
  std::vector<OpGroup> Groups;
  std::vector<unsigned> Parent;
  llvm::DenseMap<Operation *, unsigned> GroupOf;
  /// Levels of ops that stay in the schedule.
  llvm::DenseMap<Operation *, unsigned> ScheduleLevel;
  /// Ops that only one sum over rows uses, and that sum.
  llvm::DenseMap<Operation *, Operation *> FeederOf;
};

llvm::ArrayRef<int64_t> getShape(mlir::Value V);
/// A shape without its dimensions of one element.
GroupShape strip(llvm::ArrayRef<int64_t> Sizes);
int64_t countElements(llvm::ArrayRef<int64_t> Sizes);
OpKind getKind(mlir::Operation *Op);
/// The space that an op reduces over, or none.
std::optional<ReduceSpace> getReduceSpace(mlir::Operation *Op);

/// What a kernel of these ops costs: their FLOPs, and the bytes of what it
/// reads from memory and leaves there.
OpCost getKernelCost(llvm::ArrayRef<mlir::Operation *> Ops);

} // namespace stator

#endif // STATOR_PASSES_FORMKERNELSGROUPING_H
