//===- Vocabulary.h - between text and token ids ----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_VOCABULARY_H
#define STATOR_RUNTIME_CORE_VOCABULARY_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// The tokenizers that need no file but a list: characters, bytes, and ids
/// whose text is not known. Stored as vocab.json beside the weights, so that
/// whoever loads them reads text the same way:
///   {"kind": "characters", "characters": ["\n", " ", "!"]}   in order of id
///   {"kind": "bytes"}                                        id = byte
///   {"kind": "tokens"}                                       ids only
class Vocabulary final : public Tokenizer {
public:
  using Kind = TokenizerKind;

  static Vocabulary bytes();
  static Vocabulary tokens();
  /// \p Characters in the order of their ids, each once.
  static Vocabulary characters(std::vector<char32_t> Characters);

  /// The characters of \p Text in the order of their code points, which is
  /// nanoGPT's `sorted(set(text))`. Error: not UTF-8, said with the offset;
  /// \p Name is the file's.
  static absl::StatusOr<Vocabulary> ofText(absl::string_view Text,
                                           absl::string_view Name);

  static absl::StatusOr<Vocabulary> load(const std::string &Path);
  /// Of the contents of vocab.json; \p Name is for messages.
  static absl::StatusOr<Vocabulary> parse(absl::string_view Contents,
                                          absl::string_view Name);
  std::string toJson() const;

  TokenizerKind kind() const override { return TheKind; }
  /// How many ids there are; 0 if that is not known (tokens).
  int64_t size() const;

  /// Id of a character, -1 if it has none.
  int32_t find(char32_t CodePoint) const {
    return CodePoint < Ids.size() ? Ids[CodePoint] : -1;
  }

  /// The special tokens of EncodeOptions do not exist here. Errors: a character
  /// without an id; not UTF-8; a vocabulary of tokens, which knows no text.
  absl::Status encodeTo(absl::string_view Text, EncodeOptions Options,
                        IdSink Sink) const override;

  /// Appends what \p Id stands for; an id beyond the vocabulary appends
  /// U+FFFD. Of bytes, a character's bytes come one at a time. Of tokens, the
  /// ids are written as numbers with spaces between.
  void append(int32_t Id, DecodeState &State, std::string &Text) const override;

  int64_t vocabularySize() const override { return size(); }
  /// The character, or "<0x41>" for a byte.
  std::string token(int32_t Id) const override;
  std::optional<int32_t> find(absl::string_view Token) const override;
  bool isSpecial(int32_t) const override { return false; }
  TokenizerFiles files() const override;

  bool operator==(const Vocabulary &Other) const {
    return TheKind == Other.TheKind && Characters == Other.Characters;
  }

private:
  Kind TheKind = Kind::Tokens;
  std::vector<char32_t> Characters; // by id
  std::vector<int32_t> Ids;         // by code point
};

/// Error for \p Position of a text called \p Name where there is no character.
absl::Status notUtf8(absl::string_view Text, size_t Position,
                     absl::string_view Name);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_VOCABULARY_H
