//===- TrainingLoop.h - from data to weights --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TRAININGLOOP_H
#define STATOR_RUNTIME_CORE_TRAININGLOOP_H

#include "absl/types/span.h"
#include "runtime/core/EventFile.h"
#include "runtime/core/Profiler.h"
#include "runtime/core/Progress.h"
#include "runtime/core/State.h"
#include "runtime/core/TrainOptions.h"
#include "runtime/core/Weights.h"
#include <chrono>
#include <memory>
#include <optional>

namespace stator::runtime {

/// How a training run ended.
struct TrainingEnd {
  int Signal = 0;       ///< that stopped it, or 0
  std::string Diverged; ///< what became NaN or infinite, or ""
  std::string Hint;     ///< what is known about the cause, if it diverged
};

/// A training run. Everything that can be known to go wrong is found before
/// the first step.
class TrainingLoop {
public:
  /// Opens data, memory, directory and log. Errors: see their parts.
  static absl::StatusOr<TrainingLoop> open(const StatorProgram &Program,
                                           TrainOptions Options);

  /// Trains to the end, to a signal, or until something is NaN or infinite,
  /// after which nothing more is written.
  absl::StatusOr<TrainingEnd> run();

  /// Writes loss and gradients of the first batch to Options.DumpGradients.
  absl::Status dumpGradients();

  /// Path of the checkpoint that was saved last.
  std::string lastCheckpoint() const { return Store.stepPath(SavedStep); }

private:
  using Clock = std::chrono::steady_clock;

  TrainingLoop(const StatorProgram &Program, TrainOptions Options)
      : Program(Program), Options(std::move(Options)) {
    if (this->Options.Profile.empty())
      return;
    Times = std::make_unique<Profiler>(Program);
    TimesOfRun = std::make_unique<ProfileSummary>(Program);
  }

  /// The tokenizer that is asked for or comes with a checkpoint; null if text
  /// is to be encoded by its characters.
  absl::StatusOr<std::shared_ptr<const Tokenizer>> openGivenTokenizer();
  absl::Status openData();
  absl::Status openMemory();
  /// For a new run: refuses what it would replace. \p Create creates --out
  /// where needed; if not, only what is there is locked.
  absl::Status lockDirectory(bool Create);
  absl::Status openDirectory();
  absl::Status openLog();
  std::string usualLog() const { return Options.Out + "/log.jsonl"; }
  void describe();
  /// Those that came with this resumption.
  absl::Span<const SettingChange> newChanges() const;
  /// Nullopt, before anything is computed, if the data has changed.
  absl::StatusOr<std::optional<StepRecord>> trainStep();
  /// Whether all that was drawn so far is from the data that was opened. What
  /// is wrong with it is in DataStatus.
  bool dataUnchanged();
  /// Evaluates; nullopt if a signal came before the end, or the data changed.
  absl::StatusOr<std::optional<double>> evaluateHeldOut(int64_t MostBatches);
  /// Compares a held-out loss with the best one. True if it is the new best.
  bool noteEvaluation(double Loss);
  /// Makes up for the evaluation that a signal prevented, if one did.
  absl::Status evaluateIfDue();
  bool outOfPatience() const {
    return Run.Patience > 0 && Run.EvaluationsSinceBest >= Run.Patience;
  }
  bool finished() const { return Run.Step == Run.Steps || outOfPatience(); }
  /// How many bytes the checkpoints take that are still to be saved.
  double bytesToSave() const;
  /// Goes on without event files if they cannot be written.
  void keepEvents(const absl::Status &Status);
  absl::Status save(CheckpointParts Parts);
  /// Saves what is not saved, and gives the error that is \p Why the run
  /// cannot go on. \p Then says what is to be done before it is resumed.
  absl::StatusOr<TrainingEnd> breakOff(const absl::Status &Why,
                                       absl::string_view Then, float LastLoss);
  /// The end of a run because of \p What. \p LastLoss is that of the step
  /// before, NaN if this step is the first one of the process.
  template <typename... PartTypes>
  TrainingEnd diverged(float LastLoss, const PartTypes &...What);
  bool holdsOut() const { return Data.Validation.size() > 0; }

  const StatorProgram &Program;
  TrainOptions Options;
  Dataset Data;
  absl::Status DataStatus;
  ProgramMemory Memory;
  CheckpointStore Store;
  JsonLog Log;
  EventFile Events;
  RunRecord Run;
  std::optional<Progress> Display;
  std::vector<int32_t> Tokens, Targets;
  int64_t Info[STATOR_INFO_COUNT] = {}; ///< what is the same in every step
  int64_t SavedStep = -1;
  std::optional<WeightFiles> Initial; ///< of --init-from, until they are loaded

  /// With Options.Profile only.
  std::unique_ptr<Profiler> Times;
  std::unique_ptr<ProfileSummary> TimesOfRun;
};

/// The whole of a training program after its flags: exit code, or an error.
absl::StatusOr<int> runTraining(const StatorProgram &Program,
                                TrainOptions Options);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TRAININGLOOP_H
