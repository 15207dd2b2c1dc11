//===- PointwiseDims.cpp - Ops that work along a dimension alone ----------===//

#include "passes/PointwiseDims.h"
#include "ir/Einsum.h"
#include "ir/TimeFlowSupport.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace stator {

using MaybeDims = std::optional<PointwiseDims>;

/// The dimension of the operand of a reshape that is `Dim` of its result.
static MaybeDims getReshapedDim(ReshapeOp Op, int64_t Dim) {
  std::optional<int64_t> Found = findReshapedDim(
      Op.getType().getShape(), Op.getInput().getType().getShape(), Dim);
  if (!Found)
    return std::nullopt;
  return PointwiseDims{*Found};
}

static MaybeDims getEinsumDims(EinsumOp Op, int64_t Dim) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(Op.getEquation(), Error);
  if (failed(Equation))
    return std::nullopt;
  auto Find = [&](ArrayRef<int64_t> Names) -> std::optional<int64_t> {
    auto *Found = llvm::find(Names, Equation->Result[Dim]);
    if (Found == Names.end())
      return std::nullopt;
    return Found - Names.begin();
  };
  return PointwiseDims{Find(Equation->Lhs), Find(Equation->Rhs)};
}

static MaybeDims getReducedDim(ReduceOp Op, int64_t Dim) {
  for (int64_t Axis : Op.getAxes())
    if (Axis <= Dim)
      ++Dim;
  return PointwiseDims{Dim};
}

static MaybeDims getGatheredDims(GatherOp Op, int64_t Dim) {
  int64_t NumIndices = Op.getIndices().getType().getRank();
  if (Dim < NumIndices)
    return PointwiseDims{std::nullopt, Dim};
  return PointwiseDims{Dim - NumIndices + 1, std::nullopt};
}

static MaybeDims getAttendedDims(AttentionOp Op, OpResult Result, int64_t Dim) {
  // Batches are alone, and queries if nothing is masked.
  if (Dim != 0 && (Dim != 2 || Op.getCausal()))
    return std::nullopt;
  PointwiseDims Dims{Dim, std::nullopt, std::nullopt};
  if (Dim == 0)
    Dims = {0, 0, 0};
  if (!Op.getBias())
    return Dims;
  RankedTensorType Bias = Op.getBias().getType();
  if (Dim == 2)
    Dims.push_back(Bias.getRank() - 2);
  else if (Bias.getRank() == 4 && Bias.getDimSize(0) != 1)
    Dims.push_back(0);
  else
    Dims.push_back(std::nullopt);
  return Dims;
}

bool movesAlong(Operation *Op, int64_t Dim) {
  auto IsChanged = [&](ArrayRef<int64_t> Starts, ArrayRef<int64_t> Strides,
                       RankedTensorType From, RankedTensorType To) {
    return Starts[Dim] != 0 || Strides[Dim] != 1 ||
           From.getDimSize(Dim) != To.getDimSize(Dim);
  };
  return llvm::TypeSwitch<Operation *, bool>(Op)
      .Case([&](SliceOp Slice) {
        return IsChanged(Slice.getOffsets(), Slice.getStrides(),
                         Slice.getInput().getType(), Slice.getType());
      })
      .Case([&](PadOp Pad) {
        return IsChanged(Pad.getLow(), Pad.getStrides(),
                         Pad.getInput().getType(), Pad.getType());
      })
      .Case([&](ConcatOp Concat) {
        return static_cast<int64_t>(Concat.getAxis()) == Dim;
      })
      .Default(false);
}

MaybeDims getPointwiseDims(OpResult Result, int64_t Dim) {
  Operation *Op = Result.getOwner();
  if (Op->hasTrait<OpTrait::Elementwise>())
    return PointwiseDims(Op->getNumOperands(), Dim);
  if (movesAlong(Op, Dim))
    return std::nullopt;
  // Where the dimension is the axis of the op its indices need each other.
  auto UnlessAxis = [&](int64_t Axis) -> MaybeDims {
    if (Axis == Dim)
      return std::nullopt;
    return PointwiseDims(Op->getNumOperands(), Dim);
  };
  return llvm::TypeSwitch<Operation *, MaybeDims>(Op)
      .Case([&](ConstantOp Constant) -> MaybeDims {
        if (!isa<SplatElementsAttr>(Constant.getValue()))
          return std::nullopt;
        return PointwiseDims();
      })
      .Case([&](IotaOp Iota) { return UnlessAxis(Iota.getAxis()); })
      .Case([&](BroadcastOp Broadcast) -> MaybeDims {
        ArrayRef<int64_t> Dims = Broadcast.getDimensions();
        auto *Found = llvm::find(Dims, Dim);
        if (Found == Dims.end())
          return PointwiseDims{std::nullopt};
        return PointwiseDims{Found - Dims.begin()};
      })
      .Case([&](TransposeOp Transpose) {
        return PointwiseDims{Transpose.getPermutation()[Dim]};
      })
      .Case([&](ReshapeOp Reshape) { return getReshapedDim(Reshape, Dim); })
      .Case([&](SliceOp) { return PointwiseDims{Dim}; })
      .Case([&](PadOp) { return PointwiseDims{Dim}; })
      .Case([&](ConcatOp Concat) { return UnlessAxis(Concat.getAxis()); })
      .Case([&](EinsumOp Einsum) { return getEinsumDims(Einsum, Dim); })
      .Case([&](ReduceOp Reduce) { return getReducedDim(Reduce, Dim); })
      .Case([&](CumsumOp Cumsum) { return UnlessAxis(Cumsum.getAxis()); })
      .Case([&](SoftmaxOp Softmax) { return UnlessAxis(Softmax.getAxis()); })
      .Case([&](GatherOp Gather) { return getGatheredDims(Gather, Dim); })
      .Case([&](CausalMaskOp Mask) -> MaybeDims {
        // Queries and keys are what the mask is about.
        if (Dim >= Mask.getType().getRank() - 2)
          return std::nullopt;
        return PointwiseDims{Dim};
      })
      .Case([&](AttentionOp Attention) {
        return getAttendedDims(Attention, Result, Dim);
      })
      .Default(MaybeDims());
}

} // namespace stator
