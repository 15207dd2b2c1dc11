//===- Perplexity.h - how well a model knows a text -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_PERPLEXITY_H
#define STATOR_RUNTIME_CORE_PERPLEXITY_H

#include "absl/status/statusor.h"
#include "runtime/core/Data.h"
#include "runtime/core/InferOptions.h"
#include "runtime/core/Model.h"

namespace stator::runtime {

struct MeanLoss {
  double Loss = 0; ///< to base e
  int64_t Tokens = 0;
};

/// The loss over \p Text by windows of \p Window tokens that begin every
/// \p Stride tokens. Of each window those tokens count that no window before
/// it had; its first token never does, because nothing is before it. The last
/// window is the first that reaches the end of the text. (The protocol of
/// Hugging Face's "Perplexity of fixed-length models".)
absl::StatusOr<MeanLoss> measureStrided(const StatorProgram &Program,
                                        const ProgramMemory &Memory,
                                        TokenView Text, int64_t Window,
                                        int64_t Stride);

/// Reads the file of --perplexity and measures it as \p Options say. Errors:
/// those of reading it; a single token; a loss that is not finite.
absl::StatusOr<MeanLoss> measurePerplexity(const Model &Model,
                                           const InferOptions &Options);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_PERPLEXITY_H
