//===- DerivativesElementwise.cpp - Derivatives of ElementwiseOps.td ------===//
//
// Below, X and Y are the operands, R the result and D its cotangent; B builds
// ops at the place of the forward one.
//
//===----------------------------------------------------------------------===//

#include "ir/VjpBuilder.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

static Value buildAbsVjp(VjpBuilder &B, Value X, Value D) {
  Value Zero = B.zero(X);
  Value OfNegative =
      B.select(B.compare(Predicate::LT, X, Zero), B.neg(D), Zero);
  return B.select(B.compare(Predicate::GT, X, Zero), D, OfNegative);
}

/// Of the result, which later ops need as well, not of the operand.
static Value buildReluVjp(VjpBuilder &B, Value R, Value D) {
  Value Zero = B.zero(R);
  return B.select(B.compare(Predicate::GT, R, Zero), D, Zero);
}

/// D 2 / sqrt(pi) e^(-X^2)
static Value buildErfVjp(VjpBuilder &B, Value X, Value D) {
  Value Bell = B.exp(B.neg(B.mul(X, X)));
  return B.mul(B.mul(D, 2 * std::numbers::inv_sqrtpi), Bell);
}

/// S (1 + X (1 - S)), S = sigmoid(X)
static Value buildSiluSlope(VjpBuilder &B, Value X) {
  Value S = B.make<SigmoidOp>(X);
  return B.mul(S, B.add(B.mul(X, B.sub(1, S)), 1));
}

/// The slope of x/2 (1 + erf(x / sqrt 2)): the normal distribution at x, and x
/// times its density.
static Value buildGeluSlope(VjpBuilder &B, Value X) {
  Value Erf = B.make<ErfOp>(B.mul(X, 1 / std::numbers::sqrt2));
  Value Distribution = B.mul(B.add(Erf, 1), 0.5);
  Value Density = B.mul(B.exp(B.mul(B.mul(X, X), -0.5)),
                        std::numbers::inv_sqrtpi / std::numbers::sqrt2);
  return B.add(Distribution, B.mul(X, Density));
}

/// The slope of x/2 (1 + t), t = tanh(c (x + a x^3)):
/// (1 + t) / 2 + x/2 (1 - t^2) c (1 + 3 a x^2). Where 1 - t^2 has become 0, the
/// last factor may be infinite.
static Value buildTanhGeluSlope(VjpBuilder &B, Value X) {
  const double C = std::sqrt(2 / std::numbers::pi), A = 0.044715;
  Value Square = B.mul(X, X);
  Value T = B.make<TanhOp>(B.mul(X, B.add(B.mul(Square, C * A), C)));
  Value Inner = B.add(B.mul(Square, 3 * A * C), C);
  Value Slope = B.sub(1, B.mul(T, T));
  Value Bend = B.mul(B.mul(B.mul(X, 0.5), Slope), Inner);
  Value Zero = B.zero(X);
  Value IsFlat = B.compare(Predicate::EQ, Slope, Zero);
  return B.add(B.mul(B.add(T, 1), 0.5), B.select(IsFlat, Zero, Bend));
}

// The body of a derivative as an expression of X, R, D and B.
#define STATOR_UNARY_VJP(OP, EXPRESSION)                                       \
  void OP::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,            \
                    ArrayRef<bool> Wanted,                                     \
                    MutableArrayRef<Value> OperandCotangents) {                \
    if (!Wanted[0])                                                            \
      return;                                                                  \
    VjpBuilder B(Builder, *this);                                              \
    [[maybe_unused]] Value X = getInput(), R = getResult();                    \
    Value D = Cotangents[0];                                                   \
    OperandCotangents[0] = EXPRESSION;                                         \
  }

STATOR_UNARY_VJP(NegOp, B.neg(D))
STATOR_UNARY_VJP(AbsOp, buildAbsVjp(B, X, D))
STATOR_UNARY_VJP(ExpOp, B.mul(D, R))
STATOR_UNARY_VJP(LogOp, B.div(D, X))
// D / (2 R)
STATOR_UNARY_VJP(SqrtOp, B.div(B.mul(D, 0.5), R))
// -1/2 D R^3
STATOR_UNARY_VJP(RsqrtOp, B.mul(B.mul(D, -0.5), B.mul(R, B.mul(R, R))))
STATOR_UNARY_VJP(SinOp, B.mul(D, B.make<CosOp>(X)))
STATOR_UNARY_VJP(CosOp, B.neg(B.mul(D, B.make<SinOp>(X))))
// D (1 - R^2)
STATOR_UNARY_VJP(TanhOp, B.mul(D, B.sub(1, B.mul(R, R))))
STATOR_UNARY_VJP(ErfOp, buildErfVjp(B, X, D))
// D R (1 - R)
STATOR_UNARY_VJP(SigmoidOp, B.mul(D, B.mul(R, B.sub(1, R))))
STATOR_UNARY_VJP(ReluOp, buildReluVjp(B, R, D))
STATOR_UNARY_VJP(SiluOp, B.mul(D, buildSiluSlope(B, X)))
STATOR_UNARY_VJP(GeluOp,
                 B.mul(D, getTanhApproximation() ? buildTanhGeluSlope(B, X)
                                                 : buildGeluSlope(B, X)))
// The same elements fall out.
STATOR_UNARY_VJP(DropoutOp,
                 B.make<DropoutOp>(D, getRateAttr(), getStreamAttr()))

#undef STATOR_UNARY_VJP

//===----------------------------------------------------------------------===//
// Two operands and more
//===----------------------------------------------------------------------===//

void AddOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                     ArrayRef<bool> Wanted,
                     MutableArrayRef<Value> OperandCotangents) {
  for (int Operand : {0, 1})
    if (Wanted[Operand])
      OperandCotangents[Operand] = Cotangents[0];
}

void SubOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                     ArrayRef<bool> Wanted,
                     MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = Cotangents[0];
  if (Wanted[1])
    OperandCotangents[1] = B.neg(Cotangents[0]);
}

void MulOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                     ArrayRef<bool> Wanted,
                     MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  if (Wanted[0])
    OperandCotangents[0] = B.mul(Cotangents[0], getRhs());
  if (Wanted[1])
    OperandCotangents[1] = B.mul(Cotangents[0], getLhs());
}

void DivOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                     ArrayRef<bool> Wanted,
                     MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0] && !Wanted[1])
    return;
  VjpBuilder B(Builder, *this);
  // D / Y and -D / Y R
  Value Quotient = B.div(Cotangents[0], getRhs());
  if (Wanted[0])
    OperandCotangents[0] = Quotient;
  if (Wanted[1])
    OperandCotangents[1] = B.neg(B.mul(Quotient, getResult()));
}

void PowOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                     ArrayRef<bool> Wanted,
                     MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  Value X = getLhs(), Y = getRhs(), D = Cotangents[0];
  std::optional<double> Exponent = getSplatNumber(Y);
  if (Wanted[0]) {
    // D Y X^(Y - 1), which is 0 for Y = 0 even where X^-1 is infinite.
    if (Exponent == 2.0) {
      OperandCotangents[0] = B.mul(D, B.mul(X, 2));
    } else if (Exponent && *Exponent != 0) {
      Value Power = B.make<PowOp>(X, B.splat(X, *Exponent - 1));
      OperandCotangents[0] = B.mul(D, B.mul(Power, *Exponent));
    } else if (!Exponent) {
      Value Slope = B.mul(Y, B.make<PowOp>(X, B.add(Y, -1)));
      Value IsZero = B.compare(Predicate::EQ, Y, B.zero(Y));
      OperandCotangents[0] = B.mul(D, B.select(IsZero, B.zero(Slope), Slope));
    }
  }
  if (Wanted[1]) {
    // D R log X, which is 0 at X = 0, where R falls faster than log X.
    Value Slope = B.mul(getResult(), B.make<LogOp>(X));
    Value IsZero = B.compare(Predicate::EQ, X, B.zero(X));
    OperandCotangents[1] = B.mul(D, B.select(IsZero, B.zero(Slope), Slope));
  }
}

/// The cotangents of a maximum (`Wins` is GT) or minimum (LT) of X and Y: all
/// of D to the one that wins, half to each where they are equal.
static void buildExtremumVjp(VjpBuilder B, Predicate Wins, Value X, Value Y,
                             Value D, ArrayRef<bool> Wanted,
                             MutableArrayRef<Value> OperandCotangents) {
  if (!Wanted[0] && !Wanted[1])
    return;
  Value Zero = B.zero(X);
  Value Shared = B.select(B.compare(Predicate::EQ, X, Y), B.mul(D, 0.5), Zero);
  if (Wanted[0])
    OperandCotangents[0] = B.select(B.compare(Wins, X, Y), D, Shared);
  if (Wanted[1])
    OperandCotangents[1] = B.select(B.compare(Wins, Y, X), D, Shared);
}

void MaximumOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                         ArrayRef<bool> Wanted,
                         MutableArrayRef<Value> OperandCotangents) {
  buildExtremumVjp(VjpBuilder(Builder, *this), Predicate::GT, getLhs(),
                   getRhs(), Cotangents[0], Wanted, OperandCotangents);
}

void MinimumOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                         ArrayRef<bool> Wanted,
                         MutableArrayRef<Value> OperandCotangents) {
  buildExtremumVjp(VjpBuilder(Builder, *this), Predicate::LT, getLhs(),
                   getRhs(), Cotangents[0], Wanted, OperandCotangents);
}

void SelectOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> Cotangents,
                        ArrayRef<bool> Wanted,
                        MutableArrayRef<Value> OperandCotangents) {
  VjpBuilder B(Builder, *this);
  Value D = Cotangents[0];
  if (Wanted[1])
    OperandCotangents[1] = B.select(getCondition(), D, B.zero(D));
  if (Wanted[2])
    OperandCotangents[2] = B.select(getCondition(), B.zero(D), D);
}
