//===- StopSignals.h - asked to stop ----------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_STOPSIGNALS_H
#define STATOR_RUNTIME_CORE_STOPSIGNALS_H

namespace stator::runtime {

/// While one lives, SIGINT and SIGTERM are noted instead of ending the
/// process. A second one of the same kind ends it at once.
class StopSignals {
public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;

  /// The signal that came, or 0.
  static int received();
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_STOPSIGNALS_H
