//===- LowerGroup.cpp - The loops of a fused group ------------------------===//

#include "codegen/EmitMath.h"
#include "codegen/kernels/EmitElementwise.h"
#include "codegen/kernels/GroupLowering.h"
#include "codegen/kernels/Lowerings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace stator {

static constexpr auto Contract = arith::FastMathFlags::contract;

/// Elements times ops that are worth handing to another thread.
static constexpr int64_t MinTaskWork = 1 << 14;

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

static Value emitIdentity(ImplicitLocOpBuilder &B, ReduceKind Kind, Type Type) {
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
  case ReduceKind::LogSumExp:
    break;
  }
  llvm_unreachable("composite reductions are decomposed before");
}

static Value emitCombine(ImplicitLocOpBuilder &B, ReduceKind Kind, Value X,
                         Value Y) {
  switch (Kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    return arith::AddFOp::create(B, X, Y, Contract);
  case ReduceKind::Max:
    return arith::MaximumFOp::create(B, X, Y);
  case ReduceKind::Min:
    return arith::MinimumFOp::create(B, X, Y);
  case ReduceKind::LogSumExp:
    break;
  }
  llvm_unreachable("composite reductions are decomposed before");
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
      Type Element = getTensorType(Reduce.getInput()).getElementType();
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
    return E.linearize(getTensorType(Computed[Result]).getShape(), Index);
  ArrayRef<int64_t> Shape = getTensorType(Update.getResult()).getShape();
  int64_t Axis = Update.getAxis(), Size = Shape[Axis];
  int64_t Rows = getTensorType(Update.getPart()).getDimSize(Axis);
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
    Indices Index = mapTo(getTensorType(Result).getShape(), /*RowsOnly=*/true);
    Rows.push_back({static_cast<unsigned>(I), E.emit(Result, Index)});
  }
  if (AnyFull) {
    Accumulators None, NoneScalar;
    emitInner(0, None, NoneScalar, [&](const Accumulators &) {
      SmallVector<std::tuple<unsigned, Value, LaneIndex>> Elements;
      for (auto [I, Result] : llvm::enumerate(Computed)) {
        if (IsRow(Result))
          continue;
        ArrayRef<int64_t> Shape = getTensorType(Result).getShape();
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
    ArrayRef<int64_t> Shape = getTensorType(Computed[I]).getShape();
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
      BufferMemory.push_back(
          E.createBuffer(getTensorType(V).getElementType(), Size));
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

LogicalResult lowerGroup(KernelEmitter &Emitter, FuncOp Kernel) {
  return GroupLowering(Emitter, Kernel).run();
}

} // namespace stator
