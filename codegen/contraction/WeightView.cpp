//===- WeightView.cpp - Weights in the type that they are stored in -------===//

#include "codegen/contraction/WeightView.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace stator;

Type WeightView::getElementType() const {
  return cast<MemRefType>(Buffer.getType()).getElementType();
}

int64_t WeightView::getElementBytes() const {
  return getElementType().getIntOrFloatBitWidth() / 8;
}

/// Numbers of a narrower type as f32: a number, or a vector of them.
static Value widen(KernelBuilder &K, Value Stored) {
  Type To = K.B.getF32Type(), From = getElementTypeOrSelf(Stored);
  if (auto Vector = dyn_cast<VectorType>(Stored.getType()))
    To = VectorType::get(Vector.getShape(), To);
  if (Stored.getType() == To)
    return Stored;
  if (From.isInteger())
    return arith::SIToFPOp::create(K.B, K.Loc, To, Stored);
  return arith::ExtFOp::create(K.B, K.Loc, To, Stored);
}

Value WeightView::getScaleOffset(KernelBuilder &K, Value Offset) const {
  if (RowLength % Block == 0)
    return K.div(Offset, Block);
  Value Row = K.div(Offset, RowLength);
  return K.add(K.mul(Row, getBlocksPerRow()),
               K.div(K.rem(Offset, RowLength), Block));
}

Value WeightView::load(KernelBuilder &K, Value Offset) const {
  Value Number = widen(K, K.load(Buffer, Offset));
  if (!Scales)
    return Number;
  return K.mulf(Number, K.load(Scales, getScaleOffset(K, Offset)));
}

/// The first `Count` of `Size` lanes, the others as in `Result`: in pieces of
/// powers of two, which every CPU loads without a mask. `Load` gives a vector
/// of so many numbers from an index on.
static Value loadPieces(KernelBuilder &K, Value Result, int64_t Size,
                        int64_t Count,
                        function_ref<Value(int64_t, int64_t)> Load) {
  int64_t Done = 0;
  for (int64_t Piece = Size / 2; Piece > 0; Piece /= 2) {
    if (!(Count & Piece))
      continue;
    Result = vector::InsertStridedSliceOp::create(
        K.B, K.Loc, Load(Piece, Done), Result, ArrayRef<int64_t>{Done},
        ArrayRef<int64_t>{1});
    Done += Piece;
  }
  return Result;
}

Value WeightView::loadUnscaled(KernelBuilder &K, Value Offset,
                               int64_t Count) const {
  if (isF32())
    return K.loadVector(Buffer, Offset, Count);
  auto Load = [&](int64_t Lanes, int64_t From) {
    auto Type = VectorType::get({Lanes}, getElementType());
    return widen(K, vector::LoadOp::create(K.B, K.Loc, Type, Buffer,
                                           K.add(Offset, From)));
  };
  int64_t Lanes = K.getLanes();
  if (Count == Lanes)
    return Load(Lanes, 0);
  return loadPieces(K, K.splat(0), Lanes, Count, Load);
}

Value WeightView::loadVector(KernelBuilder &K, Value Offset,
                             int64_t Count) const {
  Value Numbers = loadUnscaled(K, Offset, Count);
  if (!Scales)
    return Numbers;
  Value Scale = K.load(Scales, getScaleOffset(K, Offset));
  return K.mulf(Numbers, K.broadcast(Scale));
}

Value WeightView::loadPairs(KernelBuilder &K, Value Offset,
                            int64_t Count) const {
  int64_t Size = 2 * K.getLanes();
  auto Load = [&](int64_t Piece, int64_t From) -> Value {
    auto Type = VectorType::get({Piece}, getElementType());
    return vector::LoadOp::create(K.B, K.Loc, Type, Buffer,
                                  K.add(Offset, From));
  };
  if (Count == Size)
    return vector::BitCastOp::create(K.B, K.Loc, K.getVectorType(),
                                     Load(Size, 0));
  auto Type = VectorType::get({Size}, getElementType());
  Value Zeros = arith::ConstantOp::create(K.B, K.Loc, K.B.getZeroAttr(Type));
  Value Result = loadPieces(K, Zeros, Size, Count, Load);
  return vector::BitCastOp::create(K.B, K.Loc, K.getVectorType(), Result);
}
