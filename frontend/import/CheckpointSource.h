//===- CheckpointSource.h - What a checkpoint holds -------------*- C++ -*-===//
//
// The formats that are imported, read to one form: a config as Hugging Face
// writes it, tensors under Hugging Face's names, a tokenizer, and with which
// tokens texts begin and end.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_IMPORT_CHECKPOINTSOURCE_H
#define STATOR_FRONTEND_IMPORT_CHECKPOINTSOURCE_H

#include "absl/status/statusor.h"
#include "frontend/import/ConfigReader.h"
#include "frontend/import/TensorSource.h"
#include "nlohmann/json.hpp"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stator {

/// Which tokens texts begin and end with, as far as the checkpoint says it.
struct GenerationDefaults {
  std::optional<int64_t> Bos;
  std::vector<int64_t> Eos;
  /// Whether texts begin with BOS, of a checkpoint without a tokenizer. Where
  /// there is one, it decides.
  std::optional<bool> AddBos;
};

struct CheckpointSource {
  nlohmann::json Config;  ///< config.json, or what stands for it
  std::string ConfigName; ///< where that was read, for messages
  KeyNames ConfigKeys;    ///< what the file calls the keys of the config
  bool HasWeights = false;
  std::vector<TensorSource> Tensors;
  /// A safetensors file that holds all tensors and nothing else; or "".
  std::string WholeFile;
  std::optional<runtime::TokenizerFiles> Tokenizer;
  GenerationDefaults Generation;
  /// What the user should know: guesses that may be wrong, and other remarks.
  std::vector<std::string> Warnings, Notes;
  /// The mapped files that the tensors are in.
  std::shared_ptr<void> Files;
};

/// Reads a folder of Hugging Face or a config.json alone.
absl::StatusOr<CheckpointSource> readHuggingFace(const std::string &Path);
/// Reads a checkpoint of llama2.c.
absl::StatusOr<CheckpointSource> readLlama2c(const std::string &Path);
/// Reads a GGUF file.
absl::StatusOr<CheckpointSource> readGguf(const std::string &Path);

/// Finds out which of these `Path` is, and reads it.
absl::StatusOr<CheckpointSource> readCheckpoint(const std::string &Path);

/// Parses a JSON file. Error: not an object; `Name` stands in messages.
absl::StatusOr<nlohmann::json> readJsonObject(const std::string &Path);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_CHECKPOINTSOURCE_H
