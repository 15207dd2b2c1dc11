//===- FormKernelsEpilogues.cpp - What runs behind a contraction ----------===//
//
// The result of a contraction is in cache when a block of it is done; ops that
// go element by element are best done there and then. They join its group as
// they come. What the next kernel can compute as well with less traffic is then
// given to that.
//
//===----------------------------------------------------------------------===//

#include "ir/KernelInterface.h"
#include "passes/FormKernelsGrouping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace stator {

/// How many levels of the schedule a contraction may wait for an operand of its
/// epilogue. Its own operands stay in memory that long.
static constexpr unsigned MaxDelay = 4;

OpCost getKernelCost(ArrayRef<Operation *> Ops) {
  llvm::SmallDenseSet<Operation *> Inside(Ops.begin(), Ops.end());
  llvm::SmallDenseSet<Value> Read;
  OpCost Total;
  auto GetBytes = [](Value V) {
    auto Type = cast<RankedTensorType>(V.getType());
    return static_cast<double>(Type.getNumElements()) *
           ((Type.getElementTypeBitWidth() + 7) / 8);
  };
  for (Operation *Op : Ops) {
    if (auto Priced = dyn_cast<Cost>(Op))
      Total.Flops += Priced.getCost().Flops;
    for (Value V : Op->getOperands()) {
      Operation *Defining = V.getDefiningOp();
      if (isa_and_nonnull<ConstantOp>(Defining) || Inside.contains(Defining))
        continue;
      if (Read.insert(V).second)
        Total.BytesRead += GetBytes(V);
    }
    for (Value V : Op->getResults())
      if (llvm::any_of(V.getUsers(),
                       [&](Operation *User) { return !Inside.contains(User); }))
        Total.BytesWritten += GetBytes(V);
  }
  return Total;
}

static double getTraffic(ArrayRef<Operation *> Ops) {
  OpCost Cost = getKernelCost(Ops);
  return Cost.BytesRead + Cost.BytesWritten;
}

bool Grouping::dependsOn(unsigned Group, unsigned On) {
  llvm::SmallSet<unsigned, 16> Seen;
  SmallVector<unsigned> Work{Group};
  while (!Work.empty()) {
    for (Operation *Op : Groups[Work.pop_back_val()].Ops)
      for (Value V : getInputs(Op)) {
        Operation *Defining = V.getDefiningOp();
        if (!Defining)
          continue;
        auto Producer = getProducer(V);
        if (Producer == On)
          return true;
        // What has a level as low as that cannot need it.
        if (!Producer) {
          if (ScheduleLevel.lookup(Defining) > Groups[On].Level)
            return true;
        } else if (Groups[*Producer].Level > Groups[On].Level &&
                   Seen.insert(*Producer).second) {
          Work.push_back(*Producer);
        }
      }
  }
  return false;
}

/// Gives a group a higher level, and so all that need it, unless a loop does.
bool Grouping::raise(unsigned Index, unsigned Level) {
  llvm::MapVector<unsigned, unsigned> Raised;
  SmallVector<std::pair<unsigned, unsigned>> Work{{Index, Level}};
  while (!Work.empty()) {
    auto [Group, NewLevel] = Work.pop_back_val();
    if (Groups[Group].Level >= NewLevel || Raised.lookup(Group) >= NewLevel)
      continue;
    Raised[Group] = NewLevel;
    for (Operation *Op : Groups[Group].Ops)
      for (Operation *User : Op->getUsers()) {
        Operation *Outer = Body.findAncestorOpInBlock(*User);
        // Caches are written when all is done.
        if (Groups[Group].Update && isa<WriteOp, ReturnOp>(User))
          continue;
        if (ScheduleLevel.count(Outer))
          return false;
        auto UserGroup = getGroup(Outer);
        if (UserGroup && *UserGroup != Group)
          Work.push_back({*UserGroup, NewLevel + 1});
      }
  }
  for (auto [Group, NewLevel] : Raised)
    Groups[Group].Level = NewLevel;
  return true;
}

/// Whether the op adds the contraction to a tensor that nobody else needs, in
/// whose memory the sum can grow.
static bool isAccumulation(Operation *Op, EinsumOp Einsum) {
  auto Add = dyn_cast<AddOp>(Op);
  if (!Add || !Einsum->hasOneUse())
    return false;
  Value Other =
      Add.getLhs() == Einsum.getResult() ? Add.getRhs() : Add.getLhs();
  return *Einsum->user_begin() == Op && Other.hasOneUse() &&
         !Other.getDefiningOp<ConstantOp>();
}

/// Whether what an op needs besides the contraction is there before it.
static bool hasOthersBefore(Operation *Op, EinsumOp Einsum) {
  return llvm::all_of(Op->getOperands(), [&](Value V) {
    Operation *Defining = V.getDefiningOp();
    return !Defining || Defining == Einsum || Defining->isBeforeInBlock(Einsum);
  });
}

/// Adds an op to the group of a contraction that it uses.
bool Grouping::joinEinsum(unsigned Index, Operation *Op) {
  OpGroup &G = Groups[Index];
  auto Refuse = [&](const char *Reason) {
    Notes[Op] = std::string("not fused into the matmul: ") + Reason;
    return false;
  };
  if (!canFollowEinsum(Op)) {
    if (getKind(Op) == OpKind::Solo)
      return false;
    return Refuse(getKind(Op) == OpKind::RowReduce
                      ? "it sums over elements of several blocks"
                      : "it moves elements");
  }
  if (countElements(getShape(Op->getResult(0))) != countElements(G.Domain))
    return Refuse("it has another size");

  unsigned Level = G.Level;
  SmallVector<unsigned> Beside;
  for (Value V : Op->getOperands()) {
    Operation *Defining = V.getDefiningOp();
    if (!Defining || isa<ConstantOp>(Defining))
      continue;
    if (auto Producer = getProducer(V)) {
      const OpGroup &Other = Groups[*Producer];
      if (*Producer == Index || Other.Level < G.Level)
        continue;
      if (Other.Level == G.Level && !Other.Solo && !Other.Column &&
          !Other.Einsum && !Other.Space && !Other.Rows &&
          Other.Late == G.Late && Other.Domain == G.Domain) {
        if (!llvm::is_contained(Beside, *Producer))
          Beside.push_back(*Producer);
        continue;
      }
      if (dependsOn(*Producer, Index))
        return Refuse("another of its operands needs the product");
      Level = std::max(Level, Other.Level + 1);
    } else if (unsigned Given = ScheduleLevel.lookup(Defining);
               Given >= G.Level) {
      if (!isa<ReadOp, InfoOp>(Defining))
        return Refuse("another of its operands comes from a loop");
      Level = std::max(Level, Given + 1);
    }
  }
  // Levels count what depends on what. A sum of many products has many, but in
  // the order of the block none of them waits for the sum so far.
  const bool Waits =
      !isAccumulation(Op, G.Einsum) || !hasOthersBefore(Op, G.Einsum);
  if (Level > G.EinsumLevel + MaxDelay && Waits)
    return Refuse("another of its operands comes much later");
  if (Level > G.Level && !raise(Index, Level))
    return Refuse("a loop needs the product");
  G.Ops.push_back(Op);
  GroupOf[Op] = Index;
  for (unsigned Other : Beside)
    merge(Other, Index);
  return true;
}

/// Whether the ops of a kernel, `Einsum` among them, can run block by block.
bool Grouping::isEpilogue(ArrayRef<Operation *> Ops, EinsumOp Einsum) {
  llvm::SmallDenseSet<Operation *> Inside(Ops.begin(), Ops.end());
  const int64_t Size = countElements(getShape(Einsum.getResult()));
  for (Value V : Einsum->getOperands())
    if (Inside.contains(V.getDefiningOp()))
      return false;
  // What comes of the sums.
  SmallVector<Operation *> Work{Einsum};
  llvm::SmallDenseSet<Operation *> After;
  while (!Work.empty())
    for (Operation *User : Work.pop_back_val()->getUsers()) {
      if (!Inside.contains(User) || !After.insert(User).second)
        continue;
      if (!canFollowEinsum(User))
        return false;
      Work.push_back(User);
    }
  for (Operation *Op : Ops) {
    if (Op == Einsum)
      continue;
    if (getKind(Op) == OpKind::Solo || getKind(Op) == OpKind::RowReduce)
      return false;
    bool Leaves = llvm::any_of(Op->getUsers(), [&](Operation *User) {
      return !Inside.contains(User);
    });
    if ((Leaves || After.contains(Op)) &&
        countElements(getShape(Op->getResult(0))) != Size)
      return false;
  }
  return true;
}

/// The last test of a merge with the group of a contraction.
bool Grouping::canMergeEinsum(const OpGroup &P, const OpGroup &C) {
  if (P.Einsum && C.Einsum)
    return false;
  for (const OpGroup *G : {&P, &C})
    if (G->Space || G->Rows || G->Column || G->Solo)
      return false;
  if (P.Einsum && C.Level > P.EinsumLevel + MaxDelay)
    return false;
  FusionGroup All = P.Ops;
  llvm::append_range(All, C.Ops);
  return isEpilogue(All, P.Einsum ? P.Einsum : C.Einsum);
}

/// Whether no more bytes are moved with some ops in another group.
static bool areBetterIn(ArrayRef<Operation *> Ops, const OpGroup &Home,
                        const OpGroup &Other) {
  FusionGroup Left, Right = Other.Ops;
  llvm::copy_if(Home.Ops, std::back_inserter(Left), [&](Operation *Member) {
    return !llvm::is_contained(Ops, Member);
  });
  Right.append(Ops.begin(), Ops.end());
  return getTraffic(Left) + getTraffic(Right) <=
         getTraffic(Home.Ops) + getTraffic(Other.Ops);
}

/// The op and all others of the group that nothing but these needs.
static FusionGroup collectExclusive(Operation *Op, const OpGroup &Home) {
  FusionGroup Found{Op};
  for (size_t I = 0; I != Found.size(); ++I)
    for (Value V : Found[I]->getOperands()) {
      Operation *Defining = V.getDefiningOp();
      if (Defining && !isa<EinsumOp>(Defining) &&
          llvm::is_contained(Home.Ops, Defining) &&
          !llvm::is_contained(Found, Defining) &&
          llvm::all_of(Defining->getUsers(), [&](Operation *User) {
            return llvm::is_contained(Found, User);
          }))
        Found.push_back(Defining);
    }
  return Found;
}

/// Moves ops from behind contractions to the kernels that need them, where that
/// is no more traffic: alone, or with all that only they need.
void Grouping::returnToConsumers() {
  for (unsigned Index = 0; Index != Groups.size(); ++Index) {
    if (!Groups[Index].Einsum || Groups[Index].Ops.size() == 1)
      continue;
    FusionGroup Ops = Groups[Index].Ops;
    llvm::sort(
        Ops, [](Operation *X, Operation *Y) { return Y->isBeforeInBlock(X); });
    for (Operation *Op : Ops) {
      if (isa<EinsumOp>(Op) || getGroup(Op) != Index ||
          isAccumulation(Op, Groups[Index].Einsum))
        continue;
      std::optional<unsigned> Consumer = getOnlyConsumer(Op);
      if (!Consumer)
        continue;
      const OpGroup &Home = Groups[Index], &Other = Groups[*Consumer];
      auto Fits = [&](Operation *Moved) {
        return getKind(Moved) == OpKind::Pointwise &&
               strip(getShape(Moved->getResult(0))) == Other.Domain;
      };
      if (Other.Solo || Other.Column || Other.Level <= Home.Level ||
          !llvm::all_of(Op->getUsers(), [](Operation *User) {
            return !isa<EinsumOp, BroadcastOp>(User) &&
                   getKind(User) != OpKind::Movement;
          }))
        continue;
      for (const FusionGroup &Moved :
           {FusionGroup{Op}, collectExclusive(Op, Home)}) {
        if (!llvm::all_of(Moved, Fits) || !areBetterIn(Moved, Home, Other))
          continue;
        for (Operation *Member : Moved) {
          moveTo(Member, *Consumer);
          Notes[Member] = "not fused into the matmul: the kernel that needs it "
                          "moves no more bytes with it";
        }
        break;
      }
    }
  }
}

/// The sums of a contraction need the memory of a result. Ops that leave none
/// for them become a kernel of their own.
void Grouping::splitWithoutRoom() {
  for (unsigned Index = 0, End = Groups.size(); Index != End; ++Index) {
    EinsumOp Einsum = Groups[Index].Einsum;
    FusionGroup Ops = Groups[Index].Ops;
    if (!Einsum || Ops.size() <= 1)
      continue;
    bool HasRoom = llvm::any_of(Ops, [&](Operation *Op) {
      return hasRoomForSums(Op->getResult(0), Einsum) &&
             llvm::any_of(Op->getUsers(), [&](Operation *User) {
               return getGroup(User) != Index;
             });
    });
    if (HasRoom)
      continue;
    OpGroup Rest;
    Rest.Level = Groups[Index].Level;
    Rest.Domain = Groups[Index].Domain;
    Groups.push_back(std::move(Rest));
    Parent.push_back(Groups.size() - 1);
    for (Operation *Op : Ops)
      if (Op != Einsum)
        moveTo(Op, Groups.size() - 1);
    Notes[Einsum] =
        "nothing fused into the matmul: no result of the kernel has "
        "room for its sums";
  }
}

/// Whether the op gives the kernel of its group a result that the lowering has
/// no loop for: `isResultOfDomain`, and behind a contraction one of its size.
bool Grouping::hasResultOfOtherSize(Operation *Op, unsigned Index) {
  const OpGroup &G = Groups[Index];
  auto Leaves = [&](Operation *Member) {
    return llvm::any_of(Member->getUsers(), [&](Operation *User) {
      return getGroup(User) != Index;
    });
  };
  if (!Leaves(Op))
    return false;
  auto GetCount = [](Value V) { return countElements(getShape(V)); };
  int64_t Count = GetCount(Op->getResult(0));
  if (G.Einsum)
    return Count != GetCount(EinsumOp(G.Einsum).getResult());
  // As the lowering chooses it: the space of the reductions or, without any,
  // the largest result.
  ArrayRef<int64_t> Domain;
  int64_t RowSize = 1;
  for (Operation *Member : G.Ops)
    if (auto Space = getReduceSpace(Member)) {
      Domain = getShape(Member->getOperand(0));
      RowSize = 1;
      for (int64_t Axis : Space->Axes)
        RowSize *= Domain[Axis];
      return !isResultOfDomain(Count, countElements(Domain), RowSize);
    }
  for (Operation *Member : G.Ops)
    for (Value Result : Member->getResults())
      if (Leaves(Member) &&
          (Domain.empty() || GetCount(Result) > countElements(Domain)))
        Domain = getShape(Result);
  if (!Domain.empty())
    RowSize = Domain.back();
  return !isResultOfDomain(Count, countElements(Domain), RowSize);
}

/// Ops come and go while groups grow, and with them what others still need of a
/// group. A result of a size that the kernel does not run over is computed in a
/// kernel of its own, and so is what it is computed from.
void Grouping::evictOtherSizes() {
  for (unsigned Index = 0, End = Groups.size(); Index != End; ++Index) {
    if (Groups[Index].Solo || Groups[Index].Update ||
        Groups[Index].Ops.size() <= 1)
      continue;
    llvm::SetVector<Operation *> Evicted;
    for (Operation *Op : Groups[Index].Ops)
      if (hasResultOfOtherSize(Op, Index))
        Evicted.insert(Op);
    for (size_t I = 0; I != Evicted.size(); ++I)
      for (Value V : Evicted[I]->getOperands())
        if (getProducer(V) == Index)
          Evicted.insert(V.getDefiningOp());
    for (Operation *Op : Evicted) {
      OpGroup Alone;
      Alone.Level = Groups[Index].Level;
      Alone.Domain = strip(getShape(Op->getResult(0)));
      Groups.push_back(std::move(Alone));
      Parent.push_back(Groups.size() - 1);
      moveTo(Op, Groups.size() - 1);
    }
  }
}

void Grouping::noteEpilogues() {
  for (OpGroup &G : Groups) {
    if (!G.Einsum || G.Ops.size() <= 1)
      continue;
    SmallVector<Operation *> Rest;
    llvm::SetVector<StringRef> Names;
    for (Operation *Op : G.Ops) {
      if (Op == G.Einsum)
        continue;
      Rest.push_back(Op);
      Notes.erase(Op);
      if (!isa<BroadcastOp, ReshapeOp>(Op))
        Names.insert(Op->getName().stripDialect());
    }
    if (Names.empty())
      continue;
    Operation *Einsum = G.Einsum;
    double Saved = getTraffic(Einsum) + getTraffic(Rest) - getTraffic(G.Ops);
    Notes[Einsum] =
        llvm::formatv("fused into the matmul: {0}, which saves {1} "
                      "bytes of traffic",
                      llvm::join(Names, ", "), static_cast<int64_t>(Saved));
  }
}

} // namespace stator
