//===- BenchReport.h - What stator bench has found --------------*- C++ -*-===//
//
// The measurements of one run and what follows from them; how they are shown is
// in BenchText.cpp, BenchJson.cpp and BenchHtml.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TOOLS_DRIVER_BENCHREPORT_H
#define STATOR_TOOLS_DRIVER_BENCHREPORT_H

#include "tools/driver/BenchMachine.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stator::driver {

/// A launch of the profiled program; see StatorLaunch.
struct BenchLaunch {
  std::string Kernel, Kind, Path, Entry;
  double Flops = 0, Bytes = 0; ///< of one run
};

/// When a launch ran. Milliseconds from the start of the step.
struct BenchEvent {
  int64_t Launch = 0; ///< index of the BenchLaunch
  double Begin = 0, End = 0;
};

struct BenchStep {
  double Milliseconds = 0, Between = 0;
  std::vector<BenchEvent> Events;
};

/// All launches of one kernel. Numbers are of one step.
struct BenchKernel {
  std::string Name, Kind;
  std::vector<std::string> Paths; ///< where it is used: "h.*.attn.c_attn"
  double Calls = 0, Milliseconds = 0, Flops = 0, Bytes = 0;
};

/// Where the time of a step goes. Kernels and Schedule add up to the step:
/// everything is a mean over the same steps, the middle half by their time.
struct BenchBreakdown {
  int64_t Steps = 0;                ///< that were averaged over
  double StepMs = 0;                ///< in the entry points
  double KernelMs = 0;              ///< of that, in kernels
  double ScheduleMs = 0;            ///< of that, outside of kernels
  double BetweenMs = 0;             ///< between two steps, in the runtime
  std::vector<BenchKernel> Kernels; ///< by time, the longest first
  BenchStep Median; ///< the step in the middle, for the timeline
};

/// Paths without repetition: those that differ in numbers only become one, with
/// a `*` for each number that differs; in the order of their first appearance.
std::vector<std::string> summarizePaths(const std::vector<std::string> &Paths);

/// Sums up profiled steps, of which there must be one.
BenchBreakdown breakDown(const std::vector<BenchLaunch> &Launches,
                         std::vector<BenchStep> Steps);

/// A turn of a program that was measured.
struct BenchRound {
  double Milliseconds = 0; ///< of a step, the median
  MachineLimits Limits;    ///< mean of what was read right before and after
};

/// A program that was measured.
struct BenchProgram {
  std::string Name;
  Samples Milliseconds, Between;
  std::vector<BenchRound> Rounds;
  double FirstLoss = 0, LastLoss = 0;
  int64_t ResidentBytes = 0; ///< the most ever
  int64_t BaseBytes = 0;     ///< of that, before state and arena were there
};

/// A buffer of the arena; see ArenaBuffer.
struct BenchBuffer {
  std::string Entry, Name, Kernel;
  bool Scratch = false;
  int64_t Offset = 0, Bytes = 0, First = 0, Last = 0;
};

/// A program without one optimization, measured in turn with the full one.
struct BenchAblation {
  std::string Name, Summary;
  std::string Failure; ///< why it could not be measured, or ""
  /// The optimization changes nothing in this model, so that there is nothing
  /// to measure.
  bool IsSameProgram = false;
  Samples Milliseconds, FullMilliseconds;
  int64_t PeakBytes = 0;     ///< printed by the compiler
  int64_t ResidentBytes = 0; ///< the most ever
};

/// The loss of a model over a text, to base e.
struct BenchLoss {
  double Loss = 0;
  int64_t Tokens = 0;

  double getPerplexity() const;
};

/// What a weight type costs: a text, with f32 and with the type.
struct BenchPerplexity {
  std::string File, WeightType;
  BenchLoss F32, Narrow;

  double getDifference() const {
    return Narrow.getPerplexity() - F32.getPerplexity();
  }
  /// 0.01 is one per cent.
  double getShare() const { return getDifference() / F32.getPerplexity(); }
};

struct BenchReport {
  MachineSpeed Machine;
  std::string Model, Mode, Target; ///< Target: --cpu
  int64_t Batch = 0, Time = 0, MicroBatches = 1, Parameters = 0;
  double FlopsPerStep = 0;
  /// What a step is: tokens in blocks, or one by one; or, if both are 0, a
  /// training step or a forward. Then FlopsPerStep is that of matmuls and of
  /// attention to the positions that are filled, and StepBytes what they move.
  int64_t Prefill = 0, Decode = 0;
  double StepBytes = 0;
  std::string WeightType; ///< of the inference program
  std::optional<BenchPerplexity> Perplexity;
  double CompileSeconds = 0;
  int64_t StateBytes = 0, ArenaBytes = 0, AliveBytes = 0;
  BenchProgram Compiled, Profiled;
  Samples BesideProfiled; ///< of Compiled, in turn with Profiled
  std::optional<BenchProgram> Eager;
  std::vector<BenchLaunch> Launches;
  BenchBreakdown Breakdown;
  std::vector<BenchBuffer> Buffers;
  std::vector<BenchAblation> Ablations;

  int64_t getPeakBytes() const { return StateBytes + ArenaBytes; }
  /// FLOP a second of a program, by its median.
  double getFlops(const BenchProgram &Program) const;
  /// What the steps of a round reached of what the machine could then, and
  /// those of every round.
  double getShareOfPeak(const BenchRound &Round) const;
  double getShareOfBandwidth(const BenchRound &Round) const;
  Samples getSharesOfPeak(const BenchProgram &Program) const;
  Samples getSharesOfBandwidth(const BenchProgram &Program) const;
  /// What the machine could while the profiled program ran: kernels are shown
  /// as shares of it.
  MachineLimits getKernelLimits() const;
  /// How many times as fast as the interpreter; 0 if that was not measured.
  double getSpeedup() const;
  /// By which part the hooks slow a step down: 0.01 is one per cent.
  double getHookCost() const;
};

/// The report as text for a terminal, with at most `MaxKernels` rows of kernels
/// (all if 0).
std::string formatText(const BenchReport &Report, int64_t MaxKernels);

/// One JSON object; docs/bench.md says what is in it.
std::string formatJson(const BenchReport &Report);

/// One HTML file that needs nothing else, well-formed XML too.
std::string formatHtml(const BenchReport &Report);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHREPORT_H
