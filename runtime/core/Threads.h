//===- Threads.h - how many threads kernels run on --------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_THREADS_H
#define STATOR_RUNTIME_CORE_THREADS_H

namespace stator::runtime {

/// Has compiled kernels run on \p Count threads; call it before the first.
/// Nothing that is computed depends on it.
void setThreads(int Count);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_THREADS_H
