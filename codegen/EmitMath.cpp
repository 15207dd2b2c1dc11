//===- EmitMath.cpp - Elementary functions as vector code -----------------===//

#include "codegen/EmitMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace stator;

Value stator::emitExp(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  auto Vector = dyn_cast<VectorType>(X.getType());
  auto Constant = [&](double C) -> Value {
    FloatAttr Element = B.getF32FloatAttr(C);
    if (!Vector)
      return arith::ConstantOp::create(B, Loc, Element);
    return arith::ConstantOp::create(
        B, Loc, DenseElementsAttr::get(Vector, Element.getValue()));
  };
  auto Integer = [&](int32_t C) -> Value {
    if (!Vector)
      return arith::ConstantOp::create(B, Loc, B.getI32IntegerAttr(C));
    auto Type = VectorType::get(Vector.getShape(), B.getI32Type());
    return arith::ConstantOp::create(B, Loc, DenseElementsAttr::get(Type, C));
  };
  auto MultiplyAdd = [&](Value P, Value Q, Value R) -> Value {
    if (!UseFma)
      return arith::AddFOp::create(B, Loc, arith::MulFOp::create(B, Loc, P, Q),
                                   R);
    return math::FmaOp::create(B, Loc, P, Q, R);
  };
  Type IntegerType = Integer(0).getType();
  auto PowerOfTwo = [&](Value N) -> Value {
    Value Biased = arith::AddIOp::create(B, Loc, N, Integer(127));
    Value Bits = arith::ShLIOp::create(B, Loc, Biased, Integer(23));
    return arith::BitcastOp::create(B, Loc, X.getType(), Bits);
  };

  // Outside of these the result is 0 or infinity in any case. Comparisons
  // (not minnum) so that NaN stays.
  auto Less = [&](Value P, Value Q) -> Value {
    return arith::CmpFOp::create(B, Loc, arith::CmpFPredicate::OLT, P, Q);
  };
  Value Low = Constant(-104.0), High = Constant(89.0);
  Value Clamped = arith::SelectOp::create(B, Loc, Less(X, Low), Low, X);
  Clamped = arith::SelectOp::create(B, Loc, Less(High, Clamped), High, Clamped);

  // n = round(x / ln 2), with the addition of 1.5 * 2^23 as rounding.
  Value Magic = Constant(0x1.8p23);
  Value Shifted = MultiplyAdd(Clamped, Constant(0x1.715476p+0), Magic);
  Value N = arith::SubFOp::create(B, Loc, Shifted, Magic);
  // r = x - n ln 2 in two parts, the first of few bits so that its product is
  // exact without FMA too.
  Value R = MultiplyAdd(N, Constant(-0.693359375), Clamped);
  R = MultiplyAdd(N, Constant(2.12194440e-4), R);

  Value P = Constant(1.9875691500e-4);
  for (double C : {1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                   1.6666665459e-1, 5.0000001201e-1})
    P = MultiplyAdd(P, R, Constant(C));
  P = MultiplyAdd(arith::MulFOp::create(B, Loc, R, R), P, R);
  P = arith::AddFOp::create(B, Loc, P, Constant(1.0));

  // 2^n in two factors: n from -150 to 128 has no exponent of its own.
  Value Whole = arith::BitcastOp::create(B, Loc, IntegerType, Shifted);
  Whole = arith::SubIOp::create(B, Loc, Whole, Integer(0x4B400000));
  Value Half = arith::ShRSIOp::create(B, Loc, Whole, Integer(1));
  Value Rest = arith::SubIOp::create(B, Loc, Whole, Half);
  P = arith::MulFOp::create(B, Loc, P, PowerOfTwo(Half));
  return arith::MulFOp::create(B, Loc, P, PowerOfTwo(Rest));
}

Value stator::combineLanes(OpBuilder &B, Location Loc, Value Vector,
                           function_ref<Value(Value, Value)> Combine) {
  int64_t Lanes = cast<VectorType>(Vector.getType()).getNumElements();
  for (; Lanes > 1; Lanes /= 2) {
    auto Low = llvm::to_vector(llvm::seq<int64_t>(0, Lanes / 2));
    auto High = llvm::to_vector(llvm::seq<int64_t>(Lanes / 2, Lanes));
    Vector = Combine(vector::ShuffleOp::create(B, Loc, Vector, Vector, Low),
                     vector::ShuffleOp::create(B, Loc, Vector, Vector, High));
  }
  return vector::ExtractOp::create(B, Loc, Vector, 0);
}
