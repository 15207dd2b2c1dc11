//===- InferOptions.h - flags of an inference program -----------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_INFEROPTIONS_H
#define STATOR_RUNTIME_CORE_INFEROPTIONS_H

#include "absl/status/statusor.h"
#include "runtime/core/Sampler.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

/// What to generate or to measure.
struct InferOptions {
  std::string Weights = "out";
  bool AllowExtra = false;
  std::string Prompt, Format, Perplexity;
  std::vector<int32_t> PromptIds; ///< empty: use Prompt
  int64_t Tokens = 200, Samples = 1, Threads = 0;
  SamplerOptions Sampling;
  bool Pin = false, Json = false, Help = false, Version = false;
};

/// Reads the command line of an inference program. Errors: those of
/// Flags::parse; flags that exclude each other; ids that the model lacks.
absl::StatusOr<InferOptions>
parseInferOptions(const StatorProgram &Program,
                  const std::vector<std::string> &Arguments);

/// The help of an inference program's flags.
std::string inferHelp();

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_INFEROPTIONS_H
