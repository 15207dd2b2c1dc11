//===- TextEnds.h - the tokens around a text --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TEXTENDS_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TEXTENDS_H

#include "absl/status/statusor.h"
#include "runtime/core/tokenizer/TokenTable.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// What tokenizer_config.json, special_tokens_map.json and
/// generation_config.json say.
struct TextEnds {
  std::optional<int32_t> Begin;
  std::vector<int32_t> End; ///< without repetitions
  std::optional<bool> AddBegin, AddEnd;
  std::string Class; ///< tokenizer_class, without "Fast"
  std::optional<bool> AddPrefixSpace;
};

/// Reads them from \p Files; what they do not say is left out. Names of tokens
/// that \p Tokens does not have are left out too, since some published folders
/// have some. Error: a file that is not as it should be; an id that no token
/// has.
absl::StatusOr<TextEnds> readTextEnds(const TokenizerFiles &Files,
                                      const TokenTable &Tokens);

/// Decides which tokens are put around a text, as Hugging Face's library does:
/// add_bos_token and add_eos_token where they are given; else the class of the
/// tokenizer, if it has a rule of its own; else the post-processor of the
/// tokenizer.json, whose tokens are in \p Before and \p After to begin with.
void surroundText(const TextEnds &Ends, const TokenTable &Tokens,
                  std::vector<int32_t> &Before, std::vector<int32_t> &After);

/// Tokens that end a text in tokenizers that do not say so, by their names.
std::vector<int32_t> usualEnds(const TokenTable &Tokens);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TEXTENDS_H
