#include "runtime/core/LogProbabilities.h"
#include <algorithm>
#include <cmath>

namespace stator::runtime {

double logNormalizer(const float *Logits, int64_t Count) {
  double Largest = *std::max_element(Logits, Logits + Count);
  double Sum = 0;
  for (int64_t I = 0; I < Count; ++I)
    Sum += std::exp(Logits[I] - Largest);
  return std::log(Sum) + Largest;
}

double crossEntropy(const float *Logits, int64_t Count, int32_t Target) {
  return logNormalizer(Logits, Count) - Logits[Target];
}

std::vector<int32_t> likeliestTokens(const float *Logits, int64_t Count,
                                     int64_t Most) {
  std::vector<int32_t> Order;
  for (int64_t Id = 0; Id < Count; ++Id)
    if (!std::isnan(Logits[Id]))
      Order.push_back(static_cast<int32_t>(Id));
  auto End = Order.begin() + std::min(Most, static_cast<int64_t>(Order.size()));
  std::partial_sort(Order.begin(), End, Order.end(), [&](int32_t A, int32_t B) {
    return Logits[A] != Logits[B] ? Logits[A] > Logits[B] : A < B;
  });
  Order.erase(End, Order.end());
  return Order;
}

} // namespace stator::runtime
