//===- TokenizerExport.h - Tokenizers as others read them -------*- C++ -*-===//

#ifndef STATOR_FRONTEND_EXPORT_TOKENIZEREXPORT_H
#define STATOR_FRONTEND_EXPORT_TOKENIZEREXPORT_H

#include "absl/status/statusor.h"
#include "frontend/export/KnownModel.h"
#include "runtime/core/Gguf.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <optional>
#include <string>
#include <vector>

namespace stator {

/// The tokenizer that goes with the weights in `Folder`, or the one at `Given`,
/// as files that Hugging Face's libraries read: vocabularies of characters and
/// bytes become a tokenizer.json. None if there is none; then, and where
/// something is lost, `Notes` says so.
absl::StatusOr<std::optional<runtime::TokenizerFiles>>
readTokenizerToExport(const std::string &Folder, const std::string &Given,
                      std::vector<std::string> &Notes);

/// Adds the keys tokenizer.ggml.* to a GGUF file; of tokenizers that have no
/// counterpart there, a note to `Notes` and the key that says so. Which tokens
/// begin and end a text is written in any case, as `Model` says.
absl::Status
addGgufTokenizer(const std::optional<runtime::TokenizerFiles> &Tokenizer,
                 const KnownModel &Model, runtime::GgufWriter &Writer,
                 std::vector<std::string> &Notes);

} // namespace stator

#endif // STATOR_FRONTEND_EXPORT_TOKENIZEREXPORT_H
