//===- TrainOptions.h - flags of a training program -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TRAINOPTIONS_H
#define STATOR_RUNTIME_CORE_TRAINOPTIONS_H

#include "runtime/core/Checkpoint.h"
#include "runtime/core/Flags.h"
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// How to train.
struct TrainOptions {
  DataOptions Data;
  int64_t Steps = 0, Seed = 0, DataSeed = 0, Threads = 0;
  int64_t EvalEvery = 0, EvalBatches = 0, SaveEvery = 250;
  int64_t Keep = 2, Patience = 0;
  bool KeepBest = false;
  std::string Out = "out";
  std::string Log; ///< absolute path; "": log.jsonl in Out, or where that leads
  std::string TensorBoard; ///< "", or the directory of event files
  std::string InitFrom, DumpGradients;
  std::string Profile; ///< "", or where to write what took how long
  bool AllowExtra = false, Pin = false, Quiet = false, Overwrite = false,
       ChangeTokenizer = false;
  bool Help = false, Version = false;

  /// What the optimizer works with, which of it flags set, and what of it has
  /// changed since the run began.
  Settings Training, FromFlags;
  std::vector<SettingChange> Changes;

  /// What is resumed, if anything is, and the lock of its run.
  std::optional<Checkpoint> Resumed;
  RunLock Lock;
};

/// Reads the command line of a training program and, for --resume, the
/// checkpoint, whose settings hold where no flag is given. Errors: those of
/// Flags::parse; flags that exclude each other; a flag that contradicts the
/// checkpoint; --data or --steps missing.
absl::StatusOr<TrainOptions>
parseTrainOptions(const StatorProgram &Program,
                  const std::vector<std::string> &Arguments);

/// The help of a training program's flags.
std::string trainHelp(const StatorProgram &Program);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TRAINOPTIONS_H
