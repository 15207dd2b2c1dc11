//===- ScanDerivative.cpp - The derivative of a loop over time ------------===//

#include "ir/ScanDerivative.h"
#include "ir/Splat.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace stator;

/// The type of a slice once it is stacked: `Axis` put in, `Length` long.
static RankedTensorType getStackedType(Type Slice, int64_t Axis,
                                       int64_t Length) {
  auto Tensor = cast<RankedTensorType>(Slice);
  SmallVector<int64_t> Shape(Tensor.getShape());
  Shape.insert(Shape.begin() + Axis, Length);
  return RankedTensorType::get(Shape, Tensor.getElementType());
}

/// A carry may have too few dimensions to be stacked along the axis; it then
/// gets leading ones.
static RankedTensorType getStackableType(Type Carry, int64_t Axis) {
  auto Tensor = cast<RankedTensorType>(Carry);
  SmallVector<int64_t> Shape(Tensor.getShape());
  while (static_cast<int64_t>(Shape.size()) < Axis)
    Shape.insert(Shape.begin(), 1);
  return RankedTensorType::get(Shape, Tensor.getElementType());
}

static YieldOp getYield(ScanOp Scan) {
  return cast<YieldOp>(Scan.getBody().front().getTerminator());
}

/// Whether carry `Index` is the same in every iteration.
static bool isInvariant(ScanOp Scan, size_t Index) {
  return getYield(Scan).getOperand(Index) == Scan.getBody().getArgument(Index);
}

/// The output that stacks what carry `Index` is when an iteration begins, or
/// null.
static Value findStackedCarry(ScanOp Scan, size_t Index) {
  Value Carry = Scan.getBody().getArgument(Index);
  RankedTensorType SliceType =
      getStackableType(Carry.getType(), Scan.getAxis());
  size_t NumCarries = Scan.getInits().size();
  YieldOp Yield = getYield(Scan);
  for (size_t I = NumCarries; I < Yield->getNumOperands(); ++I) {
    Value Slice = Yield.getOperand(I);
    // The model may stack the carry under another shape as well.
    if (Slice.getType() != SliceType)
      continue;
    if (auto Reshape = Slice.getDefiningOp<ReshapeOp>())
      Slice = Reshape.getInput();
    if (Slice == Carry)
      return Scan.getResult(I);
  }
  return {};
}

/// True if all carries that change are stacked, so that the derivative can
/// begin each iteration where the forward pass began it.
static bool hasStackedCarries(ScanOp Scan) {
  for (size_t I = 0; I < Scan.getInits().size(); ++I)
    if (!isInvariant(Scan, I) && !findStackedCarry(Scan, I))
      return false;
  return true;
}

ScanOp stator::prepareScanForDerivative(ScanOp Scan, const ValueSet &Active) {
  llvm::SetVector<Value> Captures;
  getUsedValuesDefinedAbove(Scan.getBody(), Captures);
  Captures.remove_if([&](Value V) { return !Active.contains(V); });
  if (Captures.empty() && hasStackedCarries(Scan))
    return Scan;

  Region &Body = Scan.getBody();
  Block &Block = Body.front();
  size_t NumOldCarries = Scan.getInits().size();

  // Captures become carries that the body hands on.
  SmallVector<Value> Inits(Scan.getInits());
  SmallVector<Value> Next(getYield(Scan).getOperands());
  for (Value Capture : Captures) {
    BlockArgument Carry =
        Block.insertArgument(Inits.size(), Capture.getType(), Capture.getLoc());
    Capture.replaceUsesWithIf(Carry, [&](OpOperand &Use) {
      return Body.isAncestor(Use.getOwner()->getParentRegion());
    });
    Next.insert(Next.begin() + Inits.size(), Carry);
    Inits.push_back(Capture);
  }
  // The replacement may have reached values that are yielded as they came.
  for (Value &Yielded : Next)
    if (const auto *It = llvm::find(Captures, Yielded); It != Captures.end())
      Yielded = Block.getArgument(NumOldCarries + (It - Captures.begin()));

  // Carries that change are stacked.
  SmallVector<Type> Types;
  for (Value Init : Inits)
    Types.push_back(Init.getType());
  llvm::append_range(Types, TypeRange(Scan.getOutputs()));
  YieldOp Yield = getYield(Scan);
  OpBuilder Inner(Yield);
  int64_t Axis = Scan.getAxis(), Length = Scan.getLength();
  for (size_t I = 0; I < NumOldCarries; ++I) {
    Value Carry = Block.getArgument(I);
    if (Next[I] == Carry || findStackedCarry(Scan, I))
      continue;
    RankedTensorType SliceType = getStackableType(Carry.getType(), Axis);
    Value Slice = Carry;
    if (SliceType != Carry.getType())
      Slice = ReshapeOp::create(Inner, Carry.getLoc(), SliceType, Carry);
    Next.push_back(Slice);
    Types.push_back(getStackedType(SliceType, Axis, Length));
  }
  Yield->setOperands(Next);

  OpBuilder Builder(Scan);
  auto Prepared =
      ScanOp::create(Builder, Scan.getLoc(), Types, Inits, Scan.getSequences(),
                     Axis, Length, Scan.getReverse());
  Prepared.getBody().takeBody(Body);
  for (auto [Old, New] :
       llvm::zip_equal(Scan.getLastCarries(),
                       Prepared.getLastCarries().take_front(NumOldCarries)))
    Old.replaceAllUsesWith(New);
  for (auto [Old, New] : llvm::zip(Scan.getOutputs(), Prepared.getOutputs()))
    Old.replaceAllUsesWith(New);
  Scan.erase();
  return Prepared;
}

ValueSet stator::getActiveBodyValues(ScanOp Scan, ArrayRef<bool> Wanted) {
  Block &Block = Scan.getBody().front();
  ValueSet Active;
  for (auto [Argument, Want] : llvm::zip_equal(Block.getArguments(), Wanted))
    if (Want)
      Active.insert(Argument);
  // What becomes active at the end of an iteration is so in the next one.
  for (bool Changed = true; Changed;) {
    Changed = false;
    propagateActivity(Block, Active);
    for (size_t I = 0; I < Scan.getInits().size(); ++I)
      if (Active.contains(getYield(Scan).getOperand(I)))
        Changed |= Active.insert(Block.getArgument(I)).second;
  }
  return Active;
}

namespace {
/// Builds the body of the backward scan with its operands alongside, since what
/// it yields is known only when the body stands.
struct BackwardScan {
  ScanOp Forward; ///< with stacked carries
  OpBuilder &Builder;
  Location Loc;
  /// Holds the body until the scan it belongs to can be built.
  OwningOpRef<Operation *> Holder;
  Block *Body;
  SmallVector<Value> Inits, Sequences;

  /// The active carries of the forward scan, whose cotangents are carried.
  SmallVector<size_t> CarryOf;
  /// For each active carry the type and the value that the body yields.
  SmallVector<Value> NextCotangents;
  /// Sequences whose cotangents the body gives, and these.
  SmallVector<size_t> SequenceOf;
  SmallVector<Value> SequenceCotangents;

  BackwardScan(ScanOp Forward, OpBuilder &Builder)
      : Forward(Forward), Builder(Builder),
        Loc(getCotangentLoc(Forward.getLoc())) {
    OperationState State(Loc, ScanOp::getOperationName());
    State.addRegion();
    Holder = Operation::create(State);
    Body = &Holder->getRegion(0).emplaceBlock();
  }

  void build(ArrayRef<Value> Cotangents, ArrayRef<bool> Wanted);
  void prune();
  ScanOp finish();

private:
  BlockArgument addSequence(Value Sequence, Type Slice) {
    Sequences.push_back(Sequence);
    return Body->addArgument(Slice, Sequence.getLoc());
  }
};
} // namespace

void BackwardScan::build(ArrayRef<Value> ResultCotangents,
                         ArrayRef<bool> Wanted) {
  Block &ForwardBody = Forward.getBody().front();
  YieldOp Yield = getYield(Forward);
  size_t NumCarries = Forward.getInits().size();
  size_t NumSequences = Forward.getSequences().size();
  ValueSet ActiveForward = getActiveBodyValues(Forward, Wanted);

  // Carries: the cotangents of the active carries after the iteration.
  SmallVector<Value> Incoming;
  for (size_t I = 0; I < NumCarries; ++I) {
    if (!ActiveForward.contains(ForwardBody.getArgument(I)))
      continue;
    CarryOf.push_back(I);
    Value Init = ResultCotangents[I];
    Type CarryType = Forward.getInits()[I].getType();
    Inits.push_back(Init ? Init : createSplat(Builder, Loc, CarryType, 0.0));
    Incoming.push_back(Body->addArgument(CarryType, Loc));
  }

  // Sequences: carries as they came in, the slices, cotangents of the outputs.
  OpBuilder Inner = OpBuilder::atBlockEnd(Body);
  IRMapping Mapping;
  for (size_t I = 0; I < NumCarries; ++I) {
    Value Carry = ForwardBody.getArgument(I);
    if (isInvariant(Forward, I))
      continue;
    Type SliceType = getStackableType(Carry.getType(), Forward.getAxis());
    Value Slice = addSequence(findStackedCarry(Forward, I), SliceType);
    if (SliceType != Carry.getType())
      Slice = ReshapeOp::create(Inner, Carry.getLoc(), Carry.getType(), Slice);
    Mapping.map(Carry, Slice);
  }
  for (size_t J = 0; J < NumSequences; ++J) {
    Value Slice = ForwardBody.getArgument(NumCarries + J);
    Mapping.map(Slice, addSequence(Forward.getSequences()[J], Slice.getType()));
  }
  SmallVector<std::pair<size_t, Value>> OutputSeeds;
  for (size_t K = NumCarries; K < Yield->getNumOperands(); ++K) {
    Value Output = Yield.getOperand(K);
    if (ResultCotangents[K] && ActiveForward.contains(Output))
      OutputSeeds.push_back(
          {K, addSequence(ResultCotangents[K], Output.getType())});
  }
  // Carries that never change are the same for all iterations, but have to be
  // values of their own until their cotangents are told apart.
  size_t FirstInvariant = Body->getNumArguments();
  SmallVector<size_t> Invariants;
  for (size_t I = 0; I < NumCarries; ++I)
    if (isInvariant(Forward, I)) {
      Invariants.push_back(I);
      Value Carry = ForwardBody.getArgument(I);
      Mapping.map(Carry, Body->addArgument(Carry.getType(), Carry.getLoc()));
    }

  // The iteration once more, then its ops backwards.
  for (Operation &Op : ForwardBody)
    Inner.clone(Op, Mapping);
  auto Again = [&](Value V) { return Mapping.lookupOrDefault(V); };
  SmallVector<Value> Sources;
  for (Value Argument : ForwardBody.getArguments())
    if (ActiveForward.contains(Argument))
      Sources.push_back(Again(Argument));
  ValueSet Active = prepareActiveValues(*Body, Sources);
  // Only the copy of the yield knows by what the preparation replaced scans.
  SmallVector<Value> Yielded(Body->back().getOperands());
  Body->back().erase();
  Cotangents Sums;
  for (auto [I, Cotangent] : llvm::zip_equal(CarryOf, Incoming))
    Sums.add(Inner, Yielded[I], Cotangent);
  for (auto [K, Cotangent] : OutputSeeds)
    Sums.add(Inner, Yielded[K], Cotangent);
  LogicalResult Walked = walkBackwards(*Body, Active, Sums, Inner);
  (void)Walked; // the walk outside has checked the body

  for (size_t I : CarryOf) {
    Value Carry = Again(ForwardBody.getArgument(I));
    Value Cotangent = Sums.lookup(Carry);
    NextCotangents.push_back(
        Cotangent ? Cotangent : createSplat(Inner, Loc, Carry.getType(), 0.0));
  }
  for (size_t J = 0; J < NumSequences; ++J)
    if (Wanted[NumCarries + J])
      if (Value Cotangent =
              Sums.lookup(Again(ForwardBody.getArgument(NumCarries + J)))) {
        SequenceOf.push_back(J);
        SequenceCotangents.push_back(Cotangent);
      }

  for (auto [Offset, I] : llvm::enumerate(Invariants))
    Body->getArgument(FirstInvariant + Offset)
        .replaceAllUsesWith(Forward.getInits()[I]);
  auto ReplaceYielded = [&](Value &Yielded) {
    auto Argument = dyn_cast<BlockArgument>(Yielded);
    if (Argument && Argument.getOwner() == Body &&
        Argument.getArgNumber() >= FirstInvariant)
      Yielded =
          Forward
              .getInits()[Invariants[Argument.getArgNumber() - FirstInvariant]];
  };
  llvm::for_each(NextCotangents, ReplaceYielded);
  llvm::for_each(SequenceCotangents, ReplaceYielded);
  YieldOp::create(
      Inner, Loc,
      llvm::to_vector(llvm::concat<Value>(NextCotangents, SequenceCotangents)));
  Body->eraseArguments(FirstInvariant, Invariants.size());
}

/// Drops what the products did not need: recomputed ops, and sequences that
/// nothing reads any more.
void BackwardScan::prune() {
  for (Operation &Op : llvm::make_early_inc_range(llvm::reverse(*Body)))
    if (isOpTriviallyDead(&Op))
      Op.erase();
  size_t NumCarries = Inits.size();
  for (size_t J = Sequences.size(); J-- > 0;)
    if (Body->getArgument(NumCarries + J).use_empty()) {
      Body->eraseArgument(NumCarries + J);
      Sequences.erase(Sequences.begin() + J);
    }
}

ScanOp BackwardScan::finish() {
  SmallVector<Type> Types;
  for (Value Init : Inits)
    Types.push_back(Init.getType());
  int64_t Axis = Forward.getAxis(), Length = Forward.getLength();
  for (Value Cotangent : SequenceCotangents)
    Types.push_back(getStackedType(Cotangent.getType(), Axis, Length));
  auto Scan = ScanOp::create(Builder, Loc, Types, Inits, Sequences, Axis,
                             Length, !Forward.getReverse());
  Scan.getBody().takeBody(Holder->getRegion(0));
  return Scan;
}

void ScanOp::buildVjp(OpBuilder &Builder, ArrayRef<Value> ResultCotangents,
                      ArrayRef<bool> Wanted,
                      MutableArrayRef<Value> OperandCotangents) {
  // Outside of a prepared function, the carries have to be computed again.
  ScanOp Forward = *this;
  SmallVector<Value> Cotangents(ResultCotangents);
  if (!hasStackedCarries(Forward)) {
    auto Copy = cast<ScanOp>(Builder.clone(*getOperation()));
    Forward = prepareScanForDerivative(Copy, {});
  }
  Cotangents.resize(Forward->getNumResults());

  BackwardScan Backward(Forward, Builder);
  Backward.build(Cotangents, Wanted);
  Backward.prune();
  ScanOp Scan = Backward.finish();

  size_t NumCarries = getInits().size();
  for (auto [Result, I] :
       llvm::zip_equal(Scan.getLastCarries(), Backward.CarryOf))
    if (Wanted[I])
      OperandCotangents[I] = Result;
  for (auto [Result, J] :
       llvm::zip_equal(Scan.getOutputs(), Backward.SequenceOf))
    OperandCotangents[NumCarries + J] = Result;
}
