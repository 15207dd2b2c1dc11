//===- Progress.h - what one sees of a training run -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_PROGRESS_H
#define STATOR_RUNTIME_CORE_PROGRESS_H

#include "runtime/core/JsonLog.h"
#include <chrono>
#include <cstdint>
#include <string>

namespace stator::runtime {

/// Messages on standard output, evaluations among them; and of the steps, on a
/// terminal, a bar on standard error that is redrawn. In a pipe steps are
/// quiet; the log has them.
class Progress {
public:
  /// \p Quiet shows neither bar nor messages.
  Progress(int64_t FirstStep, int64_t Steps, bool Quiet);
  ~Progress() { clear(); }

  void step(const StepRecord &Record);
  /// Shows what takes its time between steps, on a terminal.
  void activity(const std::string &What);
  void message(const std::string &Line);
  /// The result of the run, which is shown even if Quiet.
  void result(const std::string &Line);
  /// Takes the bar away.
  void clear();

private:
  using Clock = std::chrono::steady_clock;
  void draw(const std::string &Line);

  int64_t FirstStep, Steps;
  bool Quiet, Bar, Drawn = false;
  double SmoothMilliseconds = 0;
  Clock::time_point LastDrawn;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_PROGRESS_H
