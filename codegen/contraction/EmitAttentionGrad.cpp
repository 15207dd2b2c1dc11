//===- EmitAttentionGrad.cpp - Attention in tiles, backward ---------------===//
//
// With P = exp(scores - lse), R the factors of dropout, D = rowsum(dO * O):
//   dV = (P R)^T dO,  dS = P (R (dO V^T) - D),  dQ = scale dS K,
//   dK = scale dS^T Q
// computed again block by block (Dao et al. 2022, algorithm 4). A task owns the
// keys of one key head and all queries that use them, so no two tasks add to
// the same element. What only a cotangent that nobody uses would need, because
// queries, keys or values come from frozen parameters, is not computed.
//
//===----------------------------------------------------------------------===//

#include "codegen/EmitMath.h"
#include "codegen/contraction/AttentionBlocks.h"
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

class BackwardEmitter : AttentionEmitter {
public:
  struct Tensors {
    Value Query, Key, Val, Bias, Output, Lse, Cotangent, Info;
    /// All flat; a cotangent is null if it is not wanted.
    Value QueryCotangent, KeyCotangent, ValueCotangent;
    bool wantsScores() const { return QueryCotangent || KeyCotangent; }
  };

  BackwardEmitter(KernelBuilder &K, const AttentionSizes &Sizes,
                  const AttentionBlocks &Blocks, const Tensors &T)
      : AttentionEmitter(K, Sizes, Blocks, T.Bias, T.Info), T(T) {}

  void emit() {
    K.tasks(Sizes.Batch * Sizes.KvHeads, Sizes.getWork() >= MinParallelWork,
            [&](Value Task) {
              Batch = K.div(Task, Sizes.KvHeads);
              KvHead = K.rem(Task, Sizes.KvHeads);
              int64_t Padded = Blocks.PaddedKeys;
              KeyPanel = K.stackBuffer(Sizes.Depth * Padded);
              Weights = K.stackBuffer(Blocks.QueryBlock * Padded);
              if (T.wantsScores()) {
                ValuePanel = K.stackBuffer(Sizes.ValueDepth * Padded);
                Scores = K.stackBuffer(Blocks.QueryBlock * Padded);
              }
              emitKeyHead(K.mul(Task, Sizes.Keys));
            });
  }

private:
  /// Every query, or key, meets one block only, and does meet it.
  bool overwritesQueries() const {
    return Blocks.getKeyBlocks(Sizes) == 1 && Sizes.getShift() >= 0 &&
           !Sizes.Window;
  }
  bool overwritesKeys() const {
    return Blocks.getQueryBlocks(Sizes) == 1 && Sizes.getGroup() == 1 &&
           !Sizes.Window;
  }

  /// All of a key head, whose keys start at line `KeyLines`.
  void emitKeyHead(Value KeyLines) {
    // The query heads of a group follow each other.
    Value FirstHead =
        K.add(K.mul(Batch, Sizes.Heads), K.mul(KvHead, Sizes.getGroup()));
    int64_t PerHead = Sizes.Queries * Sizes.Depth;
    if (T.QueryCotangent && !overwritesQueries())
      fillZero(T.QueryCotangent, K.mul(FirstHead, PerHead),
               Sizes.getGroup() * PerHead);
    int64_t Edge = Sizes.Keys % Blocks.KeyBlock;
    forEachTile(K, K.index(0), K.index(Blocks.getKeyBlocks(Sizes)),
                Sizes.Keys / Blocks.KeyBlock, Edge != 0,
                [&](Value Block, bool IsEdge) {
                  FirstKey = K.mul(Block, Blocks.KeyBlock);
                  Keys = IsEdge ? Edge : Blocks.KeyBlock;
                  emitKeys(K.add(KeyLines, FirstKey));
                });
  }

  /// A block of keys, at line `KeyLine`, with all queries of all its heads.
  void emitKeys(Value KeyLine) {
    int64_t Depth = Sizes.Depth, ValueDepth = Sizes.ValueDepth;
    KeyStart = K.mul(KeyLine, Depth);
    ValueStart = K.mul(KeyLine, ValueDepth);
    emitPackPanel(K, {T.Key, KeyStart, 1, Depth}, K.index(Depth), Keys,
                  KeyPanel, Blocks.PaddedKeys);
    if (T.wantsScores())
      emitPackPanel(K, {T.Val, ValueStart, 1, ValueDepth}, K.index(ValueDepth),
                    Keys, ValuePanel, Blocks.PaddedKeys);
    if (!overwritesKeys()) {
      if (T.KeyCotangent)
        fillZero(T.KeyCotangent, KeyStart, Keys * Depth);
      if (T.ValueCotangent)
        fillZero(T.ValueCotangent, ValueStart, Keys * ValueDepth);
    }
    auto [From, To] = visibleQueryBlocks(FirstKey, Keys);
    Value FirstBlock = From, EndBlock = To;
    K.loop(0, Sizes.getGroup(), 1, [&](Value InGroup) {
      Head = K.add(K.mul(KvHead, Sizes.getGroup()), InGroup);
      Value HeadLine =
          K.mul(K.add(K.mul(Batch, Sizes.Heads), Head), Sizes.Queries);
      int64_t Edge = Sizes.Queries % Blocks.QueryBlock;
      forEachTile(K, FirstBlock, EndBlock, Sizes.Queries / Blocks.QueryBlock,
                  Edge != 0, [&](Value Block, bool IsEdge) {
                    Value First = K.mul(Block, Blocks.QueryBlock);
                    emitBlock(First, K.add(HeadLine, First),
                              IsEdge ? Edge : Blocks.QueryBlock);
                  });
    });
  }

  /// A block of `Rows` queries, at line `Line`, with the block of keys: the
  /// weights and the cotangents of the scores of all rows, then their products.
  void emitBlock(Value FirstQuery, Value Line, int64_t Rows) {
    forTiles(Rows, [&](Value FirstRow, int64_t Count) {
      emitRows(K.add(FirstQuery, FirstRow), K.add(Line, FirstRow), FirstRow,
               Count);
    });
    if (!T.KeyCotangent && !T.ValueCotangent)
      return;
    int64_t Depth = Sizes.Depth, ValueDepth = Sizes.ValueDepth,
            Padded = Blocks.PaddedKeys;
    MatrixView Query{T.Query, K.mul(Line, Depth), Depth, 1};
    MatrixView Cotangent{T.Cotangent, K.mul(Line, ValueDepth), ValueDepth, 1};
    forTiles(Keys, [&](Value Key, int64_t Count) {
      // The rows from the first on that sees the first of these keys.
      Value First = K.index(0), Last = K.index(Rows);
      if (Sizes.Causal) {
        Value FirstSeeing = K.add(K.add(FirstKey, Key), -Sizes.getShift());
        First = K.max(K.sub(FirstSeeing, FirstQuery), First);
        First = K.min(First, Last);
      }
      if (T.ValueCotangent)
        addProduct(Count, ValueDepth, First, Last, {Weights, Key, 1, Padded},
                   Cotangent, T.ValueCotangent,
                   K.add(ValueStart, K.mul(Key, ValueDepth)), overwritesKeys());
      if (T.KeyCotangent)
        addProduct(Count, Depth, First, Last, {Scores, Key, 1, Padded}, Query,
                   T.KeyCotangent, K.add(KeyStart, K.mul(Key, Depth)),
                   overwritesKeys());
    });
  }

  /// The `Rows` rows of the block from `FirstRow` on.
  void emitRows(Value FirstQuery, Value Line, Value FirstRow, int64_t Rows) {
    int64_t Depth = Sizes.Depth, ValueDepth = Sizes.ValueDepth,
            Padded = Blocks.PaddedKeys;
    Sight S = getSight(FirstQuery, Rows, FirstKey, Keys);
    Value Start = K.mul(FirstRow, Padded);
    scoreProduct(
        Rows, S.Vectors, Depth, {T.Query, K.mul(Line, Depth), Depth, 1},
        {KeyPanel, K.index(0), Padded, 1}, {Weights, Start, Padded, 1});
    if (T.wantsScores())
      scoreProduct(Rows, S.Vectors, ValueDepth,
                   {T.Cotangent, K.mul(Line, ValueDepth), ValueDepth, 1},
                   {ValuePanel, K.index(0), Padded, 1},
                   {Scores, Start, Padded, 1});
    K.loop(0, Rows, 1, [&](Value R) {
      emitRow({Batch, Head, K.add(FirstQuery, R), FirstKey, Keys, S.Vectors},
              K.add(Start, K.mul(R, Padded)), K.add(Line, R));
    });
    if (T.QueryCotangent)
      addProduct(Rows, Depth, K.index(0), S.Keys, {Scores, Start, Padded, 1},
                 {T.Key, KeyStart, Depth, 1}, T.QueryCotangent,
                 K.mul(Line, Depth), overwritesQueries());
  }

  /// Emits `Body` for tiles of `Count` rows.
  void forTiles(int64_t Count,
                function_ref<void(Value First, int64_t Rows)> Body) {
    int64_t Edge = Count % TileRows;
    forEachTile(K, K.index(0), K.index(llvm::divideCeil(Count, TileRows)),
                Count / TileRows, Edge != 0, [&](Value Tile, bool IsEdge) {
                  Body(K.mul(Tile, TileRows), IsEdge ? Edge : TileRows);
                });
  }

  /// Scores and dO V^T of a row, at `Start`, to P R and, if it is wanted,
  /// scale * dS, in place.
  void emitRow(const Row &Row, Value Start, Value Line) {
    Value Dot;
    if (T.wantsScores())
      Dot = dotProduct(K.mul(Line, Sizes.ValueDepth));
    Value Lse = K.load(T.Lse, Line);
    // A row that sees no key has weights 0, not exp(-inf + inf).
    Lse = select(equals(Lse, -Infinity), K.constant(Infinity), Lse);
    Value MinusLse = K.broadcast(K.subf(K.constant(0), Lse));
    Value DotSpread = Dot ? K.broadcast(Dot) : Value();
    forRow(Row, {}, [&](Value First, int64_t Count, bool MayHide, ValueRange) {
      Value Offset = K.add(Start, First);
      Value Score =
          makeScores(Row, First, Count, MayHide, K.loadVector(Weights, Offset));
      Value Weight = weighScores(Score, MinusLse);
      Value Factors = dropoutFactors(Row, First);
      K.storeVector(Factors ? K.mulf(Weight, Factors) : Weight, Weights,
                    Offset);
      if (!T.wantsScores())
        return Values();
      Value Product = K.loadVector(Scores, Offset);
      if (Factors)
        Product = K.mulf(Product, Factors);
      Value ScoreCotangent = K.mulf(Weight, K.subf(Product, DotSpread));
      K.storeVector(K.mulf(ScoreCotangent, K.splat(Sizes.Scale)), Scores,
                    Offset);
      return Values();
    });
  }

  /// D: the cotangent of a row times its result.
  Value dotProduct(Value Start) {
    int64_t Lanes = K.getLanes();
    int64_t Whole = Sizes.ValueDepth / Lanes * Lanes;
    auto Step = [&](Value At, int64_t Count, Value Sum) {
      Value Offset = K.add(Start, At);
      return K.multiplyAdd(K.loadVector(T.Cotangent, Offset, Count),
                           K.loadVector(T.Output, Offset, Count), Sum);
    };
    Value Sum = K.splat(0);
    if (Whole > 0)
      Sum = K.loop(K.index(0), K.index(Whole), Lanes, {Sum},
                   [&](Value At, ValueRange Sum) {
                     return Values{Step(At, Lanes, Sum[0])};
                   })
                .front();
    if (Whole < Sizes.ValueDepth)
      Sum = Step(K.index(Whole), Sizes.ValueDepth - Whole, Sum);
    return K.sumLanes(Sum);
  }

  /// Adds a product, whose depth runs from `From` up to `To`, to the rows of
  /// `Result` from `Start` on, or overwrites them.
  void addProduct(int64_t Rows, int64_t Columns, Value From, Value To,
                  const MatrixView &Lhs, const MatrixView &Rhs, Value Result,
                  Value Start, bool Overwrite) {
    product(Rows, Columns, From, To, Lhs, Rhs,
            [&](int64_t R, Value Column, int64_t Count, Value Sum) {
              Value Offset = K.add(K.add(Start, R * Columns), Column);
              if (!Overwrite)
                Sum = K.addf(Sum, K.loadVector(Result, Offset, Count));
              K.storeVector(Sum, Result, Offset, Count);
            });
  }

  const Tensors &T;
  // Of the task being emitted, from the outer to the inner loops.
  Value Batch, KvHead, KeyPanel, ValuePanel, Weights, Scores;
  Value FirstKey, KeyStart, ValueStart;
  int64_t Keys = 0;
  Value Head;
};

} // namespace

LogicalResult stator::emitAttentionGrad(OpBuilder &B, AttentionGradOp Op,
                                        ArrayRef<Value> Operands, Value Info,
                                        Value QueryCotangent,
                                        Value KeyCotangent,
                                        Value ValueCotangent,
                                        const CpuTarget &Target) {
  if (failed(checkElementTypes(Op, Operands)))
    return failure();
  Value Bias = Operands.size() > 6 ? Operands[3] : Value();
  ArrayRef<Value> Rest = Operands.take_back(3);
  auto Sizes =
      AttentionSizes::get(Op, Operands[0], Operands[1], Operands[2], Bias);
  if (Sizes.DropoutRate > 0 && !Info)
    return Op.emitOpError("draws random numbers but has no Info");
  auto Blocks =
      AttentionBlocks::get(Sizes, /*MaxQueries=*/64,
                           /*FloatsPerKey=*/Sizes.Depth + Sizes.ValueDepth,
                           /*FloatsPerScore=*/2, Target);
  KernelBuilder K(B, Op.getLoc(), Target);
  auto FlattenIfGiven = [&](Value Memory) {
    return Memory ? K.flatten(Memory) : Value();
  };
  BackwardEmitter::Tensors T{K.flatten(Operands[0]),
                             K.flatten(Operands[1]),
                             K.flatten(Operands[2]),
                             FlattenIfGiven(Bias),
                             K.flatten(Rest[0]),
                             K.flatten(Rest[1]),
                             K.flatten(Rest[2]),
                             Info,
                             FlattenIfGiven(QueryCotangent),
                             FlattenIfGiven(KeyCotangent),
                             FlattenIfGiven(ValueCotangent)};
  BackwardEmitter(K, Sizes, Blocks, T).emit();
  return success();
}
