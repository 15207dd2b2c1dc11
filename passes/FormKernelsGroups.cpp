//===- FormKernelsGroups.cpp - Which ops run in one kernel ----------------===//

#include "ir/KernelInterface.h"
#include "passes/FormKernelsGrouping.h"
#include "passes/Recompute.h"
#include "passes/Views.h"

using namespace mlir;

namespace stator {

ArrayRef<int64_t> getShape(Value V) {
  return cast<RankedTensorType>(V.getType()).getShape();
}

GroupShape strip(ArrayRef<int64_t> Sizes) {
  GroupShape Result;
  llvm::copy_if(Sizes, std::back_inserter(Result),
                [](int64_t Size) { return Size != 1; });
  return Result;
}

int64_t countElements(ArrayRef<int64_t> Sizes) {
  int64_t Count = 1;
  for (int64_t Size : Sizes)
    Count *= Size;
  return Count;
}

GroupShape ReduceSpace::getRows() const {
  GroupShape Rows;
  for (auto [Dim, Size] : llvm::enumerate(Input))
    if (!llvm::is_contained(Axes, static_cast<int64_t>(Dim)))
      Rows.push_back(Size);
  return strip(Rows);
}

static bool isTrailing(const ReduceSpace &Space) {
  int64_t First = Space.Input.size() - Space.Axes.size();
  return llvm::all_of(Space.Axes, [&](int64_t Axis) { return Axis >= First; });
}

std::optional<ReduceSpace> getReduceSpace(Operation *Op) {
  auto Make = [](Value Input, ArrayRef<int64_t> Axes) {
    ReduceSpace Space;
    Space.Input.assign(getShape(Input).begin(), getShape(Input).end());
    Space.Axes.assign(Axes.begin(), Axes.end());
    llvm::sort(Space.Axes);
    return Space;
  };
  if (auto Reduce = dyn_cast<ReduceOp>(Op))
    return Make(Reduce.getInput(), Reduce.getAxes());
  if (auto Softmax = dyn_cast<SoftmaxOp>(Op))
    return Make(Softmax.getInput(), static_cast<int64_t>(Softmax.getAxis()));
  if (auto Loss = dyn_cast<CrossEntropyOp>(Op)) {
    int64_t Rank = getShape(Loss.getLogits()).size();
    return Make(Loss.getLogits(), Rank - 1);
  }
  return std::nullopt;
}

/// Whether the op passes over its rows several times: the maximum, the sum.
static bool isComposite(Operation *Op) {
  auto Reduce = dyn_cast<ReduceOp>(Op);
  return !Reduce || Reduce.getKind() == ReduceKind::LogSumExp;
}

static bool isColumnReduce(Operation *Op) {
  auto Space = getReduceSpace(Op);
  return Space && !isTrailing(*Space);
}

OpKind getKind(Operation *Op) {
  if (Op->hasTrait<OpTrait::Elementwise>() ||
      isa<BroadcastOp, IotaOp, DropoutOp, CausalMaskOp, CrossEntropyGradOp,
          ClipScaleOp, LearningRateOp, DequantizeOp>(Op))
    return OpKind::Pointwise;
  if (auto Reshape = dyn_cast<ReshapeOp>(Op))
    return strip(getShape(Reshape.getInput())) ==
                   strip(getShape(Reshape.getResult()))
               ? OpKind::Pointwise
               : OpKind::Movement;
  if (isa<TransposeOp, SliceOp, DynamicSliceOp, UpdateSliceOp, PadOp, ConcatOp,
          GatherOp>(Op))
    return OpKind::Movement;
  if (auto Space = getReduceSpace(Op))
    return isTrailing(*Space) ? OpKind::RowReduce : OpKind::Solo;
  return OpKind::Solo;
}

std::optional<unsigned> Grouping::getGroup(Operation *Op) {
  auto Found = GroupOf.find(Op);
  if (Found == GroupOf.end())
    return std::nullopt;
  return find(Found->second);
}

std::optional<unsigned> Grouping::getProducer(Value V) {
  Operation *Op = V.getDefiningOp();
  return Op ? getGroup(Op) : std::nullopt;
}

std::optional<unsigned> Grouping::getOnlyConsumer(Operation *Op) {
  std::optional<unsigned> Consumer;
  std::optional<unsigned> Own = getGroup(Op);
  for (Operation *User : Op->getUsers()) {
    std::optional<unsigned> Group = getGroup(User);
    if (!Group || Group == Own || (Consumer && Consumer != Group))
      return std::nullopt;
    Consumer = Group;
  }
  return Consumer;
}

void Grouping::moveTo(Operation *Op, unsigned Group) {
  if (auto Home = getGroup(Op))
    llvm::erase(Groups[*Home].Ops, Op);
  GroupOf[Op] = Group;
  Groups[Group].Ops.push_back(Op);
}

/// Operands, and for a loop what its body takes from outside.
SmallVector<Value> Grouping::getInputs(Operation *Op) {
  SmallVector<Value> Inputs(Op->getOperands());
  for (Region &Region : Op->getRegions())
    Region.walk([&](Operation *Inner) {
      for (Value V : Inner->getOperands())
        if (V.getParentBlock() == &Body)
          Inputs.push_back(V);
    });
  return Inputs;
}

unsigned Grouping::getLevel(Operation *Op) {
  unsigned Level = 0;
  for (Value V : getInputs(Op)) {
    if (auto Producer = getProducer(V))
      Level = std::max(Level, Groups[*Producer].Level + 1);
    else if (Operation *Defining = V.getDefiningOp())
      Level = std::max(Level, ScheduleLevel.lookup(Defining) + 1);
  }
  return Level;
}

/// Ops whose results nobody but sums over the same rows needs are computed
/// where they are summed.
void Grouping::assignFeeders() {
  for (Operation &Op : llvm::reverse(Body)) {
    if (staysInSchedule(&Op) || getKind(&Op) != OpKind::Pointwise ||
        isExpensiveToRepeat(&Op) || Op.use_empty())
      continue;
    Operation *Sum = nullptr;
    bool Feeds = true;
    for (Operation *User : Op.getUsers()) {
      Operation *Target = isColumnReduce(User) ? User : FeederOf.lookup(User);
      if (!Target || (Sum && Target != Sum)) {
        Feeds = false;
        break;
      }
      Sum = Target;
    }
    if (Feeds &&
        strip(getShape(Op.getResult(0))) == strip(getReduceSpace(Sum)->Input))
      FeederOf[&Op] = Sum;
  }
}

unsigned Grouping::createGroup(Operation *Op) {
  OpGroup G;
  G.Ops.push_back(Op);
  G.Level = getLevel(Op);
  if (Op->getNumResults() > 0)
    G.Domain = strip(getShape(Op->getResult(0)));
  if (Options.Fuse && Options.Epilogues)
    G.Einsum = dyn_cast<EinsumOp>(Op);
  G.EinsumLevel = G.Level;
  G.Late = Op->hasAttr(RecomputedAttrName);
  G.Solo = getKind(Op) == OpKind::Solo && !G.Einsum;
  if (auto Update = dyn_cast<UpdateSliceOp>(Op)) {
    G.Domain = strip(getShape(Update.getPart()));
    G.Update = true;
  }
  if (auto Space = getReduceSpace(Op)) {
    G.Domain = strip(Space->Input);
    G.Rows = Space->getRows();
    G.Space = Space;
    G.Column = !isTrailing(*Space);
    // A softmax over another dimension than the last is a kernel of its own.
    G.Solo = G.Column && isComposite(Op);
  }
  Groups.push_back(std::move(G));
  Parent.push_back(Groups.size() - 1);
  return GroupOf[Op] = Groups.size() - 1;
}

/// Whether `Dims` are all dimensions of `Sizes` but the last.
static bool isAllButLast(ArrayRef<int64_t> Dims, ArrayRef<int64_t> Sizes) {
  if (Dims.size() + 1 != Sizes.size())
    return false;
  for (auto [I, Dim] : llvm::enumerate(Dims))
    if (Dim != static_cast<int64_t>(I))
      return false;
  return true;
}

/// Adds an op to a group that produces some of its operands, if the lowering
/// can compute it there.
bool Grouping::join(OpGroup &G, unsigned Index, Operation *Op) {
  OpKind Kind = getKind(Op);
  if (G.Solo || G.Update || Kind == OpKind::Solo || Kind == OpKind::Movement)
    return false;
  auto IsInside = [&](Value V) { return getProducer(V) == Index; };

  if (Kind == OpKind::RowReduce) {
    ReduceSpace Space = *getReduceSpace(Op);
    if (G.Column || strip(Space.Input) != G.Domain)
      return false;
    if (G.Space ? *G.Space != Space : G.Rows && *G.Rows != Space.getRows())
      return false;
    // What else the op takes must be one number a row or from outside.
    if (auto Loss = dyn_cast<CrossEntropyOp>(Op))
      if (IsInside(Loss.getTargets()))
        return false;
    if (strip(getShape(Op->getOperand(0))) != G.Domain)
      return false;
    G.Space = Space;
    G.Rows = Space.getRows();
  } else {
    ArrayRef<int64_t> Result = getShape(Op->getResult(0));
    GroupShape Stripped = strip(Result);
    bool Full = Stripped == G.Domain;
    bool Row = G.Rows && Stripped == *G.Rows;
    SmallVector<int64_t> SpreadDims;
    bool Spreads = false;
    if (auto Broadcast = dyn_cast<BroadcastOp>(Op)) {
      Spreads = true;
      SpreadDims.assign(Broadcast.getDimensions().begin(),
                        Broadcast.getDimensions().end());
    } else if (isa<CrossEntropyGradOp>(Op) &&
               llvm::any_of(llvm::drop_begin(Op->getOperands()), IsInside)) {
      Spreads = true;
      for (size_t Dim = 0; Dim + 1 < Result.size(); ++Dim)
        SpreadDims.push_back(Dim);
    }
    if (Spreads) {
      // Numbers of a row along the row. The first spread of a group may be
      // what says how long its rows are.
      if (G.Column)
        return false;
      Value Source = isa<BroadcastOp>(Op) ? Op->getOperand(0) : Value();
      if (G.Space) {
        if (!Full || ArrayRef(G.Space->Input) != Result)
          return false;
        GroupShape Dims;
        for (int64_t Dim = 0; Dim != static_cast<int64_t>(Result.size()); ++Dim)
          if (!llvm::is_contained(G.Space->Axes, Dim))
            Dims.push_back(Dim);
        if (ArrayRef(Dims) != ArrayRef(SpreadDims))
          return false;
      } else {
        if (!isAllButLast(SpreadDims, Result))
          return false;
        GroupShape RowShape = strip(Result.drop_back());
        if (G.Rows ? (*G.Rows != RowShape || !Full)
                   : (Full || G.Domain != RowShape || !Source))
          return false;
        G.Rows = RowShape;
        G.Domain = Stripped;
      }
    } else if (G.Column ? !(Row && !Full) : !(Full || Row)) {
      return false;
    } else if (Row && !Full) {
      // Only what is one number a row can be asked for by row.
      for (Value V : Op->getOperands())
        if (IsInside(V) && strip(getShape(V)) != *G.Rows)
          return false;
    }
  }
  G.Ops.push_back(Op);
  GroupOf[Op] = Index;
  return true;
}

/// Whether two groups that do not depend on each other can be one.
bool Grouping::fitsBeside(const OpGroup &Other, const OpGroup &G) {
  if (Other.Solo || Other.Column || Other.Update || Other.Einsum || G.Solo ||
      G.Column || Other.Late != G.Late)
    return false;
  if (Other.Domain != G.Domain)
    return G.Rows && *G.Rows == Other.Domain && !Other.Rows;
  return !(Other.Space && G.Space && *Other.Space != *G.Space) &&
         !(Other.Rows && G.Rows && *Other.Rows != *G.Rows);
}

void Grouping::visit(Operation *Op) {
  if (!Options.Fuse) {
    createGroup(Op);
    return;
  }
  // What is added to a contraction can be in its memory only if nothing is done
  // to the sums before.
  auto Adds = [&](unsigned Index) {
    return isa<AddOp>(Op) && Groups[Index].Einsum &&
           Groups[Index].Ops.size() == 1;
  };
  auto Before = [&](unsigned X, unsigned Y) {
    return std::pair(Adds(X), Groups[X].Level) >
           std::pair(Adds(Y), Groups[Y].Level);
  };
  // Equal ones stay in the order of the operands.
  SmallVector<unsigned> Producers;
  for (Value V : Op->getOperands())
    if (auto Producer = getProducer(V))
      if (!llvm::is_contained(Producers, *Producer))
        Producers.insert(llvm::upper_bound(Producers, *Producer, Before),
                         *Producer);
  for (unsigned Index : Producers) {
    // All other operands must be there before the group runs. What comes from
    // a group of the same level, which neither needs the group nor is needed by
    // it, may become part of it.
    OpGroup &G = Groups[Index];
    // What is recomputed must not run as early as its operands.
    if (Op->hasAttr(RecomputedAttrName) && !G.Late)
      continue;
    if (G.Einsum) {
      if (joinEinsum(Index, Op))
        return;
      continue;
    }
    auto Space = G.Space;
    auto Rows = G.Rows;
    bool Ready = true;
    SmallVector<unsigned> Beside;
    for (Value V : Op->getOperands()) {
      if (isa_and_nonnull<ConstantOp>(V.getDefiningOp()))
        continue;
      if (auto Producer = getProducer(V)) {
        const OpGroup &Other = Groups[*Producer];
        if (*Producer == Index || Other.Level < G.Level ||
            llvm::is_contained(Beside, *Producer))
          continue;
        Ready &= Other.Level == G.Level && fitsBeside(Other, G);
        Beside.push_back(*Producer);
        if (Other.Space)
          G.Space = Other.Space;
        if (Other.Rows)
          G.Rows = Other.Rows;
      } else if (Operation *Defining = V.getDefiningOp()) {
        Ready &= ScheduleLevel.lookup(Defining) < G.Level;
      }
    }
    if (Ready && join(G, Index, Op)) {
      for (unsigned Other : Beside)
        merge(Other, Index);
      return;
    }
    G.Space = Space;
    G.Rows = Rows;
  }
  createGroup(Op);
}

void Grouping::merge(unsigned From, unsigned Into) {
  OpGroup &Target = Groups[Into];
  if (Groups[From].Space && !Target.Space)
    Target.Space = Groups[From].Space;
  if (Groups[From].Rows && !Target.Rows)
    Target.Rows = Groups[From].Rows;
  if (Groups[From].Einsum) {
    Target.Einsum = Groups[From].Einsum;
    Target.EinsumLevel = Groups[From].EinsumLevel;
  }
  Target.Ops.append(Groups[From].Ops);
  Groups[From].Ops.clear();
  Parent[From] = Into;
}

SmallVector<FusionGroup> Grouping::collect() {
  DenseMap<Operation *, unsigned> Position;
  for (auto [Number, Op] : llvm::enumerate(Body))
    Position[&Op] = Number;
  SmallVector<FusionGroup> Result;
  for (OpGroup &G : Groups) {
    llvm::sort(G.Ops, [&](Operation *X, Operation *Y) {
      return Position.lookup(X) < Position.lookup(Y);
    });
    if (!G.Ops.empty())
      Result.push_back(G.Ops);
  }
  return Result;
}

/// The group of the sum holds what feeds it and nothing else.
void Grouping::createColumnGroup(Operation *Op) {
  unsigned Index = createGroup(Op);
  SmallVector<Operation *> Work{Op};
  while (!Work.empty()) {
    for (Value V : Work.pop_back_val()->getOperands()) {
      Operation *Feeder = V.getDefiningOp();
      if (!Feeder || FeederOf.lookup(Feeder) != Op || GroupOf.count(Feeder))
        continue;
      GroupOf[Feeder] = Index;
      Groups[Index].Ops.push_back(Feeder);
      Work.push_back(Feeder);
    }
  }
  unsigned &Level = Groups[Index].Level;
  for (Operation *Member : Groups[Index].Ops)
    for (Value V : Member->getOperands()) {
      auto Producer = getProducer(V);
      if (Producer && *Producer != Index)
        Level = std::max(Level, Groups[*Producer].Level + 1);
      else if (Operation *Defining = V.getDefiningOp(); Defining && !Producer)
        Level = std::max(Level, ScheduleLevel.lookup(Defining) + 1);
    }
}

void Grouping::createFixedGroup(ArrayRef<Operation *> Ops) {
  unsigned Index = createGroup(Ops.back());
  OpGroup &G = Groups[Index];
  G.Ops.assign(Ops.begin(), Ops.end());
  G.Solo = true;
  for (Operation *Op : Ops.drop_back()) {
    G.Level = std::max(G.Level, getLevel(Op));
    GroupOf[Op] = Index;
  }
}

SmallVector<FusionGroup> Grouping::run() {
  const bool Fuse = Options.Fuse;
  SmallVector<FusionGroup> Fixed;
  if (Fuse) {
    Fixed = formFixedGroups(Body);
    assignFeeders();
  }
  DenseMap<Operation *, const FusionGroup *> FixedOf;
  for (const FusionGroup &Ops : Fixed)
    for (Operation *Op : Ops)
      FixedOf[Op] = &Ops;
  for (Operation &Op : Body) {
    if (const FusionGroup *Ops = FixedOf.lookup(&Op)) {
      if (Ops->back() == &Op)
        createFixedGroup(*Ops);
      continue;
    }
    if (isa<ConstantOp>(Op) || FeederOf.count(&Op))
      continue;
    if (staysInSchedule(&Op) && (!isa<ReshapeOp>(Op) || !Fuse))
      ScheduleLevel[&Op] = getLevel(&Op);
    else if (isColumnReduce(&Op) && Fuse)
      createColumnGroup(&Op);
    else
      visit(&Op);
  }
  if (Fuse) {
    sinkBroadcasts();
    if (Options.Repeat)
      repeatCheapOps();
    mergeIntoConsumers(/*Einsums=*/false);
    returnToConsumers();
    mergeIntoConsumers(/*Einsums=*/true);
    splitWithoutRoom();
    mergeColumns();
    mergeUpdates();
    evictOtherSizes();
    noteEpilogues();
  }
  return collect();
}

static bool isCheap(Operation *Op) {
  return isa<BroadcastOp, IotaOp>(Op) ||
         (isa<ReshapeOp>(Op) &&
          isa_and_nonnull<BroadcastOp, IotaOp, ConstantOp>(
              Op->getOperand(0).getDefiningOp()));
}

bool isWeightType(Operation *Op) {
  return isa_and_nonnull<DequantizeOp>(Op) &&
         llvm::all_of(Op->getUsers(), [&](Operation *User) {
           auto Gather = dyn_cast<GatherOp>(User);
           return isa<EinsumOp>(User) ||
                  (Gather && Gather.getIndices() != Op->getResult(0));
         });
}

bool staysInSchedule(Operation *Op) {
  if (auto Concat = dyn_cast<ConcatOp>(Op))
    return isJoinedInPlace(Concat);
  if (isWeightType(Op))
    return true;
  return isa<ReadOp, WriteOp, InfoOp, ScanOp, ReturnOp, YieldOp, ConstantOp,
             ReshapeOp>(Op);
}

bool needsOwnKernel(Operation *Op) {
  // What a part is replaced of is memory.
  return isa<UpdateSliceOp>(Op) ||
         (getKind(Op) == OpKind::Solo && !getReduceSpace(Op) &&
          !isa<AdamOp, SgdOp>(Op));
}

void duplicateCheapOps(Block &Body) {
  for (Operation &Op : llvm::make_early_inc_range(llvm::reverse(Body))) {
    if (!isCheap(&Op))
      continue;
    OpBuilder B(&Op);
    SmallVector<OpOperand *> Uses;
    for (OpOperand &Use : Op.getUses())
      if (Use.getOwner()->getBlock() == &Body)
        Uses.push_back(&Use);
    // The op itself stays for its last user.
    DenseMap<Operation *, Operation *> CloneFor;
    bool UsedInRegions =
        static_cast<size_t>(std::distance(Op.use_begin(), Op.use_end())) !=
        Uses.size();
    for (auto [I, Use] : llvm::enumerate(Uses)) {
      Operation *&Clone = CloneFor[Use->getOwner()];
      if (!Clone)
        Clone = CloneFor.size() == 1 && !UsedInRegions ? &Op : B.clone(Op);
      Use->set(Clone->getResult(0));
    }
  }
}

SmallVector<FusionGroup> formGroups(Block &Body, const FusionOptions &Options,
                                    FusionNotes &Notes) {
  Grouping Forming(Body, Options);
  SmallVector<FusionGroup> Groups = Forming.run();
  Notes = Forming.takeNotes();
  return Groups;
}

} // namespace stator
