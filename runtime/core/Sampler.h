//===- Sampler.h - from logits to a token -----------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_SAMPLER_H
#define STATOR_RUNTIME_CORE_SAMPLER_H

#include <cstdint>
#include <vector>

namespace stator::runtime {

struct SamplerOptions {
  double Temperature = 1; ///< 0: always the likeliest
  int64_t TopK = 0;       ///< keep the K likeliest; 0: all
  double TopP = 1; ///< keep the fewest likeliest that reach this probability
  int64_t Seed = 0;
};

/// Draws tokens. Logits are divided by the temperature, cut to the K likeliest,
/// then to the nucleus of probability P (Holtzman et al., "The curious case of
/// neural text degeneration", 2020), and one of the rest is drawn in proportion
/// to its probability. Of equal logits, the lower id counts as the likelier.
class Sampler {
public:
  explicit Sampler(const SamplerOptions &Options) : Options(Options) {}

  /// Token for \p Logits [Count]. \p Index is the number of the token in its
  /// text, \p Stream that of the text: with the seed, they are the counter of
  /// the generator (STATOR_RANDOM_SAMPLING). -1 if no logit is a number.
  int32_t sample(const float *Logits, int64_t Count, uint32_t Index,
                 uint32_t Stream);

private:
  SamplerOptions Options;
  std::vector<int32_t> Order; // of the tokens kept, likeliest first
  std::vector<double> Weights;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_SAMPLER_H
