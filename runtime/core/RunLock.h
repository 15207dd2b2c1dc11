//===- RunLock.h - one process at a time trains in a directory --*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_RUNLOCK_H
#define STATOR_RUNTIME_CORE_RUNLOCK_H

#include "absl/status/statusor.h"
#include <string>
#include <utility>

namespace stator::runtime {

/// The directory of a training run, locked for as long as this lives. Whatever
/// a training program reads of a run, it reads after it has the lock: what it
/// saw before could be gone, replaced by the process that held it.
class RunLock {
public:
  RunLock() = default;
  RunLock(RunLock &&Other) noexcept { *this = std::move(Other); }
  RunLock &operator=(RunLock &&Other) noexcept;
  ~RunLock();

  /// Locks \p Directory, which exists. Errors: in use by another process; not
  /// writable.
  static absl::StatusOr<RunLock> acquire(const std::string &Directory);
  /// The same, but creates \p Directory where needed.
  static absl::StatusOr<RunLock> create(const std::string &Directory);

  bool held() const { return Descriptor >= 0; }
  const std::string &directory() const { return Directory; }

private:
  std::string Directory;
  int Descriptor = -1;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_RUNLOCK_H
