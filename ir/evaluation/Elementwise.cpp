//===- Elementwise.cpp - What elementwise ops compute ---------------------===//

#include "ir/Dialect.h"
#include "ir/evaluation/Support.h"
#include <cmath>

using namespace mlir;
using namespace stator;
using namespace stator::evaluation;

/// Result[i] = Function(X[i]) on floats.
template <typename Fn>
static void mapUnary(ArrayRef<const HostTensor *> Operands,
                     MutableArrayRef<HostTensor> Results, Fn Function) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const T *X = Operands[0]->data<T>();
    T *Y = Results[0].data<T>();
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
      Y[I] = Function(X[I]);
  });
}

/// Result[i] = Function(X[i], Y[i]) on floats.
template <typename Fn>
static void mapBinary(ArrayRef<const HostTensor *> Operands,
                      MutableArrayRef<HostTensor> Results, Fn Function) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const T *X = Operands[0]->data<T>(), *Y = Operands[1]->data<T>();
    T *Z = Results[0].data<T>();
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
      Z[I] = Function(X[I], Y[I]);
  });
}

template <typename T, typename Fn>
static void mapFixed(ArrayRef<const HostTensor *> Operands,
                     MutableArrayRef<HostTensor> Results, Fn Function) {
  const T *X = Operands[0]->data<T>(), *Y = Operands[1]->data<T>();
  T *Z = Results[0].data<T>();
  for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
    Z[I] = Function(X[I], Y[I]);
}

#define STATOR_UNARY(OP, EXPRESSION)                                           \
  void OP::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,      \
                    MutableArrayRef<HostTensor> Results) {                     \
    mapUnary(Operands, Results,                                                \
             [&]<typename T>(T X) -> T { return EXPRESSION; });                \
  }
#define STATOR_BINARY(OP, EXPRESSION)                                          \
  void OP::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,      \
                    MutableArrayRef<HostTensor> Results) {                     \
    mapBinary(Operands, Results,                                               \
              [&]<typename T>(T X, T Y) -> T { return EXPRESSION; });          \
  }
#define STATOR_FIXED_BINARY(OP, TYPE, EXPRESSION)                              \
  void OP::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,      \
                    MutableArrayRef<HostTensor> Results) {                     \
    mapFixed<TYPE>(Operands, Results,                                          \
                   [](TYPE X, TYPE Y) -> TYPE { return EXPRESSION; });         \
  }

template <typename T> static T sigmoid(T X) {
  return T(1) / (T(1) + std::exp(-X));
}

template <typename T> static T gelu(T X, bool Tanh) {
  if (!Tanh)
    return X / 2 * (T(1) + std::erf(X * T(M_SQRT1_2)));
  T Inner = T(std::sqrt(2 / M_PI)) * (X + T(0.044715) * X * X * X);
  return X / 2 * (T(1) + std::tanh(Inner));
}

STATOR_UNARY(NegOp, -X)
STATOR_UNARY(AbsOp, std::abs(X))
STATOR_UNARY(ExpOp, std::exp(X))
STATOR_UNARY(LogOp, std::log(X))
STATOR_UNARY(SqrtOp, std::sqrt(X))
STATOR_UNARY(RsqrtOp, T(1) / std::sqrt(X))
STATOR_UNARY(SinOp, std::sin(X))
STATOR_UNARY(CosOp, std::cos(X))
STATOR_UNARY(TanhOp, std::tanh(X))
STATOR_UNARY(ErfOp, std::erf(X))
STATOR_UNARY(SigmoidOp, sigmoid(X))
// Written so that a NaN stays one.
STATOR_UNARY(ReluOp, X < T(0) ? T(0) : X)
STATOR_UNARY(SiluOp, X *sigmoid(X))
STATOR_UNARY(GeluOp, gelu(X, getTanhApproximation()))

STATOR_BINARY(AddOp, X + Y)
STATOR_BINARY(SubOp, X - Y)
STATOR_BINARY(MulOp, X *Y)
STATOR_BINARY(DivOp, X / Y)
STATOR_BINARY(PowOp, std::pow(X, Y))
STATOR_BINARY(MaximumOp, largerOrNaN(X, Y))
STATOR_BINARY(MinimumOp, smallerOrNaN(X, Y))

STATOR_FIXED_BINARY(AndOp, uint8_t, X &Y)
STATOR_FIXED_BINARY(OrOp, uint8_t, X | Y)
// On unsigned numbers, because those wrap.
STATOR_FIXED_BINARY(IAddOp, uint32_t, X + Y)
STATOR_FIXED_BINARY(ISubOp, uint32_t, X - Y)
STATOR_FIXED_BINARY(IMulOp, uint32_t, X *Y)

#undef STATOR_UNARY
#undef STATOR_BINARY
#undef STATOR_FIXED_BINARY

void NotOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                     MutableArrayRef<HostTensor> Results) {
  const uint8_t *X = Operands[0]->data<uint8_t>();
  uint8_t *Y = Results[0].data<uint8_t>();
  for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
    Y[I] = !X[I];
}

void SelectOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                        MutableArrayRef<HostTensor> Results) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const uint8_t *Condition = Operands[0]->data<uint8_t>();
    const T *OnTrue = Operands[1]->data<T>(), *OnFalse = Operands[2]->data<T>();
    T *Result = Results[0].data<T>();
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
      Result[I] = Condition[I] ? OnTrue[I] : OnFalse[I];
  });
}

template <typename T>
static void compareAs(Predicate Asked, const HostTensor &Lhs,
                      const HostTensor &Rhs, HostTensor &Result) {
  const T *X = Lhs.data<T>(), *Y = Rhs.data<T>();
  uint8_t *Z = Result.data<uint8_t>();
  auto Compare = [Asked](T X, T Y) {
    switch (Asked) {
    case Predicate::EQ:
      return X == Y;
    case Predicate::NE:
      return X != Y;
    case Predicate::LT:
      return X < Y;
    case Predicate::LE:
      return X <= Y;
    case Predicate::GT:
      return X > Y;
    case Predicate::GE:
      return X >= Y;
    }
    llvm_unreachable("all predicates are above");
  };
  for (int64_t I = 0, E = Result.getNumElements(); I < E; ++I)
    Z[I] = Compare(X[I], Y[I]);
}

void CompareOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                         MutableArrayRef<HostTensor> Results) {
  auto *Compare = compareAs<uint8_t>;
  switch (Operands[0]->getType()) {
  case HostType::F32:
    Compare = compareAs<float>;
    break;
  case HostType::F64:
    Compare = compareAs<double>;
    break;
  case HostType::I32:
    Compare = compareAs<int32_t>;
    break;
  case HostType::I1:
    break;
  }
  Compare(getPredicate(), *Operands[0], *Operands[1], Results[0]);
}

void ConvertOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                         MutableArrayRef<HostTensor> Results) {
  for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
    Results[0].setFromDouble(I, Operands[0]->getAsDouble(I));
}

void DropoutOp::evaluate(EvalContext &Context,
                         ArrayRef<const HostTensor *> Operands,
                         MutableArrayRef<HostTensor> Results) {
  double Rate = getRate().convertToDouble();
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const T *X = Operands[0]->data<T>();
    T *Y = Results[0].data<T>();
    T Scale = static_cast<T>(getKeptScale(Rate));
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
      Y[I] = isKept(Context.getDropoutBits(getStream(), I), Rate) ? X[I] * Scale
                                                                  : T(0);
  });
}
