//===- BenchPerplexity.h - What a weight type costs -------------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_BENCHPERPLEXITY_H
#define STATOR_TOOLS_DRIVER_BENCHPERPLEXITY_H

#include "tools/driver/BenchReport.h"
#include "tools/driver/CommandLine.h"

namespace stator::driver {

/// A text, and what a compiled program needs to read it.
struct PerplexityOptions {
  std::string File, Weights, Tokenizer, Format;
};

/// Declares --perplexity, --weights, --tokenizer and --format.
void addPerplexityFlags(runtime::Flags &Flags, PerplexityOptions &Options);

/// Why these flags cannot be used together or what they name is not there; ""
/// if all is well, without --perplexity too.
std::string checkPerplexityFlags(const runtime::Flags &Flags,
                                 const PerplexityOptions &Options,
                                 const ModelOptions &Model);

/// Runs `Program`, which holds its weights as `WeightType`, over the text.
/// False and an error if it fails.
bool measurePerplexity(const std::string &Program,
                       const std::string &WeightType,
                       const PerplexityOptions &Options, int Threads,
                       BenchLoss &Found, std::string &Error);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHPERPLEXITY_H
