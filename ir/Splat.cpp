//===- Splat.cpp - Constants that are one number everywhere ---------------===//

#include "ir/Splat.h"

using namespace mlir;
using namespace stator;

Value stator::createSplat(OpBuilder &Builder, Location Loc, Type Type,
                          double Number) {
  auto Tensor = cast<RankedTensorType>(Type);
  mlir::Type Element = Tensor.getElementType();
  TypedAttr Scalar = isa<FloatType>(Element)
                         ? TypedAttr(Builder.getFloatAttr(Element, Number))
                         : TypedAttr(Builder.getIntegerAttr(
                               Element, static_cast<int64_t>(Number)));
  return ConstantOp::create(Builder, Loc, Tensor,
                            DenseElementsAttr::get(Tensor, Scalar));
}

std::optional<double> stator::getSplatNumber(Value Value) {
  Operation *Op = Value.getDefiningOp();
  while (Op && isa<BroadcastOp, ReshapeOp, TransposeOp, SliceOp>(Op))
    Op = Op->getOperand(0).getDefiningOp();
  auto Constant = dyn_cast_or_null<ConstantOp>(Op);
  if (!Constant)
    return std::nullopt;
  auto Elements = dyn_cast<SplatElementsAttr>(Constant.getValue());
  if (!Elements || !isa<FloatType>(Elements.getElementType()))
    return std::nullopt;
  return Elements.getSplatValue<FloatAttr>().getValueAsDouble();
}
