//===- BpeVocabulary.h - tokens and merges from their files -----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_BPEVOCABULARY_H
#define STATOR_RUNTIME_CORE_TOKENIZER_BPEVOCABULARY_H

#include "runtime/core/tokenizer/JsonFields.h"
#include "runtime/core/tokenizer/PipelineTokenizer.h"
#include <utility>

namespace stator::runtime {

/// Adds the tokens of a JSON object of names with ids.
absl::Status addVocabulary(const JsonFields &Vocabulary, TokenTable &Tokens);

/// Sets the merges of \p Model to \p Pairs of names, the most important first.
/// Error: one of the three names is no token, said with \p Origin.
absl::Status setMerges(
    const std::vector<std::pair<absl::string_view, absl::string_view>> &Pairs,
    const TokenTable &Tokens, absl::string_view Origin, BpeModel &Model);

/// Makes \p Model one of bytes in GPT-2's alphabet.
void setByteLevel(const TokenTable &Tokens, BpeModel &Model);

/// The pieces of tokens in GPT-2's alphabet; names that are not in it stand for
/// themselves.
std::vector<std::string> byteLevelPieces(const TokenTable &Tokens);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_BPEVOCABULARY_H
