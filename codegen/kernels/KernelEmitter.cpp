//===- KernelEmitter.cpp - Scopes, indices and memory of a kernel ---------===//

#include "codegen/kernels/KernelEmitter.h"
#include "codegen/KernelTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include <numeric>

using namespace mlir;

namespace stator {

KernelEmitter::KernelEmitter(FuncOp Kernel, func::FuncOp Func,
                             const CpuTarget &Target)
    : B(Kernel.getLoc(), Func.getContext()), Target(Target) {
  Block &Body = Func.getBody().front();
  B.setInsertionPointToEnd(&Body);
  auto Return = func::ReturnOp::create(B);
  B.setInsertionPoint(Return);
  Scopes.emplace_back(nullptr);

  unsigned NumOperands = Kernel.getFunctionType().getNumInputs();
  unsigned NumResults = Kernel.getFunctionType().getNumResults();
  if (takesArgumentTable(Kernel)) {
    Table = Body.getArgument(0);
    unsigned Next = 1;
    auto Take = [&](Type Tensor) {
      return isArgumentBesideTable(Tensor) ? flatten(Body.getArgument(Next++))
                                           : Value();
    };
    for (Type Operand : Kernel.getFunctionType().getInputs())
      FlatOperands.push_back(Take(Operand));
    for (Type Result : Kernel.getFunctionType().getResults())
      FlatResults.push_back(Take(Result));
    if (Next < Body.getNumArguments())
      Info = Body.getArgument(Next);
  } else {
    unsigned FirstResult = Body.getNumArguments() - NumResults;
    if (FirstResult > NumOperands)
      Info = Body.getArgument(NumOperands);
    for (unsigned I = 0; I != NumOperands; ++I)
      FlatOperands.push_back(flatten(Body.getArgument(I)));
    for (unsigned I = 0; I != NumResults; ++I)
      FlatResults.push_back(flatten(Body.getArgument(FirstResult + I)));
  }

  // Values that cannot be computed in front of the loops over rows.
  for (Operation &Op : Kernel.getBody().front())
    if (isa<ReduceOp>(Op) || llvm::any_of(Op.getOperands(), [&](Value V) {
          return AfterReduction.contains(V);
        }))
      AfterReduction.insert(Op.result_begin(), Op.result_end());
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelEmitter::flatten(Value Memref) {
  auto Type = cast<MemRefType>(Memref.getType());
  if (Type.getRank() == 1)
    return Memref;
  int64_t Size = Type.getNumElements();
  auto Flat = MemRefType::get({Size}, Type.getElementType());
  return memref::ReinterpretCastOp::create(B, Flat, Memref, /*offset=*/0,
                                           ArrayRef<int64_t>{Size},
                                           ArrayRef<int64_t>{1});
}

Value KernelEmitter::createBuffer(Type Element, int64_t Size) {
  return memref::AllocaOp::create(B, MemRefType::get({Size}, Element),
                                  B.getI64IntegerAttr(64));
}

Value KernelEmitter::load(Value Flat, LaneIndex Linear) {
  Type Element = cast<MemRefType>(Flat.getType()).getElementType();
  if (Linear.isUniform())
    return memref::LoadOp::create(B, Flat, Linear.Base);
  auto Vector = VectorType::get({Width}, Element);
  // A vector of i1 would be read as packed bits.
  if (!Linear.Lanes && Linear.Stride == 1 && !Element.isInteger(1))
    return vector::LoadOp::create(B, Vector, Flat, Linear.Base);
  SmallVector<Value> Elements;
  for (int64_t Lane = 0; Lane != Width; ++Lane) {
    Elements.push_back(memref::LoadOp::create(B, Flat, getLane(Linear, Lane)));
  }
  return vector::FromElementsOp::create(B, Vector, Elements);
}

void KernelEmitter::store(Value Element, Value Flat, LaneIndex Linear) {
  if (Linear.isUniform()) {
    memref::StoreOp::create(B, Element, Flat, Linear.Base);
    return;
  }
  Element = splat(Element);
  if (!Linear.Lanes && Linear.Stride == 1 &&
      !getElementTypeOrSelf(Element.getType()).isInteger(1)) {
    vector::StoreOp::create(B, Element, Flat, Linear.Base);
    return;
  }
  for (int64_t Lane = 0; Lane != Width; ++Lane) {
    Value Position = getLane(Linear, Lane);
    memref::StoreOp::create(B, vector::ExtractOp::create(B, Element, Lane),
                            Flat, Position);
  }
}

Value KernelEmitter::splat(Value Element) {
  if (Width == 1 || isa<VectorType>(Element.getType()))
    return Element;
  return vector::BroadcastOp::create(
      B, VectorType::get({Width}, Element.getType()), Element);
}

//===----------------------------------------------------------------------===//
// Scopes
//===----------------------------------------------------------------------===//

scf::ForOp KernelEmitter::openFor(Value From, Value To, int64_t Step,
                                  ValueRange Inits) {
  Value StepValue = getConstant(Step);
  auto Loop = scf::ForOp::create(B, From, To, StepValue, Inits);
  Scopes.emplace_back(Loop);
  if (Inits.empty())
    B.setInsertionPoint(Loop.getBody()->getTerminator());
  else
    B.setInsertionPointToEnd(Loop.getBody());
  return Loop;
}

Value KernelEmitter::openParallel(int64_t Count) {
  Value From = getConstant(0), To = getConstant(Count), Step = getConstant(1);
  auto Loop = scf::ParallelOp::create(B, ValueRange{From}, ValueRange{To},
                                      ValueRange{Step});
  Scopes.emplace_back(Loop);
  B.setInsertionPoint(Loop.getBody()->getTerminator());
  return Loop.getInductionVars().front();
}

void KernelEmitter::close(ValueRange Yields) {
  if (!Yields.empty())
    scf::YieldOp::create(B, Yields);
  Operation *Loop = Scopes.pop_back_val().Loop;
  B.setInsertionPointAfter(Loop);
}

OpBuilder::InsertionGuard KernelEmitter::enter(unsigned Depth) {
  OpBuilder::InsertionGuard Guard(B);
  if (Depth + 1 < Scopes.size())
    B.setInsertionPoint(Scopes[Depth + 1].Loop);
  return Guard;
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Value KernelEmitter::getConstant(int64_t Number) {
  Value &Known = Constants[Number];
  if (!Known) {
    // In front of everything, so that it dominates whatever comes.
    OpBuilder::InsertionGuard Guard(B);
    Block *Body = B.getInsertionBlock();
    while (!isa<func::FuncOp>(Body->getParentOp()))
      Body = Body->getParentOp()->getBlock();
    B.setInsertionPointToStart(Body);
    Known = arith::ConstantIndexOp::create(B, Number);
  }
  return Known;
}

LaneIndex KernelEmitter::getConstantIndex(int64_t Number) {
  LaneIndex Index;
  Index.Base = getConstant(Number);
  Index.Align = Number;
  return Index;
}

LaneIndex KernelEmitter::getUniform(Value Base, int64_t Align) {
  LaneIndex Index;
  Index.Base = Base;
  Index.Align = Align;
  Index.Depth = getDepth();
  return Index;
}

LaneIndex KernelEmitter::getConsecutive(Value Base, int64_t Align) {
  LaneIndex Index = getUniform(Base, Align);
  Index.Stride = 1;
  return Index;
}

namespace {

/// The vector constant 0, Factor, 2 * Factor, ...
Value createSteps(ImplicitLocOpBuilder &B, Type Element, int64_t Width,
                  int64_t Factor) {
  auto Type = VectorType::get({Width}, Element);
  SmallVector<APInt> Numbers;
  unsigned Bits = Element.isIndex() ? 64 : Element.getIntOrFloatBitWidth();
  for (int64_t Lane = 0; Lane != Width; ++Lane)
    Numbers.push_back(APInt(Bits, Lane * Factor, /*isSigned=*/true,
                            /*implicitTrunc=*/true));
  return arith::ConstantOp::create(B, DenseElementsAttr::get(Type, Numbers));
}

} // namespace

Value KernelEmitter::getLanes(const LaneIndex &Index) {
  if (Index.Lanes)
    return Index.Lanes;
  if (Index.Stride == 0)
    return Index.Base;
  return arith::AddIOp::create(
      B, splat(Index.Base),
      createSteps(B, B.getIndexType(), Width, Index.Stride));
}

Value KernelEmitter::getLane(const LaneIndex &Index, int64_t Lane) {
  if (Index.Lanes)
    return vector::ExtractOp::create(B, Index.Lanes, Lane);
  return B.createOrFold<arith::AddIOp>(Index.Base,
                                       getConstant(Lane * Index.Stride));
}

Value KernelEmitter::getLanesI32(const LaneIndex &Index) {
  Type I32 = B.getI32Type();
  if (Index.Lanes)
    return arith::IndexCastOp::create(B, VectorType::get({Width}, I32),
                                      Index.Lanes);
  Value Base = arith::IndexCastOp::create(B, I32, Index.Base);
  if (Index.Stride == 0)
    return Base;
  return arith::AddIOp::create(B, splat(Base),
                               createSteps(B, I32, Width, Index.Stride));
}

LaneIndex KernelEmitter::add(const LaneIndex &Index, int64_t Number) {
  return Number == 0 ? Index : add(Index, getConstantIndex(Number));
}

LaneIndex KernelEmitter::add(const LaneIndex &Lhs, const LaneIndex &Rhs) {
  LaneIndex Sum;
  Sum.Depth = std::max(Lhs.Depth, Rhs.Depth);
  auto Guard = enter(Sum.Depth);
  if (Lhs.Lanes || Rhs.Lanes) {
    Sum.Lanes =
        arith::AddIOp::create(B, splat(getLanes(Lhs)), splat(getLanes(Rhs)));
    return Sum;
  }
  Sum.Base = B.createOrFold<arith::AddIOp>(Lhs.Base, Rhs.Base);
  Sum.Stride = Lhs.Stride + Rhs.Stride;
  Sum.Align = std::gcd(Lhs.Align, Rhs.Align);
  return Sum;
}

LaneIndex KernelEmitter::mul(const LaneIndex &Index, int64_t Number) {
  if (Number == 1)
    return Index;
  if (Number == 0)
    return getConstantIndex(0);
  LaneIndex Product = Index;
  auto Guard = enter(Index.Depth);
  if (Index.Lanes) {
    Product.Lanes =
        arith::MulIOp::create(B, Index.Lanes, splat(getConstant(Number)));
    return Product;
  }
  Product.Base = B.createOrFold<arith::MulIOp>(Index.Base, getConstant(Number));
  Product.Stride *= Number;
  Product.Align *= Number;
  return Product;
}

bool KernelEmitter::haveOneQuotient(const LaneIndex &Index,
                                    int64_t Divisor) const {
  if (Index.isUniform())
    return true;
  int64_t Reach = Index.Stride * Width;
  return !Index.Lanes && Reach > 0 && Index.Align % Reach == 0 &&
         Divisor % Reach == 0;
}

LaneIndex KernelEmitter::floorDiv(const LaneIndex &Index, int64_t Number) {
  if (Number == 1)
    return Index;
  auto Guard = enter(Index.Depth);
  LaneIndex Quotient;
  Quotient.Depth = Index.Depth;
  Value Divisor = getConstant(Number);
  if (haveOneQuotient(Index, Number))
    Quotient.Base = B.createOrFold<arith::DivUIOp>(Index.Base, Divisor);
  else
    Quotient.Lanes =
        B.createOrFold<arith::DivUIOp>(splat(getLanes(Index)), splat(Divisor));
  return Quotient;
}

LaneIndex KernelEmitter::rem(const LaneIndex &Index, int64_t Number) {
  if (Number == 1)
    return getConstantIndex(0);
  auto Guard = enter(Index.Depth);
  LaneIndex Rest;
  Rest.Depth = Index.Depth;
  Value Divisor = getConstant(Number);
  if (haveOneQuotient(Index, Number)) {
    Rest.Base = B.createOrFold<arith::RemUIOp>(Index.Base, Divisor);
    Rest.Stride = Index.Stride;
    Rest.Align = std::gcd(Index.Align, Number);
  } else {
    Rest.Lanes =
        B.createOrFold<arith::RemUIOp>(splat(getLanes(Index)), splat(Divisor));
  }
  return Rest;
}

LaneIndex KernelEmitter::linearize(ArrayRef<int64_t> Shape,
                                   const Indices &Index) {
  LaneIndex Linear = getConstantIndex(0);
  int64_t Stride = 1;
  for (int64_t Dim = static_cast<int64_t>(Shape.size()) - 1; Dim >= 0; --Dim) {
    if (Shape[Dim] != 1)
      Linear = add(Linear, mul(Index[Dim], Stride));
    Stride *= Shape[Dim];
  }
  return Linear;
}

Indices KernelEmitter::delinearize(ArrayRef<int64_t> Shape,
                                   const LaneIndex &Linear) {
  Indices Index(Shape.size());
  LaneIndex Rest = Linear;
  // The first dimension of more than one element takes all that remains.
  size_t First = 0;
  while (First != Shape.size() && Shape[First] == 1)
    Index[First++] = getConstantIndex(0);
  for (size_t Dim = Shape.size(); Dim-- > First;) {
    if (Dim == First) {
      Index[Dim] = Rest;
      break;
    }
    Index[Dim] = rem(Rest, Shape[Dim]);
    Rest = floorDiv(Rest, Shape[Dim]);
  }
  return Index;
}

} // namespace stator
