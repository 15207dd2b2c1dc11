//===- Weights.h - tensors of a file into the state -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_WEIGHTS_H
#define STATOR_RUNTIME_CORE_WEIGHTS_H

#include "runtime/core/Safetensors.h"
#include "runtime/core/ShardedSafetensors.h"
#include "runtime/core/program.h"
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// The weights that a path means, all files mapped.
class WeightFiles {
public:
  /// A .safetensors file; a folder with model.safetensors, or with the index of
  /// several such files; a checkpoint or the folder of a training, of which the
  /// latest checkpoint is meant. Errors: there are none; those of the files.
  static absl::StatusOr<WeightFiles> open(const std::string &Path);

  /// Every tensor, with its file.
  std::vector<ShardedSafetensors::Tensor> tensors() const;
  /// The file, or the folder of several.
  const std::string &path() const { return Path; }
  /// The folder of the files.
  std::string directory() const;

private:
  std::string Path;
  std::optional<SafetensorsFile> Single;
  std::optional<ShardedSafetensors> Sharded;
};

struct LoadOptions {
  /// Ignore tensors that the program does not have. Their names are in the
  /// list Ignored, if one is given.
  bool AllowExtra = false;
  /// A value that is NaN or infinite is an error.
  bool Finite = false;
};

/// Copies the parameters of \p Files into those of \p State, converted to the
/// types that they have there, on all CPUs. Errors as loadTensors has them, and
/// of a value that is not finite.
absl::Status loadWeights(const WeightFiles &Files, const StatorProgram &Program,
                         uint8_t *State, const LoadOptions &Options,
                         std::vector<std::string> *Ignored = nullptr);

/// Copies the tensors of \p File into those of \p Role in \p State. Errors,
/// before anything is copied: tensors that are missing, of another shape, or of
/// a dtype that is not read, and tensors that the program does not have; each
/// by name, with both shapes.
absl::Status loadTensors(const SafetensorsFile &File,
                         const StatorProgram &Program, int32_t Role,
                         uint8_t *State);

/// The tensors of \p Role, to be written.
std::vector<SafetensorsTensor> tensorsOf(const StatorProgram &Program,
                                         int32_t Role, const uint8_t *State);

/// The file of weights that \p Path means: itself, or model.safetensors in it
/// or in its latest checkpoint, or the index of several files. Error: there is
/// none.
absl::StatusOr<std::string> findWeights(const std::string &Path);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_WEIGHTS_H
