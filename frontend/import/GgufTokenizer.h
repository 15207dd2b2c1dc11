//===- GgufTokenizer.h - Tokenizers inside of GGUF files --------*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_GGUFTOKENIZER_H
#define STATOR_FRONTEND_IMPORT_GGUFTOKENIZER_H

#include "absl/status/statusor.h"
#include "frontend/import/CheckpointSource.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Gguf.h"

namespace stator {

/// Reads the tokenizer of a GGUF file, as a file of its own, into `Source`:
/// byte-level BPE ("gpt2") becomes a tokenizer.json, SentencePiece ("llama") a
/// tokenizer.model. There need not be one. Also reads which tokens texts begin
/// and end with. What llama.cpp requires is required, and what it assumes of
/// keys that are missing is assumed, with a warning. Errors: another kind of
/// tokenizer; arrays that are missing or do not fit each other; ids that no
/// token has.
absl::Status readGgufTokenizer(const runtime::GgufFile &File,
                               CheckpointSource &Source);

/// The model of a tokenizer.json that is byte-pair encoding, but for its
/// vocabulary and merges.
nlohmann::ordered_json describeBpe();

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_GGUFTOKENIZER_H
