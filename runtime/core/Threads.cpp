#include "runtime/core/Threads.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Team.h"
#include <cstdlib>
#include <sched.h>
#include <string>
#include <thread>

// Of Team.cpp in compiled programs, and of libomp in the compiler, if it is
// there; the second of Team.cpp alone.
extern "C" void omp_set_num_threads(int) __attribute__((weak));
extern "C" void statorPinThreads() __attribute__((weak));

namespace stator::runtime {

// They may be fewer than there are.
int64_t countCpus() {
  cpu_set_t Allowed;
  if (::sched_getaffinity(0, sizeof(Allowed), &Allowed) == 0)
    return CPU_COUNT(&Allowed);
  return std::thread::hardware_concurrency(); // 0 if it is not known either
}

absl::Status setThreads(int64_t Count, bool Pin) {
  int64_t Cpus = countCpus();
  if (Pin && Cpus > 0 && Count > Cpus)
    return usageError("--pin needs a CPU for each thread, but there are ", Cpus,
                      " for ", Count, " threads\nhint: --threads ", Cpus);
  if (Pin && statorPinThreads)
    statorPinThreads();
  // libomp reads all of these when it starts, which is when it is first called.
  if (Pin) {
    ::setenv("OMP_PLACES", "threads", /*overwrite=*/0);
    ::setenv("OMP_PROC_BIND", "close", /*overwrite=*/0);
  }
  if (Count == 0)
    return absl::OkStatus();
  ::setenv("OMP_NUM_THREADS", std::to_string(Count).c_str(), 1);
  if (omp_set_num_threads)
    omp_set_num_threads(static_cast<int>(Count));
  return absl::OkStatus();
}

} // namespace stator::runtime
