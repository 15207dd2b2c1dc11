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
/// How threads wait for the next kernel is left to libomp: they spin, because
/// it comes in microseconds, but yield where there are more threads than CPUs.
/// KMP_BLOCKTIME, OMP_WAIT_POLICY, OMP_PLACES and OMP_PROC_BIND in the
/// environment have their usual meaning.
///
/// Errors (usageError): more threads to pin than CPUs.
absl::Status setThreads(int64_t Count, bool Pin);

/// The CPUs that this process may run on; 0 if that is not known.
int64_t countCpus();

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_THREADS_H
