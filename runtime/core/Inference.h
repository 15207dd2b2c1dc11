//===- Inference.h - generating and measuring -------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_INFERENCE_H
#define STATOR_RUNTIME_CORE_INFERENCE_H

#include "runtime/core/InferOptions.h"

namespace stator::runtime {

/// The whole of an inference program after its flags: exit code, or an error.
absl::StatusOr<int> runInference(const StatorProgram &Program,
                                 const InferOptions &Options);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_INFERENCE_H
