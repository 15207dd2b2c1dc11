//===- AddedTokens.h - tokens that are found before words are ---*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_ADDEDTOKENS_H
#define STATOR_RUNTIME_CORE_TOKENIZER_ADDEDTOKENS_H

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "runtime/core/tokenizer/ByteTrie.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

/// A token of the list "added_tokens" of a tokenizer.json.
struct AddedToken {
  int32_t Id = 0;
  std::string Content;
  bool SingleWord = false; ///< not where a letter is next to it
  bool LeftStrip = false;  ///< takes the white space in front of it
  bool RightStrip = false; ///< takes the white space behind it
  bool Normalized = false; ///< looked for in normalized text
  bool Special = false;
};

/// Finds added tokens: the leftmost first, of those the longest.
class AddedTokens {
public:
  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> Tokens);

  bool empty() const { return Tokens.empty(); }

  /// Calls \p OnText for each stretch of \p Text, which is valid UTF-8,
  /// between tokens, and \p OnToken for each token; both in order. Special
  /// tokens are text if not \p ParseSpecial.
  void split(absl::string_view Text, bool ParseSpecial,
             absl::FunctionRef<void(absl::string_view)> OnText,
             absl::FunctionRef<void(const AddedToken &)> OnToken) const;

private:
  std::vector<AddedToken> Tokens;
  ByteTrie Trie; ///< values are indices of Tokens
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_ADDEDTOKENS_H
