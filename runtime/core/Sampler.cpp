#include "runtime/core/Sampler.h"
#include "runtime/core/philox.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace stator::runtime {

int32_t findLikeliest(const float *Logits, int64_t Count) {
  // Several maxima side by side, which compilers make vectors of. A comparison
  // with NaN is false, so that it is never taken.
  constexpr int64_t Lanes = 32;
  float Most[Lanes];
  std::fill_n(Most, Lanes, -std::numeric_limits<float>::infinity());
  int64_t I = 0;
  for (; I + Lanes <= Count; I += Lanes)
    for (int64_t J = 0; J < Lanes; ++J)
      Most[J] = Logits[I + J] > Most[J] ? Logits[I + J] : Most[J];
  for (; I < Count; ++I)
    Most[0] = Logits[I] > Most[0] ? Logits[I] : Most[0];
  float Best = *std::max_element(Most, Most + Lanes);
  const float *Found = std::find(Logits, Logits + Count, Best);
  // Not there: every logit is NaN, and minus infinity is what it began with.
  return Found == Logits + Count ? -1 : static_cast<int32_t>(Found - Logits);
}

const float *Sampler::penalize(const float *Logits, int64_t Count,
                               absl::Span<const int32_t> Text) {
  if (Options.RepeatPenalty == 1)
    return Logits;
  size_t Window = Options.RepeatWindow == 0
                      ? Text.size()
                      : static_cast<size_t>(Options.RepeatWindow);
  Text = Text.last(std::min(Window, Text.size()));
  Penalized.assign(Logits, Logits + Count);
  for (int32_t Id : Text) {
    if (Id < 0 || Id >= Count)
      continue;
    // From the logit as it was: once, however often the token is there.
    auto Logit = static_cast<double>(Logits[Id]);
    Penalized[static_cast<size_t>(Id)] =
        static_cast<float>(Logit > 0 ? Logit / Options.RepeatPenalty
                                     : Logit * Options.RepeatPenalty);
  }
  return Penalized.data();
}

/// Sorts the \p Kept likeliest to the front of the order.
void Sampler::keepLikeliest(const float *Logits, size_t Kept) {
  std::partial_sort(Order.begin(), Order.begin() + static_cast<int64_t>(Kept),
                    Order.end(), [&](int32_t A, int32_t B) {
                      return Logits[A] != Logits[B] ? Logits[A] > Logits[B]
                                                    : A < B;
                    });
}

int32_t Sampler::sample(const float *Logits, int64_t Count, uint32_t Index,
                        uint32_t Stream, absl::Span<const int32_t> Text) {
  Logits = penalize(Logits, Count, Text);
  int32_t Best = findLikeliest(Logits, Count);
  if (Best < 0 || Options.Temperature == 0 || Options.TopK == 1 ||
      std::isinf(Logits[Best]))
    return Best;

  auto Weigh = [&](int32_t Id) {
    return std::exp((static_cast<double>(Logits[Id]) - Logits[Best]) /
                    Options.Temperature);
  };
  Order.clear();
  for (int64_t Id = 0; Id < Count; ++Id)
    if (!std::isnan(Logits[Id]))
      Order.push_back(static_cast<int32_t>(Id));
  size_t Kept = Order.size();
  if (Options.TopK > 0 && static_cast<size_t>(Options.TopK) < Kept)
    Kept = static_cast<size_t>(Options.TopK);
  bool Cut = Kept < Order.size();
  if (Cut) {
    keepLikeliest(Logits, Kept);
    Order.resize(Kept);
  }
  double Total = 0;
  Weights.clear();
  for (int32_t Id : Order) {
    Weights.push_back(Weigh(Id));
    Total += Weights.back();
  }
  if (Options.TopP < 1) {
    // Sorts more and more until the nucleus is found: it is small as a rule.
    size_t Size = 0, Sorted = Cut ? Kept : std::min<size_t>(Kept, 64);
    for (;; Sorted = std::min(Sorted * 8, Kept)) {
      if (!Cut)
        keepLikeliest(Logits, Sorted);
      double Nucleus = 0;
      for (Size = 0; Size < Sorted && Nucleus < Options.TopP * Total; ++Size)
        Nucleus += Weigh(Order[Size]);
      if (Nucleus >= Options.TopP * Total || Sorted == Kept)
        break;
    }
    Order.resize(std::max<size_t>(Size, 1));
  }
  if (Options.MinP > 0)
    std::erase_if(Order, [&](int32_t Id) { return Weigh(Id) < Options.MinP; });
  if (Options.TopP < 1 || Options.MinP > 0) {
    Weights.clear();
    Total = 0;
    for (int32_t Id : Order) {
      Weights.push_back(Weigh(Id));
      Total += Weights.back();
    }
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
  return Order.back();
}

} // namespace stator::runtime
