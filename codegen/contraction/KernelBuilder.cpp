//===- KernelBuilder.cpp - The words that emitters are written in ---------===//

#include "codegen/contraction/KernelBuilder.h"
#include "codegen/EmitMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace stator;

LogicalResult stator::checkElementTypes(Operation *Op,
                                        ArrayRef<Value> Operands) {
  for (Value Operand : Operands) {
    Type Element = cast<MemRefType>(Operand.getType()).getElementType();
    if (!Element.isF32())
      return Op->emitOpError("has a kernel for f32 only, not for ") << Element;
  }
  return success();
}

VectorType KernelBuilder::getVectorType(int64_t Lanes) const {
  return VectorType::get({Lanes}, B.getF32Type());
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Value KernelBuilder::index(int64_t X) {
  return arith::ConstantIndexOp::create(B, Loc, X);
}

Value KernelBuilder::add(Value X, Value Y) {
  return B.createOrFold<arith::AddIOp>(Loc, X, Y);
}

Value KernelBuilder::sub(Value X, Value Y) {
  return B.createOrFold<arith::SubIOp>(Loc, X, Y);
}

Value KernelBuilder::mul(Value X, int64_t Y) {
  return B.createOrFold<arith::MulIOp>(Loc, X, index(Y));
}

Value KernelBuilder::div(Value X, int64_t Y) {
  return B.createOrFold<arith::DivUIOp>(Loc, X, index(Y));
}

Value KernelBuilder::rem(Value X, int64_t Y) {
  return B.createOrFold<arith::RemUIOp>(Loc, X, index(Y));
}

Value KernelBuilder::min(Value X, Value Y) {
  return B.createOrFold<arith::MinSIOp>(Loc, X, Y);
}

Value KernelBuilder::max(Value X, Value Y) {
  return B.createOrFold<arith::MaxSIOp>(Loc, X, Y);
}

Value KernelBuilder::isLess(Value X, Value Y) {
  return B.createOrFold<arith::CmpIOp>(Loc, arith::CmpIPredicate::slt, X, Y);
}

//===----------------------------------------------------------------------===//
// f32 and vectors of it
//===----------------------------------------------------------------------===//

Value KernelBuilder::constant(double X) {
  return arith::ConstantOp::create(B, Loc, B.getF32FloatAttr(X));
}

Value KernelBuilder::splat(double X, int64_t Lanes) {
  return arith::ConstantOp::create(
      B, Loc,
      DenseElementsAttr::get(getVectorType(Lanes), static_cast<float>(X)));
}

Value KernelBuilder::broadcast(Value Scalar, int64_t Lanes) {
  return vector::BroadcastOp::create(B, Loc, getVectorType(Lanes), Scalar);
}

Value KernelBuilder::addf(Value X, Value Y) {
  return arith::AddFOp::create(B, Loc, X, Y);
}

Value KernelBuilder::subf(Value X, Value Y) {
  return arith::SubFOp::create(B, Loc, X, Y);
}

Value KernelBuilder::mulf(Value X, Value Y) {
  return arith::MulFOp::create(B, Loc, X, Y);
}

Value KernelBuilder::multiplyAdd(Value X, Value Y, Value Z) {
  if (!Target.HasFma)
    return addf(mulf(X, Y), Z);
  if (isa<VectorType>(X.getType()))
    return vector::FMAOp::create(B, Loc, X, Y, Z);
  return math::FmaOp::create(B, Loc, X, Y, Z);
}

Value KernelBuilder::multiplyAddPairs(Value X, Value Y, Value Z) {
  auto Pairs = VectorType::get({2 * getLanes()}, B.getBF16Type());
  auto AsPairs = [&](Value Vector) -> Value {
    return vector::BitCastOp::create(B, Loc, Pairs, Vector);
  };
  return LLVM::CallIntrinsicOp::create(
             B, Loc, Z.getType(),
             B.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512"),
             ValueRange{Z, AsPairs(X), AsPairs(Y)})
      .getResult(0);
}

Value KernelBuilder::roundToPairs(Value Vector) {
  int64_t Lanes = cast<VectorType>(Vector.getType()).getNumElements();
  Value Rounded = arith::TruncFOp::create(
      B, Loc, VectorType::get({Lanes}, B.getBF16Type()), Vector);
  return vector::BitCastOp::create(B, Loc, getVectorType(Lanes / 2), Rounded);
}

Value KernelBuilder::sumLanes(Value Vector) {
  return combineLanes(B, Loc, Vector,
                      [&](Value X, Value Y) { return addf(X, Y); });
}

Value KernelBuilder::maxLanes(Value Vector) {
  return combineLanes(B, Loc, Vector, [&](Value X, Value Y) -> Value {
    return arith::MaxNumFOp::create(B, Loc, X, Y);
  });
}

Value KernelBuilder::combineRows(Values Rows,
                                 function_ref<Value(Value, Value)> Combine) {
  int64_t Lanes = getLanes();
  auto Shuffle = [&](Value X, Value Y, function_ref<int64_t(int64_t)> From) {
    auto Mask = llvm::map_to_vector(llvm::seq<int64_t>(0, Lanes), From);
    return vector::ShuffleOp::create(B, Loc, X, Y, Mask);
  };
  int64_t Count = llvm::PowerOf2Ceil(Rows.size());
  Rows.resize(Count, Rows.back());
  // Interleaves row i with row i + n/2 and combines the halves: the highest bit
  // of the lane is gone, the highest one of the row the lowest of the lane.
  for (int64_t N = Count / 2; N > 0; N /= 2)
    for (int64_t R = 0; R < N; ++R)
      Rows[R] =
          Combine(Shuffle(Rows[R], Rows[R + N],
                          [&](int64_t I) { return I % 2 * Lanes + I / 2; }),
                  Shuffle(Rows[R], Rows[R + N], [&](int64_t I) {
                    return I % 2 * Lanes + Lanes / 2 + I / 2;
                  }));
  for (int64_t N = Lanes / 2; N >= Count; N /= 2)
    Rows[0] = Combine(Rows[0], Shuffle(Rows[0], Rows[0], [&](int64_t I) {
                        return (I + N) % Lanes;
                      }));
  return Rows[0];
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::flatten(Value Memref) {
  auto Type = cast<MemRefType>(Memref.getType());
  if (Type.getRank() == 1)
    return Memref;
  if (Type.getRank() == 0) {
    auto Flat = MemRefType::get({1}, Type.getElementType());
    return memref::ExpandShapeOp::create(B, Loc, Flat, Memref,
                                         ArrayRef<ReassociationIndices>{});
  }
  ReassociationIndices All(
      llvm::to_vector<2>(llvm::seq<int64_t>(0, Type.getRank())));
  return memref::CollapseShapeOp::create(B, Loc, Memref,
                                         ArrayRef<ReassociationIndices>{All});
}

Value KernelBuilder::stackBuffer(int64_t Size) {
  return memref::AllocaOp::create(B, Loc,
                                  MemRefType::get({Size}, B.getF32Type()),
                                  ValueRange{}, B.getI64IntegerAttr(64));
}

Value KernelBuilder::load(Value Buffer, Value Offset) {
  return memref::LoadOp::create(B, Loc, Buffer, Offset);
}

void KernelBuilder::store(Value Scalar, Value Buffer, Value Offset) {
  memref::StoreOp::create(B, Loc, Scalar, Buffer, Offset);
}

Value KernelBuilder::loadVector(Value Buffer, Value Offset, int64_t Count,
                                double Fill) {
  int64_t Lanes = getLanes();
  if (Count == Lanes)
    return vector::LoadOp::create(B, Loc, getVectorType(), Buffer, Offset);
  // In pieces of powers of two, which every CPU loads without a mask.
  Value Result = splat(Fill);
  int64_t Done = 0;
  for (int64_t Piece = Lanes / 2; Piece > 0; Piece /= 2) {
    if (!(Count & Piece))
      continue;
    Value Part = vector::LoadOp::create(B, Loc, getVectorType(Piece), Buffer,
                                        add(Offset, Done));
    Result = vector::InsertStridedSliceOp::create(
        B, Loc, Part, Result, ArrayRef<int64_t>{Done}, ArrayRef<int64_t>{1});
    Done += Piece;
  }
  return Result;
}

void KernelBuilder::storeVector(Value Vector, Value Buffer, Value Offset,
                                int64_t Count) {
  int64_t Lanes = getLanes();
  if (Count == Lanes) {
    vector::StoreOp::create(B, Loc, Vector, Buffer, Offset);
    return;
  }
  int64_t Done = 0;
  for (int64_t Piece = Lanes / 2; Piece > 0; Piece /= 2) {
    if (!(Count & Piece))
      continue;
    Value Part = vector::ExtractStridedSliceOp::create(
        B, Loc, Vector, ArrayRef<int64_t>{Done}, ArrayRef<int64_t>{Piece},
        ArrayRef<int64_t>{1});
    vector::StoreOp::create(B, Loc, Part, Buffer, add(Offset, Done));
    Done += Piece;
  }
}

void KernelBuilder::prefetch(Value Buffer, Value Offset, Cache Into,
                             bool ForWriting) {
  memref::PrefetchOp::create(B, Loc, Buffer, Offset, ForWriting,
                             /*localityHint=*/Into == Cache::Nearest ? 3 : 2,
                             /*isDataCache=*/true);
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void KernelBuilder::keepRolled(ValueRange Results) {
  MLIRContext *Context = B.getContext();
  auto Unroll = LLVM::LoopUnrollAttr::get(
      Context, /*disable=*/B.getBoolAttr(true), /*count=*/{},
      /*runtimeDisable=*/{}, /*full=*/{}, /*followupUnrolled=*/{},
      /*followupRemainder=*/{}, /*followupAll=*/{});
  auto Annotation = LLVM::LoopAnnotationAttr::get(
      Context, /*disableNonforced=*/{}, /*vectorize=*/{}, /*interleave=*/{},
      Unroll, /*unrollAndJam=*/{}, /*licm=*/{}, /*distribute=*/{},
      /*pipeline=*/{}, /*peeled=*/{}, /*unswitch=*/{}, /*mustProgress=*/{},
      /*isVectorized=*/{}, /*startLoc=*/{}, /*endLoc=*/{},
      /*parallelAccesses=*/{});
  Results.front().getDefiningOp<scf::ForOp>()->setAttr("llvm.loop_annotation",
                                                       Annotation);
}

void KernelBuilder::loop(Value From, Value To, int64_t Step,
                         function_ref<void(Value)> Body) {
  auto For = scf::ForOp::create(B, Loc, From, To, index(Step));
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPoint(For.getBody()->getTerminator());
  Body(For.getInductionVar());
}

KernelBuilder::Values
KernelBuilder::loop(Value From, Value To, int64_t Step, ValueRange Init,
                    function_ref<Values(Value, ValueRange)> Body) {
  auto For = scf::ForOp::create(B, Loc, From, To, index(Step), Init);
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPointToEnd(For.getBody());
  Values Next = Body(For.getInductionVar(), For.getRegionIterArgs());
  scf::YieldOp::create(B, Loc, Next);
  return Values(For.getResults());
}

void KernelBuilder::ifThenElse(Value Condition, function_ref<void()> Then,
                               function_ref<void()> Else) {
  auto If = scf::IfOp::create(B, Loc, Condition, /*withElseRegion=*/!!Else);
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPoint(If.thenBlock()->getTerminator());
  Then();
  if (!Else)
    return;
  B.setInsertionPoint(If.elseBlock()->getTerminator());
  Else();
}

KernelBuilder::Values KernelBuilder::choose(Value Condition,
                                            function_ref<Values()> Then,
                                            function_ref<Values()> Else) {
  // The types are known only once a branch is there: build it aside.
  Block *Aside = new Block();
  Values ThenValues;
  {
    OpBuilder::InsertionGuard Guard(B);
    B.setInsertionPointToStart(Aside);
    ThenValues = Then();
    scf::YieldOp::create(B, Loc, ThenValues);
  }
  auto If = scf::IfOp::create(B, Loc, TypeRange(ValueRange(ThenValues)),
                              Condition, /*addThenBlock=*/false,
                              /*addElseBlock=*/true);
  If.getThenRegion().push_back(Aside);
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPointToEnd(If.elseBlock());
  scf::YieldOp::create(B, Loc, Else());
  return Values(If.getResults());
}

void KernelBuilder::tasks(int64_t Count, bool Parallel,
                          function_ref<void(Value)> Body) {
  OpBuilder::InsertionGuard Guard(B);
  Value From = index(0), To = index(Count), Step = index(1);
  Value Task;
  if (Parallel && Count > 1) {
    auto For = scf::ParallelOp::create(B, Loc, From, To, Step);
    B.setInsertionPoint(For.getBody()->getTerminator());
    Task = For.getInductionVars().front();
  } else {
    auto For = scf::ForOp::create(B, Loc, From, To, Step);
    B.setInsertionPoint(For.getBody()->getTerminator());
    Task = For.getInductionVar();
  }
  auto Scope = memref::AllocaScopeOp::create(B, Loc, TypeRange{});
  B.setInsertionPointToEnd(&Scope.getBodyRegion().emplaceBlock());
  Body(Task);
  memref::AllocaScopeReturnOp::create(B, Loc, ValueRange{});
}
