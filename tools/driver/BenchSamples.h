//===- BenchSamples.h - Repeated measurements -------------------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_BENCHSAMPLES_H
#define STATOR_TOOLS_DRIVER_BENCHSAMPLES_H

#include <algorithm>
#include <vector>

namespace stator::driver {

/// Repeated measurements of one thing.
struct Samples {
  std::vector<double> Values;

  bool empty() const { return Values.empty(); }
  /// 0 if there is none, like the others.
  double getMedian() const {
    if (Values.empty())
      return 0;
    std::vector<double> Sorted = Values;
    std::sort(Sorted.begin(), Sorted.end());
    size_t Middle = Sorted.size() / 2;
    return Sorted.size() % 2 ? Sorted[Middle]
                             : (Sorted[Middle - 1] + Sorted[Middle]) / 2;
  }
  double getMin() const {
    return Values.empty() ? 0 : *std::min_element(Values.begin(), Values.end());
  }
  double getMax() const {
    return Values.empty() ? 0 : *std::max_element(Values.begin(), Values.end());
  }
};

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHSAMPLES_H
