//===- EmitMathPeriodic.cpp - Sine and cosine as vector code --------------===//

#include "codegen/EmitMath.h"
#include "codegen/MathFormula.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace stator;

using FloatIs = MathFormula::FloatIs;

namespace {

/// A positive argument = (4 k + Quadrant) pi / 2 + Rest with |Rest| <= pi / 4;
/// of Quadrant (i32) the two lowest bits count.
struct ReducedAngle {
  Value Rest, Quadrant;
};

} // namespace

/// For 0 <= X < 2^20, in f64: multiples of the first part of pi / 2, which has
/// 33 bits, are exact.
static ReducedAngle reduceAngle(MathFormula &F, Value X) {
  Value Wide = F.make<arith::ExtFOp>(F.getF64(), X);
  Value Base = F.wideNumber(0x1.8p52);
  Value Shifted = F.multiplyAdd(Wide, F.wideNumber(0x1.45f306dc9c883p-1), Base);
  Value N = F.sub(Shifted, Base);
  Value Rest = F.multiplyAdd(N, F.wideNumber(-0x1.921fb544p+0), Wide);
  Rest = F.multiplyAdd(N, F.wideNumber(-0x1.0b4611a626331p-34), Rest);
  Value Bits = F.make<arith::BitcastOp>(F.getI64(), Shifted);
  return {F.make<arith::TruncFOp>(F.getF32(), Rest),
          F.make<arith::TruncIOp>(F.getI32(), Bits)};
}

/// For 2^20 <= X < infinity. X = m 2^s with whole m < 2^24, so of the product
/// with 2/pi the bits of 2^s 2/pi from 4 on only add multiples of 2 pi. The 96
/// bits behind them are multiplied with m in whole numbers: the rest, of which
/// no f32 leaves less than 2^-32, keeps 30 bits.
static ReducedAngle reduceHugeAngle(MathFormula &F, Value X) {
  // 2/pi, after a zero that the lowest s need.
  constexpr uint64_t Words[] = {0,          0xA2F9836E, 0x4E441529, 0xFC2757D1,
                                0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB};
  auto Wide = [&](Value Bits) -> Value {
    return F.make<arith::ExtUIOp>(F.getI64(), Bits);
  };
  Value Bits = F.toBits(X);
  Value Mantissa =
      Wide(F.bitOr(F.bitAnd(Bits, F.word(0x007FFFFF)), F.word(0x00800000)));
  // The first bit that counts: s - 2 and the 32 of the zero, s being the
  // exponent less 127 + 23.
  Value First = F.isub(F.right(Bits, F.word(23)), F.word(127 + 23 + 2 - 32));
  Value Index = F.right(First, F.word(5));
  Value Shift = Wide(F.bitAnd(First, F.word(31)));
  SmallVector<Value, 4> Loaded;
  for (int J = 0; J < 4; ++J) {
    Value Word = F.wideWord(Words[J]);
    for (int I = 1; I < 5; ++I)
      Word = F.select(
          F.make<arith::CmpIOp>(arith::CmpIPredicate::eq, Index, F.word(I)),
          F.wideWord(Words[I + J]), Word);
    Loaded.push_back(Word);
  }
  Value Half = F.wideWord(32);
  SmallVector<Value, 3> Products;
  for (int J = 0; J < 3; ++J) {
    Value Pair = F.bitOr(F.left(Loaded[J], Half), Loaded[J + 1]);
    Products.push_back(F.imul(Mantissa, F.right(F.left(Pair, Shift), Half)));
  }
  // A turn is 2^64.
  Value Turn = F.iadd(F.iadd(F.left(Products[0], Half), Products[1]),
                      F.right(Products[2], Half));
  Value Quadrant =
      F.right(F.iadd(Turn, F.wideWord(uint64_t(1) << 61)), F.wideWord(62));
  Value Rest = F.isub(Turn, F.left(Quadrant, F.wideWord(62)));
  Value Angle = F.mul(F.make<arith::SIToFPOp>(F.getF64(), Rest),
                      F.wideNumber(0x1.921fb54442d18p-62));
  return {F.make<arith::TruncFOp>(F.getF32(), Angle),
          F.make<arith::TruncIOp>(F.getI32(), Quadrant)};
}

/// `reduceHugeAngle` where it is needed, if it is needed at all.
static ReducedAngle reduceAnyAngle(MathFormula &F, Value X) {
  ReducedAngle Angle = reduceAngle(F, X);
  Value IsHuge = F.is(FloatIs::OGE, X, F.number(0x1p20));
  Value IsAnyHuge = IsHuge;
  if (isa<VectorType>(X.getType()))
    IsAnyHuge = F.make<vector::ReductionOp>(vector::CombiningKind::OR, IsHuge);
  auto If = scf::IfOp::create(
      F.B, F.Loc, IsAnyHuge,
      [&](OpBuilder &B, Location Loc) {
        OpBuilder::InsertionGuard Guard(F.B);
        F.B.setInsertionPoint(B.getInsertionBlock(), B.getInsertionPoint());
        ReducedAngle Huge = reduceHugeAngle(F, X);
        constexpr double Infinity = std::numeric_limits<double>::infinity();
        Value IsInfinite = F.is(FloatIs::OEQ, X, F.number(Infinity));
        Value Rest = F.select(
            IsInfinite, F.number(std::numeric_limits<double>::quiet_NaN()),
            Huge.Rest);
        Rest = F.select(IsHuge, Rest, Angle.Rest);
        Value Quadrant = F.select(IsHuge, Huge.Quadrant, Angle.Quadrant);
        scf::YieldOp::create(F.B, Loc, ValueRange{Rest, Quadrant});
      },
      [&](OpBuilder &B, Location Loc) {
        scf::YieldOp::create(B, Loc, ValueRange{Angle.Rest, Angle.Quadrant});
      });
  return {If.getResult(0), If.getResult(1)};
}

/// The sine of X, or of |X| + pi / 2.
static Value emitSineOrCosine(MathFormula &F, Value X, bool IsCosine) {
  auto [Rest, Quadrant] = reduceAnyAngle(F, F.absolute(X));
  if (IsCosine)
    Quadrant = F.iadd(Quadrant, F.word(1));
  Value Square = F.mul(Rest, Rest);
  Value Sine =
      F.polynomial(Square, {-0x1.9953fep-13, 0x1.110778p-7, -0x1.555546p-3});
  Sine = F.multiplyAdd(F.mul(Rest, Square), Sine, Rest);
  Value Cosine =
      F.polynomial(Square, {0x1.99e80cp-16, -0x1.6c0c28p-10, 0x1.55554ap-5});
  Cosine = F.multiplyAdd(F.mul(Square, Square), Cosine,
                         F.multiplyAdd(Square, F.number(-0.5), F.number(1)));

  Value IsOdd = F.make<arith::CmpIOp>(arith::CmpIPredicate::ne,
                                      F.bitAnd(Quadrant, F.word(1)), F.word(0));
  Value Sign = F.left(F.bitAnd(Quadrant, F.word(2)), F.word(30));
  if (!IsCosine)
    Sign = F.bitXor(Sign, F.signOf(X));
  Value Result = F.select(IsOdd, Cosine, Sine);
  return F.fromBits(F.bitXor(F.toBits(Result), Sign));
}

Value stator::emitSin(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  return emitSineOrCosine(F, X, /*IsCosine=*/false);
}

Value stator::emitCos(OpBuilder &B, Location Loc, Value X, bool UseFma) {
  MathFormula F(B, Loc, X.getType(), UseFma);
  return emitSineOrCosine(F, X, /*IsCosine=*/true);
}
