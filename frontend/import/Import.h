//===- Import.h - Checkpoints of others as models and weights ---*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_IMPORT_H
#define STATOR_FRONTEND_IMPORT_IMPORT_H

#include "absl/status/statusor.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator {

struct ImportOptions {
  std::string Path;      ///< of the checkpoint: a folder or a file
  std::string Output;    ///< folder, created where needed
  std::string Tokenizer; ///< file or folder; empty: what the checkpoint has
};

/// What was written, for the user.
struct ImportReport {
  std::string Family;
  int64_t Parameters = 0; ///< elements
  bool HasWeights = false, Linked = false, HasTokenizer = false;
  std::vector<std::string> Dropped; ///< tensors that are no parameters
  /// Guesses that may be wrong, and other remarks.
  std::vector<std::string> Warnings, Notes;
};

/// Writes what is needed to compile and run a checkpoint into a folder:
///
///   model.stator       the model, readable
///   model.safetensors  its weights, if there were any
///   tokenizer files    in the form in which they were
///   generation.json    {"bos": id, "eos": [ids], "add_bos": bool}, as far as
///                      they are known
///
/// Each file appears whole or not at all, model.stator last. Errors: a format,
/// family or feature that is not supported, by name; tensors that are missing,
/// extra or of another shape, by name; files that cannot be read or written.
absl::StatusOr<ImportReport> importCheckpoint(const ImportOptions &Options);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_IMPORT_H
