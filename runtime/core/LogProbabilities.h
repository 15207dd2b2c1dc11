//===- LogProbabilities.h - how likely tokens are ---------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_LOGPROBABILITIES_H
#define STATOR_RUNTIME_CORE_LOGPROBABILITIES_H

#include <cstdint>
#include <vector>

namespace stator::runtime {

/// Logarithm of the sum of the exponentials of \p Logits [Count]: a logit less
/// this is the logarithm of a probability, to base e.
double logNormalizer(const float *Logits, int64_t Count);

/// Negative logarithm of the probability of \p Target.
double crossEntropy(const float *Logits, int64_t Count, int32_t Target);

/// The ids of the \p Most largest of \p Logits that are numbers, the likeliest
/// first, of equal ones the lower id.
std::vector<int32_t> likeliestTokens(const float *Logits, int64_t Count,
                                     int64_t Most);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_LOGPROBABILITIES_H
