//===- GgufExport.h - A known model as GGUF ---------------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_EXPORT_GGUFEXPORT_H
#define STATOR_FRONTEND_EXPORT_GGUFEXPORT_H

#include "frontend/export/KnownModel.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <optional>

namespace stator {

/// Writes `Path`. Errors: a feature that the architecture lacks in GGUF, by
/// name; the file cannot be written.
absl::Status writeGguf(const KnownModel &Model,
                       const std::optional<runtime::TokenizerFiles> &Tokenizer,
                       const std::string &Path,
                       std::vector<std::string> &Notes);

} // namespace stator

#endif // STATOR_FRONTEND_EXPORT_GGUFEXPORT_H
