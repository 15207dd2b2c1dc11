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

/// The location of an op that computes the cotangent of a value: named after
/// the value, at the line of the op whose derivative it is part of. None if the
/// value has no name.
static std::optional<Location> getOperandLoc(Value Operand, Operation *Of) {
  StringRef Path = getPathOfLocation(Operand.getLoc());
  if (auto Read = Operand.getDefiningOp<ReadOp>())
    Path = Read.getParameter();
  if (Path.empty())
    return std::nullopt;
  FileLineColLoc Source = getSourceOfLocation(Of->getLoc());
  MLIRContext *Context = Of->getContext();
  Location Named = NameLoc::get(StringAttr::get(Context, Path),
                                Source ? Location(Source)
                                       : Location(UnknownLoc::get(Context)));
  return getCotangentLoc(Named);
}

/// Names the ops of the derivative of `Op`, from `Begin` to
/// `End`, after the cotangents that they compute or that are computed
/// from them. A gradient of weights is not called like one of activations then.
static void nameCotangents(Operation *Op, mlir::Block::iterator Begin,
                           mlir::Block::iterator End,
                           ArrayRef<Value> Cotangents) {
  llvm::DenseSet<Operation *> Built;
  for (Operation &Each : llvm::make_range(Begin, End))
    Built.insert(&Each);
  llvm::DenseMap<Operation *, Location> Names;
  auto Name = [&](Value Computed, Location Loc) {
    Operation *By = Computed ? Computed.getDefiningOp() : nullptr;
    if (By && By->getNumResults() == 1 && Built.contains(By))
      Names.try_emplace(By, Loc);
  };
  for (auto [Operand, Cotangent] : llvm::zip(Op->getOperands(), Cotangents))
    if (std::optional<Location> Loc = getOperandLoc(Operand, Op))
      Name(Cotangent, *Loc);
  for (auto It = End; It != Begin;) {
    Operation &Each = *--It;
    auto Found = Names.find(&Each);
    if (Found == Names.end())
      continue;
    Location Loc = Found->second;
    Each.setLoc(Loc);
    for (Value Operand : Each.getOperands())
      Name(Operand, Loc);
  }
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
    mlir::Block *Into = Builder.getInsertionBlock();
    mlir::Block::iterator Point = Builder.getInsertionPoint();
    Operation *Last = Point == Into->begin() ? nullptr : &*std::prev(Point);
    Derivative.buildVjp(Builder, ResultCotangents, Wanted, OperandCotangents);
    nameCotangents(Op, Last ? std::next(Last->getIterator()) : Into->begin(),
                   Builder.getInsertionPoint(), OperandCotangents);
    for (auto [Operand, Want, Cotangent] :
         llvm::zip_equal(Op->getOperands(), Wanted, OperandCotangents))
      if (Want)
        Sums.add(Builder, Operand, Cotangent);
  }
  return success();
}
