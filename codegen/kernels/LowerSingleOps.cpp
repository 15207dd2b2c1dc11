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

LogicalResult lowerScatterAdd(KernelEmitter &E, ScatterAddOp Op,
                              BlockArgument Base) {
  auto Updates = cast<BlockArgument>(Op.getUpdates());
  auto Numbers = cast<BlockArgument>(Op.getIndices());
  RankedTensorType Table = getType(Op.getResult());
  int64_t Rows = Table.getDimSize(0);
  int64_t Size = Table.getNumElements() / Rows;
  int64_t Count = getType(Op.getIndices()).getNumElements();
  Type Element = Table.getElementType();
  Value Sums = E.getResultMemory(0);

  // Zeros, by rows, or the tensor that is added to, unless that is where the
  // sums go anyway.
  Value Filled = E.getConstant(Rows);
  if (Base) {
    Value From = memref::ExtractAlignedPointerAsIndexOp::create(
        E.B, E.getOperandMemory(Base));
    Value To = memref::ExtractAlignedPointerAsIndexOp::create(E.B, Sums);
    Value Same = arith::CmpIOp::create(E.B, arith::CmpIPredicate::eq, From, To);
    Filled = arith::SelectOp::create(E.B, Same, E.getConstant(0), Filled);
  }
  int64_t RowsPerTask = std::clamp<int64_t>((1 << 14) / Size, 1, Rows);
  LaneIndex Task =
      E.getUniform(E.openParallel(llvm::divideCeil(Rows, RowsPerTask)));
  LaneIndex From = E.mul(Task, RowsPerTask);
  Value To = arith::MinUIOp::create(E.B, E.add(From, RowsPerTask).Base, Filled);
  scf::ForOp Loop = E.openFor(From.Base, To, 1);
  LaneIndex Start = E.mul(E.getUniform(Loop.getInductionVar()), Size);
  forLanes(E, Size, [&](LaneIndex Lane) {
    LaneIndex Position = E.add(Start, Lane);
    E.store(Base ? E.load(E.getOperandMemory(Base), Position)
                 : emitZero(E, Element, E.Width),
            Sums, Position);
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
