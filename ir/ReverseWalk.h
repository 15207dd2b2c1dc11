//===- ReverseWalk.h - Reverse-mode differentiation of a block --*- C++ -*-===//
//
// The walk that turns the ops of a block into their vector-Jacobian products,
// last op first. The pass `stator-differentiate` runs it on the loss, and the
// derivative of `stator.scan` on the body of the loop.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_REVERSEWALK_H
#define STATOR_IR_REVERSEWALK_H

#include "ir/Dialect.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace stator {

using ValueSet = llvm::DenseSet<mlir::Value>;

/// True for tensors of floats, the only values through which gradients flow.
bool isFloatTensor(mlir::Type Type);

/// The cotangent of each value, summed over its uses.
class Cotangents {
public:
  /// The sum so far, or null if nothing flowed into the value yet.
  mlir::Value lookup(mlir::Value Of) const { return Sums.lookup(Of); }

  /// Adds `Cotangent` (null adds nothing) to the cotangent of `Of`.
  void add(mlir::OpBuilder &Builder, mlir::Value Of, mlir::Value Cotangent);

private:
  llvm::DenseMap<mlir::Value, mlir::Value> Sums;
};

/// Adds to `Active` every float value in the block (not in nested blocks) that
/// depends on a value in `Active`.
void propagateActivity(mlir::Block &Block, ValueSet &Active);

/// The values of a block that depend on `Sources`. Scans among them get what
/// their derivative needs: active values that their bodies capture become
/// carries, and carries are stacked (see ScanDerivative.h).
ValueSet prepareActiveValues(mlir::Block &Block,
                             llvm::ArrayRef<mlir::Value> Sources);

/// Visits the ops of `Block` from the last to the first, asks each active one
/// into whose results a cotangent flows for its vector-Jacobian product, and
/// adds what it gives to the cotangents of the operands. The product is built
/// where `Builder` stands, which must be after all these ops. Fails, with an
/// error at the op, where an op has no derivative.
llvm::LogicalResult walkBackwards(mlir::Block &Block, const ValueSet &Active,
                                  Cotangents &Sums, mlir::OpBuilder &Builder);

} // namespace stator

#endif // STATOR_IR_REVERSEWALK_H
