#include "runtime/core/StopSignals.h"
#include <csignal>

namespace stator::runtime {

static volatile std::sig_atomic_t Received = 0;

static void note(int Signal) { Received = Signal; }

StopSignals::StopSignals() {
  Received = 0;
  struct sigaction Action = {};
  Action.sa_handler = note;
  // Reset: so that the second one kills. Restart: so that no write fails.
  Action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  ::sigaction(SIGINT, &Action, nullptr);
  ::sigaction(SIGTERM, &Action, nullptr);
}

StopSignals::~StopSignals() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

int StopSignals::received() { return Received; }

} // namespace stator::runtime
