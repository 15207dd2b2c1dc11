//===- Profiler.h - where the time of a step goes ---------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_PROFILER_H
#define STATOR_RUNTIME_CORE_PROFILER_H

#include "absl/status/status.h"
#include "nlohmann/json_fwd.hpp"
#include "runtime/core/program.h"
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

/// One run of a kernel. Times are nanoseconds from the start of the step.
struct LaunchTimes {
  int64_t Launch = 0; ///< number in StatorProgram.Launches
  int64_t Begin = 0, End = 0;
};

/// One training step or forward. `Between` is what passed since the step
/// before ended, outside of all entry points; 0 for the first.
struct StepTimes {
  int64_t Total = 0, Between = 0; ///< nanoseconds
  std::vector<LaunchTimes> Launches;
};

/// What a program compiled with `--profile` reports to: keeps when every kernel
/// of the running step began and ended. Takes no memory during a step but the
/// first of each shape.
class Profiler : private StatorProfile {
public:
  explicit Profiler(const StatorProgram &Program);
  Profiler(const Profiler &) = delete;
  Profiler &operator=(const Profiler &) = delete;

  /// What to hand to the entry points as Self.
  StatorProfile *hook() { return this; }

  void beginStep();
  /// The step that has just ended, until the next begins.
  const StepTimes &endStep();

private:
  using Clock = std::chrono::steady_clock;
  static void mark(StatorProfile *Self, int64_t Launch, int32_t End);
  int64_t now() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() -
                                                                Begin)
        .count();
  }

  Clock::time_point Begin, LastEnd;
  bool First = true;
  StepTimes Current;
};

/// Sums over the steps of a run, for a report when it is over.
class ProfileSummary {
public:
  explicit ProfileSummary(const StatorProgram &Program);

  void add(const StepTimes &Step);

  /// One JSON object: `steps` that were counted, mean `step_ms`, of that
  /// `kernel_ms` and `schedule_ms` (their difference), mean `between_ms`; and
  /// for each launch that was run its `kernel`, `kind`, `path`, `calls` a step,
  /// `ms` a step, `flops` and `bytes` a call. The first step of a run, which
  /// touches its memory for the first time, is not counted if there are more.
  nlohmann::ordered_json toJson() const;
  absl::Status write(const std::string &Path) const;

private:
  struct Sums {
    int64_t Steps = 0, Total = 0, Between = 0;
    std::vector<int64_t> Nanoseconds, Calls; ///< of each launch
    void add(const StepTimes &Step);
  };

  const StatorProgram &Program;
  Sums First, Later;
};

/// Work of one run of a launch.
struct LaunchWork {
  double Flops = 0, Bytes = 0;
};

/// That of a launch in a block of \p Width positions from \p Position on:
/// attention to caches sees the slots that are filled by then, not all.
LaunchWork workAt(const StatorLaunch &Launch, int64_t Position, int64_t Width);

/// The table of launches as JSON: an array of objects with `kernel`, `kind`,
/// `path`, `entry`, `repeats`, `flops`, `bytes`.
nlohmann::ordered_json describeLaunches(const StatorProgram &Program);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_PROFILER_H
