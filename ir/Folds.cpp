//===- Folds.cpp - Simplifications that need no new op --------------------===//
//
// Constants are folded where they are one number everywhere (splats); a dense
// constant is never computed with. What does not hold for NaN or infinity, such
// as x * 0, is left alone; the sign of zero is not kept.
//
//===----------------------------------------------------------------------===//

#include "ir/Dialect.h"
#include <cmath>

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// The number in an operand that is a splat of floats.
static std::optional<APFloat> getSplatFloat(Attribute Operand) {
  auto Splat = dyn_cast_or_null<SplatElementsAttr>(Operand);
  if (!Splat || !isa<FloatType>(Splat.getElementType()))
    return std::nullopt;
  return Splat.getSplatValue<APFloat>();
}

static bool isNumber(const std::optional<APFloat> &Float, double Number) {
  return Float && Float->convertToDouble() == Number;
}

static DenseElementsAttr makeSplat(Type Type, const APFloat &Number) {
  return DenseElementsAttr::get(cast<ShapedType>(Type), Number);
}

static APFloat roundTo(const llvm::fltSemantics &Semantics, double Number) {
  APFloat Rounded(Number);
  bool LosesInfo;
  Rounded.convert(Semantics, APFloat::rmNearestTiesToEven, &LosesInfo);
  return Rounded;
}

OpFoldResult NegOp::fold(FoldAdaptor Adaptor) {
  if (auto Inner = getInput().getDefiningOp<NegOp>())
    return Inner.getInput();
  if (std::optional<APFloat> X = getSplatFloat(Adaptor.getInput()))
    return makeSplat(getType(), neg(*X));
  return {};
}

OpFoldResult AddOp::fold(FoldAdaptor Adaptor) {
  std::optional<APFloat> X = getSplatFloat(Adaptor.getLhs());
  std::optional<APFloat> Y = getSplatFloat(Adaptor.getRhs());
  if (isNumber(Y, 0))
    return getLhs();
  if (isNumber(X, 0))
    return getRhs();
  return X && Y ? makeSplat(getType(), *X + *Y) : OpFoldResult();
}

OpFoldResult SubOp::fold(FoldAdaptor Adaptor) {
  std::optional<APFloat> X = getSplatFloat(Adaptor.getLhs());
  std::optional<APFloat> Y = getSplatFloat(Adaptor.getRhs());
  if (isNumber(Y, 0))
    return getLhs();
  return X && Y ? makeSplat(getType(), *X - *Y) : OpFoldResult();
}

OpFoldResult MulOp::fold(FoldAdaptor Adaptor) {
  std::optional<APFloat> X = getSplatFloat(Adaptor.getLhs());
  std::optional<APFloat> Y = getSplatFloat(Adaptor.getRhs());
  if (isNumber(Y, 1))
    return getLhs();
  if (isNumber(X, 1))
    return getRhs();
  return X && Y ? makeSplat(getType(), *X * *Y) : OpFoldResult();
}

OpFoldResult DivOp::fold(FoldAdaptor Adaptor) {
  std::optional<APFloat> X = getSplatFloat(Adaptor.getLhs());
  std::optional<APFloat> Y = getSplatFloat(Adaptor.getRhs());
  if (isNumber(Y, 1))
    return getLhs();
  return X && Y ? makeSplat(getType(), *X / *Y) : OpFoldResult();
}

OpFoldResult PowOp::fold(FoldAdaptor Adaptor) {
  std::optional<APFloat> X = getSplatFloat(Adaptor.getLhs());
  std::optional<APFloat> Y = getSplatFloat(Adaptor.getRhs());
  if (isNumber(Y, 1))
    return getLhs();
  if (!X || !Y)
    return {};
  return makeSplat(
      getType(), roundTo(X->getSemantics(),
                         std::pow(X->convertToDouble(), Y->convertToDouble())));
}

OpFoldResult SelectOp::fold(FoldAdaptor Adaptor) {
  if (getOnTrue() == getOnFalse())
    return getOnTrue();
  if (auto Condition =
          dyn_cast_or_null<SplatElementsAttr>(Adaptor.getCondition()))
    return Condition.getSplatValue<bool>() ? getOnTrue() : getOnFalse();
  return {};
}

OpFoldResult DropoutOp::fold(FoldAdaptor Adaptor) {
  return getRate().isZero() ? OpFoldResult(getInput()) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

OpFoldResult ConstantOp::fold(FoldAdaptor Adaptor) { return getValue(); }

/// What ops that only move elements have in common: of a splat they make a
/// splat, and those in `IsIdentity` give back their operand.
static OpFoldResult foldMove(Value Input, Attribute Constant, Type Result,
                             bool IsIdentity) {
  if (IsIdentity && Input.getType() == Result)
    return Input;
  if (auto Splat = dyn_cast_or_null<SplatElementsAttr>(Constant))
    return Splat.resizeSplat(cast<ShapedType>(Result));
  return {};
}

OpFoldResult BroadcastOp::fold(FoldAdaptor Adaptor) {
  return foldMove(getInput(), Adaptor.getInput(), getType(),
                  /*IsIdentity=*/true);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor Adaptor) {
  if (OpFoldResult Folded = foldMove(getInput(), Adaptor.getInput(), getType(),
                                     /*IsIdentity=*/true))
    return Folded;
  if (auto Dense = dyn_cast_or_null<DenseElementsAttr>(Adaptor.getInput()))
    return Dense.reshape(getType());
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor Adaptor) {
  return foldMove(getInput(), Adaptor.getInput(), getType(),
                  llvm::is_sorted(getPermutation()));
}

// A part of the whole's type can only be the whole.
OpFoldResult SliceOp::fold(FoldAdaptor Adaptor) {
  return foldMove(getInput(), Adaptor.getInput(), getType(),
                  /*IsIdentity=*/true);
}

OpFoldResult PadOp::fold(FoldAdaptor Adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (isNumber(getSplatFloat(Adaptor.getInput()), 0))
    return foldMove(getInput(), Adaptor.getInput(), getType(),
                    /*IsIdentity=*/false);
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor Adaptor) {
  return getInputs().size() == 1 ? OpFoldResult(getInputs().front())
                                 : OpFoldResult();
}

OpFoldResult ReduceOp::fold(FoldAdaptor Adaptor) {
  if (getAxes().empty())
    return getInput();
  std::optional<APFloat> X = getSplatFloat(Adaptor.getInput());
  if (!X)
    return {};
  double Count = 1;
  for (int64_t Axis : getAxes())
    Count *= static_cast<double>(getInput().getType().getDimSize(Axis));
  if (getKind() == ReduceKind::Sum)
    X = *X * roundTo(X->getSemantics(), Count);
  if (getKind() == ReduceKind::LogSumExp)
    X = *X + roundTo(X->getSemantics(), std::log(Count));
  return makeSplat(getType(), *X);
}
