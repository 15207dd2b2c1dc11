//===- EmitAttention.cpp - Attention in tiles, forward --------------------===//
//
// For a block of queries, over blocks of keys: scores, their running maximum
// and sum, and the running product with the values (online softmax; Milakov and
// Gimelshein 2018, Dao et al. 2022). Blocks that no query can see are skipped;
// inside of a block a few rows at a time are computed, as far as they see.
//
//===----------------------------------------------------------------------===//

#include "codegen/EmitMath.h"
#include "codegen/contraction/CachedAttention.h"
#include "codegen/contraction/Contraction.h"
#include "codegen/contraction/MicroKernel.h"
#include "codegen/contraction/Packing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace stator;

namespace {

constexpr double Infinity = std::numeric_limits<double>::infinity();

class ForwardEmitter : AttentionEmitter {
public:
  using AttentionEmitter::TileRows;
  struct Tensors {
    Value Query, Key, Val, Bias, Info, Result; ///< flat
    Value Lse;                                 ///< flat, null with a cache
    Value Position = {};                       ///< index, null without a cache
  };

  ForwardEmitter(KernelBuilder &K, const AttentionSizes &Sizes,
                 const AttentionBlocks &Blocks, const Tensors &T)
      : AttentionEmitter(K, Sizes, Blocks, T.Bias, T.Info, T.Position), T(T) {}

  void emit() {
    int64_t QueryBlocks = Blocks.getQueryBlocks(Sizes);
    K.tasks(Sizes.Batch * Sizes.Heads * QueryBlocks,
            Sizes.getWork() >= MinParallelWork, [&](Value Task) {
              Line = K.div(Task, QueryBlocks);
              Batch = K.div(Line, Sizes.Heads);
              Head = K.rem(Line, Sizes.Heads);
              Value KvLine = K.add(K.mul(Batch, Sizes.KvHeads),
                                   K.div(Head, Sizes.getGroup()));
              KeyStart = K.mul(KvLine, Sizes.Keys * Sizes.Depth);
              ValueStart = K.mul(KvLine, Sizes.Keys * Sizes.ValueDepth);
              KeyPanel = K.stackBuffer(Sizes.Depth * Blocks.PaddedKeys);
              Weights = K.stackBuffer(TileRows * Blocks.PaddedKeys);
              Partial = K.stackBuffer(TileRows * K.getLanes());
              MinusBase = K.stackBuffer(TileRows);
              Maximum = K.stackBuffer(Blocks.QueryBlock);
              Sum = K.stackBuffer(Blocks.QueryBlock);
              Factor = K.stackBuffer(Blocks.QueryBlock);
              Value Block = K.rem(Task, QueryBlocks);
              int64_t Edge = Sizes.Queries % Blocks.QueryBlock;
              forEachTile(K, Block, K.add(Block, 1),
                          Sizes.Queries / Blocks.QueryBlock, Edge != 0,
                          [&](Value Block, bool IsEdge) {
                            emitQueries(K.mul(Block, Blocks.QueryBlock),
                                        IsEdge ? Edge : Blocks.QueryBlock);
                          });
            });
  }

private:
  /// All keys fit into one block: nothing is brought to a new maximum.
  bool hasOneKeyBlock() const { return Blocks.getKeyBlocks(Sizes) == 1; }

  /// All of a block of `Rows` queries from `First` on.
  void emitQueries(Value First, int64_t Rows) {
    Value FirstLine = K.add(K.mul(Line, Sizes.Queries), First);
    Value ResultStart = K.mul(FirstLine, Sizes.ValueDepth);
    Value QueryStart = K.mul(FirstLine, Sizes.Depth);
    if (hasOneKeyBlock()) {
      emitKeys(First, Rows, QueryStart, ResultStart, K.index(0), Sizes.Keys);
      return finishRows(FirstLine, Rows);
    }
    forVectors(Rows, [&](Value At, int64_t Count) {
      K.storeVector(K.splat(-Infinity), Maximum, At, Count);
    });
    fillZero(Sum, K.index(0), Rows);
    fillZero(T.Result, ResultStart, Rows * Sizes.ValueDepth);
    auto [From, To] = visibleKeyBlocks(First, Rows);
    int64_t Edge = Sizes.Keys % Blocks.KeyBlock;
    forEachTile(K, From, To, Sizes.Keys / Blocks.KeyBlock, Edge != 0,
                [&](Value Block, bool IsEdge) {
                  emitKeys(First, Rows, QueryStart, ResultStart,
                           K.mul(Block, Blocks.KeyBlock),
                           IsEdge ? Edge : Blocks.KeyBlock);
                });
    finishRows(FirstLine, Rows);
    K.loop(0, Rows, 1, [&](Value R) {
      scaleRow(K.add(ResultStart, K.mul(R, Sizes.ValueDepth)),
               K.broadcast(K.load(Factor, R)));
    });
  }

  /// A block of queries with a block of keys, a few rows at a time.
  void emitKeys(Value FirstQuery, int64_t Rows, Value QueryStart,
                Value ResultStart, Value FirstKey, int64_t Keys) {
    int64_t Depth = Sizes.Depth;
    MatrixView Transposed{T.Key, K.add(KeyStart, K.mul(FirstKey, Depth)), 1,
                          Depth};
    emitPackPanel(K, Transposed, K.index(Depth), Keys, KeyPanel,
                  Blocks.PaddedKeys);
    int64_t Edge = Rows % TileRows;
    forEachTile(K, K.index(0), K.index(llvm::divideCeil(Rows, TileRows)),
                Rows / TileRows, Edge != 0, [&](Value Tile, bool IsEdge) {
                  emitRows(FirstQuery, K.mul(Tile, TileRows),
                           IsEdge ? Edge : TileRows, QueryStart, ResultStart,
                           FirstKey, Keys);
                });
  }

  /// The `Rows` rows of the block from `FirstRow` on.
  void emitRows(Value FirstQuery, Value FirstRow, int64_t Rows,
                Value QueryStart, Value ResultStart, Value FirstKey,
                int64_t Keys) {
    int64_t Depth = Sizes.Depth, ValueDepth = Sizes.ValueDepth;
    Value Query = K.add(FirstQuery, FirstRow);
    Sight S = getSight(Query, Rows, FirstKey, Keys);
    MatrixView InWeights{Weights, K.index(0), Blocks.PaddedKeys, 1};
    scoreProduct(Rows, S.Vectors, Depth,
                 {T.Query, K.add(QueryStart, K.mul(FirstRow, Depth)), Depth, 1},
                 {KeyPanel, K.index(0), Blocks.PaddedKeys, 1}, InWeights);
    weighRows({Batch, Head, Query, FirstKey, Keys, S.Vectors}, FirstRow, Rows);

    Value Start = K.add(ResultStart, K.mul(FirstRow, ValueDepth));
    MatrixView Values{T.Val, K.add(ValueStart, K.mul(FirstKey, ValueDepth)),
                      ValueDepth, 1};
    product(Rows, ValueDepth, K.index(0), S.Keys, InWeights, Values,
            [&](int64_t R, Value Column, int64_t Count, Value Product) {
              Value Scale = K.broadcast(K.load(Factor, K.add(FirstRow, R)));
              Value Offset = K.add(K.add(Start, R * ValueDepth), Column);
              Value Result =
                  hasOneKeyBlock()
                      ? K.mulf(Product, Scale)
                      : K.multiplyAdd(K.loadVector(T.Result, Offset, Count),
                                      Scale, Product);
              K.storeVector(Result, T.Result, Offset, Count);
            });
  }

  /// Products of `Rows` rows, the first of which is `First`, to weights
  /// relative to the running maximum. What is there once a row is computed for
  /// vectors of rows: maximum, sum, and as factor of a row what brings the
  /// result so far to the new maximum, and with one block of keys what brings
  /// it to the end.
  void weighRows(const Row &First, Value FirstRow, int64_t Rows) {
    int64_t Lanes = K.getLanes();
    auto ForRows = [&](function_ref<Value(const Row &, Value R)> Reduce) {
      K.loop(0, Rows, 1, [&](Value R) {
        Row Each = First;
        Each.Query = K.add(First.Query, R);
        K.storeVector(Reduce(Each, R), Partial, K.mul(R, Lanes));
      });
    };
    auto ForVectors = [&](function_ref<void(int64_t R, int64_t Count)> Body) {
      for (int64_t R = 0; R < Rows; R += Lanes)
        Body(R, std::min(Lanes, Rows - R));
    };
    ForRows([&](const Row &Each, Value R) {
      return findLargest(Each, K.mul(R, Blocks.PaddedKeys));
    });
    ForVectors([&](int64_t R, int64_t Count) {
      Value Largest = reduceRows(
          Partial, R, Count, [&](Value X, Value Y) { return greater(X, Y); });
      emitMaximum(Largest, K.add(FirstRow, R), K.index(R), Count);
    });
    ForRows([&](const Row &Each, Value R) {
      return weighRow(Each, K.mul(R, Blocks.PaddedKeys),
                      K.broadcast(K.load(MinusBase, R)));
    });
    ForVectors([&](int64_t R, int64_t Count) {
      Value Sums = reduceRows(Partial, R, Count,
                              [&](Value X, Value Y) { return K.addf(X, Y); });
      Value At = K.add(FirstRow, R);
      if (hasOneKeyBlock())
        K.storeVector(invert(Sums), Factor, At, Count);
      else
        Sums = K.multiplyAdd(K.loadVector(Sum, At, Count),
                             K.loadVector(Factor, At, Count), Sums);
      K.storeVector(Sums, Sum, At, Count);
    });
  }

  /// From the largest scores of `Count` rows from `At` of the block on, the
  /// new maximum, and minus what their scores are compared with.
  void emitMaximum(Value Largest, Value At, Value R, int64_t Count) {
    if (isScaledLate())
      Largest = K.mulf(Largest, K.splat(Sizes.Scale));
    Value Old;
    if (!hasOneKeyBlock()) {
      Old = K.loadVector(Maximum, At, Count);
      Largest = greater(Largest, Old);
    }
    // A row that has seen no key yet: any finite base will do.
    Value Base = select(areEqual(Largest, -Infinity), K.splat(0), Largest);
    K.storeVector(K.subf(K.splat(0), Base), MinusBase, R, Count);
    K.storeVector(Largest, Maximum, At, Count);
    if (!hasOneKeyBlock())
      K.storeVector(
          emitExpOfWeight(K.B, K.Loc, K.subf(Old, Base), K.Target.HasFma),
          Factor, At, Count);
  }

  /// The largest scores of a row, one in each lane; writes the scores where
  /// they are not the products.
  Value findLargest(const Row &Row, Value Start) {
    return forRow(Row, K.splat(-Infinity),
                  [&](Value First, int64_t Count, bool MayHide, ValueRange In) {
                    Value Offset = K.add(Start, First);
                    Value Products = K.loadVector(Weights, Offset);
                    Value Scores =
                        makeScores(Row, First, Count, MayHide, Products);
                    if (Scores != Products)
                      K.storeVector(Scores, Weights, Offset);
                    return Values{greater(Scores, In[0])};
                  })
        .front();
  }

  /// Scores of a row to weights; returns sums of them, without dropout.
  Value weighRow(const Row &Row, Value Start, Value MinusBase) {
    return K
        .loop(K.index(0), Row.Vectors, 1, K.splat(0),
              [&](Value V, ValueRange Sums) {
                Value First = K.mul(V, K.getLanes());
                Value Offset = K.add(Start, First);
                Value Weight =
                    weighScores(K.loadVector(Weights, Offset), MinusBase);
                Value NewSum = K.addf(Sums[0], Weight);
                if (Value Factors = dropoutFactors(Row, First))
                  Weight = K.mulf(Weight, Factors);
                K.storeVector(Weight, Weights, Offset);
                return Values{NewSum};
              })
        .front();
  }

  Value areEqual(Value X, double Y) {
    return arith::CmpFOp::create(K.B, K.Loc, arith::CmpFPredicate::OEQ, X,
                                 K.splat(Y));
  }

  /// 1 / X in all lanes, 1 for 0.
  Value invert(Value X) {
    Value Divisor = select(areEqual(X, 0), K.splat(1), X);
    return arith::DivFOp::create(K.B, K.Loc, K.splat(1), Divisor);
  }

  void scaleRow(Value ResultRow, Value Factor) {
    forVectors(Sizes.ValueDepth, [&](Value At, int64_t Lanes) {
      Value Offset = K.add(ResultRow, At);
      K.storeVector(K.mulf(K.loadVector(T.Result, Offset, Lanes), Factor),
                    T.Result, Offset, Lanes);
    });
  }

  /// Log sum exp of the rows of a block, and 1 / sum as their factors. A row
  /// that saw no key has lse -inf, and stays 0.
  void finishRows(Value FirstLine, int64_t Rows) {
    forVectors(Rows, [&](Value At, int64_t Count) {
      Value Sums = K.loadVector(Sum, At, Count);
      if (T.Lse)
        storeLse(Sums, At, K.add(FirstLine, At), Count);
      if (!hasOneKeyBlock())
        K.storeVector(invert(Sums), Factor, At, Count);
    });
  }

  void storeLse(Value Sums, Value At, Value Line, int64_t Count) {
    Value IsEmpty = areEqual(Sums, 0);
    Value Divisors = select(IsEmpty, K.splat(1), Sums);
    Value Lse = K.addf(K.loadVector(Maximum, At, Count),
                       emitLog(K.B, K.Loc, Divisors, K.Target.HasFma));
    K.storeVector(select(IsEmpty, K.splat(-Infinity), Lse), T.Lse, Line, Count);
  }

  const Tensors &T;
  // Of the task being emitted.
  Value Line, Batch, Head, KeyStart, ValueStart;
  Value KeyPanel, Weights, Partial, MinusBase, Maximum, Sum, Factor;
};

AttentionBlocks getBlocks(const AttentionSizes &Sizes,
                          const CpuTarget &Target) {
  return AttentionBlocks::get(Sizes, /*MaxQueries=*/128,
                              /*FloatsPerKey=*/Sizes.Depth +
                                  ForwardEmitter::TileRows,
                              /*FloatsPerScore=*/0, Target);
}

} // namespace

LogicalResult stator::emitAttention(OpBuilder &B, AttentionOp Op,
                                    ArrayRef<Value> Operands, Value Info,
                                    Value Result, Value Lse,
                                    const CpuTarget &Target) {
  if (failed(checkElementTypes(Op, Operands)))
    return failure();
  Value Bias = Operands.size() > 3 ? Operands[3] : Value();
  auto Sizes =
      AttentionSizes::get(Op, Operands[0], Operands[1], Operands[2], Bias);
  if (Sizes.DropoutRate > 0 && !Info)
    return Op.emitOpError("draws random numbers but has no Info");
  KernelBuilder K(B, Op.getLoc(), Target);
  ForwardEmitter::Tensors T{K.flatten(Operands[0]),
                            K.flatten(Operands[1]),
                            K.flatten(Operands[2]),
                            Bias ? K.flatten(Bias) : Value(),
                            Info,
                            K.flatten(Result),
                            K.flatten(Lse)};
  ForwardEmitter(K, Sizes, getBlocks(Sizes, Target), T).emit();
  return success();
}

void stator::emitCachedBlock(KernelBuilder &K, const AttentionSizes &Sizes,
                             const CachedTensors &Given) {
  ForwardEmitter::Tensors T{
      Given.Query, Given.Key,    Given.Val, Given.Bias,
      {},          Given.Result, {},        Given.Position};
  ForwardEmitter(K, Sizes, getBlocks(Sizes, K.Target), T).emit();
}
