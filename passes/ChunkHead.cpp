//===- ChunkHead.cpp - The output head by chunks of rows ------------------===//
//
// The logits of all positions are the largest tensor of a training step. All
// that is done with them, from the contraction that makes them to the ones that
// take their gradient apart, is done row by row, so it is done for some rows
// after the others.
//
// Blocks of the vocabulary would not do: the gradient needs the sum over all
// classes, so the logits would have to be computed twice, which is a third of
// the head's work.
//
//===----------------------------------------------------------------------===//

#include "ir/Einsum.h"
#include "ir/Splat.h"
#include "passes/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace stator {
#define GEN_PASS_DEF_CHUNKHEAD
#include "passes/Passes.h.inc"
} // namespace stator

using namespace mlir;

namespace stator {
namespace {

/// Chunks have a multiple of this many rows, which suits the register tiles of
/// contractions; the last one has what remains.
constexpr int64_t RowGranule = 16;

RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

bool isElementwise(Operation *Op) {
  return Op->hasTrait<OpTrait::Elementwise>();
}

SplatElementsAttr getSplat(Value V) {
  auto Constant = V.getDefiningOp<ConstantOp>();
  return Constant ? dyn_cast<SplatElementsAttr>(Constant.getValue())
                  : SplatElementsAttr();
}

EinsumEquation parse(EinsumOp Op) {
  std::string Error;
  return *EinsumEquation::parse(Op.getEquation(), Error);
}

/// What the rows of the tensors of a contraction are.
struct EinsumRows {
  SmallVector<int64_t, 4> Names; ///< of the rows, in order
  bool InLhs = false, InRhs = false, InResult = false;
};

/// All ops on the rows of the logits of one cross-entropy, and their rewriting.
/// A tensor is wide if it has an element for each row and class: [rows...,
/// classes].
class Head {
public:
  explicit Head(CrossEntropyOp Loss)
      : Block(*Loss->getBlock()),
        Classes(getType(Loss.getLogits()).getShape().back()),
        Rows(Classes ? getType(Loss.getLogits()).getNumElements() / Classes
                     : 0),
        Logits(Loss.getLogits()) {}

  int64_t getRows() const { return Rows; }
  int64_t getLogitsBytes() const { return Rows * getRowBytes(); }
  int64_t getRowBytes() const {
    return Classes * getType(Logits).getElementTypeBitWidth() / 8;
  }

  /// Finds the ops. On failure `getReason` says what is in the way.
  bool collect();
  StringRef getReason() const { return Reason; }

  /// All of its ops, in order.
  ArrayRef<Operation *> getOps() const { return Ops.getArrayRef(); }

  /// Computes the rows in chunks of this many.
  void rewrite(int64_t RowsPerChunk);

private:
  bool refuse(Operation *Op, StringRef What) {
    Reason = ("stator." + Op->getName().stripDialect() + " " + What).str();
    return false;
  }
  bool isWide(Value V) const {
    ArrayRef<int64_t> Shape = getType(V).getShape();
    return Shape.size() > 1 && Shape.back() == Classes &&
           getType(V).getNumElements() == Rows * Classes;
  }
  bool addWide(Value V);
  bool visitSource(Operation *Op);
  bool visitUser(Operation *User, Value Wide);
  bool addEinsum(EinsumOp Op, ArrayRef<int64_t> WideDims);
  bool addBroadcast(BroadcastOp Op);
  bool addReduce(ReduceOp Op);
  bool addRowOps();
  llvm::DenseSet<Operation *> getDependents() const;

  void moveUp(Operation *Op, Operation *Before);
  Value flatten(OpBuilder &B, Value V, int64_t RowRank);
  void computeChunk(OpBuilder &B, int64_t From, int64_t Count);
  void computeOp(OpBuilder &B, Operation *Op, int64_t From, int64_t Count);
  void accumulate(OpBuilder &B, Operation *Op, Value Part);
  Value getBase(Operation *Op) const;

  mlir::Block &Block;
  int64_t Classes, Rows;
  Value Logits;
  std::string Reason;

  SmallVector<Value> Work;
  llvm::DenseSet<Value> Wide;
  llvm::SetVector<Operation *> Ops;
  llvm::DenseMap<Operation *, EinsumRows> Einsums;
  /// Ops that sum over the rows.
  llvm::DenseSet<Operation *> Sums;

  llvm::DenseMap<Value, Value> Flat, Chunk;
  llvm::DenseMap<Operation *, Value> Totals;
  llvm::DenseMap<Value, SmallVector<Value>> Parts;
};

bool Head::addWide(Value V) {
  if (!Wide.insert(V).second)
    return true;
  Operation *Source = V.getDefiningOp();
  if (!Source || Source->getBlock() != &Block) {
    Reason = "the logits are not computed in this function";
    return false;
  }
  if (!isWide(V))
    return refuse(Source, "has another shape than the logits");
  Work.push_back(V);
  return true;
}

bool Head::collect() {
  if (!addWide(Logits))
    return false;
  while (!Work.empty()) {
    Value V = Work.pop_back_val();
    Operation *Source = V.getDefiningOp();
    if (getSplat(V))
      continue;
    if (!visitSource(Source))
      return false;
    for (Operation *User : V.getUsers())
      if (!visitUser(User, V))
        return false;
  }
  return addRowOps();
}

bool Head::visitSource(Operation *Op) {
  if (auto Einsum = dyn_cast<EinsumOp>(Op))
    return addEinsum(Einsum, parse(Einsum).Result);
  if (auto Broadcast = dyn_cast<BroadcastOp>(Op))
    return addBroadcast(Broadcast);
  if (auto Iota = dyn_cast<IotaOp>(Op)) {
    if (static_cast<int64_t>(Iota.getAxis()) + 1 !=
        getType(Iota.getResult()).getRank())
      return refuse(Op, "counts rows");
    Ops.insert(Op);
    return true;
  }
  if (!isElementwise(Op) && !isa<ReshapeOp, CrossEntropyGradOp>(Op))
    return refuse(Op, "does not compute the logits row by row");
  Ops.insert(Op);
  if (isa<CrossEntropyGradOp>(Op))
    return addWide(Op->getOperand(0));
  return llvm::all_of(Op->getOperands(), [&](Value V) { return addWide(V); });
}

bool Head::visitUser(Operation *User, Value V) {
  if (User->getBlock() != &Block)
    return refuse(User, "uses the logits in a loop");
  if (auto Einsum = dyn_cast<EinsumOp>(User)) {
    EinsumEquation Equation = parse(Einsum);
    return addEinsum(Einsum,
                     Einsum.getLhs() == V ? Equation.Lhs : Equation.Rhs);
  }
  if (auto Reduce = dyn_cast<ReduceOp>(User))
    return addReduce(Reduce);
  if (isa<CrossEntropyOp>(User)) {
    Ops.insert(User);
    return true;
  }
  if (!isElementwise(User) && !isa<ReshapeOp, CrossEntropyGradOp>(User))
    return refuse(User, "does not use the logits row by row");
  return addWide(User->getResult(0));
}

/// The rows are all dimensions of the wide tensor but the last. In each tensor
/// they must come first, in their order, or not at all.
bool Head::addEinsum(EinsumOp Op, ArrayRef<int64_t> WideDims) {
  EinsumEquation Equation = parse(Op);
  EinsumRows Found;
  Found.Names.assign(WideDims.begin(), WideDims.end() - 1);
  auto Check = [&](ArrayRef<int64_t> Dims, bool &HasRows) {
    HasRows = Dims.take_front(Found.Names.size()) == ArrayRef(Found.Names);
    return HasRows || llvm::none_of(Dims, [&](int64_t Dim) {
             return llvm::is_contained(Found.Names, Dim);
           });
  };
  if (!Check(Equation.Lhs, Found.InLhs) || !Check(Equation.Rhs, Found.InRhs) ||
      !Check(Equation.Result, Found.InResult))
    return refuse(Op, "does not have the rows as its first dimensions");
  if (!Found.InResult) {
    if (!Found.InLhs || !Found.InRhs)
      return refuse(Op, "does not sum over the rows of both operands");
    Sums.insert(Op);
  }
  auto [Known, New] = Einsums.try_emplace(Op, Found);
  if (!New && Known->second.Names != Found.Names)
    return refuse(Op, "has the classes of the logits as rows");
  Ops.insert(Op);
  return true;
}

/// Whether `Dims` are 0, 1, ... `Count` - 1.
bool areFirst(ArrayRef<int64_t> Dims, int64_t Count) {
  if (static_cast<int64_t>(Dims.size()) != Count)
    return false;
  for (auto [I, Dim] : llvm::enumerate(Dims))
    if (Dim != static_cast<int64_t>(I))
      return false;
  return true;
}

bool Head::addBroadcast(BroadcastOp Op) {
  ArrayRef<int64_t> Dims = Op.getDimensions();
  int64_t Last = getType(Op.getResult()).getRank() - 1;
  if (!Dims.empty() && !(Dims.size() == 1 && Dims[0] == Last) &&
      !areFirst(Dims, Last))
    return refuse(Op, "repeats along some of the rows");
  Ops.insert(Op);
  return true;
}

bool Head::addReduce(ReduceOp Op) {
  ArrayRef<int64_t> Axes = Op.getAxes();
  int64_t Last = getType(Op.getInput()).getRank() - 1;
  if (areFirst(Axes, Last) && Op.getKind() == ReduceKind::Sum)
    Sums.insert(Op);
  else if (Axes.size() != 1 || Axes[0] != Last)
    return refuse(Op, "mixes rows and classes");
  Ops.insert(Op);
  return true;
}

/// What needs the result of an op of the head.
llvm::DenseSet<Operation *> Head::getDependents() const {
  llvm::DenseSet<Operation *> Dependents;
  for (Operation &Op : Block) {
    bool Depends = Ops.contains(&Op);
    Op.walk([&](Operation *Inner) {
      for (Value V : Inner->getOperands())
        Depends |= Dependents.contains(V.getDefiningOp());
    });
    if (Depends)
      Dependents.insert(&Op);
  }
  return Dependents;
}

/// Adds what lies between ops of the head, if that is one number a row.
bool Head::addRowOps() {
  bool Changed = true;
  while (Changed) {
    Changed = false;
    llvm::DenseSet<Operation *> Dependents = getDependents();
    for (Operation *Op : SmallVector<Operation *>(Ops.getArrayRef())) {
      for (Value V : Op->getOperands()) {
        Operation *Source = V.getDefiningOp();
        if (!Source || Ops.contains(Source) || !Dependents.contains(Source))
          continue;
        if ((!isElementwise(Source) && !isa<ReshapeOp>(Source)) ||
            getType(V).getNumElements() != Rows)
          return refuse(Source, "needs all rows before their gradient");
        Changed |= Ops.insert(Source);
      }
    }
  }
  for (Operation *Op : Sums)
    for (Operation *User : Op->getUsers())
      if (Ops.contains(User))
        return refuse(Op, "sums rows that other ops need");
  SmallVector<Operation *> InOrder = Ops.takeVector();
  llvm::sort(InOrder,
             [](Operation *X, Operation *Y) { return X->isBeforeInBlock(Y); });
  Ops.insert(InOrder.begin(), InOrder.end());
  return true;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

void Head::moveUp(Operation *Op, Operation *Before) {
  if (!Op || Op->getBlock() != &Block || Op->isBeforeInBlock(Before))
    return;
  Op->walk([&](Operation *Inner) {
    for (Value V : Inner->getOperands())
      moveUp(V.getDefiningOp(), Before);
  });
  Op->moveBefore(Before);
}

/// The tensor with its first `RowRank` dimensions as one.
Value Head::flatten(OpBuilder &B, Value V, int64_t RowRank) {
  if (RowRank == 1)
    return V;
  Value &Known = Flat[V];
  if (!Known) {
    SmallVector<int64_t> Shape{Rows};
    llvm::append_range(Shape, getType(V).getShape().drop_front(RowRank));
    Known = ReshapeOp::create(
        B, V.getLoc(),
        RankedTensorType::get(Shape, getType(V).getElementType()), V);
  }
  return Known;
}

/// What the sum over rows is added to, if there is such a thing already: its
/// memory can take the sum.
Value Head::getBase(Operation *Op) const {
  Value Sum = Op->getResult(0);
  auto Add = Sum.hasOneUse() ? dyn_cast<AddOp>(*Sum.user_begin()) : AddOp();
  if (!Add || Add->getBlock() != &Block)
    return {};
  Value Other = Add.getLhs() == Sum ? Add.getRhs() : Add.getLhs();
  return Other.getDefiningOp<ReadOp>() ? Other : Value();
}

void Head::rewrite(int64_t RowsPerChunk) {
  Operation *First = Ops.front();
  SmallVector<Value> Outside;
  for (Operation *Op : Ops) {
    llvm::append_range(Outside, Op->getOperands());
    if (Sums.contains(Op))
      if (Value Base = getBase(Op))
        Outside.push_back(Base);
  }
  for (Value V : Outside)
    if (Operation *Source = V.getDefiningOp(); Source && !Ops.contains(Source))
      moveUp(Source, First);

  OpBuilder B(First);
  for (int64_t From = 0; From < Rows; From += RowsPerChunk)
    computeChunk(B, From, std::min(RowsPerChunk, Rows - From));

  // What others use of it.
  for (Operation *Op : Ops) {
    if (Sums.contains(Op)) {
      Operation *Replaced = getBase(Op) ? *Op->user_begin() : Op;
      Replaced->getResult(0).replaceAllUsesWith(Totals[Op]);
      if (Replaced != Op)
        Replaced->erase();
      continue;
    }
    for (Value Result : Op->getResults()) {
      if (llvm::all_of(Result.getUsers(),
                       [&](Operation *User) { return Ops.contains(User); }))
        continue;
      ArrayRef<Value> All = Parts[Result];
      SmallVector<int64_t> Shape(getType(All[0]).getShape());
      Shape[0] = Rows;
      Value Joined = ConcatOp::create(
          B, Result.getLoc(),
          RankedTensorType::get(Shape, getType(Result).getElementType()), All,
          B.getI64IntegerAttr(0));
      if (Joined.getType() != Result.getType())
        Joined =
            ReshapeOp::create(B, Result.getLoc(), Result.getType(), Joined);
      Result.replaceUsesWithIf(Joined, [&](OpOperand &Use) {
        return !Ops.contains(Use.getOwner());
      });
    }
  }
  for (Operation *Op : llvm::reverse(Ops))
    Op->erase();
}

void Head::computeChunk(OpBuilder &B, int64_t From, int64_t Count) {
  Chunk.clear();
  for (Operation *Op : Ops) {
    computeOp(B, Op, From, Count);
    if (Sums.contains(Op))
      continue;
    for (Value Result : Op->getResults())
      Parts[Result].push_back(Chunk[Result]);
  }
}

void Head::accumulate(OpBuilder &B, Operation *Op, Value Part) {
  Value &Total = Totals[Op];
  if (!Total)
    Total = getBase(Op);
  // The newer one first, so that it is the one that grows into the sum.
  Total = Total ? AddOp::create(B, Op->getLoc(), Part.getType(), Part, Total)
                : Part;
}

void Head::computeOp(OpBuilder &B, Operation *Op, int64_t From, int64_t Count) {
  Location Loc = Op->getLoc();
  // The type of a tensor that has only the rows of this chunk.
  auto GetPart = [&](Value V, int64_t RowRank) {
    SmallVector<int64_t> Shape{Count};
    llvm::append_range(Shape, getType(V).getShape().drop_front(RowRank));
    return RankedTensorType::get(Shape, getType(V).getElementType());
  };
  auto GetRows = [&](Value V, int64_t RowRank) -> Value {
    Value &Known = Chunk[V];
    if (Known)
      return Known;
    RankedTensorType Type = GetPart(V, RowRank);
    if (SplatElementsAttr Splat = getSplat(V))
      return Known = ConstantOp::create(B, V.getLoc(), Type,
                                        Splat.resizeSplat(Type));
    SmallVector<int64_t> Offsets(Type.getRank(), 0), Strides(Type.getRank(), 1);
    Offsets[0] = From;
    return Known = SliceOp::create(B, V.getLoc(), Type, flatten(B, V, RowRank),
                                   Offsets, Strides);
  };
  auto GetRank = [&](Value V) { return getType(V).getRank(); };

  if (auto Einsum = dyn_cast<EinsumOp>(Op)) {
    const EinsumRows &Found = Einsums[Op];
    const int64_t RowRank = Found.Names.size();
    EinsumEquation Equation = parse(Einsum);
    auto Name = [&](ArrayRef<int64_t> Dims, bool HasRows) {
      SmallVector<std::string> Names;
      if (HasRows)
        Names.push_back(Equation.Names[Found.Names[0]]);
      for (int64_t Dim : Dims.drop_front(HasRows ? RowRank : 0))
        Names.push_back(Equation.Names[Dim]);
      return Names;
    };
    std::string Text = makeEinsumEquation(
        Name(Equation.Lhs, Found.InLhs), Name(Equation.Rhs, Found.InRhs),
        Name(Equation.Result, Found.InResult));
    Value Lhs = Einsum.getLhs(), Rhs = Einsum.getRhs();
    Value Part = EinsumOp::create(
        B, Loc,
        Found.InResult ? GetPart(Einsum.getResult(), RowRank)
                       : getType(Einsum.getResult()),
        B.getStringAttr(Text), Found.InLhs ? GetRows(Lhs, RowRank) : Lhs,
        Found.InRhs ? GetRows(Rhs, RowRank) : Rhs);
    if (Found.InResult)
      Chunk[Einsum.getResult()] = Part;
    else
      accumulate(B, Op, Part);
    return;
  }
  if (auto Reduce = dyn_cast<ReduceOp>(Op)) {
    const int64_t RowRank = GetRank(Reduce.getInput()) - 1;
    Value Input = GetRows(Reduce.getInput(), RowRank);
    const bool OverRows = Sums.contains(Op);
    Value Part = ReduceOp::create(
        B, Loc,
        OverRows ? getType(Reduce.getResult())
                 : GetPart(Reduce.getResult(), RowRank),
        Reduce.getKind(), Input,
        B.getDenseI64ArrayAttr({OverRows ? int64_t(0) : int64_t(1)}));
    if (OverRows)
      accumulate(B, Op, Part);
    else
      Chunk[Reduce.getResult()] = Part;
    return;
  }

  // The others are cloned on the rows of their operands.
  SmallVector<Value> Operands;
  Value Result = Op->getResult(0);
  const int64_t RowRank =
      isa<CrossEntropyOp>(Op)
          ? GetRank(Result)
          : GetRank(Result) - (getType(Result).getNumElements() != Rows ||
                               Wide.contains(Result));
  if (isa<ReshapeOp>(Op)) {
    Value Input = Op->getOperand(0);
    Chunk[Result] = GetRows(Input, GetRank(Input) - Wide.contains(Input));
    return;
  }
  auto Broadcast = dyn_cast<BroadcastOp>(Op);
  SmallVector<int64_t> Dims;
  if (Broadcast) {
    Value Source = Broadcast.getInput();
    ArrayRef<int64_t> Old = Broadcast.getDimensions();
    const bool OfRows = RowRank > 0 && areFirst(Old, RowRank);
    if (OfRows)
      Source = GetRows(Source, GetRank(Source));
    if (!Old.empty())
      Dims.push_back(OfRows ? 0 : 1);
    Operands.push_back(Source);
  } else if (isa<CrossEntropyOp, CrossEntropyGradOp>(Op)) {
    for (auto [I, V] : llvm::enumerate(Op->getOperands()))
      Operands.push_back(GetRows(V, GetRank(V) - (I == 0)));
  } else {
    for (Value V : Op->getOperands())
      Operands.push_back(GetRows(V, RowRank));
  }
  Operation *Clone = B.clone(*Op);
  Clone->setOperands(Operands);
  for (auto [Old, New] : llvm::zip(Op->getResults(), Clone->getResults())) {
    New.setType(GetPart(Old, RowRank));
    Chunk[Old] = New;
  }
  if (Broadcast)
    cast<BroadcastOp>(Clone).setDimensions(Dims);
  if (auto Iota = dyn_cast<IotaOp>(Clone))
    Iota.setAxis(1);
}

struct ChunkHead : impl::ChunkHeadBase<ChunkHead> {
  using ChunkHeadBase::ChunkHeadBase;

  /// Rows of a chunk, or 0 to leave the head as it is.
  int64_t chooseRows(const Head &H) const {
    if (H.getLogitsBytes() < minBytes || H.getRows() < minRows)
      return 0;
    int64_t Most =
        std::max<int64_t>({chunkBytes / H.getRowBytes(), minRows, 1});
    int64_t Chunks = std::max<int64_t>(2, llvm::divideCeil(H.getRows(), Most));
    int64_t Count = llvm::divideCeil(H.getRows(), Chunks);
    Count = llvm::alignTo(Count,
                          std::min(RowGranule, std::max<int64_t>(minRows, 1)));
    return Count < H.getRows() ? Count : 0;
  }

  void runOnOperation() override {
    if (getOperation().getKernel())
      return;
    SmallVector<CrossEntropyOp> Losses;
    getOperation().walk([&](CrossEntropyOp Op) { Losses.push_back(Op); });
    llvm::DenseSet<Operation *> Done;
    for (CrossEntropyOp Loss : Losses) {
      // A head may have two losses, which are gone together.
      if (Done.contains(Loss))
        continue;
      Head H(Loss);
      int64_t Count = chooseRows(H);
      auto Say = [&] { return Loss.emitRemark(); };
      if (Count == 0) {
        if (remarks)
          Say() << "head left whole: " << H.getRows() << " rows, "
                << H.getLogitsBytes() << " bytes of logits";
        continue;
      }
      if (!H.collect()) {
        if (remarks)
          Say() << "head left whole: " << H.getReason();
        continue;
      }
      if (remarks)
        Say() << "head of " << H.getRows() << " rows in chunks of " << Count
              << ": " << Count * H.getRowBytes()
              << " bytes of logits at a time instead of " << H.getLogitsBytes();
      Done.insert(H.getOps().begin(), H.getOps().end());
      H.rewrite(Count);
    }
  }
};

} // namespace
} // namespace stator
