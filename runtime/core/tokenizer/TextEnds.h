//===- TextEnds.h - the tokens around a text --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TEXTENDS_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TEXTENDS_H

#include "absl/status/statusor.h"
#include "runtime/core/tokenizer/TokenTable.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace stator::runtime {

/// What tokenizer_config.json and generation_config.json say.
struct TextEnds {
  std::optional<int32_t> Begin;
  std::vector<int32_t> End; ///< without repetitions
  std::optional<bool> AddBegin, AddEnd;
};

/// Reads them from \p Files; what they do not say is left out. Tokens that
/// \p Tokens does not have are left out too, since some published folders name
/// some. Error: a file that is not as it should be.
absl::StatusOr<TextEnds> readTextEnds(const TokenizerFiles &Files,
                                      const TokenTable &Tokens);

/// Tokens that end a text in tokenizers that do not say so, by their names.
std::vector<int32_t> usualEnds(const TokenTable &Tokens);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TEXTENDS_H
