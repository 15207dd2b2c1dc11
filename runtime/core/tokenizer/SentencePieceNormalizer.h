//===- SentencePieceNormalizer.h - characters and spaces --------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_SENTENCEPIECENORMALIZER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_SENTENCEPIECENORMALIZER_H

#include "absl/status/status.h"
#include "runtime/core/tokenizer/ByteTrie.h"
#include "runtime/core/tokenizer/SentencePieceModel.h"
#include <string>
#include <vector>

namespace stator::runtime {

/// What SentencePiece does to a text before it looks for pieces: characters
/// are replaced by a table in the model (NFKC, as a rule), spaces that are
/// superfluous are left out, the others become "▁", and one is put in front.
class SentencePieceNormalizer {
public:
  /// \p UserDefined are left as they are. Error: the table of the model is
  /// damaged.
  absl::Status init(const SentencePieceModel &Model, ByteTrie UserDefined);

  /// \p DummyPrefix: put the space in front that the model asks for. Bytes that
  /// are no UTF-8 become U+FFFD.
  std::string run(absl::string_view Text, bool DummyPrefix) const;

private:
  /// What the beginning of \p Text becomes, and of how many bytes it is.
  absl::string_view replaceFirst(absl::string_view Text, size_t &Size) const;

  ByteTrie UserDefined;
  std::vector<uint32_t> Units; ///< double array, as Darts-clone lays it out
  std::string Replacements;    ///< each ends with a NUL
  bool AddDummyPrefix = true, RemoveExtraSpaces = true, EscapeSpaces = true;
  bool SpaceAsSuffix = false;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_SENTENCEPIECENORMALIZER_H
