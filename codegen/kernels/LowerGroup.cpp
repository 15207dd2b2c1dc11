//===- LowerGroup.cpp - Fused groups as loops over rows -------------------===//
//
// All ops of a group live in one space of elements, the domain. Reductions of a
// group are over the same dimensions of it, the inner ones; the others are
// rows. A row is worked on in passes: one loop over the inner dimensions for
// the reductions that need nothing but operands, one for those that need the
// results of the first, and so on, and the last for the results of the kernel.
// Lanes of vectors run along the last dimension of the domain: in the loops
// over a row, or, if that dimension is not reduced, over several rows at once.
//
// Where a result is a tensor with a part replaced (update_slice), what the
// group computes is the part; it is written to its place in the tensor.
//
//===----------------------------------------------------------------------===//

#include "codegen/EmitMath.h"
#include "codegen/kernels/EmitElementwise.h"
#include "codegen/kernels/Lowerings.h"
#include "ir/KernelInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace stator {
namespace {

constexpr auto Contract = arith::FastMathFlags::contract;

/// Elements times ops that are worth handing to another thread.
constexpr int64_t MinTaskWork = 1 << 14;
/// Bytes of buffers on the stack of a thread.
constexpr int64_t MaxBufferBytes = 48 << 10;

RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

int64_t getNumElements(Value V) { return getType(V).getNumElements(); }

class GroupLowering {
public:
  GroupLowering(KernelEmitter &E, FuncOp Kernel)
      : E(E), Body(Kernel.getBody().front()),
        Return(cast<ReturnOp>(Body.getTerminator())) {
    for (Value Result : Return.getOperands()) {
      auto Update = Result.getDefiningOp<UpdateSliceOp>();
      Updates.push_back(Update);
      Computed.push_back(Update ? Update.getPart() : Result);
    }
  }

  LogicalResult run();

private:
  LogicalResult analyze();
  bool collapse();
  void planPasses();
  void planBuffers();
  void copyUpdated();
  void emitRows(int64_t LaneFrom, int64_t LaneCount, int64_t Width);
  void emitRow(LaneIndex Row);
  void emitPass(unsigned Level);
  void emitResults();

  using Accumulators = SmallVector<Value, 4>;
  using InnerBody = function_ref<Accumulators(const Accumulators &)>;
  /// Loops over the inner dimensions from `Inner` on. `Vectors` and `Scalars`
  /// are carried through the loops over whole vectors and over what remains.
  /// Each iteration of an outer loop sums by itself, from what `Restart` gives
  /// and with what `Combine` does, so that long sums lose fewer digits.
  struct Sums {
    function_ref<Accumulators()> Restart;
    function_ref<Accumulators(const Accumulators &, const Accumulators &)>
        Combine;
  };
  void emitInner(unsigned Inner, Accumulators &Vectors, Accumulators &Scalars,
                 InnerBody EmitBody, const Sums *Partial = nullptr);

  Indices mapTo(ArrayRef<int64_t> Shape, bool RowsOnly);
  LaneIndex getPlace(unsigned Result, const Indices &Index);
  bool isFull(Value V) const { return getNumElements(V) == NumElements; }

  KernelEmitter &E;
  Block &Body;
  ReturnOp Return;
  /// What is computed for each result, and the update that it is a part for, or
  /// null.
  SmallVector<Value> Computed;
  SmallVector<UpdateSliceOp> Updates;
  SmallVector<int64_t> Domain;
  SmallVector<unsigned> RowDims, InnerDims;
  bool LanesInRow = false;
  int64_t NumElements = 1, Lanes = 1;
  unsigned NumLevels = 0;
  SmallVector<SmallVector<ReduceOp>> Levels;
  /// Values that are kept in a buffer from the pass of this number on.
  llvm::MapVector<Value, unsigned> Kept;
  SmallVector<Value> BufferMemory;
  SmallVector<int64_t> BufferSizes;
  Indices Position;
};

/// Whether the op is an update of an operand that nothing but the result needs.
bool isWritten(Operation *Op) {
  auto Update = dyn_cast<UpdateSliceOp>(Op);
  return Update && isa<BlockArgument>(Update.getInput()) && Op->hasOneUse() &&
         isa<ReturnOp>(*Op->user_begin());
}

LogicalResult GroupLowering::analyze() {
  SmallVector<int64_t> Axes;
  if (Return.getNumOperands() == 0)
    return Return.emitOpError("ends a kernel without results");
  for (Operation &Op : Body) {
    if (!isa<ReturnOp>(Op) && !canEmit(&Op) && !isWritten(&Op))
      return Op.emitOpError("needs a kernel of its own");
    auto Reduce = dyn_cast<ReduceOp>(Op);
    if (!Reduce)
      continue;
    ArrayRef<int64_t> Shape = getType(Reduce.getInput()).getShape();
    SmallVector<int64_t> OpAxes(Reduce.getAxes());
    llvm::sort(OpAxes);
    if (NumLevels == 0) {
      Domain.assign(Shape.begin(), Shape.end());
      Axes = OpAxes;
    } else if (Shape != ArrayRef(Domain) || Axes != OpAxes) {
      return Reduce.emitOpError()
             << "reduces over other dimensions than its kernel";
    }
    NumLevels = 1;
  }
  if (NumLevels == 0) {
    Value Largest = Computed.front();
    for (Value Result : Computed)
      if (getNumElements(Result) > getNumElements(Largest))
        Largest = Result;
    ArrayRef<int64_t> Shape = getType(Largest).getShape();
    Domain.assign(Shape.begin(), Shape.end());
    if (!Domain.empty())
      Axes.push_back(Domain.size() - 1);
    if (collapse())
      Axes.clear();
  }
  for (unsigned Dim = 0; Dim != Domain.size(); ++Dim)
    (llvm::is_contained(Axes, Dim) ? InnerDims : RowDims).push_back(Dim);
  for (int64_t Size : Domain)
    NumElements *= Size;
  LanesInRow = !RowDims.empty() && RowDims.back() + 1 == Domain.size();

  Lanes = E.Target.getF32Lanes();
  while (!Domain.empty() && Lanes > Domain.back())
    Lanes /= 2;
  return success();
}

/// Makes the domain one-dimensional if no op minds.
bool GroupLowering::collapse() {
  int64_t Size = 1;
  for (int64_t Dim : Domain)
    Size *= Dim;
  if (Size == 1)
    return false;
  for (Operation &Op : Body) {
    bool Uniform = false;
    if (auto Constant = dyn_cast<ConstantOp>(Op))
      Uniform = cast<ElementsAttr>(Constant.getValue()).isSplat();
    if (auto Broadcast = dyn_cast<BroadcastOp>(Op))
      Uniform = getType(Broadcast.getInput()).getRank() == 0;
    if (!Uniform && !isElementwise(&Op) &&
        !isa<DropoutOp, ReshapeOp, ReturnOp>(Op))
      return false;
    for (Value V : Op.getOperands())
      if (getNumElements(V) != Size && getType(V).getRank() != 0)
        return false;
    for (Value V : Op.getResults())
      if (getNumElements(V) != Size && getType(V).getRank() != 0)
        return false;
  }
  auto Flatten = [&](Value V) {
    if (getNumElements(V) == Size)
      V.setType(RankedTensorType::get({Size}, getType(V).getElementType()));
  };
  llvm::for_each(Body.getArguments(), Flatten);
  for (Operation &Op : llvm::make_early_inc_range(Body)) {
    llvm::for_each(Op.getResults(), Flatten);
    if (auto Constant = dyn_cast<ConstantOp>(Op)) {
      auto Number = cast<DenseElementsAttr>(Constant.getValue());
      Constant.setValueAttr(Number.resizeSplat(getType(Constant.getResult())));
    }
    if (auto Reshape = dyn_cast<ReshapeOp>(Op)) {
      Reshape.getResult().replaceAllUsesWith(Reshape.getInput());
      Reshape.erase();
    }
  }
  Domain.assign({Size});
  return true;
}

void GroupLowering::planPasses() {
  llvm::DenseMap<Value, unsigned> LevelOf;
  for (Operation &Op : Body) {
    unsigned Level = 0;
    for (Value Operand : Op.getOperands())
      Level = std::max(Level, LevelOf.lookup(Operand));
    if (auto Reduce = dyn_cast<ReduceOp>(Op)) {
      Levels.resize(std::max<size_t>(Levels.size(), Level + 1));
      Levels[Level++].push_back(Reduce);
    }
    for (Value Result : Op.getResults())
      LevelOf[Result] = Level;
  }
}

/// Chooses which values to keep from one pass to the next: those that are
/// expensive, needed in several passes, and only ever at their own index.
void GroupLowering::planBuffers() {
  if (LanesInRow || Levels.empty())
    return;
  int64_t RowElements = 1;
  for (unsigned Dim : InnerDims)
    RowElements *= Domain[Dim];

  SmallVector<Operation *> Ops;
  for (Operation &Op : Body)
    Ops.push_back(&Op);
  auto GetRoots = [&](unsigned Pass) {
    SmallVector<Value> Roots;
    if (Pass < Levels.size()) {
      for (ReduceOp Reduce : Levels[Pass])
        Roots.push_back(Reduce.getInput());
    } else {
      Roots.append(Computed);
    }
    return Roots;
  };
  // Passes in which each op is computed, given what is kept so far.
  auto CountPasses = [&](llvm::DenseMap<Operation *, unsigned> &First) {
    llvm::DenseMap<Operation *, unsigned> Count;
    for (unsigned Pass = 0; Pass <= Levels.size(); ++Pass) {
      llvm::DenseSet<Operation *> Seen;
      SmallVector<Value> Work = GetRoots(Pass);
      while (!Work.empty()) {
        Value V = Work.pop_back_val();
        Operation *Op = V.getDefiningOp();
        if (!Op || isa<ReduceOp>(Op) || !Seen.insert(Op).second)
          continue;
        auto *Keep = Kept.find(V);
        if (Keep != Kept.end() && Keep->second < Pass)
          continue;
        if (Count[Op]++ == 0)
          First[Op] = Pass;
        Work.append(Op->operand_begin(), Op->operand_end());
      }
    }
    return Count;
  };
  int64_t Bytes = 0;
  for (Operation *Op : llvm::reverse(Ops)) {
    if (!isExpensiveToRepeat(Op) || Op->getNumResults() != 1)
      continue;
    Value V = Op->getResult(0);
    if (getType(V).getShape() != ArrayRef(Domain) ||
        !llvm::all_of(Op->getUsers(), [](Operation *User) {
          return isElementwise(User) || isa<ReduceOp, ReturnOp, UpdateSliceOp,
                                            DropoutOp, CausalMaskOp>(User);
        }))
      continue;
    int64_t Size = RowElements * (getType(V).getElementTypeBitWidth() + 7) / 8;
    llvm::DenseMap<Operation *, unsigned> First;
    auto Count = CountPasses(First);
    if (Count.lookup(Op) < 2 || Bytes + Size > MaxBufferBytes)
      continue;
    Bytes += Size;
    Kept[V] = First.lookup(Op);
  }
  BufferSizes.assign(Domain.size(), 1);
  for (unsigned Dim : InnerDims)
    BufferSizes[Dim] = Domain[Dim];
}

Indices GroupLowering::mapTo(ArrayRef<int64_t> Shape, bool RowsOnly) {
  SmallVector<int64_t> Sizes;
  Indices Index;
  if (!RowsOnly) {
    Sizes = Domain;
    Index = Position;
  } else {
    for (unsigned Dim : RowDims) {
      Sizes.push_back(Domain[Dim]);
      Index.push_back(Position[Dim]);
    }
  }
  return ArrayRef(Sizes) == Shape ? Index : E.reshapeIndex(Shape, Sizes, Index);
}

void GroupLowering::emitInner(unsigned Inner, Accumulators &Vectors,
                              Accumulators &Scalars, InnerBody EmitBody,
                              const Sums *Partial) {
  if (Inner == InnerDims.size()) {
    // All lanes of the vector are rows, or the domain is one element.
    Vectors = EmitBody(Vectors);
    return;
  }
  unsigned Dim = InnerDims[Inner];
  int64_t Size = Domain[Dim];
  if (Inner + 1 == InnerDims.size() && !LanesInRow) {
    int64_t Whole = Size / Lanes * Lanes;
    auto Run = [&](int64_t From, int64_t To, int64_t Width,
                   Accumulators &Carried) {
      if (From == To)
        return;
      E.Width = Width;
      if (To - From == Width) {
        Position[Dim] = E.getConstantIndex(From);
        Position[Dim].Stride = Width == 1 ? 0 : 1;
        Carried = EmitBody(Carried);
      } else {
        scf::ForOp Loop =
            E.openFor(E.getConstant(From), E.getConstant(To), Width, Carried);
        Value Index = Loop.getInductionVar();
        Position[Dim] =
            Width == 1 ? E.getUniform(Index) : E.getConsecutive(Index, Width);
        E.close(EmitBody(Accumulators(Loop.getRegionIterArgs())));
        Carried = Accumulators(Loop.getResults());
      }
      E.Width = 1;
    };
    if (Lanes > 1)
      Run(0, Whole, Lanes, Vectors);
    Run(Lanes > 1 ? Whole : 0, Size, 1, Scalars);
    return;
  }
  if (Size == 1) {
    Position[Dim] = E.getConstantIndex(0);
    emitInner(Inner + 1, Vectors, Scalars, EmitBody, Partial);
    return;
  }
  Accumulators All = Vectors;
  All.append(Scalars);
  scf::ForOp Loop = E.openFor(E.getConstant(0), E.getConstant(Size), 1, All);
  Position[Dim] = E.getUniform(Loop.getInductionVar());
  auto Split = [&](ValueRange Carried) {
    Vectors.assign(Carried.begin(), Carried.begin() + Vectors.size());
    Scalars.assign(Carried.begin() + Vectors.size(), Carried.end());
  };
  Split(Loop.getRegionIterArgs());
  if (Partial && LanesInRow && Inner + 2 == InnerDims.size()) {
    Accumulators Part = Partial->Restart();
    emitInner(Inner + 1, Part, Scalars, EmitBody);
    Vectors = Partial->Combine(Vectors, Part);
  } else {
    emitInner(Inner + 1, Vectors, Scalars, EmitBody, Partial);
  }
  All = Vectors;
  All.append(Scalars);
  E.close(All);
  Split(Loop.getResults());
}

Value emitIdentity(ImplicitLocOpBuilder &B, ReduceKind Kind, Type Type) {
  Value Zero = arith::ConstantOp::create(B, B.getZeroAttr(Type));
  double Infinity = std::numeric_limits<double>::infinity();
  switch (Kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    return Zero;
  case ReduceKind::Max:
    return emitFloat(B, Zero, -Infinity);
  case ReduceKind::Min:
    return emitFloat(B, Zero, Infinity);
  }
  llvm_unreachable("unknown reduction");
}

Value emitCombine(ImplicitLocOpBuilder &B, ReduceKind Kind, Value X, Value Y) {
  switch (Kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    return arith::AddFOp::create(B, X, Y, Contract);
  case ReduceKind::Max:
    return arith::MaximumFOp::create(B, X, Y);
  case ReduceKind::Min:
    return arith::MinimumFOp::create(B, X, Y);
  }
  llvm_unreachable("unknown reduction");
}

void GroupLowering::emitPass(unsigned Level) {
  SmallVector<ReduceOp> &Reduces = Levels[Level];
  int64_t RowElements = 1;
  for (unsigned Dim : InnerDims)
    RowElements *= Domain[Dim];

  // With lanes along the row each vector is combined at its end; with lanes
  // over rows each lane is a result.
  int64_t RowWidth = E.Width;
  auto Start = [&](int64_t Width) {
    Accumulators Identities;
    for (ReduceOp Reduce : Reduces) {
      Type Element = getType(Reduce.getInput()).getElementType();
      Type Type = Width == 1 ? Element : VectorType::get({Width}, Element);
      Identities.push_back(emitIdentity(E.B, Reduce.getKind(), Type));
    }
    return Identities;
  };
  auto Restart = [&] { return Start(RowWidth); };
  auto CombineAll = [&](const Accumulators &X, const Accumulators &Y) {
    Accumulators Result;
    for (auto [I, Reduce] : llvm::enumerate(Reduces))
      Result.push_back(emitCombine(E.B, Reduce.getKind(), X[I], Y[I]));
    return Result;
  };
  Sums Partial{Restart, CombineAll};
  Accumulators Vectors = Start(LanesInRow ? RowWidth : Lanes), Scalars;
  if (!LanesInRow)
    Scalars = Start(1);
  emitInner(
      0, Vectors, Scalars,
      [&](const Accumulators &Carried) {
        SmallVector<Value> Elements;
        for (ReduceOp Reduce : Reduces)
          Elements.push_back(E.emit(Reduce.getInput(), Position));
        Accumulators Next;
        for (auto [Reduce, Element, Sum] :
             llvm::zip(Reduces, Elements, Carried)) {
          E.B.setLoc(Reduce.getLoc());
          Next.push_back(
              emitCombine(E.B, Reduce.getKind(), Sum, E.splat(Element)));
        }
        for (auto [I, Keep] : llvm::enumerate(Kept))
          if (Keep.second == Level)
            E.store(E.emit(Keep.first, Position), BufferMemory[I],
                    E.linearize(BufferSizes, Position));
        return Next;
      },
      &Partial);
  for (auto [I, Reduce] : llvm::enumerate(Reduces)) {
    ReduceKind Kind = Reduce.getKind();
    E.B.setLoc(Reduce.getLoc());
    Value Sum = Vectors[I];
    auto Combine = [&](Value X, Value Y) {
      return emitCombine(E.B, Kind, X, Y);
    };
    if (!LanesInRow) {
      if (Lanes > 1)
        Sum =
            Combine(combineLanes(E.B, E.B.getLoc(), Sum, Combine), Scalars[I]);
      else
        Sum = InnerDims.empty() ? Vectors[I] : Scalars[I];
    }
    if (Kind == ReduceKind::Mean)
      Sum = arith::DivFOp::create(
          E.B, Sum, emitFloat(E.B, Sum, static_cast<double>(RowElements)));
    E.setReduced(Reduce.getResult(), Sum);
  }
  for (auto [I, Keep] : llvm::enumerate(Kept))
    if (Keep.second == Level)
      E.setBuffered(Keep.first, BufferMemory[I], BufferSizes);
}

/// Where an element of what is computed for a result is in its memory.
LaneIndex GroupLowering::getPlace(unsigned Result, const Indices &Index) {
  UpdateSliceOp Update = Updates[Result];
  if (!Update)
    return E.linearize(getType(Computed[Result]).getShape(), Index);
  ArrayRef<int64_t> Shape = getType(Update.getResult()).getShape();
  int64_t Axis = Update.getAxis(), Size = Shape[Axis];
  int64_t Rows = getType(Update.getPart()).getDimSize(Axis);
  Indices Place = Index;
  Place[Axis] = E.add(Index[Axis], E.emitOffset(Update.getOffset(), Size, Rows,
                                                Update.getRing()));
  if (Update.getRing())
    Place[Axis] = E.rem(Place[Axis], Size);
  return E.linearize(Shape, Place);
}

/// Copies what is updated, unless it is in the memory of the result already.
void GroupLowering::copyUpdated() {
  auto GetAddress = [&](Value Memory) -> Value {
    return memref::ExtractAlignedPointerAsIndexOp::create(E.B, Memory);
  };
  for (auto [I, Update] : llvm::enumerate(Updates)) {
    if (!Update)
      continue;
    Value From = E.getOperandMemory(cast<BlockArgument>(Update.getInput()));
    Value To = E.getResultMemory(I);
    Value Differ = arith::CmpIOp::create(E.B, arith::CmpIPredicate::ne,
                                         GetAddress(From), GetAddress(To));
    auto If = scf::IfOp::create(E.B, Differ, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard Guard(E.B);
    E.B.setInsertionPoint(If.thenBlock()->getTerminator());
    memref::CopyOp::create(E.B, From, To);
  }
}

void GroupLowering::emitResults() {
  // Everything is read before anything is written: a result may share the
  // memory of an operand.
  bool AnyFull = false;
  SmallVector<std::pair<unsigned, Value>> Rows;
  auto IsRow = [&](Value V) {
    return !isFull(V) || InnerDims.empty() || Domain.empty();
  };
  for (auto [I, Result] : llvm::enumerate(Computed)) {
    if (!IsRow(Result)) {
      AnyFull = true;
      continue;
    }
    Indices Index = mapTo(getType(Result).getShape(), /*RowsOnly=*/true);
    Rows.push_back({static_cast<unsigned>(I), E.emit(Result, Index)});
  }
  if (AnyFull) {
    Accumulators None, NoneScalar;
    emitInner(0, None, NoneScalar, [&](const Accumulators &) {
      SmallVector<std::tuple<unsigned, Value, LaneIndex>> Elements;
      for (auto [I, Result] : llvm::enumerate(Computed)) {
        if (IsRow(Result))
          continue;
        ArrayRef<int64_t> Shape = getType(Result).getShape();
        Indices Index = mapTo(Shape, /*RowsOnly=*/false);
        Value Element = E.emit(Result, Index);
        Elements.push_back(
            {static_cast<unsigned>(I), Element, getPlace(I, Index)});
      }
      for (auto [I, Element, Linear] : Elements)
        E.store(Element, E.getResultMemory(I), Linear);
      return Accumulators();
    });
  }
  for (auto [I, Element] : Rows) {
    ArrayRef<int64_t> Shape = getType(Computed[I]).getShape();
    E.store(Element, E.getResultMemory(I),
            getPlace(I, mapTo(Shape, /*RowsOnly=*/true)));
  }
}

void GroupLowering::emitRow(LaneIndex Row) {
  SmallVector<int64_t> Sizes;
  for (unsigned Dim : RowDims)
    Sizes.push_back(Domain[Dim]);
  if (LanesInRow)
    Sizes.pop_back();
  Position.resize(Domain.size());
  Indices RowIndex = E.delinearize(Sizes, Row);
  for (auto [Dim, Index] : llvm::zip(RowDims, RowIndex))
    Position[Dim] = Index;

  E.setRowDepth(E.getDepth());
  for (unsigned Level = 0; Level != Levels.size(); ++Level)
    emitPass(Level);
  emitResults();
  E.forgetRow();
}

/// Rows, and if their lanes are rows of their own the ones from `LaneFrom` on,
/// `LaneCount` vectors of `Width`.
void GroupLowering::emitRows(int64_t LaneFrom, int64_t LaneCount,
                             int64_t Width) {
  int64_t Rows = LaneCount;
  int64_t TaskWork = LanesInRow ? Width : 1;
  unsigned LaneDim = Domain.size() - 1;
  for (unsigned Dim : RowDims)
    if (!LanesInRow || Dim != LaneDim)
      Rows *= Domain[Dim];
  for (unsigned Dim : InnerDims)
    TaskWork *= Domain[Dim];
  TaskWork *= std::max<int64_t>(1, Body.getOperations().size() - 1);

  auto EmitRow = [&](Value Row) {
    LaneIndex Index = E.getUniform(Row);
    if (LanesInRow) {
      LaneIndex Chunk = E.rem(Index, LaneCount);
      if (Rows == LaneCount)
        Chunk = Index;
      Index = E.floorDiv(Index, LaneCount);
      LaneIndex Lane = E.add(E.mul(Chunk, Width), LaneFrom);
      if (Width > 1)
        Lane.Stride = 1;
      Position.resize(Domain.size());
      Position[LaneDim] = Lane;
      E.Width = Width;
    }
    emitRow(Index);
    E.Width = 1;
  };
  auto AllocateBuffers = [&] {
    BufferMemory.clear();
    for (auto &[V, First] : Kept) {
      int64_t Size = 1;
      for (int64_t Dim : BufferSizes)
        Size *= Dim;
      BufferMemory.push_back(E.createBuffer(getType(V).getElementType(), Size));
    }
  };

  int64_t RowsPerTask =
      std::clamp<int64_t>(llvm::divideCeil(MinTaskWork, TaskWork), 1, Rows);
  int64_t Tasks = llvm::divideCeil(Rows, RowsPerTask);
  if (Rows == 1) {
    AllocateBuffers();
    EmitRow(E.getConstant(0));
    return;
  }
  if (Tasks == 1) {
    AllocateBuffers();
    scf::ForOp Loop = E.openFor(E.getConstant(0), E.getConstant(Rows), 1);
    EmitRow(Loop.getInductionVar());
    E.close();
    return;
  }
  Value Task = E.openParallel(Tasks);
  AllocateBuffers();
  if (RowsPerTask == 1) {
    EmitRow(Task);
  } else {
    LaneIndex From = E.mul(E.getUniform(Task), RowsPerTask);
    Value To = E.add(From, RowsPerTask).Base;
    if (Rows % RowsPerTask != 0)
      To = arith::MinUIOp::create(E.B, To, E.getConstant(Rows));
    scf::ForOp Loop = E.openFor(From.Base, To, 1);
    EmitRow(Loop.getInductionVar());
    E.close();
  }
  E.close();
}

LogicalResult GroupLowering::run() {
  if (failed(analyze()))
    return failure();
  planPasses();
  planBuffers();
  copyUpdated();
  if (!LanesInRow) {
    emitRows(0, 1, 1);
    return success();
  }
  int64_t Size = Domain.back(), Whole = Lanes > 1 ? Size / Lanes * Lanes : 0;
  if (Whole > 0)
    emitRows(0, Whole / Lanes, Lanes);
  if (Whole < Size)
    emitRows(Whole, Size - Whole, 1);
  return success();
}

} // namespace

LogicalResult lowerGroup(KernelEmitter &Emitter, FuncOp Kernel) {
  return GroupLowering(Emitter, Kernel).run();
}

} // namespace stator
