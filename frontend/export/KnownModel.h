//===- KnownModel.h - Which architecture a checkpoint is of -----*- C++ -*-===//

#ifndef STATOR_FRONTEND_EXPORT_KNOWNMODEL_H
#define STATOR_FRONTEND_EXPORT_KNOWNMODEL_H

#include "absl/status/statusor.h"
#include "frontend/import/TensorSource.h"
#include "nlohmann/json.hpp"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stator {

/// A checkpoint whose architecture others know too.
struct KnownModel {
  std::string Name;                  ///< of the model file
  nlohmann::ordered_json Config;     ///< as config.json has it
  std::vector<TensorSource> Tensors; ///< under Hugging Face's names, in its
                                     ///< layout, all that the config asks for
  std::string Folder;                ///< of the weights
  std::optional<bool> AddBos;        ///< whether texts begin with bos_token_id
  std::shared_ptr<void> Files;       ///< the mapped files, and what was added
};

/// Reads a checkpoint. The name of its model says which architecture it is, and
/// its config values how large; both are kept with the weights, or in the
/// model.stator beside them. Then every tensor is compared with what that
/// architecture has. Errors: an unknown model; values or tensors that do not
/// fit.
absl::StatusOr<KnownModel> recognizeModel(const std::string &Path);

} // namespace stator

#endif // STATOR_FRONTEND_EXPORT_KNOWNMODEL_H
