//===- Generator.h - one token after another --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_GENERATOR_H
#define STATOR_RUNTIME_CORE_GENERATOR_H

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "runtime/core/Decoder.h"
#include "runtime/core/Sampler.h"
#include <algorithm>
#include <string>
#include <vector>

namespace stator::runtime {

/// Why a text is over.
enum class TextEnd : uint8_t {
  Tokens,  ///< as many tokens as were asked for
  StopId,  ///< a token that ends a text came, which is not part of it
  Stopped, ///< who takes the tokens wants no more
  Context  ///< the context is full
};

/// "tokens", "eos", "stop" or "context".
absl::string_view textEndName(TextEnd End);

struct GeneratorOptions {
  int64_t Tokens = 0; ///< the most tokens to generate
  SamplerOptions Sampling;
  std::vector<int32_t> StopIds;
  /// Where the context is full, forget all of a text but what keptBySlide keeps
  /// and go on.
  bool Slide = false;
};

/// How much of the end of a text is computed anew, from position 0 on, where a
/// context of \p Context tokens is full: half, so that this is seldom done and
/// there is always something to go by.
inline int64_t keptBySlide(int64_t Context) {
  return std::max<int64_t>(Context / 2, 1);
}

/// A text to continue.
struct TextStart {
  std::vector<int32_t> Prompt; ///< at least one token
  /// Numbers what is drawn: the same prompt and number give the same text,
  /// whatever is generated beside it.
  uint32_t Stream = 0;
  std::string Name = "the prompt"; ///< for messages
};

/// Takes token \p Id of text number \p Text and the logits that it was drawn
/// from. Returns whether there should be more.
using TokenSink =
    absl::FunctionRef<bool(size_t Text, int32_t Id, const float *Logits)>;

/// Continues at most Batch texts side by side. The texts need not have the same
/// length: each prompt is fed as if it were alone, and a longer one waits for
/// the others to catch up, because the rows of a batch are at one position; a
/// text that is over makes room for nobody. Says for each text why it ended.
/// Errors: a prompt that the context does not hold; a logit that is NaN or
/// infinite.
absl::StatusOr<std::vector<TextEnd>>
generate(Decoder &Texts, absl::Span<const TextStart> Starts,
         const GeneratorOptions &Options, TokenSink Emit);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_GENERATOR_H
