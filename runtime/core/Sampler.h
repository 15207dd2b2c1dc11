//===- Sampler.h - from logits to a token -----------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_SAMPLER_H
#define STATOR_RUNTIME_CORE_SAMPLER_H

#include "absl/types/span.h"
#include <cstdint>
#include <vector>

namespace stator::runtime {

struct SamplerOptions {
  double Temperature = 1; ///< 0: always the likeliest
  int64_t TopK = 0;       ///< keep the K likeliest; 0: all
  double TopP = 1; ///< keep the fewest likeliest that reach this probability
  double MinP = 0; ///< keep what has this share of the likeliest's probability
  double RepeatPenalty = 1;  ///< of tokens that were just written; 1: none
  int64_t RepeatWindow = 64; ///< how many count as just written; 0: all
  int64_t Seed = 0;
};

/// Draws tokens. In this order: the logits of tokens that were just written are
/// divided by the penalty if they are positive, and multiplied by it if not
/// (Keskar et al., "CTRL", 2019); logits are divided by the temperature, cut to
/// the K likeliest, then to the nucleus of probability P (Holtzman et al., "The
/// curious case of neural text degeneration", 2020), then to those of at least
/// MinP times the probability of the likeliest (Nguyen et al., "Turning up the
/// heat", 2024); and one of the rest is drawn in proportion to its probability.
/// Of equal logits, the lower id counts as the likelier.
class Sampler {
public:
  explicit Sampler(const SamplerOptions &Options) : Options(Options) {}

  /// Token for \p Logits [Count] after \p Text, prompt and all, of which only
  /// the penalty knows. \p Index is the number of the token in what is
  /// generated, \p Stream that of the text: with the seed, they are the counter
  /// of the generator (STATOR_RANDOM_SAMPLING). -1 if no logit is a number.
  int32_t sample(const float *Logits, int64_t Count, uint32_t Index,
                 uint32_t Stream, absl::Span<const int32_t> Text = {});

private:
  const float *penalize(const float *Logits, int64_t Count,
                        absl::Span<const int32_t> Text);
  void keepLikeliest(const float *Logits, size_t Kept);

  SamplerOptions Options;
  std::vector<int32_t> Order; // of the tokens kept, likeliest first
  std::vector<double> Weights;
  std::vector<float> Penalized;
};

/// The index of the largest of \p Logits [Count] that is a number, the first of
/// equal ones; -1 if none is.
int32_t findLikeliest(const float *Logits, int64_t Count);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_SAMPLER_H
