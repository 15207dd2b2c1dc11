//===- ExitCodes.h - how a program ends -------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_EXITCODES_H
#define STATOR_RUNTIME_CORE_EXITCODES_H

namespace stator::runtime {

/// Exit codes. A run that a signal stopped exits with 128 and the signal's
/// number, as a shell would say it: 130 for SIGINT, 143 for SIGTERM.
enum ExitCode {
  ExitSuccess = 0,
  ExitFailure = 1,
  ExitUsage = 2,    ///< the command line is wrong
  ExitDiverged = 3, ///< a loss or gradient is NaN or infinite
  ExitContext = 4,  ///< the context was full before a text was over
  ExitSignal = 128
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_EXITCODES_H
