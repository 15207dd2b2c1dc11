//===- Views.cpp - Tensors that lie in the memory of others ---------------===//

#include "passes/Views.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace stator {

bool isContiguous(SliceOp Slice) {
  ArrayRef<int64_t> From =
      cast<RankedTensorType>(Slice.getInput().getType()).getShape();
  ArrayRef<int64_t> To =
      cast<RankedTensorType>(Slice.getResult().getType()).getShape();
  size_t Dim = 0;
  while (Dim < To.size() && To[Dim] == 1)
    ++Dim;
  if (Dim < To.size() && Slice.getStrides()[Dim] != 1)
    return false;
  for (++Dim; Dim < To.size(); ++Dim)
    if (To[Dim] != From[Dim] || (To[Dim] > 1 && Slice.getStrides()[Dim] != 1))
      return false;
  return true;
}

bool isView(Operation *Op) {
  if (auto Slice = dyn_cast<SliceOp>(Op))
    return isContiguous(Slice);
  return isa<ReshapeOp>(Op);
}

int64_t getViewOffset(Operation *View) {
  auto Slice = dyn_cast<SliceOp>(View);
  if (!Slice)
    return 0;
  auto From = cast<RankedTensorType>(Slice.getInput().getType());
  int64_t Element = 0;
  for (auto [Size, Offset] : llvm::zip(From.getShape(), Slice.getOffsets()))
    Element = Element * Size + Offset;
  return Element * ((From.getElementTypeBitWidth() + 7) / 8);
}

bool isJoinedInPlace(ConcatOp Concat) {
  if (Concat.getAxis() != 0)
    return false;
  llvm::DenseSet<Value> Seen;
  for (Value Input : Concat.getInputs()) {
    while (auto Reshape = Input.getDefiningOp<ReshapeOp>())
      Input = Reshape.getInput();
    Operation *Source = Input.getDefiningOp();
    if (!Source || Source->getBlock() != Concat->getBlock() ||
        !Seen.insert(Input).second)
      return false;
    // What only moves elements is better read where it is used.
    if (isa<ReadOp, InfoOp, ConstantOp, IotaOp, BroadcastOp, TransposeOp,
            SliceOp, PadOp, ConcatOp, GatherOp, ScanOp>(Source))
      return false;
  }
  return true;
}

} // namespace stator
