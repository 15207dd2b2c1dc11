//===- Families.h - The architectures that can be imported ------*- C++ -*-===//
//
// One description a family: what its config.json says, written as a model file
// whose parameters are called as in its checkpoints.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_IMPORT_FAMILIES_H
#define STATOR_FRONTEND_IMPORT_FAMILIES_H

#include "absl/status/statusor.h"
#include "frontend/import/ConfigReader.h"
#include <string>
#include <utility>
#include <vector>

namespace stator {

/// What a family makes of a config.
struct ModelDescription {
  std::string Text; ///< of the model file
  /// Beginnings of names that checkpoints have instead of those of the model
  /// file, and what stands for them there; either may be empty. Tried in order
  /// for a tensor that is not in the model as it is called.
  std::vector<std::pair<std::string, std::string>> Prefixes;
  /// Ends of the names of buffers that are no parameters: masks, tables.
  std::vector<std::string> Buffers;
  /// The tensor of the head, if it is the one of the embedding, and that one.
  std::string TiedHead, TiedTo;
  int64_t Context = 0; ///< positions
  int64_t Heads = 0;   ///< of attention
};

/// Describes the model of `Config`. Errors: an unknown model_type; a value that
/// is missing or impossible; a feature that is not supported, by its name.
/// `Originals` are for messages about a config that was made of something else.
absl::StatusOr<ModelDescription>
describeCheckpoint(const nlohmann::json &Config, const std::string &Name,
                   const KeyNames &Originals = {});

/// Names of the families, for messages.
std::string listFamilies();

// The families. Each reports what is wrong to its reader.
ModelDescription describeGpt2(ConfigReader &Config);
ModelDescription describeLlama(ConfigReader &Config);
ModelDescription describeMistral(ConfigReader &Config);
ModelDescription describeQwen2(ConfigReader &Config);
ModelDescription describeQwen3(ConfigReader &Config);
ModelDescription describeGemma(ConfigReader &Config);
ModelDescription describeOlmo2(ConfigReader &Config);
ModelDescription describeGptNeox(ConfigReader &Config);
ModelDescription describePhi(ConfigReader &Config);
ModelDescription describePhiMsft(ConfigReader &Config);
ModelDescription describeOpt(ConfigReader &Config);
ModelDescription describeStarcoder2(ConfigReader &Config);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_FAMILIES_H
