//===- StopSignals.h - asked to stop ----------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_STOPSIGNALS_H
#define STATOR_RUNTIME_CORE_STOPSIGNALS_H

#include <array>
#include <csignal>

namespace stator::runtime {

/// While one lives, signals that ask to stop are noted instead of ending the
/// process: SIGINT, SIGTERM, SIGHUP (the terminal was closed) and SIGPIPE
/// (nobody reads the output any more). A second one of the same kind ends it at
/// once, but for SIGPIPE, which comes with every write. SIGHUP stays ignored if
/// it was, as under nohup.
class StopSignals {
public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;

  /// The first signal that came, or 0.
  static int received();
  /// "SIGINT"
  static const char *name(int Signal);

private:
  static constexpr std::array<int, 4> Signals = {SIGINT, SIGTERM, SIGHUP,
                                                 SIGPIPE};
  std::array<struct sigaction, Signals.size()> Before = {};
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_STOPSIGNALS_H
