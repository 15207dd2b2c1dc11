//===- InferOptions.h - the command line of inference -----------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_INFEROPTIONS_H
#define STATOR_RUNTIME_CORE_INFEROPTIONS_H

#include "absl/status/statusor.h"
#include "runtime/core/Model.h"
#include "runtime/core/Sampler.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

struct InferOptions {
  ModelOptions Model;
  std::vector<std::string> Prompts;
  std::string PromptsFile, Format, Perplexity;
  std::string PromptsFormat;      ///< "" by the name of the file, text or jsonl
  std::vector<int32_t> PromptIds; ///< empty: use Prompts
  int64_t Tokens = 200, Samples = 1, Threads = 0;
  bool TokensGiven = false;
  SamplerOptions Sampling;
  std::vector<std::string> Stops;
  std::vector<int32_t> StopIds;
  int64_t LogProbabilities = -1;  ///< how many of the likeliest; -1: none
  int64_t Window = 0, Stride = 0; ///< of --perplexity; 0: not given
  bool IgnoreEos = false, Interactive = false, Slide = false;
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
