#include "runtime/core/Sampler.h"
#include "runtime/core/philox.h"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace stator::runtime {

int32_t Sampler::sample(const float *Logits, int64_t Count, uint32_t Index,
                        uint32_t Stream) {
  auto Likelier = [&](int32_t A, int32_t B) {
    return Logits[A] != Logits[B] ? Logits[A] > Logits[B] : A < B;
  };
  Order.clear();
  for (int64_t Id = 0; Id < Count; ++Id)
    if (!std::isnan(Logits[Id]))
      Order.push_back(static_cast<int32_t>(Id));
  if (Order.empty())
    return -1;
  int32_t Best = *std::ranges::min_element(Order, Likelier);
  if (Options.Temperature == 0 || Options.TopK == 1 || std::isinf(Logits[Best]))
    return Best;

  size_t Kept = Order.size();
  if (Options.TopK > 0 && static_cast<size_t>(Options.TopK) < Kept)
    Kept = static_cast<size_t>(Options.TopK);
  if (Kept < Order.size() || Options.TopP < 1) {
    auto End = Order.begin() + static_cast<int64_t>(Kept);
    std::partial_sort(Order.begin(), End, Order.end(), Likelier);
    Order.erase(End, Order.end());
  }
  double Total = 0;
  Weights.clear();
  for (int32_t Id : Order) {
    Weights.push_back(
        std::exp((static_cast<double>(Logits[Id]) - Logits[Best]) /
                 Options.Temperature));
    Total += Weights.back();
  }
  if (Options.TopP < 1) {
    double Nucleus = 0;
    size_t I = 0;
    while (I < Weights.size() && Nucleus < Options.TopP * Total)
      Nucleus += Weights[I++];
    Weights.resize(std::max<size_t>(I, 1));
    Total = I ? Nucleus : Weights[0];
  }
  double Threshold = Total * 0x1p-32 *
                     statorRandomBits(static_cast<uint64_t>(Options.Seed),
                                      Index, Stream, 0, STATOR_RANDOM_SAMPLING);
  double Sum = 0;
  for (size_t I = 0; I < Weights.size(); ++I) {
    Sum += Weights[I];
    if (Sum > Threshold)
      return Order[I];
  }
  return Order[Weights.size() - 1];
}

} // namespace stator::runtime
