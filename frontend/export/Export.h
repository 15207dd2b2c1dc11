//===- Export.h - Checkpoints of Stator for others --------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_EXPORT_EXPORT_H
#define STATOR_FRONTEND_EXPORT_EXPORT_H

#include "absl/status/statusor.h"
#include <string>
#include <vector>

namespace stator {

struct ExportOptions {
  std::string Path;   ///< a checkpoint, the --out folder of a training, or a
                      ///< folder that `stator import` wrote
  std::string Output; ///< a folder; of GGUF, the file
  bool Gguf = false;
  std::string Tokenizer; ///< file or folder; empty: the one beside the weights
};

/// What was written, for the user.
struct ExportReport {
  std::string Family;
  std::vector<std::string> Notes;
};

/// Writes a checkpoint as a folder of Hugging Face (config.json,
/// model.safetensors, tokenizer) or as a GGUF file. Errors: a model that is
/// neither GPT-2's nor Llama's architecture; tensors that do not fit it; a
/// feature that the format lacks, by name; files that cannot be read or
/// written.
absl::StatusOr<ExportReport> exportCheckpoint(const ExportOptions &Options);

} // namespace stator

#endif // STATOR_FRONTEND_EXPORT_EXPORT_H
