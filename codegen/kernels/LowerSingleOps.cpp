//===- LowerSingleOps.cpp - Kernels of one op with loops of their own -----===//

#include "codegen/EmitMath.h"
#include "codegen/kernels/EmitElementwise.h"
#include "codegen/kernels/Lowerings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace stator {
namespace {

constexpr auto Contract = arith::FastMathFlags::contract;

RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

Value emitZero(KernelEmitter &E, Type Element, int64_t Width) {
  Type Type = Width == 1 ? Element : VectorType::get({Width}, Element);
  return arith::ConstantOp::create(E.B, E.B.getZeroAttr(Type));
}

/// Calls `EmitBody` inside a loop over [0, Size) in vectors and one over the
/// rest.
void forLanes(KernelEmitter &E, int64_t Size,
              function_ref<void(LaneIndex)> EmitBody) {
  int64_t Lanes = E.Target.getF32Lanes();
  int64_t Whole = Lanes > 1 ? Size / Lanes * Lanes : 0;
  auto Run = [&](int64_t From, int64_t To, int64_t Width) {
    if (From == To)
      return;
    scf::ForOp Loop = E.openFor(E.getConstant(From), E.getConstant(To), Width);
    E.Width = Width;
    Value Index = Loop.getInductionVar();
    EmitBody(Width == 1 ? E.getUniform(Index) : E.getConsecutive(Index, Width));
    E.Width = 1;
    E.close();
  };
  Run(0, Whole, Lanes);
  Run(Whole, Size, 1);
}

/// Calls `EmitBody` in parallel for each vector along a row of `Size` elements
/// of each of `Rows` rows, and again for the rest of each row.
void forRowLanes(KernelEmitter &E, int64_t Rows, int64_t Size,
                 function_ref<void(LaneIndex Row, LaneIndex Lane)> EmitBody) {
  int64_t Lanes = E.Target.getF32Lanes();
  int64_t Whole = Size / Lanes;
  auto Run = [&](int64_t From, int64_t Chunks, int64_t Width) {
    if (Chunks == 0)
      return;
    LaneIndex Task = E.getUniform(E.openParallel(Rows * Chunks));
    LaneIndex Row = E.floorDiv(Task, Chunks);
    LaneIndex Lane = E.add(E.mul(E.rem(Task, Chunks), Width), From);
    Lane.Stride = Width == 1 ? 0 : 1;
    E.Width = Width;
    EmitBody(Row, Lane);
    E.Width = 1;
    E.close();
  };
  Run(0, Whole, Lanes);
  Run(Whole * Lanes, Size % Lanes, 1);
}

} // namespace

LogicalResult lowerScatterAdd(KernelEmitter &E, ScatterAddOp Op) {
  auto Updates = cast<BlockArgument>(Op.getUpdates());
  auto Numbers = cast<BlockArgument>(Op.getIndices());
  RankedTensorType Table = getType(Op.getResult());
  int64_t Rows = Table.getDimSize(0);
  int64_t Size = Table.getNumElements() / Rows;
  int64_t Count = getType(Op.getIndices()).getNumElements();
  Type Element = Table.getElementType();
  Value Sums = E.getResultMemory(0);

  // Zeros, by rows.
  int64_t RowsPerTask = std::clamp<int64_t>((1 << 14) / Size, 1, Rows);
  LaneIndex Task =
      E.getUniform(E.openParallel(llvm::divideCeil(Rows, RowsPerTask)));
  LaneIndex From = E.mul(Task, RowsPerTask);
  Value To = arith::MinUIOp::create(E.B, E.add(From, RowsPerTask).Base,
                                    E.getConstant(Rows));
  scf::ForOp Loop = E.openFor(From.Base, To, 1);
  LaneIndex Start = E.mul(E.getUniform(Loop.getInductionVar()), Size);
  forLanes(E, Size, [&](LaneIndex Lane) {
    E.store(emitZero(E, Element, E.Width), Sums, E.add(Start, Lane));
  });
  E.close();
  E.close();

  // Sums, by columns: each thread sees the updates in their order.
  forRowLanes(E, 1, Size, [&](LaneIndex, LaneIndex Lane) {
    int64_t Width = E.Width;
    scf::ForOp Loop = E.openFor(E.getConstant(0), E.getConstant(Count), 1);
    LaneIndex I = E.getUniform(Loop.getInductionVar());
    Value Number = E.load(E.getOperandMemory(Numbers), I);
    Number = arith::IndexCastOp::create(E.B, E.B.getIndexType(), Number);
    Number = arith::MaxSIOp::create(E.B, Number, E.getConstant(0));
    Number = arith::MinSIOp::create(E.B, Number, E.getConstant(Rows - 1));
    E.Width = Width;
    LaneIndex Position = E.add(E.mul(E.getUniform(Number), Size), Lane);
    Value Update =
        E.load(E.getOperandMemory(Updates), E.add(E.mul(I, Size), Lane));
    Value Sum = E.load(Sums, Position);
    E.store(arith::AddFOp::create(E.B, Sum, Update, Contract), Sums, Position);
    E.close();
  });
  return success();
}

/// Squares are summed in f64 over chunks of fixed size, each by one thread, and
/// the chunks in their order.
LogicalResult lowerGlobalNorm(KernelEmitter &E, GlobalNormOp Op) {
  int64_t Total = 0;
  for (Value Input : Op.getInputs())
    Total += getType(Input).getNumElements();
  int64_t ChunkSize = 1 << 13;
  while (Total / ChunkSize > (1 << 11))
    ChunkSize *= 2;
  int64_t NumChunks = 0;
  for (Value Input : Op.getInputs())
    NumChunks += llvm::divideCeil(getType(Input).getNumElements(), ChunkSize);

  Type F64 = E.B.getF64Type();
  int64_t Lanes = E.Target.getF32Lanes();
  Value Partial = E.createBuffer(F64, std::max<int64_t>(NumChunks, 1));

  // A loop over [From, To) of one input that sums in the order of a vector.
  auto SumSquares = [&](BlockArgument Input, Value From, Value To) -> Value {
    Type Element = getType(Input).getElementType();
    Value Size = arith::SubIOp::create(E.B, To, From);
    Value Rest = arith::RemUIOp::create(E.B, Size, E.getConstant(Lanes));
    Value Whole = arith::SubIOp::create(E.B, To, Rest);
    auto Square = [&](Value X) -> Value {
      if (!Element.isF64()) {
        Type Wide = F64;
        if (auto Vector = dyn_cast<VectorType>(X.getType()))
          Wide = Vector.clone(F64);
        X = arith::ExtFOp::create(E.B, Wide, X);
      }
      return arith::MulFOp::create(E.B, X, X, Contract);
    };
    Value Sum;
    {
      scf::ForOp Loop =
          E.openFor(From, Whole, Lanes, ValueRange{emitZero(E, F64, Lanes)});
      E.Width = Lanes;
      LaneIndex Index = E.getUniform(Loop.getInductionVar());
      Index.Stride = Lanes == 1 ? 0 : 1;
      Value X = Square(E.load(E.getOperandMemory(Input), Index));
      E.Width = 1;
      E.close(ValueRange{arith::AddFOp::create(
          E.B, Loop.getRegionIterArgs().front(), X, Contract)});
      Sum = Loop.getResult(0);
    }
    if (Lanes > 1)
      Sum =
          combineLanes(E.B, E.B.getLoc(), Sum, [&](Value X, Value Y) -> Value {
            return arith::AddFOp::create(E.B, X, Y, Contract);
          });
    scf::ForOp Tail = E.openFor(Whole, To, 1, ValueRange{Sum});
    Value X = Square(E.load(E.getOperandMemory(Input),
                            E.getUniform(Tail.getInductionVar())));
    E.close(ValueRange{arith::AddFOp::create(
        E.B, Tail.getRegionIterArgs().front(), X, Contract)});
    return Tail.getResult(0);
  };

  int64_t FirstChunk = 0;
  for (Value Input : Op.getInputs()) {
    int64_t Size = getType(Input).getNumElements();
    int64_t Chunks = llvm::divideCeil(Size, ChunkSize);
    auto Argument = cast<BlockArgument>(Input);
    if (Chunks == 1) {
      Value Sum = SumSquares(Argument, E.getConstant(0), E.getConstant(Size));
      E.store(Sum, Partial, E.getConstantIndex(FirstChunk));
    } else {
      LaneIndex Chunk = E.getUniform(E.openParallel(Chunks));
      LaneIndex From = E.mul(Chunk, ChunkSize);
      Value To = arith::MinUIOp::create(E.B, E.add(From, ChunkSize).Base,
                                        E.getConstant(Size));
      E.store(SumSquares(Argument, From.Base, To), Partial,
              E.add(Chunk, FirstChunk));
      E.close();
    }
    FirstChunk += Chunks;
  }

  scf::ForOp Loop = E.openFor(E.getConstant(0), E.getConstant(NumChunks), 1,
                              ValueRange{emitZero(E, F64, 1)});
  Value Part = E.load(Partial, E.getUniform(Loop.getInductionVar()));
  E.close(ValueRange{
      arith::AddFOp::create(E.B, Loop.getRegionIterArgs().front(), Part)});
  Value Norm = math::SqrtOp::create(E.B, Loop.getResult(0));
  Type Element = getType(Op.getResult()).getElementType();
  if (!Element.isF64())
    Norm = arith::TruncFOp::create(E.B, Element, Norm);
  E.store(Norm, E.getResultMemory(0), E.getConstantIndex(0));
  return success();
}

LogicalResult lowerCumsum(KernelEmitter &E, CumsumOp Op) {
  auto Input = cast<BlockArgument>(Op.getInput());
  RankedTensorType Type = getType(Input);
  ArrayRef<int64_t> Shape = Type.getShape();
  int64_t Axis = Op.getAxis(), Length = Shape[Axis];
  int64_t Outer = 1, Inner = 1;
  for (int64_t Dim = 0; Dim != Type.getRank(); ++Dim)
    (Dim < Axis ? Outer : Inner) *= Dim == Axis ? 1 : Shape[Dim];

  forRowLanes(E, Outer, Inner, [&](LaneIndex Row, LaneIndex Lane) {
    Value Zero = emitZero(E, Type.getElementType(), E.Width);
    scf::ForOp Loop =
        E.openFor(E.getConstant(0), E.getConstant(Length), 1, ValueRange{Zero});
    LaneIndex Step = E.getUniform(Loop.getInductionVar());
    if (Op.getReverse())
      Step.Base =
          arith::SubIOp::create(E.B, E.getConstant(Length - 1), Step.Base);
    LaneIndex Position =
        E.add(E.mul(E.add(E.mul(Row, Length), Step), Inner), Lane);
    Value X = E.load(E.getOperandMemory(Input), Position);
    Value Sum = arith::AddFOp::create(E.B, Loop.getRegionIterArgs().front(), X,
                                      Contract);
    E.store(Sum, E.getResultMemory(0), Position);
    E.close(ValueRange{Sum});
  });
  return success();
}

} // namespace stator
