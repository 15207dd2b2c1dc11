//===- AttentionBlocks.cpp - What both directions of attention share ------===//

#include "codegen/contraction/AttentionBlocks.h"
#include "codegen/EmitMath.h"
#include "codegen/EmitPhilox.h"
#include "codegen/contraction/ContractionPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

AttentionSizes AttentionSizes::getShapes(mlir::Value Query, mlir::Value Key,
                                         mlir::Value Value, mlir::Value Bias) {
  auto GetShape = [](mlir::Value V) {
    return cast<MemRefType>(V.getType()).getShape();
  };
  ArrayRef<int64_t> QueryShape = GetShape(Query), KeyShape = GetShape(Key);
  AttentionSizes S;
  S.Batch = QueryShape[0];
  S.Heads = QueryShape[1];
  S.Queries = QueryShape[2];
  S.Depth = QueryShape[3];
  S.KvHeads = KeyShape[1];
  S.Keys = KeyShape[2];
  S.ValueDepth = GetShape(Value)[3];
  S.HasBias = static_cast<bool>(Bias);
  if (Bias && GetShape(Bias).size() == 4) {
    ArrayRef<int64_t> BiasShape = GetShape(Bias);
    int64_t Plane = S.Queries * S.Keys;
    S.BiasHeadStride = BiasShape[1] == 1 ? 0 : Plane;
    S.BiasBatchStride = BiasShape[0] == 1 ? 0 : Plane * BiasShape[1];
  }
  return S;
}

AttentionSizes AttentionSizes::get(CachedAttentionOp Op, mlir::Value Query,
                                   mlir::Value Key, mlir::Value Value,
                                   mlir::Value Bias) {
  AttentionSizes S = getShapes(Query, Key, Value, Bias);
  S.Scale = Op.getScale().convertToDouble();
  S.Causal = true;
  S.Ring = Op.getRing();
  // Positions are those of slots without a ring, so that a window as wide as
  // the slots hides nothing.
  if (auto Window = Op.getWindow();
      Window && (S.Ring || static_cast<int64_t>(*Window) < S.Keys))
    S.Window = static_cast<int64_t>(*Window);
  return S;
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// Keys of a block where the stack allows it.
static constexpr int64_t MaxBlock = 64;
static constexpr int64_t MaxStackFloats = (64 << 10) / sizeof(float);

AttentionBlocks AttentionBlocks::get(const AttentionSizes &Sizes,
                                     int64_t MaxQueries, int64_t FloatsPerKey,
                                     int64_t FloatsPerScore,
                                     const CpuTarget &Target) {
  int64_t Lanes = Target.getF32Lanes();
  int64_t MaxKeys = MaxBlock;
  auto IsTooMuch = [&] {
    return MaxKeys * FloatsPerKey + MaxQueries * MaxKeys * FloatsPerScore >
           MaxStackFloats;
  };
  while (IsTooMuch() && MaxKeys > Lanes)
    MaxKeys /= 2;
  while (IsTooMuch() && MaxQueries > 8)
    MaxQueries /= 2;
  AttentionBlocks Blocks;
  Blocks.QueryBlock = splitEvenly(Sizes.Queries, MaxQueries);
  Blocks.PaddedKeys = llvm::alignTo(splitEvenly(Sizes.Keys, MaxKeys), Lanes);
  Blocks.KeyBlock = std::min(Blocks.PaddedKeys, Sizes.Keys);
  return Blocks;
}

int64_t AttentionBlocks::getQueryBlocks(const AttentionSizes &Sizes) const {
  return llvm::divideCeil(Sizes.Queries, QueryBlock);
}

int64_t AttentionBlocks::getKeyBlocks(const AttentionSizes &Sizes) const {
  return llvm::divideCeil(Sizes.Keys, KeyBlock);
}

/// The block that a row or key lies in; what lies before the first counts as in
/// the first block.
static Value blockOf(KernelBuilder &K, Value Position, int64_t Block) {
  return K.div(K.max(Position, K.index(0)), Block);
}

Value AttentionEmitter::getLastKey(Value Query, int64_t More) {
  if (!Position)
    return K.add(Query, Sizes.getShift() + More);
  return K.add(K.add(Query, Position), More);
}

Value AttentionEmitter::getFilledSlots() {
  return K.min(K.add(Position, Sizes.Queries), K.index(Sizes.Keys));
}

std::pair<Value, Value> AttentionEmitter::visibleKeyBlocks(Value FirstQuery,
                                                           int64_t Queries) {
  Value From = K.index(0), To = K.index(Blocks.getKeyBlocks(Sizes));
  if (Sizes.Causal) {
    // One more than the last key that the last row sees.
    Value End = Sizes.Ring ? getFilledSlots() : getLastKey(FirstQuery, Queries);
    To =
        K.min(To, blockOf(K, K.add(End, Blocks.KeyBlock - 1), Blocks.KeyBlock));
  }
  if (Sizes.Window && !Sizes.Ring)
    From =
        blockOf(K, getLastKey(FirstQuery, 1 - *Sizes.Window), Blocks.KeyBlock);
  return {From, To};
}

std::pair<Value, Value> AttentionEmitter::visibleQueryBlocks(Value FirstKey,
                                                             int64_t Keys) {
  int64_t Shift = Sizes.getShift();
  Value From = K.index(0), To = K.index(Blocks.getQueryBlocks(Sizes));
  if (Sizes.Causal)
    From = blockOf(K, K.add(FirstKey, -Shift), Blocks.QueryBlock);
  if (Sizes.Window) {
    // One more than the last row that sees the last key.
    Value End = K.add(FirstKey, Keys - 1 + *Sizes.Window - Shift);
    To = K.min(
        To, blockOf(K, K.add(End, Blocks.QueryBlock - 1), Blocks.QueryBlock));
  }
  return {From, To};
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// One register tile: `Write` gets the sums of row and vector.
static void emitTile(KernelBuilder &K, int64_t Rows, int64_t Columns,
                     Value From, Value To, const MatrixView &Lhs,
                     const MatrixView &Rhs,
                     function_ref<void(int64_t Row, int64_t V, Value)> Write) {
  int64_t Lanes = K.getLanes();
  int64_t Vectors = llvm::divideCeil(Columns, Lanes);
  KernelBuilder::Values Zeros(Rows * Vectors, K.splat(0));
  auto Sums = K.loop(From, To, 1, Zeros, [&](Value Step, ValueRange Sums) {
    Value RhsOffset = K.add(K.mul(Step, Rhs.RowStride), Rhs.Offset);
    KernelBuilder::Values RhsRow, Next;
    for (int64_t V = 0; V < Vectors; ++V)
      RhsRow.push_back(K.loadVector(Rhs.Buffer, K.add(RhsOffset, V * Lanes),
                                    std::min(Lanes, Columns - V * Lanes)));
    Value LhsOffset = K.add(K.mul(Step, Lhs.ColumnStride), Lhs.Offset);
    for (int64_t Row = 0; Row < Rows; ++Row) {
      Value Element = K.broadcast(
          K.load(Lhs.Buffer, K.add(LhsOffset, Row * Lhs.RowStride)));
      for (int64_t V = 0; V < Vectors; ++V)
        Next.push_back(
            K.multiplyAdd(Element, RhsRow[V], Sums[Row * Vectors + V]));
    }
    return Next;
  });
  for (int64_t Row = 0; Row < Rows; ++Row)
    for (int64_t V = 0; V < Vectors; ++V)
      Write(Row, V, Sums[Row * Vectors + V]);
}

void AttentionEmitter::product(int64_t Rows, int64_t Columns, Value From,
                               Value To, const MatrixView &Lhs,
                               const MatrixView &Rhs, Finish Write) {
  int64_t Lanes = K.getLanes(), Width = getTileVectors() * Lanes;
  auto EmitPanel = [&](Value Column, int64_t Count) {
    MatrixView Panel = Rhs;
    Panel.Offset = K.add(Rhs.Offset, Column);
    emitTile(K, Rows, Count, From, To, Lhs, Panel,
             [&](int64_t Row, int64_t V, Value Sum) {
               Write(Row, K.add(Column, V * Lanes),
                     std::min(Lanes, Count - V * Lanes), Sum);
             });
  };
  int64_t Whole = Columns / Width * Width;
  if (Whole > 0)
    K.loop(0, Whole, Width, [&](Value Column) { EmitPanel(Column, Width); });
  if (Whole < Columns)
    EmitPanel(K.index(Whole), Columns - Whole);
}

void AttentionEmitter::scoreProduct(int64_t Rows, Value Vectors, int64_t Depth,
                                    const MatrixView &Lhs,
                                    const MatrixView &Panel,
                                    const MatrixView &Result) {
  int64_t Lanes = K.getLanes(), Width = getTileVectors();
  auto EmitPanel = [&](Value Vector, int64_t Count) {
    Value Column = K.mul(Vector, Lanes);
    MatrixView Part = Panel;
    Part.Offset = K.add(Panel.Offset, Column);
    emitTile(K, Rows, Count * Lanes, K.index(0), K.index(Depth), Lhs, Part,
             [&](int64_t Row, int64_t V, Value Sum) {
               K.storeVector(Sum, Result.Buffer,
                             K.add(K.add(Result.Offset, Column),
                                   Row * Result.RowStride + V * Lanes));
             });
  };
  Value Whole = K.sub(Vectors, K.rem(Vectors, Width));
  K.loop(K.index(0), Whole, Width,
         [&](Value Vector) { EmitPanel(Vector, Width); });
  if (Width > 1)
    K.loop(Whole, Vectors, 1, [&](Value Vector) { EmitPanel(Vector, 1); });
}

//===----------------------------------------------------------------------===//
// A row of scores
//===----------------------------------------------------------------------===//

AttentionEmitter::Sight AttentionEmitter::getSight(Value FirstQuery,
                                                   int64_t Rows, Value FirstKey,
                                                   int64_t Keys) {
  int64_t Lanes = K.getLanes();
  int64_t All = llvm::divideCeil(Keys, Lanes);
  if (!Sizes.Causal)
    return {K.index(Keys), K.index(All)};
  Value End = Sizes.Ring ? getFilledSlots() : getLastKey(FirstQuery, Rows);
  End = K.sub(End, FirstKey);
  End = K.min(K.max(End, K.index(0)), K.index(Keys));
  // Whole tiles of keys too, since the derivative reads these.
  Value Tiles = K.div(K.add(End, TileRows - 1), TileRows);
  Value Vectors = K.div(K.add(K.mul(Tiles, TileRows), Lanes - 1), Lanes);
  return {End, K.min(Vectors, K.index(All))};
}

KernelBuilder::Values AttentionEmitter::forRow(
    const Row &R, ValueRange Init,
    function_ref<Values(Value, int64_t, bool, ValueRange)> Body) {
  int64_t Lanes = K.getLanes();
  int64_t Whole = R.Keys / Lanes, Edge = R.Keys % Lanes;
  Values Carried(Init);
  auto Repeat = [&](Value From, Value To, bool MayHide) {
    if (Init.empty())
      return K.loop(From, To, 1, [&](Value V) {
        Body(K.mul(V, Lanes), Lanes, MayHide, {});
      });
    Carried = K.loop(From, To, 1, Carried, [&](Value V, ValueRange Carried) {
      return Body(K.mul(V, Lanes), Lanes, MayHide, Carried);
    });
  };
  Value Clear = K.index(Sizes.Window ? 0 : Whole);
  if (Sizes.Causal && !Sizes.Window) {
    Value End = K.sub(getLastKey(R.Query, 1), R.FirstKey);
    Clear = K.min(K.div(K.max(End, K.index(0)), Lanes), Clear);
  }
  Repeat(K.index(0), Clear, /*MayHide=*/false);
  if (Sizes.Causal || Sizes.Window)
    Repeat(Clear, K.min(R.Vectors, K.index(Whole)), /*MayHide=*/true);
  if (Edge)
    Carried = K.choose(
        K.isLess(K.index(Whole), R.Vectors),
        [&] { return Body(K.index(Whole * Lanes), Edge, true, Carried); },
        [&] { return Carried; });
  return Carried;
}

Value AttentionEmitter::equals(Value X, double Y) {
  return arith::CmpFOp::create(K.B, K.Loc, arith::CmpFPredicate::OEQ, X,
                               K.constant(Y));
}

Value AttentionEmitter::select(Value Condition, Value X, Value Y) {
  return arith::SelectOp::create(K.B, K.Loc, Condition, X, Y);
}

/// 0, 1, 2 ... as i32.
static Value makeIota(KernelBuilder &K) {
  SmallVector<int32_t> Numbers;
  for (int64_t I = 0; I < K.getLanes(); ++I)
    Numbers.push_back(static_cast<int32_t>(I));
  auto Type = VectorType::get({K.getLanes()}, K.B.getI32Type());
  return arith::ConstantOp::create(
      K.B, K.Loc, DenseElementsAttr::get(Type, ArrayRef(Numbers)));
}

/// The index as i32 in every lane.
static Value spreadIndex(KernelBuilder &K, Value Index) {
  Value Word = arith::IndexCastOp::create(K.B, K.Loc, K.B.getI32Type(), Index);
  return vector::BroadcastOp::create(
      K.B, K.Loc, VectorType::get({K.getLanes()}, K.B.getI32Type()), Word);
}

Value AttentionEmitter::makeScores(const Row &R, Value Start, int64_t Count,
                                   bool MayHide, Value Products) {
  int64_t Lanes = K.getLanes();
  Value Key = K.add(R.FirstKey, Start);
  Value Scores = Products;
  if (!isScaledLate())
    Scores = K.mulf(Products, K.splat(Sizes.Scale));
  if (Sizes.HasBias) {
    Value Offset = K.add(K.mul(R.Batch, Sizes.BiasBatchStride),
                         K.mul(R.Head, Sizes.BiasHeadStride));
    Offset = K.add(Offset, K.add(K.mul(R.Query, Sizes.Keys), Key));
    Scores = K.addf(Scores, K.loadVector(Bias, Offset, Count));
  }
  if (!MayHide)
    return Scores;

  Value Visible;
  auto Require = [&](arith::CmpIPredicate Predicate, Value X, Value Y) {
    Value Condition = arith::CmpIOp::create(K.B, K.Loc, Predicate, X, Y);
    Visible = Visible ? arith::AndIOp::create(K.B, K.Loc, Visible, Condition)
                      : Condition;
  };
  Value Iota = makeIota(K);
  if (Count < Lanes)
    Require(arith::CmpIPredicate::slt, Iota, spreadIndex(K, K.index(Count)));
  if (Sizes.Ring) {
    Value Seen = seeRing(R.Query, Key);
    Visible = Visible ? arith::AndIOp::create(K.B, K.Loc, Visible, Seen) : Seen;
  } else if (Sizes.Causal || Sizes.Window) {
    // Keys counted from the last one that the row sees.
    Value Distance = arith::AddIOp::create(
        K.B, K.Loc, spreadIndex(K, K.sub(Key, getLastKey(R.Query))), Iota);
    if (Sizes.Causal)
      Require(arith::CmpIPredicate::sle, Distance, spreadIndex(K, K.index(0)));
    if (Sizes.Window)
      Require(arith::CmpIPredicate::sgt, Distance,
              spreadIndex(K, K.index(-*Sizes.Window)));
  }
  if (!Visible)
    return Scores;
  return select(Visible, Scores,
                K.splat(-std::numeric_limits<double>::infinity()));
}

// A slot is as old as the number of positions that came after its own. Query q
// sees those not newer than itself, in its window, that are there at all.
Value AttentionEmitter::seeRing(Value Query, Value Slot) {
  Value Newest = K.add(Position, Sizes.Queries - 1);
  Value Back = arith::SubIOp::create(
      K.B, K.Loc, spreadIndex(K, K.sub(K.rem(Newest, Sizes.Keys), Slot)),
      makeIota(K));
  Value IsAhead = arith::CmpIOp::create(K.B, K.Loc, arith::CmpIPredicate::slt,
                                        Back, spreadIndex(K, K.index(0)));
  Value Age = select(IsAhead,
                     arith::AddIOp::create(K.B, K.Loc, Back,
                                           spreadIndex(K, K.index(Sizes.Keys))),
                     Back);
  Value Least = K.sub(K.index(Sizes.Queries - 1), Query);
  Value Most = K.min(Newest, K.add(Least, *Sizes.Window - 1));
  // Unsigned: what is newer is far beyond.
  return arith::CmpIOp::create(
      K.B, K.Loc, arith::CmpIPredicate::ule,
      arith::SubIOp::create(K.B, K.Loc, Age, spreadIndex(K, Least)),
      spreadIndex(K, K.sub(Most, Least)));
}

Value AttentionEmitter::weighScores(Value Scores, Value MinusBase) {
  Value Difference =
      isScaledLate() ? K.multiplyAdd(Scores, K.splat(Sizes.Scale), MinusBase)
                     : K.addf(Scores, MinusBase);
  return emitExpOfWeight(K.B, K.Loc, Difference, K.Target.HasFma);
}

Value AttentionEmitter::reduceRows(Value Buffer, int64_t First, int64_t Count,
                                   function_ref<Value(Value, Value)> Combine) {
  Values Rows;
  for (int64_t R = 0; R < Count; ++R)
    Rows.push_back(K.loadVector(Buffer, K.index((First + R) * K.getLanes())));
  return K.combineRows(std::move(Rows), Combine);
}

Value AttentionEmitter::greater(Value X, Value Y) {
  Value IsGreater =
      arith::CmpFOp::create(K.B, K.Loc, arith::CmpFPredicate::OGT, X, Y);
  return select(IsGreater, X, Y);
}

Value AttentionEmitter::dropoutFactors(const Row &R, Value Start) {
  if (Sizes.DropoutRate == 0)
    return Value();
  Value Line = K.add(K.mul(R.Batch, Sizes.Heads), R.Head);
  Line = K.add(K.mul(Line, Sizes.Queries), R.Query);
  Value First = K.add(K.mul(Line, Sizes.Keys), K.add(R.FirstKey, Start));
  Value Index =
      arith::AddIOp::create(K.B, K.Loc, spreadIndex(K, First), makeIota(K));
  return emitDropoutFactor(K.B, K.Loc, Info, Index, Sizes.DropoutStream,
                           Sizes.DropoutRate);
}

//===----------------------------------------------------------------------===//
// Rows of memory
//===----------------------------------------------------------------------===//

void AttentionEmitter::forVectors(
    int64_t Count, function_ref<void(Value Offset, int64_t Lanes)> Body) {
  int64_t Lanes = K.getLanes();
  int64_t Whole = Count / Lanes * Lanes;
  if (Whole > 0)
    K.loop(0, Whole, Lanes, [&](Value Offset) { Body(Offset, Lanes); });
  if (Whole < Count)
    Body(K.index(Whole), Count - Whole);
}

void AttentionEmitter::fillZero(Value Buffer, Value Offset, int64_t Count) {
  Value Zero = K.splat(0);
  forVectors(Count, [&](Value At, int64_t Lanes) {
    K.storeVector(Zero, Buffer, K.add(Offset, At), Lanes);
  });
}
