//===- DerivativesShape.cpp - Derivatives of ShapeOps.td ------------------===//

#include "ir/VjpBuilder.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/AffineMap.h"

using namespace mlir;
using namespace stator;

void BroadcastOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                           ArrayRef<bool> Wanted,
                           MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0])
    return;
  VjpBuilder B(Builder, *this);
  SmallVector<int64_t> Axes;
  for (int64_t Dim = 0; Dim < getResult().getType().getRank(); ++Dim)
    if (!llvm::is_contained(getDimensions(), Dim))
      Axes.push_back(Dim);
  OperandCotangents[0] =
      Axes.empty() ? Cotangents[0]
                   : B.make<ReduceOp>(ReduceKind::Sum, Cotangents[0], Axes);
}

void ReshapeOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                         ArrayRef<bool> Wanted,
                         MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = B.reshape(Cotangents[0], getInput().getType());
}

void TransposeOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                           ArrayRef<bool> Wanted,
                           MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = B.make<TransposeOp>(
        Cotangents[0], invertPermutationVector(getPermutation()));
}

void SliceOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                       ArrayRef<bool> Wanted,
                       MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = B.make<PadOp>(getInput().getType(), Cotangents[0],
                                         getOffsets(), getStrides());
}

void PadOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                     ArrayRef<bool> Wanted,
                     MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = B.make<SliceOp>(getInput().getType(), Cotangents[0],
                                           getLow(), getStrides());
}

void ConcatOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                        ArrayRef<bool> Wanted,
                        MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  int64_t Rank = getResult().getType().getRank();
  SmallVector<int64_t> Offsets(Rank, 0), Strides(Rank, 1);
  for (auto [Index, Input] : llvm::enumerate(getInputs())) {
    if (Wanted[Index])
      OperandCotangents[Index] =
          B.make<SliceOp>(Input.getType(), Cotangents[0], Offsets, Strides);
    Offsets[getAxis()] +=
        cast<RankedTensorType>(Input.getType()).getDimSize(getAxis());
  }
}
