//===- AttentionBlocks.h - Both directions of attention ---------*- C++ -*-===//
//
// The sizes of an attention, its blocks of queries and keys, and the code that
// forward and backward pass have in common: masked scores of one row of a
// block, dropout, and which blocks can see each other.
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
  double DropoutRate;
  int64_t DropoutStream;
  bool HasBias = false;
  int64_t BiasBatchStride = 0, BiasHeadStride = 0;

  /// Of an AttentionOp or AttentionGradOp on these memrefs; `Bias` may be null.
  template <typename OpT>
  static AttentionSizes get(OpT Op, mlir::Value Query, mlir::Value Key,
                            mlir::Value Value, mlir::Value Bias);

  /// Key k of query q is visible only if k <= q + getShift().
  int64_t getShift() const { return Keys - Queries; }
  int64_t getGroup() const { return Heads / KvHeads; }
  /// Multiply-adds of the two products of the forward pass, unmasked.
  double getWork() const {
    return 1.0 * Batch * Heads * Queries * Keys * (Depth + ValueDepth);
  }
};

/// Rows and keys of a block. Scores of a block lie in a buffer of
/// QueryBlock x PaddedKeys.
struct AttentionBlocks {
  int64_t QueryBlock, KeyBlock, PaddedKeys;

  /// The largest blocks for which `FloatsPerKey` and `FloatsPerScore` floats
  /// on the stack for every key and for every score of a block are not too
  /// much.
  static AttentionBlocks get(const AttentionSizes &Sizes, int64_t FloatsPerKey,
                             int64_t FloatsPerScore, const CpuTarget &Target);

  int64_t getQueryBlocks(const AttentionSizes &Sizes) const;
  int64_t getKeyBlocks(const AttentionSizes &Sizes) const;
};

/// Emits the parts.
class AttentionEmitter {
public:
  using Value = mlir::Value;
  using Values = KernelBuilder::Values;

protected:
  AttentionEmitter(KernelBuilder &K, const AttentionSizes &Sizes,
                   const AttentionBlocks &Blocks, Value Bias, Value Info)
      : K(K), Sizes(Sizes), Blocks(Blocks), Bias(Bias), Info(Info) {}

  /// One row of scores of one block.
  struct Row {
    Value Batch, Head; ///< index
    Value Query;       ///< index of the row in the whole
    Value FirstKey;    ///< index of the first key of the block
    int64_t Keys;      ///< keys of the block that exist
  };

  /// How many vectors a row of a block with so many keys has.
  int64_t getVectors(int64_t Keys) const;
  /// Scale, bias and mask on vector `V` of raw products of a row: -inf where a
  /// key is not visible or does not exist.
  Value maskScores(const Row &R, int64_t V, Value Products);
  /// The factors of dropout of vector `V` of a row; null without dropout.
  Value dropoutFactors(const Row &R, int64_t V);

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

  Value equals(Value X, double Y);
  Value select(Value Condition, Value X, Value Y);

  KernelBuilder &K;
  const AttentionSizes &Sizes;
  const AttentionBlocks &Blocks;
  Value Bias; ///< flat, or null
  Value Info;
};

template <typename OpT>
AttentionSizes AttentionSizes::get(OpT Op, mlir::Value Query, mlir::Value Key,
                                   mlir::Value Value, mlir::Value Bias) {
  auto GetShape = [](mlir::Value V) {
    return llvm::cast<mlir::MemRefType>(V.getType()).getShape();
  };
  llvm::ArrayRef<int64_t> QueryShape = GetShape(Query),
                          KeyShape = GetShape(Key);
  AttentionSizes S;
  S.Batch = QueryShape[0];
  S.Heads = QueryShape[1];
  S.Queries = QueryShape[2];
  S.Depth = QueryShape[3];
  S.KvHeads = KeyShape[1];
  S.Keys = KeyShape[2];
  S.ValueDepth = GetShape(Value)[3];
  S.Scale = Op.getScale().convertToDouble();
  S.Causal = Op.getCausal();
  // A window as wide as the keys hides nothing; a wider one may be no i32.
  if (auto Window = Op.getWindow();
      Window && static_cast<int64_t>(*Window) < S.Keys)
    S.Window = static_cast<int64_t>(*Window);
  S.DropoutRate = Op.getDropoutRate().convertToDouble();
  S.DropoutStream = Op.getDropoutStream();
  S.HasBias = static_cast<bool>(Bias);
  if (Bias && GetShape(Bias).size() == 4) {
    llvm::ArrayRef<int64_t> BiasShape = GetShape(Bias);
    int64_t Plane = S.Queries * S.Keys;
    S.BiasHeadStride = BiasShape[1] == 1 ? 0 : Plane;
    S.BiasBatchStride = BiasShape[0] == 1 ? 0 : Plane * BiasShape[1];
  }
  return S;
}

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_ATTENTIONBLOCKS_H
