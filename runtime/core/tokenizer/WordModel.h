//===- WordModel.h - from a word to its tokens ------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_WORDMODEL_H
#define STATOR_RUNTIME_CORE_TOKENIZER_WORDMODEL_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <vector>

namespace stator::runtime {

/// Encodes what pre-tokenization leaves as one piece, without looking at what
/// is around it.
class WordModel {
public:
  virtual ~WordModel() = default;

  /// Appends the tokens of \p Word to \p Ids. Error: a part that no token is
  /// for.
  virtual absl::Status encode(absl::string_view Word,
                              std::vector<int32_t> &Ids) const = 0;

  /// What stands for a space, if no token has it behind another character:
  /// then a word may be cut in front of each one that does not follow another,
  /// and its parts are encoded as in the whole. Empty: words are not cut.
  virtual absl::string_view cutMark() const { return {}; }
};

/// "▁", U+2581, which SentencePiece writes for a space.
constexpr absl::string_view SpaceMark = "\xe2\x96\x81";

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_WORDMODEL_H
