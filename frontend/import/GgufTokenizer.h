//===- GgufTokenizer.h - Tokenizers inside of GGUF files --------*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_GGUFTOKENIZER_H
#define STATOR_FRONTEND_IMPORT_GGUFTOKENIZER_H

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Gguf.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <optional>

namespace stator {

/// The tokenizer of a GGUF file as a file of its own: byte-level BPE ("gpt2")
/// as a tokenizer.json, SentencePiece ("llama") as a tokenizer.model. None if
/// the file has no tokenizer. Errors: another kind, or arrays that are missing
/// or do not fit each other.
absl::StatusOr<std::optional<runtime::TokenizerFiles>>
readGgufTokenizer(const runtime::GgufFile &File);

/// The model of a tokenizer.json that is byte-pair encoding, but for its
/// vocabulary and merges.
nlohmann::ordered_json describeBpe();

/// GGUF's name for how a tokenizer.json divides a text into words before
/// merges; "" if it has none.
std::string nameOfPreTokenizer(const nlohmann::json &PreTokenizer);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_GGUFTOKENIZER_H
