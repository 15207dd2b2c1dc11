//===- EmitIndexCheck.cpp - Notes an index outside of its table -----------===//

#include "codegen/kernels/KernelEmitter.h"
#include "ir/KernelInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "runtime/core/program.h"

using namespace mlir;

namespace stator {

void KernelEmitter::checkIndex(Operation *Op, Value Index, bool IsTarget) {
  auto Check = Op->getAttrOfType<DenseI64ArrayAttr>(IndexCheckAttrName);
  if (!Check)
    return;
  auto Vector = dyn_cast<VectorType>(Index.getType());
  auto Constant = [&](int64_t Number, Type Element) -> Value {
    TypedAttr Attr = B.getIntegerAttr(Element, Number);
    if (Vector)
      Attr = DenseElementsAttr::get(Vector.clone(Element), Attribute(Attr));
    return arith::ConstantOp::create(B, Attr);
  };
  // Unsigned, negative indices are large ones.
  Value IsBad = arith::CmpIOp::create(
      B, IsTarget ? arith::CmpIPredicate::sge : arith::CmpIPredicate::uge,
      Index, Constant(Check[1], B.getI32Type()));
  Value AnyBad = IsBad;
  if (Vector)
    AnyBad = vector::ReductionOp::create(B, vector::CombiningKind::OR, IsBad);
  auto If = scf::IfOp::create(B, AnyBad, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPoint(If.thenBlock()->getTerminator());
  Type I64 = B.getI64Type();
  Value Word =
      arith::ExtUIOp::create(B, Vector ? Vector.clone(I64) : I64, Index);
  Word = arith::OrIOp::create(B, Word,
                              Constant(STATOR_BAD_INDEX(Check[0], 0), I64));
  Word = arith::SelectOp::create(B, IsBad, Word, Constant(0, I64));
  if (Vector)
    Word = vector::ReductionOp::create(B, vector::CombiningKind::MAXSI, Word);
  Value Place =
      arith::ConstantIndexOp::create(B, B.getLoc(), STATOR_INFO_BAD_INDEX);
  memref::AtomicRMWOp::create(B, arith::AtomicRMWKind::maxs, Word, Info,
                              ValueRange{Place});
}

} // namespace stator
