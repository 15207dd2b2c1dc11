//===- HuggingFaceStages.h - the stages of a tokenizer.json -----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_HUGGINGFACESTAGES_H
#define STATOR_RUNTIME_CORE_TOKENIZER_HUGGINGFACESTAGES_H

#include "runtime/core/tokenizer/JsonFields.h"
#include "runtime/core/tokenizer/Normalizer.h"
#include "runtime/core/tokenizer/PreTokenizer.h"
#include "runtime/core/tokenizer/TokenTable.h"
#include <string>
#include <utility>
#include <vector>

namespace stator::runtime {

/// How deep sequences may be nested in sequences.
constexpr int MaxStageDepth = 8;

// All errors name the place in the file, and what is not supported.

absl::Status readNormalizer(const JsonFields &Json, int Depth,
                            Normalizer &Result);

/// \p ByteLevel: set if words end as bytes in GPT-2's alphabet.
absl::Status readPreTokenizer(const JsonFields &Json, int Depth,
                              PreTokenizer &Result, bool &ByteLevel);

/// What a "decoder" does with one token, and with the first one of a text.
struct PieceDecoder {
  bool ByteLevel = false, ByteFallback = false, StripFirstSpace = false;
  std::vector<std::pair<std::string, std::string>> Replacements;
  bool Fused = false; ///< while reading: what follows is done to whole texts

  /// The bytes of every token.
  std::vector<std::string> pieces(const TokenTable &Tokens) const;
};

absl::Status readDecoder(const JsonFields &Json, int Depth,
                         PieceDecoder &Result);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_HUGGINGFACESTAGES_H
