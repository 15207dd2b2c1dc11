//===- RunRecord.h - run.json of a checkpoint -------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_RUNRECORD_H
#define STATOR_RUNTIME_CORE_RUNRECORD_H

#include "runtime/core/Data.h"
#include "runtime/core/RunSettings.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stator::runtime {

/// What a run was begun with and how far it is.
struct RunRecord {
  std::string Model;
  int64_t Batch = 0, Time = 0, Vocabulary = 0, MicroBatches = 0;
  int64_t Step = 0; ///< steps done
  int64_t Steps = 0, Seed = 0;
  int64_t DataSeed = -1; ///< of the order of the batches; -1: Seed
  DataOptions Data;      ///< absolute paths, and the format by its name
  std::string DataFingerprint, ValidationFingerprint; ///< hexadecimal
  int64_t EvalEvery = 0, EvalBatches = 0, SaveEvery = 0;
  int64_t Keep = 2; ///< checkpoints; 0: all
  bool KeepBest = false;
  int64_t Patience = 0; ///< evaluations without improvement; 0: no limit
  int64_t BestStep = 0; ///< of the checkpoint with BestLoss; 0: none
  double BestLoss = 0;  ///< held-out
  int64_t EvaluationsSinceBest = 0;
  /// A signal came before the evaluation that was due after the last step.
  bool EvaluationDue = false;
  std::string TensorBoard; ///< directory of event files, or ""
  Settings Training;       ///< of the optimizer; empty if it is not known
  Settings FromFlags;      ///< those of them that flags set
  std::vector<SettingChange> Changes; ///< made when the run was resumed

  /// Checksums of the files of the tokenizer, by name.
  std::map<std::string, std::string> Files;

  /// Ends with a checksum of all before it.
  std::string toJson() const;
  /// Error: a file in \p Folder is not the one that Files has the checksum of.
  absl::Status verifyFiles(const std::string &Folder) const;
  /// Errors: not what toJson writes; changed since. A record of an earlier
  /// version has no checksum.
  static absl::StatusOr<RunRecord> load(const std::string &Path);
};

/// Error: \p Folder is a checkpoint, and a file of its tokenizer does not match
/// its checksum.
absl::Status verifyTokenizer(const std::string &Folder);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_RUNRECORD_H
