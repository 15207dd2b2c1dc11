//===- EmitMath.cpp - Elementary functions as vector code -----------------===//

#include "codegen/EmitMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace stator;

Value stator::emitExp(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  auto Vector = dyn_cast<VectorType>(X.getType());
  auto constant = [&](double C) -> Value {
    FloatAttr Element = B.getF32FloatAttr(C);
    if (!Vector)
      return arith::ConstantOp::create(B, Loc, Element);
    return arith::ConstantOp::create(
        B, Loc, DenseElementsAttr::get(Vector, Element.getValue()));
  };
  auto integer = [&](int32_t C) -> Value {
    if (!Vector)
      return arith::ConstantOp::create(B, Loc, B.getI32IntegerAttr(C));
    auto Type = VectorType::get(Vector.getShape(), B.getI32Type());
    return arith::ConstantOp::create(B, Loc, DenseElementsAttr::get(Type, C));
  };
  auto multiplyAdd = [&](Value P, Value Q, Value R) -> Value {
    if (!UseFma)
      return arith::AddFOp::create(B, Loc, arith::MulFOp::create(B, Loc, P, Q),
                                   R);
    return math::FmaOp::create(B, Loc, P, Q, R);
  };
  Type IntegerType = integer(0).getType();
  auto powerOfTwo = [&](Value N) -> Value {
    Value Biased = arith::AddIOp::create(B, Loc, N, integer(127));
    Value Bits = arith::ShLIOp::create(B, Loc, Biased, integer(23));
    return arith::BitcastOp::create(B, Loc, X.getType(), Bits);
  };

  // Outside of these the result is 0 or infinity in any case. Comparisons
  // (not minnum) so that NaN stays.
  auto less = [&](Value P, Value Q) -> Value {
    return arith::CmpFOp::create(B, Loc, arith::CmpFPredicate::OLT, P, Q);
  };
  Value Low = constant(-104.0), High = constant(89.0);
  Value Clamped = arith::SelectOp::create(B, Loc, less(X, Low), Low, X);
  Clamped = arith::SelectOp::create(B, Loc, less(High, Clamped), High, Clamped);

  // n = round(x / ln 2), with the addition of 1.5 * 2^23 as rounding.
  Value Magic = constant(0x1.8p23);
  Value Shifted = multiplyAdd(Clamped, constant(0x1.715476p+0), Magic);
  Value N = arith::SubFOp::create(B, Loc, Shifted, Magic);
  // r = x - n ln 2 in two parts, the first of few bits so that its product is
  // exact without FMA too.
  Value R = multiplyAdd(N, constant(-0.693359375), Clamped);
  R = multiplyAdd(N, constant(2.12194440e-4), R);

  Value P = constant(1.9875691500e-4);
  for (double C : {1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                   1.6666665459e-1, 5.0000001201e-1})
    P = multiplyAdd(P, R, constant(C));
  P = multiplyAdd(arith::MulFOp::create(B, Loc, R, R), P, R);
  P = arith::AddFOp::create(B, Loc, P, constant(1.0));

  // 2^n in two factors: n from -150 to 128 has no exponent of its own.
  Value Whole = arith::BitcastOp::create(B, Loc, IntegerType, Shifted);
  Whole = arith::SubIOp::create(B, Loc, Whole, integer(0x4B400000));
  Value Half = arith::ShRSIOp::create(B, Loc, Whole, integer(1));
  Value Rest = arith::SubIOp::create(B, Loc, Whole, Half);
  P = arith::MulFOp::create(B, Loc, P, powerOfTwo(Half));
  return arith::MulFOp::create(B, Loc, P, powerOfTwo(Rest));
}
