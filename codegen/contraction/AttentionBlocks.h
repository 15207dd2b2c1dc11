//===- AttentionBlocks.h - Both directions of attention ---------*- C++ -*-===//
//
// The sizes of an attention, its blocks of queries and keys, and the code that
// forward and backward pass have in common: masked scores of one row of a
// block, dropout, and which blocks can see each other. The queries are the last
// ones of the keys or, with a cache, at a position that is known when it runs.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_CONTRACTION_ATTENTIONBLOCKS_H
#define STATOR_CODEGEN_CONTRACTION_ATTENTIONBLOCKS_H

#include "codegen/contraction/KernelBuilder.h"
#include "ir/Dialect.h"
#include <optional>

namespace stator {

/// The numbers of an attention or of its derivative.
struct AttentionSizes {
  int64_t Batch, Heads, KvHeads, Queries, Keys, Depth, ValueDepth;
  double Scale;
  bool Causal;
  std::optional<int64_t> Window;
  double DropoutRate = 0;
  int64_t DropoutStream = 0;
  /// The keys are slots of a cache, in which position p is at p modulo their
  /// number.
  bool Ring = false;
  bool HasBias = false;
  int64_t BiasBatchStride = 0, BiasHeadStride = 0;

  /// Of an AttentionOp or AttentionGradOp on these memrefs; `Bias` may be null.
  template <typename OpT>
  static AttentionSizes get(OpT Op, mlir::Value Query, mlir::Value Key,
                            mlir::Value Value, mlir::Value Bias);
  static AttentionSizes get(CachedAttentionOp Op, mlir::Value Query,
                            mlir::Value Key, mlir::Value Value,
                            mlir::Value Bias);

  /// Key k of query q is visible only if k <= q + getShift(), without a cache.
  int64_t getShift() const { return Keys - Queries; }
  int64_t getGroup() const { return Heads / KvHeads; }
  /// Multiply-adds of the two products of the forward pass, unmasked.
  double getWork() const {
    return 1.0 * Batch * Heads * Queries * Keys * (Depth + ValueDepth);
  }

private:
  static AttentionSizes getShapes(mlir::Value Query, mlir::Value Key,
                                  mlir::Value Value, mlir::Value Bias);
};

/// Rows and keys of a block. Scores of a block lie in a buffer of
/// QueryBlock x PaddedKeys.
struct AttentionBlocks {
  int64_t QueryBlock, KeyBlock, PaddedKeys;

  /// The largest blocks, of at most `MaxQueries` rows, for which `FloatsPerKey`
  /// and `FloatsPerScore` floats on the stack for every key and for every score
  /// of a block are not too much.
  static AttentionBlocks get(const AttentionSizes &Sizes, int64_t MaxQueries,
                             int64_t FloatsPerKey, int64_t FloatsPerScore,
                             const CpuTarget &Target);

  int64_t getQueryBlocks(const AttentionSizes &Sizes) const;
  int64_t getKeyBlocks(const AttentionSizes &Sizes) const;
};

/// Emits the parts.
class AttentionEmitter {
public:
  using Value = mlir::Value;
  using Values = KernelBuilder::Values;

protected:
  /// `Position` (index) is that of the first query in a cache; null without.
  AttentionEmitter(KernelBuilder &K, const AttentionSizes &Sizes,
                   const AttentionBlocks &Blocks, Value Bias, Value Info,
                   Value Position = {})
      : K(K), Sizes(Sizes), Blocks(Blocks), Bias(Bias), Info(Info),
        Position(Position) {}

  /// Rows of scores, of queries or keys, that are computed together. So few
  /// that little is computed beyond the diagonal, and enough to hide the
  /// latency of multiply-adds.
  static constexpr int64_t TileRows = 8;
  /// Vectors beside each other that are computed together.
  int64_t getTileVectors() const {
    return K.Target.NumVectorRegisters >= 32 ? 2 : 1;
  }

  /// Writes the sum of a row of a tile to where it belongs: vector at `Column`
  /// (index), of which `Count` lanes exist.
  using Finish = llvm::function_ref<void(int64_t Row, Value Column,
                                         int64_t Count, Value Sum)>;
  /// Lhs[Rows, depth] * Rhs[depth, Columns] with the depth running from `From`
  /// up to, not including, `To`, in panels of register tiles.
  void product(int64_t Rows, int64_t Columns, Value From, Value To,
               const MatrixView &Lhs, const MatrixView &Rhs, Finish Write);
  /// Overwrites the first `Vectors` (index) vectors of the rows of Result with
  /// Lhs[Rows, Depth] * Panel[Depth, ...].
  void scoreProduct(int64_t Rows, Value Vectors, int64_t Depth,
                    const MatrixView &Lhs, const MatrixView &Panel,
                    const MatrixView &Result);

  /// `Rows` rows of a block of `Keys` keys: how far the diagonal lets them
  /// look.
  struct Sight {
    Value Keys;    ///< some row sees a key before this one, none a later one
    Value Vectors; ///< of scores that are computed, at least as many
  };
  Sight getSight(Value FirstQuery, int64_t Rows, Value FirstKey, int64_t Keys);

  /// One row of scores of one block.
  struct Row {
    Value Batch, Head; ///< index
    Value Query;       ///< index of the row in the whole
    Value FirstKey;    ///< index of the first key of the block
    int64_t Keys;      ///< keys of the block that exist
    Value Vectors;     ///< of scores that are computed
  };

  /// Emits `Body` for the vectors of a row: the key of the block that it starts
  /// with, how many of its lanes exist, and whether some may be hidden. Carries
  /// values from one to the next.
  Values forRow(const Row &R, mlir::ValueRange Init,
                llvm::function_ref<Values(Value Start, int64_t Count,
                                          bool MayHide, mlir::ValueRange)>
                    Body);

  /// Whether scores are plain multiples of the products, so that they can be
  /// scaled later.
  bool isScaledLate() const { return !Sizes.HasBias && Sizes.Scale > 0; }
  /// The products of a vector as scores, scaled or not, with -inf where a key
  /// is not visible or does not exist.
  Value makeScores(const Row &R, Value Start, int64_t Count, bool MayHide,
                   Value Products);
  /// e^(scaled score - Base), given -Base in all lanes.
  Value weighScores(Value Scores, Value MinusBase);
  /// The factors of dropout of a vector of a row; null without dropout.
  Value dropoutFactors(const Row &R, Value Start);
  /// In lane r, for r < `Count` <= lanes, the combination of all lanes of the
  /// vector of row `First` + r of a buffer of vectors: a tree, of the same form
  /// for every row.
  Value reduceRows(Value Buffer, int64_t First, int64_t Count,
                   llvm::function_ref<Value(Value, Value)> Combine);
  /// The greater one; `Y` if `X` is NaN.
  Value greater(Value X, Value Y);

  /// Emits `Body` for each vector of `Count` elements: its offset from the
  /// first and how many of its lanes exist.
  void forVectors(int64_t Count,
                  llvm::function_ref<void(Value Offset, int64_t Lanes)> Body);
  void fillZero(Value Buffer, Value Offset, int64_t Count);

  /// The blocks of keys that a block of `Queries` rows from `FirstQuery` on
  /// can see: from .first up to, not including, .second.
  std::pair<Value, Value> visibleKeyBlocks(Value FirstQuery, int64_t Queries);
  /// The blocks of queries that can see a block of `Keys` keys.
  std::pair<Value, Value> visibleQueryBlocks(Value FirstKey, int64_t Keys);

  /// The last key that a query sees, and `More` behind it. Not of a ring.
  Value getLastKey(Value Query, int64_t More = 0);
  /// The slots of a cache that hold something.
  Value getFilledSlots();

  Value equals(Value X, double Y);
  Value select(Value Condition, Value X, Value Y);

  KernelBuilder &K;
  const AttentionSizes &Sizes;
  const AttentionBlocks &Blocks;
  Value Bias; ///< flat, or null
  Value Info;
  Value Position; ///< index, or null

private:
  /// Which lanes of slots from `Slot` on a query sees in a ring.
  Value seeRing(Value Query, Value Slot);
};

template <typename OpT>
AttentionSizes AttentionSizes::get(OpT Op, mlir::Value Query, mlir::Value Key,
                                   mlir::Value Value, mlir::Value Bias) {
  AttentionSizes S = getShapes(Query, Key, Value, Bias);
  S.Scale = Op.getScale().convertToDouble();
  S.Causal = Op.getCausal();
  // A window as wide as the keys hides nothing; a wider one may be no i32.
  if (auto Window = Op.getWindow();
      Window && static_cast<int64_t>(*Window) < S.Keys)
    S.Window = static_cast<int64_t>(*Window);
  S.DropoutRate = Op.getDropoutRate().convertToDouble();
  S.DropoutStream = Op.getDropoutStream();
  return S;
}

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_ATTENTIONBLOCKS_H
