//===- FormKernelsGroups.cpp - Which ops run in one kernel ----------------===//

#include "passes/FormKernelsGroups.h"
#include "ir/Dialect.h"
#include "ir/KernelInterface.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace stator {
namespace {

using Shape = SmallVector<int64_t, 4>;

ArrayRef<int64_t> getShape(Value V) {
  return cast<RankedTensorType>(V.getType()).getShape();
}

/// A shape without its dimensions of one element.
Shape strip(ArrayRef<int64_t> Sizes) {
  Shape Result;
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

/// What an op is to fusion.
enum class OpKind {
  Solo,      ///< a kernel of its own
  Pointwise, ///< an element of the result needs operands at the same index
  Movement,  ///< ... at another index
  RowReduce  ///< sums over the last dimensions
};

struct ReduceSpace {
  Shape Input, Axes;
  bool operator==(const ReduceSpace &) const = default;
  Shape getRows() const {
    Shape Rows;
    for (auto [Dim, Size] : llvm::enumerate(Input))
      if (!llvm::is_contained(Axes, static_cast<int64_t>(Dim)))
        Rows.push_back(Size);
    return strip(Rows);
  }
};

bool isTrailing(const ReduceSpace &Space) {
  int64_t First = Space.Input.size() - Space.Axes.size();
  return llvm::all_of(Space.Axes, [&](int64_t Axis) { return Axis >= First; });
}

/// The space that an op reduces over, or none.
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

bool isColumnReduce(Operation *Op) {
  auto Space = getReduceSpace(Op);
  return Space && !isTrailing(*Space);
}

OpKind getKind(Operation *Op) {
  if (Op->hasTrait<OpTrait::Elementwise>() ||
      isa<BroadcastOp, IotaOp, DropoutOp, CausalMaskOp, CrossEntropyGradOp,
          ClipScaleOp, LearningRateOp>(Op))
    return OpKind::Pointwise;
  if (auto Reshape = dyn_cast<ReshapeOp>(Op))
    return strip(getShape(Reshape.getInput())) ==
                   strip(getShape(Reshape.getResult()))
               ? OpKind::Pointwise
               : OpKind::Movement;
  if (isa<TransposeOp, SliceOp, PadOp, ConcatOp, GatherOp>(Op))
    return OpKind::Movement;
  if (auto Space = getReduceSpace(Op))
    return isTrailing(*Space) ? OpKind::RowReduce : OpKind::Solo;
  return OpKind::Solo;
}

/// A set of ops that run in one kernel, while it grows.
struct Group {
  SmallVector<Operation *, 4> Ops;
  unsigned Level = 0;
  bool Solo = false;
  bool Column = false;              ///< sums over rows
  Shape Domain;                     ///< the largest values, stripped
  std::optional<Shape> Rows;        ///< the values that are one number a row
  std::optional<ReduceSpace> Space; ///< the reductions, if there are any
};

class Grouping {
public:
  Grouping(Block &Body, bool Fuse) : Body(Body), Fuse(Fuse) {}
  SmallVector<FusionGroup> run();

private:
  unsigned find(unsigned Index) {
    while (Parent[Index] != Index)
      Index = Parent[Index] = Parent[Parent[Index]];
    return Index;
  }
  /// The group of the op at the level of the block that defines `V`, or none.
  std::optional<unsigned> getProducer(Value V);
  unsigned getLevel(Operation *Op);
  SmallVector<Value> getInputs(Operation *Op);

  void assignFeeders();
  void visit(Operation *Op);
  bool join(Group &G, unsigned Index, Operation *Op);
  static bool fitsBeside(const Group &Other, const Group &G);
  unsigned createGroup(Operation *Op);
  void mergeIntoConsumers();
  bool canMerge(const Group &Producer, unsigned ProducerIndex,
                const Group &Consumer, unsigned ConsumerIndex);
  void mergeColumns();
  void merge(unsigned From, unsigned Into);
  SmallVector<FusionGroup> collect();

  Block &Body;
  bool Fuse;
  std::vector<Group> Groups;
  std::vector<unsigned> Parent;
  DenseMap<Operation *, unsigned> GroupOf;
  /// Levels of ops that stay in the schedule.
  DenseMap<Operation *, unsigned> ScheduleLevel;
  DenseMap<Operation *, unsigned> Position;
  /// Ops that only one sum over rows uses, and that sum.
  DenseMap<Operation *, Operation *> FeederOf;
};

std::optional<unsigned> Grouping::getProducer(Value V) {
  Operation *Op = V.getDefiningOp();
  if (!Op)
    return std::nullopt;
  auto Found = GroupOf.find(Op);
  if (Found == GroupOf.end())
    return std::nullopt;
  return find(Found->second);
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
  Group G;
  G.Ops.push_back(Op);
  G.Level = getLevel(Op);
  if (Op->getNumResults() > 0)
    G.Domain = strip(getShape(Op->getResult(0)));
  G.Solo = getKind(Op) == OpKind::Solo;
  if (auto Space = getReduceSpace(Op)) {
    G.Domain = strip(Space->Input);
    G.Rows = Space->getRows();
    G.Space = Space;
    G.Column = !isTrailing(*Space);
    // A softmax over another dimension than the last is a kernel of its own.
    G.Solo = G.Column && !isa<ReduceOp>(Op);
  }
  Groups.push_back(std::move(G));
  Parent.push_back(Groups.size() - 1);
  return GroupOf[Op] = Groups.size() - 1;
}

/// Whether `Dims` are all dimensions of `Sizes` but the last.
bool isAllButLast(ArrayRef<int64_t> Dims, ArrayRef<int64_t> Sizes) {
  if (Dims.size() + 1 != Sizes.size())
    return false;
  for (auto [I, Dim] : llvm::enumerate(Dims))
    if (Dim != static_cast<int64_t>(I))
      return false;
  return true;
}

/// Adds an op to a group that produces some of its operands, if the lowering
/// can compute it there.
bool Grouping::join(Group &G, unsigned Index, Operation *Op) {
  OpKind Kind = getKind(Op);
  if (G.Solo || Kind == OpKind::Solo || Kind == OpKind::Movement)
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
    Shape Stripped = strip(Result);
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
        Shape Dims;
        for (int64_t Dim = 0; Dim != static_cast<int64_t>(Result.size()); ++Dim)
          if (!llvm::is_contained(G.Space->Axes, Dim))
            Dims.push_back(Dim);
        if (ArrayRef(Dims) != ArrayRef(SpreadDims))
          return false;
      } else {
        if (!isAllButLast(SpreadDims, Result))
          return false;
        Shape RowShape = strip(Result.drop_back());
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
bool Grouping::fitsBeside(const Group &Other, const Group &G) {
  if (Other.Solo || Other.Column || G.Solo || G.Column)
    return false;
  if (Other.Domain != G.Domain)
    return G.Rows && *G.Rows == Other.Domain && !Other.Rows;
  return !(Other.Space && G.Space && *Other.Space != *G.Space) &&
         !(Other.Rows && G.Rows && *Other.Rows != *G.Rows);
}

void Grouping::visit(Operation *Op) {
  if (!Fuse) {
    createGroup(Op);
    return;
  }
  SmallVector<unsigned> Producers;
  for (Value V : Op->getOperands())
    if (auto Producer = getProducer(V))
      if (!llvm::is_contained(Producers, *Producer))
        Producers.push_back(*Producer);
  llvm::stable_sort(Producers, [&](unsigned X, unsigned Y) {
    return Groups[X].Level > Groups[Y].Level;
  });
  for (unsigned Index : Producers) {
    // All other operands must be there before the group runs. What comes from
    // a group of the same level, which neither needs the group nor is needed by
    // it, may become part of it.
    Group &G = Groups[Index];
    auto Space = G.Space;
    auto Rows = G.Rows;
    bool Ready = true;
    SmallVector<unsigned> Beside;
    for (Value V : Op->getOperands()) {
      if (isa_and_nonnull<ConstantOp>(V.getDefiningOp()))
        continue;
      if (auto Producer = getProducer(V)) {
        const Group &Other = Groups[*Producer];
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
  Group &Target = Groups[Into];
  if (Groups[From].Space && !Target.Space)
    Target.Space = Groups[From].Space;
  if (Groups[From].Rows && !Target.Rows)
    Target.Rows = Groups[From].Rows;
  Target.Ops.append(Groups[From].Ops);
  Groups[From].Ops.clear();
  Parent[From] = Into;
}

bool Grouping::canMerge(const Group &P, unsigned ProducerIndex, const Group &C,
                        unsigned ConsumerIndex) {
  if (P.Solo || C.Solo || P.Column)
    return false;
  // The ops of the consumer that use the producer.
  SmallVector<Operation *> Users;
  for (Operation *Op : P.Ops)
    for (Operation *User : Op->getUsers())
      if (GroupOf.count(User) && find(GroupOf[User]) == ConsumerIndex)
        Users.push_back(User);
  bool SameIndex = llvm::all_of(
      Users, [](Operation *User) { return getKind(User) != OpKind::Movement; });
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
/// one to the other can lead through a third.
void Grouping::mergeIntoConsumers() {
  std::vector<unsigned> Order;
  for (unsigned Index = 0; Index != Groups.size(); ++Index)
    Order.push_back(Index);
  llvm::stable_sort(Order, [&](unsigned X, unsigned Y) {
    return Groups[X].Level > Groups[Y].Level;
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
    Group &P = Groups[Index], &C = Groups[*Consumer];
    if (!canMerge(P, Index, C, *Consumer))
      continue;
    merge(Index, *Consumer);
  }
}

/// Sums over rows of the same tensors in one pass over them.
void Grouping::mergeColumns() {
  DenseMap<std::pair<Value, unsigned>, SmallVector<unsigned>> Known;
  for (unsigned Index = 0; Index != Groups.size(); ++Index) {
    Group &G = Groups[Index];
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

SmallVector<FusionGroup> Grouping::collect() {
  SmallVector<FusionGroup> Result;
  for (Group &G : Groups) {
    llvm::sort(G.Ops, [&](Operation *X, Operation *Y) {
      return Position.lookup(X) < Position.lookup(Y);
    });
    if (!G.Ops.empty())
      Result.push_back(G.Ops);
  }
  return Result;
}

SmallVector<FusionGroup> Grouping::run() {
  unsigned Number = 0;
  for (Operation &Op : Body)
    Position[&Op] = Number++;
  if (Fuse)
    assignFeeders();
  for (Operation &Op : Body) {
    if (isa<ConstantOp>(Op) || FeederOf.count(&Op))
      continue;
    if (staysInSchedule(&Op) && !isa<ReshapeOp>(Op)) {
      ScheduleLevel[&Op] = getLevel(&Op);
      continue;
    }
    if (isa<ReshapeOp>(Op) && !Fuse) {
      ScheduleLevel[&Op] = getLevel(&Op);
      continue;
    }
    if (!isColumnReduce(&Op) || !Fuse) {
      visit(&Op);
      continue;
    }
    // The group of the sum holds what feeds it and nothing else.
    createGroup(&Op);
    unsigned Index = GroupOf[&Op];
    SmallVector<Operation *> Work{&Op};
    while (!Work.empty()) {
      for (Value V : Work.pop_back_val()->getOperands()) {
        Operation *Feeder = V.getDefiningOp();
        if (!Feeder || FeederOf.lookup(Feeder) != &Op || GroupOf.count(Feeder))
          continue;
        GroupOf[Feeder] = Index;
        Groups[Index].Ops.push_back(Feeder);
        Work.push_back(Feeder);
      }
    }
    for (Operation *Member : Groups[Index].Ops)
      for (Value V : Member->getOperands()) {
        auto Producer = getProducer(V);
        if (Producer && *Producer != Index)
          Groups[Index].Level =
              std::max(Groups[Index].Level, Groups[*Producer].Level + 1);
        else if (Operation *Defining = V.getDefiningOp(); Defining && !Producer)
          Groups[Index].Level =
              std::max(Groups[Index].Level, ScheduleLevel.lookup(Defining) + 1);
      }
  }
  if (Fuse) {
    mergeIntoConsumers();
    mergeColumns();
  }
  return collect();
}

bool isCheap(Operation *Op) {
  return isa<BroadcastOp, IotaOp>(Op) ||
         (isa<ReshapeOp>(Op) &&
          isa_and_nonnull<BroadcastOp, IotaOp, ConstantOp>(
              Op->getOperand(0).getDefiningOp()));
}

} // namespace

bool staysInSchedule(Operation *Op) {
  return isa<ReadOp, WriteOp, InfoOp, ScanOp, ReturnOp, YieldOp, ConstantOp,
             ReshapeOp>(Op);
}

bool needsOwnKernel(Operation *Op) {
  return getKind(Op) == OpKind::Solo && !getReduceSpace(Op) &&
         !isa<AdamOp, SgdOp>(Op);
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

SmallVector<FusionGroup> formGroups(Block &Body, bool Fuse) {
  return Grouping(Body, Fuse).run();
}

} // namespace stator
