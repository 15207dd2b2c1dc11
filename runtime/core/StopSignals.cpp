#include "runtime/core/StopSignals.h"

namespace stator::runtime {

static volatile std::sig_atomic_t Received = 0;

static void note(int Signal) {
  if (!Received)
    Received = Signal;
}

StopSignals::StopSignals() {
  Received = 0;
  for (size_t I = 0; I < Signals.size(); ++I) {
    int Signal = Signals[I];
    ::sigaction(Signal, nullptr, &Before[I]);
    bool Ignored = Before[I].sa_handler == SIG_IGN;
    if (Ignored && (Signal == SIGHUP || Signal == SIGPIPE))
      continue;
    struct sigaction Action = {};
    Action.sa_handler = note;
    // Restart: so that no write fails. Reset: so that the second one kills.
    Action.sa_flags = SA_RESTART;
    if (Signal != SIGPIPE)
      Action.sa_flags |= static_cast<int>(SA_RESETHAND);
    ::sigaction(Signal, &Action, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (size_t I = 0; I < Signals.size(); ++I)
    // What is still in the buffers of standard output cannot be written.
    if (Signals[I] != SIGPIPE || Received != SIGPIPE)
      ::sigaction(Signals[I], &Before[I], nullptr);
}

int StopSignals::received() { return Received; }

const char *StopSignals::name(int Signal) {
  switch (Signal) {
  case SIGINT:
    return "SIGINT";
  case SIGHUP:
    return "SIGHUP";
  case SIGPIPE:
    return "SIGPIPE";
  default:
    return "SIGTERM";
  }
}

} // namespace stator::runtime
