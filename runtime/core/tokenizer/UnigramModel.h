//===- UnigramModel.h - the most probable tokens of a text ------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_UNIGRAMMODEL_H
#define STATOR_RUNTIME_CORE_TOKENIZER_UNIGRAMMODEL_H

#include "runtime/core/tokenizer/BpeModel.h"
#include "runtime/core/tokenizer/ByteTrie.h"
#include "runtime/core/tokenizer/WordModel.h"
#include <array>
#include <vector>

namespace stator::runtime {

/// The unigram language model of SentencePiece (Kudo 2018): of all ways to
/// divide a text into pieces the one with the highest sum of scores, found by
/// Viterbi's algorithm. Sums are made in the order and precision of
/// SentencePiece, so that near ties fall the same way.
class UnigramModel final : public WordModel {
public:
  ByteTrie Pieces;               ///< values are ids
  std::vector<double> Scores;    ///< by id; of pieces that users defined, below
  std::vector<bool> UserDefined; ///< by id: always chosen
  float MinScore = 0, MaxScore = 0; ///< of ordinary pieces
  int32_t Unknown = 0;
  std::array<int32_t, 256> ByteTokens;
  bool ByteFallback = false; ///< unknown characters become bytes

  UnigramModel() { ByteTokens.fill(BpeModel::None); }

  absl::Status encode(absl::string_view Word,
                      std::vector<int32_t> &Ids) const override;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_UNIGRAMMODEL_H
