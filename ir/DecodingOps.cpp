//===- DecodingOps.cpp - What the ops of the incremental form say ---------===//
//
// Verifiers, costs and time semantics of DecodingOps.td. What they compute is
// in evaluation/Decoding.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/Dialect.h"
#include "ir/KernelInterface.h"
#include "ir/TimeFlowSupport.h"
#include "ir/Verifiers.h"

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

/// Checks that `Part` is like `Whole` but for its size along `Axis`, where it
/// is no longer.
static LogicalResult verifyRowsOf(Operation *Op, RankedTensorType Whole,
                                  RankedTensorType Part, int64_t Axis) {
  if (failed(verifyAxis(Op, Axis, Whole)))
    return failure();
  SmallVector<int64_t> Shape(Whole.getShape());
  if (Part.getRank() == Whole.getRank() && Part.getDimSize(Axis) <= Shape[Axis])
    Shape[Axis] = Part.getDimSize(Axis);
  if (RankedTensorType::get(Shape, Whole.getElementType()) == Part)
    return success();
  return Op->emitOpError() << "the part must be like " << Whole
                           << " but shorter along dimension " << Axis
                           << ", found " << Part;
}

LogicalResult DynamicSliceOp::verify() {
  return verifyRowsOf(*this, getInput().getType(), getType(), getAxis());
}

LogicalResult UpdateSliceOp::verify() {
  return verifyRowsOf(*this, getInput().getType(), getPart().getType(),
                      getAxis());
}

LogicalResult CachedAttentionOp::verify() {
  SmallVector<Type, 2> Expected;
  AttentionOp::Adaptor Attention(getOperands().take_front(3));
  if (failed(AttentionOp::inferReturnTypes(getContext(), getLoc(), Attention,
                                           Expected)))
    return failure();
  if (getType() != Expected[0])
    return emitOpError() << "the result must be " << Expected[0] << ", found "
                         << getType();
  int64_t Queries = getQuery().getType().getDimSize(2);
  int64_t Slots = getKey().getType().getDimSize(2);
  if (Queries > Slots)
    return emitOpError() << Queries << " queries need as many slots, found "
                         << Slots;
  if (failed(verifyWindow(*this, getWindow())))
    return failure();
  if (!getRing())
    return verifyBias(*this, getBias(), getQuery().getType(), Slots);
  if (!getWindow())
    return emitOpError() << "a ring needs a window";
  if (getBias())
    return emitOpError() << "a ring cannot have a bias";
  auto Needed = static_cast<int64_t>(*getWindow()) + Queries - 1;
  if (Slots >= Needed)
    return success();
  return emitOpError() << "a window of " << *getWindow() << " and " << Queries
                       << " queries need a ring of " << Needed
                       << " slots, found " << Slots;
}

LogicalResult DequantizeOp::verify() {
  RankedTensorType Weights = getWeights().getType();
  if (Weights.getShape() != getType().getShape())
    return emitOpError() << "cannot change the shape: " << Weights << " to "
                         << getType();
  bool IsInteger = Weights.getElementType().isInteger(8);
  if (IsInteger != bool(getScales()))
    return emitOpError() << "i8 weights need scales, and others have none";
  if (!IsInteger)
    return success();
  int64_t Axis = getAxis(), Block = getBlock();
  if (Axis < 0 || Axis >= Weights.getRank() || Block < 1)
    return emitOpError() << "axis must be one of the " << Weights.getRank()
                         << " dimensions and block at least 1, found " << Axis
                         << " and " << Block;
  SmallVector<int64_t> Shape(Weights.getShape());
  Shape[Axis] = (Shape[Axis] + Block - 1) / Block;
  if (getScales().getType().getShape() == ArrayRef(Shape))
    return success();
  return emitOpError() << "scales of " << Weights << " must be ["
                       << ArrayRef(Shape) << "], found "
                       << getScales().getType();
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

static double getBytes(Value Tensor) {
  return static_cast<double>(getTensorBytes(Tensor.getType()));
}

OpCost DynamicSliceOp::getCost() {
  OpCost Cost;
  Cost.BytesRead = Cost.BytesWritten = getBytes(getResult());
  return Cost;
}

// In place.
OpCost UpdateSliceOp::getCost() {
  OpCost Cost;
  Cost.BytesRead = Cost.BytesWritten = getBytes(getPart());
  return Cost;
}

// With all slots full, which is the most it can be.
OpCost CachedAttentionOp::getCost() {
  RankedTensorType Query = getQuery().getType(), Key = getKey().getType();
  int64_t Seen = Key.getDimSize(2);
  if (std::optional<uint64_t> Window = getWindow())
    Seen = std::min<int64_t>(Seen, *Window);
  double Pairs =
      static_cast<double>(Query.getNumElements()) / Query.getDimSize(3) * Seen;
  OpCost Cost;
  Cost.Flops = Pairs * (2.0 * Query.getDimSize(3) +
                        2.0 * getValue().getType().getDimSize(3) + 6);
  for (Value Operand : getOperands())
    Cost.BytesRead += getBytes(Operand);
  Cost.BytesWritten = getBytes(getResult());
  return Cost;
}

OpCost DequantizeOp::getCost() {
  OpCost Cost;
  Cost.Flops = static_cast<double>(getType().getNumElements());
  for (Value Operand : getOperands())
    Cost.BytesRead += getBytes(Operand);
  Cost.BytesWritten = getBytes(getResult());
  return Cost;
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

// These ops are made after the proof, from graphs that passed it.
static TimeFlow getStepFlow(Operation *Op, ArrayRef<TimeAxis> Axes) {
  if (llvm::any_of(Axes, [](const TimeAxis &T) { return T.varies(); }))
    return mixing(Op, "an access at a computed position");
  return flow(TimeKind::Pointwise, TimeAxis::none());
}

TimeFlow DynamicSliceOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getStepFlow(*this, Axes);
}
TimeFlow UpdateSliceOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getStepFlow(*this, Axes);
}
TimeFlow CachedAttentionOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getStepFlow(*this, Axes);
}
TimeFlow DequantizeOp::getTimeFlow(ArrayRef<TimeAxis> Axes) {
  return getStepFlow(*this, Axes);
}
