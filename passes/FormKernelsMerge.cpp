//===- FormKernelsMerge.cpp - Fewer bytes between kernels -----------------===//
//
// Once every op has a group: broadcasts move to where they are used, cheap ops
// are repeated rather than kept, and groups that only one other needs, or that
// read the same, become one.
//
//===----------------------------------------------------------------------===//

#include "ir/KernelInterface.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/FormKernelsGrouping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace stator {

/// FLOPs in the time of a byte of traffic: what AVX2 computes while it reads
/// from memory. Fewer on older CPUs, where memory is slower too.
static constexpr double FlopsPerByte = 4;
/// Ops that are repeated for one value.
static constexpr size_t MaxChain = 4;
/// Levels of the schedule that a part may wait for another.
static constexpr unsigned MaxDistance = 8;

/// Spreading numbers over a tensor costs nothing where the tensor is used, and
/// a buffer anywhere else.
void Grouping::sinkBroadcasts() {
  for (unsigned Index = 0; Index != Groups.size(); ++Index) {
    if (Groups[Index].Solo)
      continue;
    for (Operation *Op : FusionGroup(Groups[Index].Ops)) {
      std::optional<unsigned> Consumer = getOnlyConsumer(Op);
      if (!isa<BroadcastOp>(Op) || !Consumer || Groups[*Consumer].Solo ||
          !llvm::all_of(Op->getUsers(), [](Operation *User) {
            return getKind(User) == OpKind::Pointwise;
          }))
        continue;
      moveTo(Op, *Consumer);
    }
  }
}

/// Collects the ops of `Home` that compute `Op` from what is in memory anyway,
/// or is a number a row, in their order; `Large` are the tensors of full size
/// that they read. Fails if that takes an op that is not cheap.
bool Grouping::collectRepeated(Operation *Op, const OpGroup &Home,
                               SmallVectorImpl<Operation *> &Chain,
                               llvm::SmallPtrSetImpl<void *> &Large) {
  if (llvm::is_contained(Chain, Op))
    return true;
  auto IsInside = [&](Operation *Other) {
    return Other && llvm::is_contained(Home.Ops, Other);
  };
  for (Value V : Op->getOperands()) {
    Operation *Defining = V.getDefiningOp();
    if (isa_and_nonnull<ConstantOp>(Defining))
      continue;
    bool IsLarge = strip(getShape(V)) == Home.Domain;
    bool InMemory =
        !IsInside(Defining) ||
        llvm::any_of(V.getUsers(), [&](Operation *U) { return !IsInside(U); });
    if (!IsLarge || (InMemory && !isa_and_nonnull<BroadcastOp>(Defining))) {
      if (IsLarge)
        Large.insert(V.getAsOpaquePointer());
      continue;
    }
    bool Cheap = isa<BroadcastOp>(Defining) ||
                 (Defining->hasTrait<OpTrait::Elementwise>() &&
                  !isExpensiveToRepeat(Defining));
    if (!Cheap || !IsInside(Defining) ||
        !collectRepeated(Defining, Home, Chain, Large))
      return false;
  }
  Chain.push_back(Op);
  return Chain.size() <= 2 * MaxChain &&
         llvm::count_if(Chain, [](Operation *Member) {
           return !isa<BroadcastOp>(Member);
         }) <= static_cast<long>(MaxChain);
}

/// Computes cheap values again in the groups that need them, from a tensor that
/// is in memory anyway: the centred and scaled rows of a normalization in its
/// backward pass, from the rows and their statistics.
void Grouping::repeatCheapOps() {
  for (unsigned Index = 0; Index != Groups.size(); ++Index) {
    if (Groups[Index].Solo || Groups[Index].Ops.empty())
      continue;
    FusionGroup Ops = Groups[Index].Ops;
    llvm::sort(
        Ops, [](Operation *X, Operation *Y) { return Y->isBeforeInBlock(X); });
    for (Operation *Op : Ops) {
      if (!Op->hasTrait<OpTrait::Elementwise>() || isExpensiveToRepeat(Op) ||
          strip(getShape(Op->getResult(0))) != Groups[Index].Domain)
        continue;
      llvm::MapVector<unsigned, SmallVector<Operation *>> Users;
      bool Possible = true;
      for (Operation *User : Op->getUsers()) {
        auto Group = getGroup(User);
        if (Group == Index)
          continue;
        Possible &= Group && !Groups[*Group].Solo &&
                    !isa<EinsumOp, UpdateSliceOp>(User) &&
                    getKind(User) != OpKind::Solo;
        if (Possible)
          Users[*Group].push_back(User);
      }
      SmallVector<Operation *> Chain;
      llvm::SmallPtrSet<void *, 4> Large;
      if (!Possible || Users.empty() ||
          !collectRepeated(Op, Groups[Index], Chain, Large) || Large.size() > 1)
        continue;
      // One tensor less to write; each user reads one for another, or none.
      double Bytes = getTensorBytes(Op->getResult(0).getType());
      double Flops = 0;
      for (Operation *Member : Chain)
        Flops += cast<Cost>(Member).getCost().Flops;
      if (Flops * Users.size() >= Bytes * FlopsPerByte)
        continue;
      for (auto &[Group, InGroup] : Users) {
        Operation *First = InGroup.front();
        for (Operation *User : InGroup)
          if (User->isBeforeInBlock(First))
            First = User;
        OpBuilder B(First);
        IRMapping Map;
        for (Operation *Member : Chain) {
          Operation *Clone = B.clone(*Member, Map);
          GroupOf[Clone] = Group;
          Groups[Group].Ops.push_back(Clone);
        }
        for (Operation *User : InGroup)
          User->replaceUsesOfWith(Op->getResult(0),
                                  Map.lookup(Op->getResult(0)));
      }
    }
    // What only the others needed is dead now.
    for (Operation *Op : Ops)
      if (isOpTriviallyDead(Op)) {
        llvm::erase(Groups[Index].Ops, Op);
        GroupOf.erase(Op);
        Notes.erase(Op);
        Op->erase();
      }
  }
}

/// Whether the values that a group replaces parts of, and where, are those of
/// others.
static bool givesPartsOnly(const OpGroup &P, const OpGroup &C) {
  return llvm::all_of(C.Ops, [&](Operation *Op) {
    auto Update = dyn_cast<UpdateSliceOp>(Op);
    return !Update ||
           (!llvm::is_contained(P.Ops, Update.getInput().getDefiningOp()) &&
            !llvm::is_contained(P.Ops, Update.getOffset().getDefiningOp()));
  });
}

bool Grouping::canMerge(const OpGroup &P, unsigned ProducerIndex,
                        const OpGroup &C, unsigned ConsumerIndex) {
  if (P.Solo || C.Solo || P.Column || P.Update || (C.Late && !P.Late))
    return false;
  if (C.Update && !givesPartsOnly(P, C))
    return false;
  if ((P.Einsum || C.Einsum) && !canMergeEinsum(P, C))
    return false;
  // The ops of the consumer that use the producer.
  SmallVector<Operation *> Users;
  for (Operation *Op : P.Ops)
    for (Operation *User : Op->getUsers())
      if (GroupOf.count(User) && find(GroupOf[User]) == ConsumerIndex)
        Users.push_back(User);
  bool SameIndex = llvm::all_of(Users, [](Operation *User) {
    return isa<UpdateSliceOp>(User) || getKind(User) != OpKind::Movement;
  });
  if (P.Space || P.Rows)
    return SameIndex && !C.Column && P.Domain == C.Domain &&
           (!C.Space || !P.Space || *C.Space == *P.Space) &&
           (!C.Rows || !P.Rows || *C.Rows == *P.Rows) &&
           (!P.Space || llvm::all_of(Users, [](Operation *User) {
             return !isa<BroadcastOp, CrossEntropyGradOp>(User);
           }));
  bool Spread = llvm::any_of(Users, [](Operation *User) {
    return isa<BroadcastOp, GatherOp, ConcatOp, PadOp, CrossEntropyGradOp>(
        User);
  });
  if (P.Domain == C.Domain && SameIndex && !Spread)
    return true;
  // Numbers of a row, computed once in each.
  if (C.Rows && *C.Rows == P.Domain && !C.Column && SameIndex)
    return true;
  // Computed where it is used, perhaps more than once.
  bool Cheap = llvm::none_of(P.Ops, isExpensiveToRepeat);
  bool Larger = countElements(P.Domain) > countElements(C.Domain);
  return Cheap && !Larger;
}

/// Merges groups that only one other group needs into that. No path from the
/// one to the other can lead through a third. Without `Einsums` those of
/// contractions stay as they are.
void Grouping::mergeIntoConsumers(bool Einsums) {
  std::vector<unsigned> Order;
  for (unsigned Index = 0; Index != Groups.size(); ++Index)
    Order.push_back(Index);
  llvm::sort(Order, [&](unsigned X, unsigned Y) {
    return Groups[X].Level != Groups[Y].Level
               ? Groups[X].Level > Groups[Y].Level
               : X < Y;
  });
  for (unsigned Index : Order) {
    if (Groups[Index].Ops.empty())
      continue;
    std::optional<unsigned> Consumer;
    bool Single = true;
    for (Operation *Op : Groups[Index].Ops) {
      for (Operation *User : Op->getUsers()) {
        auto Found = GroupOf.find(User);
        if (Found == GroupOf.end()) {
          Single = false;
          continue;
        }
        unsigned UserGroup = find(Found->second);
        if (UserGroup == Index)
          continue;
        Single &= !Consumer || *Consumer == UserGroup;
        Consumer = UserGroup;
      }
    }
    if (!Single || !Consumer)
      continue;
    OpGroup &P = Groups[Index], &C = Groups[*Consumer];
    // Views behind a kernel are no part of it (nor is their shape its own).
    if (llvm::all_of(C.Ops, [](Operation *Op) { return isa<ReshapeOp>(Op); }))
      continue;
    if ((!Einsums && (P.Einsum || C.Einsum)) ||
        !canMerge(P, Index, C, *Consumer))
      continue;
    merge(Index, *Consumer);
  }
}

/// Sums over rows of the same tensors in one pass over them.
void Grouping::mergeColumns() {
  DenseMap<std::pair<Value, unsigned>, SmallVector<unsigned>> Known;
  for (unsigned Index = 0; Index != Groups.size(); ++Index) {
    OpGroup &G = Groups[Index];
    if (G.Ops.empty() || !G.Column || G.Solo)
      continue;
    std::optional<unsigned> Into;
    for (Operation *Op : G.Ops)
      for (Value V : Op->getOperands())
        for (unsigned Other : Known[{V, G.Level}])
          if (Groups[Other].Space == G.Space && !Into)
            Into = Other;
    if (Into)
      merge(Index, *Into);
    else
      for (Operation *Op : G.Ops)
        for (Value V : Op->getOperands())
          if (strip(getShape(V)) == G.Domain)
            Known[{V, G.Level}].push_back(Index);
  }
}

/// Parts of one shape that are there at about the same time, as keys and values
/// are, in one kernel.
void Grouping::mergeUpdates() {
  std::optional<unsigned> Last;
  for (unsigned Index = 0; Index != Groups.size(); ++Index) {
    if (Groups[Index].Ops.empty() || !Groups[Index].Update)
      continue;
    std::optional<unsigned> Other = std::exchange(Last, Index);
    if (!Other)
      continue;
    OpGroup &G = Groups[Index], &H = Groups[*Other];
    unsigned Level = std::max(G.Level, H.Level);
    if (G.Domain != H.Domain || G.Late != H.Late ||
        Level > MaxDistance + std::min(G.Level, H.Level) ||
        (G.Space && H.Space && *G.Space != *H.Space) ||
        (G.Rows && H.Rows && *G.Rows != *H.Rows) || dependsOn(Index, *Other) ||
        dependsOn(*Other, Index) || !raise(Index, Level) ||
        !raise(*Other, Level))
      continue;
    merge(*Other, Index);
  }
}

} // namespace stator
