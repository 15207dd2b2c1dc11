//===- Tape.cpp - What was run, for the way back --------------------------===//

#include "runtime/interpreter/eager/Tape.h"
#include "ir/ReverseWalk.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace stator::eager {

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// Row by row along the last axis.
static Tensor runSoftmaxGrad(Operation *Op, ArrayRef<Tensor> Arguments) {
  Tensor Y = Arguments[0].contiguous(), Cotangent = Arguments[1].contiguous();
  Tensor Result(HostType::F32, Y.getShape());
  int64_t Size = Y.getShape().back(), Rows = Y.getNumElements() / Size;
  forEachPart(Rows, Size, [&](int64_t First, int64_t End) {
    for (int64_t I = First; I < End; ++I)
      getKernels().SoftmaxGrad(Result.data<float>() + I * Size,
                               Y.data<float>() + I * Size,
                               Cotangent.data<float>() + I * Size, Size);
  });
  return Result;
}

template <Binary Kernel>
static Tensor runActivationGrad(Operation *, ArrayRef<Tensor> Arguments) {
  return runBinary(Kernel, Arguments[0], Arguments[1]);
}

/// Gives the ops whose derivative PyTorch has as one kernel one of their own;
/// false for others.
static bool setNativeRule(Operation *Op, DerivativeRule &Rule) {
  using Source = DerivativeRule::Source;
  auto Set = [&](auto Native, Source Saved) {
    Rule.Native = Native;
    Rule.Arguments = {{Saved, 0, {}}, {Source::Cotangent, 0, {}}};
    Rule.OperandOf = {0};
    return true;
  };
  if (auto Softmax = dyn_cast<SoftmaxOp>(Op)) {
    int64_t Rank = Softmax.getType().getRank();
    if (static_cast<int64_t>(Softmax.getAxis()) == Rank - 1)
      return Set(&runSoftmaxGrad, Source::Result);
  }
  if (auto Gelu = dyn_cast<GeluOp>(Op))
    return Gelu.getTanhApproximation()
               ? Set(&runActivationGrad<Binary::GeluTanhGrad>, Source::Operand)
               : Set(&runActivationGrad<Binary::GeluGrad>, Source::Operand);
  if (isa<SiluOp>(Op))
    return Set(&runActivationGrad<Binary::SiluGrad>, Source::Operand);
  return false;
}

DerivativeRules::DerivativeRules(MLIRContext *Context)
    : Holder(ModuleOp::create(UnknownLoc::get(Context))) {}

const DerivativeRule &DerivativeRules::get(Operation *Op,
                                           ArrayRef<bool> Wanted) {
  std::unique_ptr<DerivativeRule> &Rule = Rules[Op];
  if (!Rule) {
    Rule = std::make_unique<DerivativeRule>();
    if (!setNativeRule(Op, *Rule))
      build(Op, Wanted, *Rule);
  }
  return *Rule;
}

void DerivativeRules::build(Operation *Op, ArrayRef<bool> Wanted,
                            DerivativeRule &Rule) {
  using Source = DerivativeRule::Source;
  OpBuilder Builder(Op->getContext());
  Location Loc = Op->getLoc();
  Rule.Function =
      FuncOp::create(Builder, Loc, "rule", Builder.getFunctionType({}, {}));
  Holder->push_back(Rule.Function);
  Block *Body = Rule.Function.addEntryBlock();
  Builder.setInsertionPointToEnd(Body);
  auto AddArgument = [&](Source From, unsigned Index, Value Of) {
    Rule.Arguments.push_back({From, Index, Of});
    return Body->addArgument(Of.getType(), Loc);
  };

  // A copy of the op, with arguments for all that it uses, asks for the
  // product; what it gave is an argument too.
  IRMapping Mapping;
  for (auto [Index, Operand] : llvm::enumerate(Op->getOperands()))
    Mapping.map(Operand, AddArgument(Source::Operand, Index, Operand));
  llvm::SetVector<Value> Captures;
  if (Op->getNumRegions())
    getUsedValuesDefinedAbove(Op->getRegions(), Captures);
  for (Value Capture : Captures)
    if (!Mapping.contains(Capture))
      Mapping.map(Capture, AddArgument(Source::Capture, 0, Capture));
  Operation *Copy = Builder.clone(*Op, Mapping);
  SmallVector<Value> Cotangents, Saved;
  for (auto [Index, Result] : llvm::enumerate(Op->getResults())) {
    Saved.push_back(AddArgument(Source::Result, Index, Result));
    // Nothing flows back into what nobody uses.
    bool Flows = isFloatTensor(Result.getType()) && !Result.use_empty();
    Cotangents.push_back(Flows ? AddArgument(Source::Cotangent, Index, Result)
                               : Value());
  }
  SmallVector<Value> Products(Op->getNumOperands());
  if (llvm::any_of(Cotangents, [](Value Each) { return bool(Each); }))
    cast<Differentiable>(Copy).buildVjp(Builder, Cotangents, Wanted, Products);
  Copy->replaceAllUsesWith(Saved);

  SmallVector<Value> Results;
  for (auto [Index, Product] : llvm::enumerate(Products))
    if (Product && Wanted[Index]) {
      // A product may be what the op itself gave.
      if (Product.getDefiningOp() == Copy)
        Product = Saved[cast<OpResult>(Product).getResultNumber()];
      Results.push_back(Product);
      Rule.OperandOf.push_back(Index);
    }
  ReturnOp::create(Builder, Loc, Results);
  for (Operation &Each : llvm::make_early_inc_range(llvm::reverse(*Body)))
    if (isOpTriviallyDead(&Each))
      Each.erase();
  // What the product does not use need not be kept.
  for (size_t I = Body->getNumArguments(); I-- > 0;)
    if (Body->getArgument(I).use_empty()) {
      Body->eraseArgument(I);
      Rule.Arguments.erase(Rule.Arguments.begin() + I);
    }
  Rule.Function.setFunctionType(
      Builder.getFunctionType(Body->getArgumentTypes(),
                              llvm::to_vector(ValueRange(Results).getTypes())));
}

//===----------------------------------------------------------------------===//
// The tape
//===----------------------------------------------------------------------===//

void Tape::addLeaf(ReadOp Read, Tensor &Value) {
  if (!Trainable.contains(Read.getParameter()))
    return;
  Value.RequiresGrad = true;
  Leaves.push_back(Read);
}

void Tape::record(Engine &Runner, Operation *Op, ArrayRef<Tensor> Operands,
                  ArrayRef<Tensor> Results) {
  SmallVector<bool, 4> Wanted;
  for (const Tensor &Operand : Operands)
    Wanted.push_back(Operand.RequiresGrad);
  const DerivativeRule &Rule = Rules.get(Op, Wanted);
  if (Rule.OperandOf.empty())
    return;
  Entry New{Op, &Rule, {}};
  for (const DerivativeRule::Argument &Argument : Rule.Arguments)
    switch (Argument.From) {
    case DerivativeRule::Source::Operand:
      New.Saved.push_back(Operands[Argument.Index]);
      break;
    case DerivativeRule::Source::Result:
      New.Saved.push_back(Results[Argument.Index]);
      break;
    case DerivativeRule::Source::Capture:
      New.Saved.push_back(Runner.lookup(Argument.Captured));
      break;
    case DerivativeRule::Source::Cotangent:
      New.Saved.emplace_back();
      break;
    }
  Entries.push_back(std::move(New));
}

/// Zeros for a result into which nothing flowed.
static Tensor makeZeros(Value Of) {
  Tensor Zero(HostType::F32, {});
  *Zero.data<float>() = 0;
  ArrayRef<int64_t> Shape = getShapeOf(Of);
  return Zero.view(Shape, Extents(Shape.size(), 0));
}

llvm::StringMap<Tensor> Tape::runBackwards(Engine &Runner, Value Root,
                                           Tensor Seed) {
  llvm::DenseMap<Value, Tensor> Sums;
  Sums[Root] = std::move(Seed);
  for (; !Entries.empty(); Entries.pop_back()) {
    Entry &Last = Entries.back();
    if (llvm::none_of(Last.Op->getResults(),
                      [&](Value Result) { return Sums.contains(Result); }))
      continue;
    for (auto [Argument, Value] :
         llvm::zip_equal(Last.Rule->Arguments, Last.Saved))
      if (Argument.From == DerivativeRule::Source::Cotangent) {
        OpResult Result = Last.Op->getResult(Argument.Index);
        auto It = Sums.find(Result);
        Value = It == Sums.end() ? makeZeros(Result) : It->second;
      }
    for (Value Result : Last.Op->getResults())
      Sums.erase(Result);
    TensorList Products;
    if (Last.Rule->Native)
      Products.push_back(Last.Rule->Native(Last.Op, Last.Saved));
    else
      Products = Runner.run(Last.Rule->Function, Last.Saved);
    for (auto [Index, Product] :
         llvm::zip_equal(Last.Rule->OperandOf, Products)) {
      Tensor &Sum = Sums[Last.Op->getOperand(Index)];
      Sum = Sum ? add(Sum, Product) : Product;
    }
  }
  llvm::StringMap<Tensor> Gradients;
  for (ReadOp Leaf : std::exchange(Leaves, {}))
    if (auto It = Sums.find(Leaf.getResult()); It != Sums.end()) {
      Tensor &Sum = Gradients[Leaf.getParameter()];
      Sum = Sum ? add(Sum, It->second) : It->second;
    }
  return Gradients;
}

} // namespace stator::eager
