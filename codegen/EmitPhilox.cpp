//===- EmitPhilox.cpp - Random numbers inside kernels ---------------------===//

#include "codegen/EmitPhilox.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "runtime/core/philox.h"
#include "runtime/core/program.h"
#include <cmath>

using namespace mlir;
using namespace stator;

namespace {

/// i32 arithmetic on scalars or on vectors of one length.
struct Words {
  OpBuilder &B;
  Location Loc;
  Type WordType;

  /// The type of `Element`, scalar or as many lanes as the words have.
  Type like(Type Element) const {
    if (auto Vector = dyn_cast<VectorType>(WordType))
      return VectorType::get(Vector.getShape(), Element);
    return Element;
  }

  Value spread(Value Scalar) const {
    if (isa<VectorType>(WordType))
      return vector::BroadcastOp::create(B, Loc, WordType, Scalar);
    return Scalar;
  }

  Value constant(uint32_t X) const {
    return spread(arith::ConstantOp::create(
        B, Loc, B.getI32IntegerAttr(static_cast<int32_t>(X))));
  }

  Value add(Value X, Value Y) const {
    return arith::AddIOp::create(B, Loc, X, Y);
  }

  Value exclusiveOr(Value X, Value Y) const {
    return arith::XOrIOp::create(B, Loc, X, Y);
  }

  /// Low and high half of the 64-bit product.
  std::pair<Value, Value> multiply(uint32_t Factor, Value X) const {
    Type Wide = like(B.getI64Type());
    Value Wider = arith::ExtUIOp::create(B, Loc, Wide, X);
    Value Product = arith::MulIOp::create(
        B, Loc, Wider, arith::ExtUIOp::create(B, Loc, Wide, constant(Factor)));
    TypedAttr Half = B.getI64IntegerAttr(32);
    if (auto Vector = dyn_cast<VectorType>(Wide))
      Half = DenseElementsAttr::get(Vector, int64_t(32));
    Value High = arith::ShRUIOp::create(
        B, Loc, Product, arith::ConstantOp::create(B, Loc, Half));
    return {arith::TruncIOp::create(B, Loc, WordType, Product),
            arith::TruncIOp::create(B, Loc, WordType, High)};
  }
};

} // namespace

Value stator::emitPhiloxWord(OpBuilder &B, Location Loc, Value Seed,
                             Value Index, Value Stream, Value Sequence,
                             uint32_t Domain) {
  Words W{B, Loc, Index.getType()};
  Type I32 = B.getI32Type();
  Value Shift = arith::ConstantOp::create(B, Loc, B.getI64IntegerAttr(32));
  Value K0 = W.spread(arith::TruncIOp::create(B, Loc, I32, Seed));
  Value K1 = W.spread(arith::TruncIOp::create(
      B, Loc, I32, arith::ShRUIOp::create(B, Loc, Seed, Shift)));
  Value C0 = Index, C1 = W.spread(Stream), C2 = W.spread(Sequence),
        C3 = W.constant(Domain);
  for (int Round = 0; Round < 10; ++Round) {
    auto [Low0, High0] = W.multiply(0xD2511F53u, C0);
    auto [Low1, High1] = W.multiply(0xCD9E8D57u, C2);
    C0 = W.exclusiveOr(W.exclusiveOr(High1, C1), K0);
    C2 = W.exclusiveOr(W.exclusiveOr(High0, C3), K1);
    C1 = Low1;
    C3 = Low0;
    K0 = W.add(K0, W.constant(0x9E3779B9u));
    K1 = W.add(K1, W.constant(0xBB67AE85u));
  }
  return C0;
}

Value stator::emitDropoutFactor(OpBuilder &B, Location Loc, Value Info,
                                Value Index, int64_t Stream, double Rate) {
  Words W{B, Loc, Index.getType()};
  auto ReadInfo = [&](int64_t Field) -> Value {
    return memref::LoadOp::create(
        B, Loc, Info,
        ValueRange{arith::ConstantIndexOp::create(B, Loc, Field)});
  };
  Value Sequence = arith::TruncIOp::create(B, Loc, B.getI32Type(),
                                           ReadInfo(STATOR_INFO_SEQUENCE));
  Value StreamWord = arith::ConstantOp::create(
      B, Loc, B.getI32IntegerAttr(static_cast<int32_t>(Stream)));
  Value Bits = emitPhiloxWord(B, Loc, ReadInfo(STATOR_INFO_SEED), Index,
                              StreamWord, Sequence, STATOR_RANDOM_DROPOUT);
  auto Threshold = static_cast<uint64_t>(std::llround(Rate * 0x1p32));
  Type Float = W.like(B.getF32Type());
  auto SpreadF32 = [&](double X) -> Value {
    auto Element = B.getF32FloatAttr(X);
    if (auto Vector = dyn_cast<VectorType>(Float))
      return arith::ConstantOp::create(
          B, Loc, DenseElementsAttr::get(Vector, Element.getValue()));
    return arith::ConstantOp::create(B, Loc, Element);
  };
  // A rate that rounds to 1 drops everything; 2^32 is no i32 to compare with.
  if (Threshold > UINT32_MAX)
    return SpreadF32(0);
  Value IsKept =
      arith::CmpIOp::create(B, Loc, arith::CmpIPredicate::uge, Bits,
                            W.constant(static_cast<uint32_t>(Threshold)));
  return arith::SelectOp::create(B, Loc, IsKept, SpreadF32(1 / (1 - Rate)),
                                 SpreadF32(0));
}
