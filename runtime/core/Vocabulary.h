//===- Vocabulary.h - between text and token ids ----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_VOCABULARY_H
#define STATOR_RUNTIME_CORE_VOCABULARY_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

/// What the ids of a data set stand for. Stored as vocab.json beside the
/// weights, so that whoever loads them reads text the same way:
///   {"kind": "characters", "characters": ["\n", " ", "!"]}   in order of id
///   {"kind": "bytes"}                                        id = byte
///   {"kind": "tokens"}                                       ids only
class Vocabulary {
public:
  enum class Kind { Characters, Bytes, Tokens };

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
  std::string toJson() const;

  Kind kind() const { return TheKind; }
  /// How many ids there are; 0 if that is not known (tokens).
  int64_t size() const;

  /// Id of a character, -1 if it has none.
  int32_t find(char32_t CodePoint) const {
    return CodePoint < Ids.size() ? Ids[CodePoint] : -1;
  }

  /// Ids of \p Text. Errors: a character without an id; not UTF-8; a
  /// vocabulary of tokens, which knows no text. \p Name says whose text it is.
  absl::StatusOr<std::vector<int32_t>> encode(absl::string_view Text,
                                              absl::string_view Name) const;

  /// Appends what \p Id stands for; an id beyond the vocabulary appends
  /// U+FFFD. Of bytes, a character's bytes come one at a time.
  void decode(int32_t Id, std::string &Text) const;

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
