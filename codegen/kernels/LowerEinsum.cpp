//===- LowerEinsum.cpp - A contraction and what follows it ----------------===//
//
// The contraction leaves its sums in the memory of a result. As soon as those
// of a block are final the rest of the kernel is computed for that block, whose
// sums are in cache still, in loops over its rows and vectors along them.
//
//===----------------------------------------------------------------------===//

#include "codegen/contraction/Contraction.h"
#include "codegen/kernels/Lowerings.h"
#include "ir/EinsumKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace stator {
namespace {

class EpilogueEmitter {
public:
  EpilogueEmitter(KernelEmitter &E, const EinsumKernel &Form, ReturnOp Return)
      : E(E), Form(Form), Return(Return),
        Domain(cast<RankedTensorType>(Form.Sums.getType()).getShape()) {
    E.setBuffered(Form.Sums, E.getResultMemory(Form.SumsResult), Domain);
    collectStreams();
  }

  void emit(const ResultBlock &Block) {
    // The dimensions that are columns, and in front of them the rows.
    size_t FirstColumnDim = Domain.size();
    for (int64_t Size = 1; Size != Block.TotalColumns;)
      Size *= Domain[--FirstColumnDim];
    RowStride = Block.RowStride;
    LeadingDims = Domain.take_front(FirstColumnDim);
    ColumnDims = Domain.drop_front(FirstColumnDim);
    int64_t Width = E.Target.getF32Lanes();
    while (Width > Block.TotalColumns)
      Width /= 2;

    LaneIndex First =
        E.floorDiv(E.getUniform(Block.Offset), Block.TotalColumns);
    scf::ForOp Rows = E.openFor(Block.FirstRow, Block.LastRow, 1);
    LaneIndex Row = E.mul(E.getUniform(Rows.getInductionVar()),
                          Block.RowStride / Block.TotalColumns);
    Leading = E.delinearize(LeadingDims, E.add(First, Row));
    Value WholeEnd = Block.LastColumn;
    if (Block.TotalColumns % Width != 0) {
      Value Rest =
          arith::RemUIOp::create(E.B, Block.LastColumn, E.getConstant(Width));
      WholeEnd = arith::SubIOp::create(E.B, Block.LastColumn, Rest);
    }
    emitColumns(Block.FirstColumn, WholeEnd, Width);
    if (Block.TotalColumns % Width != 0)
      emitColumns(WholeEnd, Block.LastColumn, 1);
    E.close();
  }

private:
  /// Operands and results that are walked like the sums, in memory.
  void collectStreams() {
    Block &Body = *Return->getBlock();
    for (BlockArgument Operand : Body.getArguments())
      if (Operand != Form.Accumulator && isLarge(Operand) &&
          llvm::any_of(Operand.getUsers(), canFollowEinsum))
        Streams.push_back({E.getOperandMemory(Operand), /*IsWrite=*/false});
    for (unsigned I = 0; I != Return.getNumOperands(); ++I)
      if (I != Form.SumsResult)
        Streams.push_back({E.getResultMemory(I), /*IsWrite=*/true});
  }

  bool isLarge(Value V) const {
    return cast<RankedTensorType>(V.getType()).getNumElements() ==
           cast<RankedTensorType>(Form.Sums.getType()).getNumElements();
  }

  /// Asks for what the block needs some rows on: the hardware does not foresee
  /// steps from row to row.
  void prefetch(const Indices &Position) {
    constexpr int64_t RowsAhead = 4;
    LaneIndex Linear = E.linearize(Domain, Position);
    // Lanes of short rows, which are not one after the other.
    if (Linear.Lanes)
      return;
    Value Ahead = E.add(Linear, RowsAhead * RowStride).Base;
    for (auto [Memory, IsWrite] : Streams)
      memref::PrefetchOp::create(E.B, Memory, Ahead, IsWrite,
                                 /*localityHint=*/3, /*isDataCache=*/true);
  }

  void emitColumns(Value From, Value To, int64_t Width) {
    scf::ForOp Columns = E.openFor(From, To, Width);
    E.Width = Width;
    Value Column = Columns.getInductionVar();
    LaneIndex Lane =
        Width == 1 ? E.getUniform(Column) : E.getConsecutive(Column, Width);
    Indices Position = Leading;
    Position.append(E.delinearize(ColumnDims, Lane));
    if (Width > 1 && RowStride > Width)
      prefetch(Position);
    emitResults(Position);
    E.Width = 1;
    E.close();
  }

  /// Everything is read before anything is written: a result may share the
  /// memory of an operand, and one has that of the sums.
  void emitResults(const Indices &Position) {
    SmallVector<std::tuple<unsigned, Value, LaneIndex>> Elements;
    for (auto [I, Result] : llvm::enumerate(Return.getOperands())) {
      if (I == Form.SumsResult && Result == Form.Sums)
        continue;
      ArrayRef<int64_t> Shape =
          cast<RankedTensorType>(Result.getType()).getShape();
      Indices Index =
          Shape == Domain ? Position : E.reshapeIndex(Shape, Domain, Position);
      Value Element = E.emit(Result, Index);
      Elements.push_back(
          {static_cast<unsigned>(I), Element, E.linearize(Shape, Index)});
    }
    for (auto [I, Element, Linear] : Elements)
      E.store(Element, E.getResultMemory(I), Linear);
  }

  KernelEmitter &E;
  const EinsumKernel &Form;
  ReturnOp Return;
  ArrayRef<int64_t> Domain, LeadingDims, ColumnDims;
  Indices Leading;
  int64_t RowStride = 0;
  SmallVector<std::pair<Value, bool>> Streams; ///< memory, and if it is written
};

/// Tells the contraction of the scales of its operand `Number`.
LogicalResult addScales(KernelEmitter &E, DequantizeOp Op, unsigned Number,
                        function_ref<Value(Value)> GetMemory,
                        EinsumExtras &Extras) {
  if (!Op.getScales())
    return success();
  int64_t Block = Op.getBlock();
  bool IsSecond = Extras.Scales[0] && Extras.ScaleBlock != Block;
  if (!isa<BlockArgument>(Op.getScales()) || IsSecond ||
      static_cast<int64_t>(Op.getAxis()) != Op.getType().getRank() - 1 ||
      Block % E.Target.getF32Lanes() != 0)
    return Op.emitOpError("cannot be part of a contraction: its scales must be "
                          "along the last dimension, in blocks of whole vector "
                          "registers");
  Extras.Scales[Number] = GetMemory(Op.getScales());
  Extras.ScaleBlock = Block;
  return success();
}

} // namespace

LogicalResult lowerEinsum(KernelEmitter &E, const EinsumKernel &Form,
                          ArrayRef<Value> Arguments) {
  EinsumOp Einsum = Form.Einsum;
  Block &Body = *Einsum->getBlock();
  auto Return = cast<ReturnOp>(Body.getTerminator());
  for (Operation &Op : Body)
    if (!isa<ReturnOp, EinsumOp>(Op) && (!canEmit(&Op) || isa<ReduceOp>(Op)))
      return Op.emitOpError("cannot be fused after a contraction");
  for (Value Result : Return.getOperands())
    if (cast<RankedTensorType>(Result.getType()).getNumElements() !=
        Einsum.getType().getNumElements())
      return Einsum.emitOpError("is in a kernel with results of another size");

  auto GetMemory = [&](Value Operand) {
    return Arguments[cast<BlockArgument>(Operand).getArgNumber()];
  };
  EinsumExtras Extras;
  SmallVector<Value, 2> Operands;
  for (auto [I, Operand] : llvm::enumerate(Einsum->getOperands())) {
    Value Source = Operand;
    if (auto Dequantize = Operand.getDefiningOp<DequantizeOp>()) {
      Source = Dequantize.getWeights();
      if (failed(addScales(E, Dequantize, I, GetMemory, Extras)))
        return failure();
    }
    if (!isa<BlockArgument>(Source))
      return Einsum.emitOpError("has an operand that is not in memory");
    Operands.push_back(GetMemory(Source));
  }
  Value Sums = Arguments.take_back(Return.getNumOperands())[Form.SumsResult];
  auto SumsType = MemRefType::get(Einsum.getType().getShape(),
                                  Einsum.getType().getElementType());
  if (Sums.getType() != SumsType) {
    // The result that has room for them has them under another shape.
    SmallVector<int64_t> Strides;
    int64_t Offset = 0;
    if (failed(SumsType.getStridesAndOffset(Strides, Offset)))
      return failure();
    Sums = memref::ReinterpretCastOp::create(E.B, SumsType, Sums, Offset,
                                             SumsType.getShape(), Strides);
  }
  if (Form.Accumulator)
    Extras.Accumulator = GetMemory(Form.Accumulator);
  EpilogueEmitter Epilogue(E, Form, Return);
  auto EmitBlock = [&](const ResultBlock &Block) { Epilogue.emit(Block); };
  if (Form.hasEpilogue())
    Extras.Epilogue = EmitBlock;
  E.B.setLoc(Einsum.getLoc());
  return emitEinsum(E.B, Einsum, Operands, Sums, E.Target, Extras);
}

} // namespace stator
