//===- Threads.h - how many threads kernels run on --------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_THREADS_H
#define STATOR_RUNTIME_CORE_THREADS_H

#include "absl/status/status.h"
#include <cstdint>

namespace stator::runtime {

/// Has compiled kernels run on \p Count threads, 0: one for each CPU that this
/// process may use. With \p Pin each of them stays on a CPU of its own. Call it
/// before the first kernel. Nothing that is computed depends on it.
///
/// Threads that wait for the next kernel spin, because it comes in
/// microseconds, yield where there are more of them than CPUs, and sleep after
/// some milliseconds (Team.cpp).
///
/// Errors (usageError): more threads to pin than CPUs.
absl::Status setThreads(int64_t Count, bool Pin);

/// The CPUs that this process may run on; 0 if that is not known.
int64_t countCpus();

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_THREADS_H
