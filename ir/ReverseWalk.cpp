//===- ReverseWalk.cpp - Reverse-mode differentiation of a block ----------===//

#include "ir/ReverseWalk.h"
#include "ir/ScanDerivative.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace stator;

bool stator::isFloatTensor(Type Type) {
  auto Tensor = dyn_cast<RankedTensorType>(Type);
  return Tensor && isa<FloatType>(Tensor.getElementType());
}

void Cotangents::add(OpBuilder &Builder, Value Of, Value Cotangent) {
  if (!Cotangent)
    return;
  assert(Of.getType() == Cotangent.getType() &&
         "a cotangent has the type of its value");
  Value &Sum = Sums[Of];
  Sum =
      Sum ? AddOp::create(Builder, getCotangentLoc(Of.getLoc()), Sum, Cotangent)
          : Cotangent;
}

/// Whether an op depends on an active value, by its operands or by what its
/// regions capture.
static bool dependsOnActive(Operation &Op, const ValueSet &Active) {
  auto IsActive = [&](Value Operand) { return Active.contains(Operand); };
  if (llvm::any_of(Op.getOperands(), IsActive))
    return true;
  if (Op.getNumRegions() == 0)
    return false;
  llvm::SetVector<Value> Captures;
  getUsedValuesDefinedAbove(Op.getRegions(), Captures);
  return llvm::any_of(Captures, IsActive);
}

void stator::propagateActivity(Block &Block, ValueSet &Active) {
  for (Operation &Op : Block)
    if (Op.getNumResults() && dependsOnActive(Op, Active))
      for (Value Result : Op.getResults())
        if (isFloatTensor(Result.getType()))
          Active.insert(Result);
}

ValueSet stator::prepareActiveValues(Block &Block, ArrayRef<Value> Sources) {
  auto FindActive = [&] {
    ValueSet Active(Sources.begin(), Sources.end());
    propagateActivity(Block, Active);
    return Active;
  };
  ValueSet Active = FindActive();
  bool Changed = false;
  for (Operation &Op : llvm::make_early_inc_range(Block))
    if (auto Scan = dyn_cast<ScanOp>(Op); Scan && dependsOnActive(Op, Active)) {
      prepareScanForDerivative(Scan, Active);
      // The results are others now; a later scan may capture them.
      Active = FindActive();
      Changed = true;
    }
  return Changed ? FindActive() : Active;
}

static LogicalResult emitNoDerivative(Operation *Op) {
  StringRef Path = getPathOfLocation(Op->getLoc());
  InFlightDiagnostic Error = Op->emitError() << "'" << Op->getName() << "'";
  if (!Path.empty())
    Error << " at " << Path;
  return Error << " has no derivative, but a gradient flows through it";
}

/// The derivative of a scan is built where no error can be returned, so the ops
/// of its body are checked before.
static LogicalResult checkBodyHasDerivative(ScanOp Scan,
                                            ArrayRef<bool> Wanted) {
  ValueSet Active = getActiveBodyValues(Scan, Wanted);
  for (Operation &Op : Scan.getBody().front().without_terminator()) {
    if (llvm::none_of(Op.getResults(),
                      [&](Value Result) { return Active.contains(Result); }))
      continue;
    if (!isa<Differentiable>(Op))
      return emitNoDerivative(&Op);
    if (auto Inner = dyn_cast<ScanOp>(Op)) {
      SmallVector<bool> InnerWanted;
      for (Value Operand : Op.getOperands())
        InnerWanted.push_back(Active.contains(Operand));
      if (failed(checkBodyHasDerivative(Inner, InnerWanted)))
        return failure();
    }
  }
  return success();
}

LogicalResult stator::walkBackwards(Block &Block, const ValueSet &Active,
                                    Cotangents &Sums, OpBuilder &Builder) {
  // The backward ops may go into the same block.
  SmallVector<Operation *> Forward;
  for (Operation &Op : Block)
    if (llvm::any_of(Op.getResults(),
                     [&](Value Result) { return Active.contains(Result); }))
      Forward.push_back(&Op);

  for (Operation *Op : llvm::reverse(Forward)) {
    SmallVector<Value> ResultCotangents;
    for (Value Result : Op->getResults())
      ResultCotangents.push_back(Sums.lookup(Result));
    SmallVector<bool> Wanted;
    for (Value Operand : Op->getOperands())
      Wanted.push_back(Active.contains(Operand));
    if (llvm::none_of(ResultCotangents, [](Value V) { return bool(V); }) ||
        llvm::none_of(Wanted, [](bool B) { return B; }))
      continue;

    auto Derivative = dyn_cast<Differentiable>(Op);
    if (!Derivative)
      return emitNoDerivative(Op);
    if (auto Scan = dyn_cast<ScanOp>(Op);
        Scan && failed(checkBodyHasDerivative(Scan, Wanted)))
      return failure();

    SmallVector<Value> OperandCotangents(Op->getNumOperands());
    Derivative.buildVjp(Builder, ResultCotangents, Wanted, OperandCotangents);
    for (auto [Operand, Want, Cotangent] :
         llvm::zip_equal(Op->getOperands(), Wanted, OperandCotangents))
      if (Want)
        Sums.add(Builder, Operand, Cotangent);
  }
  return success();
}
