//===- EmitMath.cpp - Elementary functions as vector code -----------------===//

#include "codegen/EmitMath.h"
#include "codegen/MathFormula.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/Sequence.h"
#include <limits>

using namespace mlir;
using namespace stator;

using FloatIs = MathFormula::FloatIs;

// ln 2 in two parts, the first of few bits so that a multiple of it is exact
// without FMA too.
static constexpr double LogTwoHigh = 0x1.62e4p-1, LogTwoLow = 0x1.7f7d1cp-20;
static constexpr double LogTwoInverse = 0x1.715476p+0;

/// A sum with it is rounded to a whole number, in the lowest bits of the sum.
static constexpr double RoundingBase = 0x1.8p23;

namespace {

/// X = n ln 2 + Rest.
struct ReducedExponent {
  /// The bits of an f32 whose lowest are n + Bias.
  Value Bits;
  Value Rest;
};

} // namespace

/// |X| <= 200; `Bias` is small and not negative.
static ReducedExponent reduceExponent(MathFormula &F, Value X, int Bias) {
  Value Base = F.number(RoundingBase + Bias);
  Value Shifted = F.multiplyAdd(X, F.number(LogTwoInverse), Base);
  Value N = F.sub(Shifted, Base);
  Value Rest = F.multiplyAdd(N, F.number(-LogTwoHigh), X);
  Rest = F.multiplyAdd(N, F.number(-LogTwoLow), Rest);
  return {F.toBits(Shifted), Rest};
}

/// e^R for |R| <= ln 2 / 2.
static Value emitExpOfRest(MathFormula &F, Value R) {
  return F.polynomial(R, {0x1.6a51bcp-10, 0x1.123982p-7, 0x1.5558acp-5,
                          0x1.555492p-3, 0x1.fffffcp-2, 1.0, 1.0});
}

Value stator::emitExp(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  // Outside of these the result is 0 or infinity in any case.
  Value Clamped = F.atMost(F.atLeast(X, F.number(-104)), F.number(89));
  auto [Bits, Rest] = reduceExponent(F, Clamped, /*Bias=*/2 * 127);
  Value Result = emitExpOfRest(F, Rest);
  // 2^n in two factors: n from -150 to 128 has no exponent of its own.
  Value Half = F.right(Bits, F.word(1));
  Value Shift = F.word(23);
  Result = F.mul(Result, F.fromBits(F.left(Half, Shift)));
  return F.mul(Result, F.fromBits(F.left(F.isub(Bits, Half), Shift)));
}

Value stator::emitExpOfWeight(OpBuilder &B, Location Loc, Value X,
                              bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  Value Low = F.number(-87.33);
  auto [Bits, Rest] = reduceExponent(F, F.atLeast(X, Low), /*Bias=*/127);
  Value Power = F.fromBits(F.left(Bits, F.word(23)));
  Value Result = F.mul(emitExpOfRest(F, Rest), Power);
  return F.select(F.is(FloatIs::OLT, X, Low), F.number(0), Result);
}

Value stator::emitLog(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  constexpr double Infinity = std::numeric_limits<double>::infinity();
  Value Zero = F.number(0), Infinite = F.number(Infinity);
  Value IsSubnormal = F.is(FloatIs::OLT, X, F.number(0x1p-126));
  Value Normal = F.select(IsSubnormal, F.mul(X, F.number(0x1p23)), X);
  Value Bits = F.toBits(Normal);
  // How often 2 fits into X / sqrt(1/2).
  Value Exponent = F.rightSigned(F.isub(Bits, F.word(0x3F3504F3)), F.word(23));
  Value Mantissa = F.fromBits(F.isub(Bits, F.left(Exponent, F.word(23))));
  Value N = F.make<arith::SIToFPOp>(F.getF32(), Exponent);
  N = F.add(N, F.select(IsSubnormal, F.number(-23), Zero));

  Value Rest = F.sub(Mantissa, F.number(1));
  Value Square = F.mul(Rest, Rest);
  Value Tail = F.polynomial(
      Rest, {-0x1.38c418p-4, 0x1.055e3ep-3, -0x1.0d8304p-3, 0x1.22d956p-3,
             -0x1.547280p-3, 0x1.99a01ap-3, -0x1.000226p-2, 0x1.555554p-2});
  Tail = F.mul(F.mul(Rest, Square), Tail);
  Tail = F.multiplyAdd(N, F.number(LogTwoLow), Tail);
  Tail = F.multiplyAdd(Square, F.number(-0.5), Tail);
  Value Result = F.multiplyAdd(N, F.number(LogTwoHigh), F.add(Rest, Tail));

  Value IsPositive = F.is(FloatIs::OGT, X, Zero);
  Value Special = F.select(IsPositive, X,
                           F.number(std::numeric_limits<double>::quiet_NaN()));
  Special = F.select(F.is(FloatIs::OEQ, X, Zero), F.number(-Infinity), Special);
  Value IsFinite = F.is(FloatIs::OLT, X, Infinite);
  return F.select(F.bitAnd(IsPositive, IsFinite), Result, Special);
}

Value stator::emitTanh(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  Value Absolute = F.absolute(X);
  Value Square = F.mul(X, X);
  Value Small =
      F.polynomial(Square, {-0x1.750ce4p-8, 0x1.51f8cep-6, -0x1.b835a4p-5,
                            0x1.1106f6p-3, -0x1.555532p-2});
  Small = F.multiplyAdd(F.mul(Absolute, Square), Small, Absolute);
  // From 9.02 on the result is 1.
  Value Clamped = F.atMost(Absolute, F.number(9.02));
  auto [Bits, Rest] = reduceExponent(F, F.add(Clamped, Clamped), /*Bias=*/127);
  Value Power = F.fromBits(F.left(Bits, F.word(23)));
  Value Exp = F.mul(emitExpOfRest(F, Rest), Power);
  Value One = F.number(1);
  Value Large = F.sub(One, F.div(F.number(2), F.add(Exp, One)));
  Value IsSmall = F.is(FloatIs::OLT, Absolute, F.number(0.625));
  return F.withSign(F.select(IsSmall, Small, Large), F.signOf(X));
}

Value stator::emitErf(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  Value Absolute = F.absolute(X);
  Value Small =
      F.polynomial(F.mul(X, X), {-0x1.270310p-11, 0x1.42341ap-8, -0x1.b59f52p-6,
                                 0x1.ce08e8p-4, -0x1.812672p-2, 0x1.06eba2p-3});
  Small = F.multiplyAdd(X, Small, X);
  // From 3.91 on the result is 1.
  Value T = F.sub(F.atMost(Absolute, F.number(3.91)), F.number(2.375));
  Value Rest = F.polynomial(T, {0x1.2fd726p-17, -0x1.22eaacp-15,
                                -0x1.842634p-16, 0x1.5e3fa4p-12,
                                -0x1.4ddffcp-11, -0x1.de12b4p-14, 0x1.9c1f24p-9,
                                -0x1.121238p-7, 0x1.ae02dcp-7, -0x1.c1dd9ep-7,
                                0x1.37d81cp-7, -0x1.069386p-8, 0x1.9a784cp-11});
  Value Large = F.withSign(F.sub(F.number(1), Rest), F.signOf(X));
  return F.select(F.is(FloatIs::OLT, Absolute, F.number(1)), Small, Large);
}

Value stator::emitRsqrt(OpBuilder &B, Location Loc, Value X) {
  MathFormula F(B, Loc, X.getType(), /*UseFma=*/false);
  return F.div(F.number(1), F.make<math::SqrtOp>(X));
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
