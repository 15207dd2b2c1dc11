#include "runtime/core/Threads.h"
#include <cstdlib>
#include <string>

// From libomp where the program is linked with it; no header of it is needed.
// NOLINTNEXTLINE(readability-identifier-naming): the name of OpenMP
extern "C" void omp_set_num_threads(int) __attribute__((weak));

namespace stator::runtime {

void setThreads(int Count) {
  // libomp reads this when it starts, which is at the first parallel region.
  ::setenv("OMP_NUM_THREADS", std::to_string(Count).c_str(), 1);
  if (omp_set_num_threads)
    omp_set_num_threads(Count);
}

} // namespace stator::runtime
