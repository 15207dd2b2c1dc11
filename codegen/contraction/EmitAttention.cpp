//===- EmitAttention.cpp - Attention in tiles, forward --------------------===//
//
// For a block of queries, over blocks of keys: scores, their running maximum
// and sum, and the running product with the values (online softmax; Milakov and
// Gimelshein 2018, Dao et al. 2022). Blocks that no query can see are skipped.
//
//===----------------------------------------------------------------------===//

#include "codegen/EmitMath.h"
#include "codegen/contraction/AttentionBlocks.h"
#include "codegen/contraction/Contraction.h"
#include "codegen/contraction/MicroKernel.h"
#include "codegen/contraction/Packing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace stator;

namespace {

constexpr double Infinity = std::numeric_limits<double>::infinity();

class ForwardEmitter : AttentionEmitter {
public:
  struct Tensors {
    Value Query, Key, Val, Bias, Info, Result, Lse; ///< flat
  };

  ForwardEmitter(KernelBuilder &K, const AttentionSizes &Sizes,
                 const AttentionBlocks &Blocks, const Tensors &T)
      : AttentionEmitter(K, Sizes, Blocks, T.Bias, T.Info), T(T) {}

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
              Weights = K.stackBuffer(Blocks.QueryBlock * Blocks.PaddedKeys);
              Maximum = K.stackBuffer(Blocks.QueryBlock);
              Sum = K.stackBuffer(Blocks.QueryBlock);
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
  /// All of a block of `Rows` queries from `First` on.
  void emitQueries(Value First, int64_t Rows) {
    Value FirstLine = K.add(K.mul(Line, Sizes.Queries), First);
    Value ResultStart = K.mul(FirstLine, Sizes.ValueDepth);
    Value QueryStart = K.mul(FirstLine, Sizes.Depth);
    K.loop(0, Rows, 1, [&](Value R) {
      K.store(K.constant(-Infinity), Maximum, R);
      K.store(K.constant(0), Sum, R);
    });
    fillZero(T.Result, ResultStart, Rows * Sizes.ValueDepth);
    auto [From, To] = visibleKeyBlocks(First, Rows);
    int64_t Edge = Sizes.Keys % Blocks.KeyBlock;
    forEachTile(K, From, To, Sizes.Keys / Blocks.KeyBlock, Edge != 0,
                [&](Value Block, bool IsEdge) {
                  emitKeys(First, Rows, QueryStart, ResultStart,
                           K.mul(Block, Blocks.KeyBlock),
                           IsEdge ? Edge : Blocks.KeyBlock);
                });
    K.loop(0, Rows, 1, [&](Value R) {
      finishRow(R, FirstLine, K.add(ResultStart, K.mul(R, Sizes.ValueDepth)));
    });
  }

  /// A block of queries with a block of keys.
  void emitKeys(Value FirstQuery, int64_t Rows, Value QueryStart,
                Value ResultStart, Value FirstKey, int64_t Keys) {
    int64_t Depth = Sizes.Depth, Padded = Blocks.PaddedKeys;
    MatrixView Transposed{T.Key, K.add(KeyStart, K.mul(FirstKey, Depth)), 1,
                          Depth};
    emitPackPanel(K, Transposed, K.index(Depth), Keys, KeyPanel, Padded);

    TileProduct Scores;
    Scores.Rows = Rows;
    Scores.Columns = llvm::alignTo(Keys, K.getLanes());
    Scores.Depth = K.index(Depth);
    Scores.Lhs = {T.Query, QueryStart, Depth, 1};
    Scores.Rhs = {KeyPanel, K.index(0), Padded, 1};
    Scores.RhsPadded = true;
    Scores.Result = {Weights, K.index(0), Padded, 1};
    emitBlockProduct(K, Scores);

    K.loop(0, Rows, 1, [&](Value R) {
      softmaxRow({Batch, Head, K.add(FirstQuery, R), FirstKey, Keys}, R,
                 K.add(ResultStart, K.mul(R, Sizes.ValueDepth)));
    });

    TileProduct Output;
    Output.Rows = Rows;
    Output.Columns = Sizes.ValueDepth;
    Output.Depth = K.index(Keys);
    Output.Lhs = {Weights, K.index(0), Padded, 1};
    Output.Rhs = {T.Val, K.add(ValueStart, K.mul(FirstKey, Sizes.ValueDepth)),
                  Sizes.ValueDepth, 1};
    Output.Result = {T.Result, ResultStart, Sizes.ValueDepth, 1};
    Output.Accumulate =
        arith::ConstantOp::create(K.B, K.Loc, K.B.getBoolAttr(true));
    emitBlockProduct(K, Output);
  }

  /// Products to weights relative to the running maximum; brings sum and result
  /// of the row to a new maximum.
  void softmaxRow(const Row &Row, Value R, Value ResultRow) {
    int64_t Lanes = K.getLanes(), Vectors = getVectors(Row.Keys);
    Value Start = K.mul(R, Blocks.PaddedKeys);
    Values Scores;
    Value Largest;
    for (int64_t V = 0; V < Vectors; ++V) {
      Value Products = K.loadVector(Weights, K.add(Start, V * Lanes));
      Scores.push_back(maskScores(Row, V, Products));
      Largest =
          Largest ? arith::MaxNumFOp::create(K.B, K.Loc, Largest, Scores.back())
                  : Scores.back();
    }
    Value OldMaximum = K.load(Maximum, R);
    Value NewMaximum =
        arith::MaxNumFOp::create(K.B, K.Loc, OldMaximum, K.maxLanes(Largest));
    // A row that has seen no key yet: any finite base will do.
    Value Base =
        select(equals(NewMaximum, -Infinity), K.constant(0), NewMaximum);
    Value Spread = K.broadcast(Base);
    Value NewSum;
    for (int64_t V = 0; V < Vectors; ++V) {
      Value Weight = exp(K.subf(Scores[V], Spread));
      NewSum = NewSum ? K.addf(NewSum, Weight) : Weight;
      if (Value Factors = dropoutFactors(Row, V))
        Weight = K.mulf(Weight, Factors);
      K.storeVector(Weight, Weights, K.add(Start, V * Lanes));
    }
    Value Shrink = exp(K.subf(OldMaximum, Base));
    K.store(NewMaximum, Maximum, R);
    K.store(K.multiplyAdd(K.load(Sum, R), Shrink, K.sumLanes(NewSum)), Sum, R);
    scaleRow(ResultRow, K.broadcast(Shrink));
  }

  void scaleRow(Value ResultRow, Value Factor) {
    forVectors(Sizes.ValueDepth, [&](Value At, int64_t Lanes) {
      Value Offset = K.add(ResultRow, At);
      K.storeVector(K.mulf(K.loadVector(T.Result, Offset, Lanes), Factor),
                    T.Result, Offset, Lanes);
    });
  }

  /// Divides by the sum; a row that saw no key stays 0 and has lse -inf.
  void finishRow(Value R, Value FirstLine, Value ResultRow) {
    Value RowSum = K.load(Sum, R);
    Value IsEmpty = equals(RowSum, 0);
    Value Divisor = select(IsEmpty, K.constant(1), RowSum);
    Value Inverse = arith::DivFOp::create(K.B, K.Loc, K.constant(1), Divisor);
    scaleRow(ResultRow, K.broadcast(Inverse));
    Value Lse =
        K.addf(K.load(Maximum, R), math::LogOp::create(K.B, K.Loc, Divisor));
    K.store(select(IsEmpty, K.constant(-Infinity), Lse), T.Lse,
            K.add(FirstLine, R));
  }

  Value exp(Value X) { return emitExp(K.B, K.Loc, X, K.Target.HasFma); }

  const Tensors &T;
  // Of the task being emitted.
  Value Line, Batch, Head, KeyStart, ValueStart;
  Value KeyPanel, Weights, Maximum, Sum;
};

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
  auto Blocks = AttentionBlocks::get(Sizes, /*FloatsPerKey=*/Sizes.Depth,
                                     /*FloatsPerScore=*/1, Target);
  KernelBuilder K(B, Op.getLoc(), Target);
  ForwardEmitter::Tensors T{K.flatten(Operands[0]),
                            K.flatten(Operands[1]),
                            K.flatten(Operands[2]),
                            Bias ? K.flatten(Bias) : Value(),
                            Info,
                            K.flatten(Result),
                            K.flatten(Lse)};
  ForwardEmitter(K, Sizes, Blocks, T).emit();
  return success();
}
