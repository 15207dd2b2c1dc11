//===- Progress.h - what one sees of a training run -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_PROGRESS_H
#define STATOR_RUNTIME_CORE_PROGRESS_H

#include "runtime/core/JsonLog.h"
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace stator::runtime {

/// Messages on standard output, evaluations among them; and of the steps, on a
/// terminal, a bar on standard error that is redrawn. Without a terminal there
/// is a line of progress every half a minute; the log has all steps.
class Progress {
public:
  using Clock = std::chrono::steady_clock;

  /// \p Quiet shows neither bar nor messages.
  Progress(int64_t FirstStep, int64_t Steps, bool Quiet,
           std::function<Clock::time_point()> Now = Clock::now);
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
  void draw(const std::string &Line);

  int64_t FirstStep, Steps;
  bool Quiet, Bar, Lines, Drawn = false;
  double SmoothMilliseconds = 0;
  std::function<Clock::time_point()> Now;
  Clock::time_point LastDrawn, LastLine;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_PROGRESS_H
