//===- MathFormula.h - The words of elementary functions --------*- C++ -*-===//
//
// Arithmetic on f32, f64 and integers, each alone or as vector, that the
// emitters of codegen/EmitMath*.cpp are written in. A constant has the shape of
// the argument of the function.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_MATHFORMULA_H
#define STATOR_CODEGEN_MATHFORMULA_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace stator {

class MathFormula {
public:
  using Value = mlir::Value;
  using FloatIs = mlir::arith::CmpFPredicate;

  MathFormula(mlir::OpBuilder &B, mlir::Location Loc, mlir::Type ArgumentType,
              bool UseFma)
      : B(B), Loc(Loc), Shape(ArgumentType), UseFma(UseFma) {}

  /// `Element` or a vector of it, like the argument.
  mlir::Type getType(mlir::Type Element) const {
    auto Vector = llvm::dyn_cast<mlir::VectorType>(Shape);
    return Vector ? mlir::Type(Vector.clone(Element)) : Element;
  }
  mlir::Type getF32() const { return getType(B.getF32Type()); }
  mlir::Type getF64() const { return getType(B.getF64Type()); }
  mlir::Type getI32() const { return getType(B.getI32Type()); }
  mlir::Type getI64() const { return getType(B.getI64Type()); }

  // Constants.
  Value number(double X) { return constant(B.getF32FloatAttr(X)); }
  Value wideNumber(double X) { return constant(B.getF64FloatAttr(X)); }
  Value word(uint32_t X) {
    return constant(B.getI32IntegerAttr(static_cast<int32_t>(X)));
  }
  Value wideWord(uint64_t X) {
    return constant(B.getI64IntegerAttr(static_cast<int64_t>(X)));
  }

  // Floating point.
  Value add(Value X, Value Y) { return make<mlir::arith::AddFOp>(X, Y); }
  Value sub(Value X, Value Y) { return make<mlir::arith::SubFOp>(X, Y); }
  Value mul(Value X, Value Y) { return make<mlir::arith::MulFOp>(X, Y); }
  Value div(Value X, Value Y) { return make<mlir::arith::DivFOp>(X, Y); }
  /// X * Y + Z.
  Value multiplyAdd(Value X, Value Y, Value Z) {
    return UseFma ? make<mlir::math::FmaOp>(X, Y, Z) : add(mul(X, Y), Z);
  }
  /// The polynomial with these f32 coefficients, highest power first.
  Value polynomial(Value X, llvm::ArrayRef<double> Coefficients) {
    Value Sum = number(Coefficients.front());
    for (double C : Coefficients.drop_front())
      Sum = multiplyAdd(Sum, X, number(C));
    return Sum;
  }
  Value is(FloatIs Predicate, Value X, Value Y) {
    return make<mlir::arith::CmpFOp>(Predicate, X, Y);
  }
  Value select(Value Condition, Value X, Value Y) {
    return make<mlir::arith::SelectOp>(Condition, X, Y);
  }
  /// The lesser and the greater; X if it is NaN. (One instruction.)
  Value atMost(Value X, Value High) {
    return select(is(FloatIs::OLT, High, X), High, X);
  }
  Value atLeast(Value X, Value Low) {
    return select(is(FloatIs::OLT, X, Low), Low, X);
  }

  // Bits.
  Value iadd(Value X, Value Y) { return make<mlir::arith::AddIOp>(X, Y); }
  Value isub(Value X, Value Y) { return make<mlir::arith::SubIOp>(X, Y); }
  Value imul(Value X, Value Y) { return make<mlir::arith::MulIOp>(X, Y); }
  Value bitAnd(Value X, Value Y) { return make<mlir::arith::AndIOp>(X, Y); }
  Value bitOr(Value X, Value Y) { return make<mlir::arith::OrIOp>(X, Y); }
  Value bitXor(Value X, Value Y) { return make<mlir::arith::XOrIOp>(X, Y); }
  Value left(Value X, Value N) { return make<mlir::arith::ShLIOp>(X, N); }
  Value right(Value X, Value N) { return make<mlir::arith::ShRUIOp>(X, N); }
  Value rightSigned(Value X, Value N) {
    return make<mlir::arith::ShRSIOp>(X, N);
  }
  Value toBits(Value X) { return make<mlir::arith::BitcastOp>(getI32(), X); }
  Value fromBits(Value X) { return make<mlir::arith::BitcastOp>(getF32(), X); }
  Value signOf(Value X) { return bitAnd(toBits(X), word(0x80000000)); }
  Value absolute(Value X) { return make<mlir::math::AbsFOp>(X); }
  /// X, which is not negative, with a sign bit.
  Value withSign(Value X, Value Sign) {
    return fromBits(bitOr(toBits(X), Sign));
  }

  template <typename OpT, typename... Args> Value make(Args &&...Arguments) {
    return OpT::create(B, Loc, std::forward<Args>(Arguments)...);
  }

  mlir::OpBuilder &B;
  mlir::Location Loc;

private:
  Value constant(mlir::TypedAttr Number) {
    if (auto Vector = llvm::dyn_cast<mlir::VectorType>(Shape))
      Number = mlir::DenseElementsAttr::get(Vector.clone(Number.getType()),
                                            mlir::Attribute(Number));
    return make<mlir::arith::ConstantOp>(Number);
  }

  mlir::Type Shape;
  bool UseFma;
};

} // namespace stator

#endif // STATOR_CODEGEN_MATHFORMULA_H
