//===- Weights.h - tensors of a file into the state -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_WEIGHTS_H
#define STATOR_RUNTIME_CORE_WEIGHTS_H

#include "runtime/core/Safetensors.h"
#include "runtime/core/program.h"
#include <string>
#include <vector>

namespace stator::runtime {

/// Copies the tensors of \p File into those of \p Role in \p State. Errors,
/// before anything is copied: tensors that are missing, of another shape, or of
/// a dtype that is not read, and unless \p AllowExtra tensors that the program
/// does not have; each by name, with both shapes. \p Ignored, if given,
/// receives the names of the extra ones.
absl::Status loadTensors(const SafetensorsFile &File,
                         const StatorProgram &Program, int32_t Role,
                         uint8_t *State, bool AllowExtra = false,
                         std::vector<std::string> *Ignored = nullptr);

/// The tensors of \p Role, to be written.
std::vector<SafetensorsTensor> tensorsOf(const StatorProgram &Program,
                                         int32_t Role, const uint8_t *State);

/// The file of weights that \p Path means: itself, or model.safetensors in it
/// or in its latest checkpoint. Error: there is none.
absl::StatusOr<std::string> findWeights(const std::string &Path);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_WEIGHTS_H
