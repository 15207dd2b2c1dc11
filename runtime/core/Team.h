//===- Team.h - the threads of compiled programs ----------------*- C++ -*-===//
//
// The functions of the OpenMP runtime that compiled kernels call (libomp where
// kernels run in the compiler's own tests).
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_TEAM_H
#define STATOR_RUNTIME_CORE_TEAM_H

#include <cstdint>

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): names of OpenMP

/// Threads of the next region that the calling thread enters; at first
/// OMP_NUM_THREADS, or one for each CPU.
int omp_get_max_threads();
void omp_set_num_threads(int Threads);
/// Of the region that the calling thread is in: how many run it, and which of
/// them this one is. 1 and 0 outside of regions.
int omp_get_num_threads();
int omp_get_thread_num();
/// Runs a function on all threads of the calling thread's team, and returns
/// when all are done. At most one argument.
void __kmpc_fork_call(void *Place, int32_t NumArguments,
                      void (*Function)(int32_t *Thread, int32_t *Bound,
                                       void *Argument),
                      ...);

// NOLINTEND(readability-identifier-naming)

/// Keeps the threads of teams that are made from now on to a CPU each.
void statorPinThreads();
}

#endif // STATOR_RUNTIME_CORE_TEAM_H
