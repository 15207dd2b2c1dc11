//===- Pattern.h - what pre-tokenizers look for -----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_PATTERN_H
#define STATOR_RUNTIME_CORE_TOKENIZER_PATTERN_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstddef>
#include <memory>
#include <string>

namespace stator::runtime {

/// Finds places in valid UTF-8. Const members may be called from several
/// threads at once.
class Pattern {
public:
  enum class Outcome { Found, None, Failed };

  virtual ~Pattern() = default;
  /// The next match from \p From on is [Begin, End), which is not empty.
  /// Failed: matching took more steps or memory than is allowed.
  virtual Outcome find(absl::string_view Text, size_t From, size_t &Begin,
                       size_t &End) const = 0;
};

/// GPT-2's pattern of words.
inline constexpr absl::string_view Gpt2Words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// A regular expression as tokenizer.json has them (Oniguruma's syntax). Those
/// of GPT-2, Llama 3 and Qwen have scanners written for them; others are
/// matched by PCRE2. Errors: not a regular expression; something that the two
/// syntaxes read differently; it can match an empty text.
absl::StatusOr<std::unique_ptr<Pattern>> regexPattern(absl::string_view Regex);
/// The same, always by PCRE2.
absl::StatusOr<std::unique_ptr<Pattern>> pcrePattern(absl::string_view Regex);
/// A string.
std::unique_ptr<Pattern> literalPattern(std::string Wanted);
/// Characters of \p{N}: each one, or as many as there are.
std::unique_ptr<Pattern> digitsPattern(bool Each);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_PATTERN_H
