//===- Checkpoint.h - training that survives its process --------*- C++ -*-===//
//
// A training run keeps its checkpoints in one directory:
//
//   out/.lock                          held by the process that trains
//   out/latest -> step-00001000        the checkpoint to resume from
//   out/best -> step-00000750          with --keep-best: the lowest held-out
//   loss out/step-00001000/model.safetensors    parameters
//                     state.safetensors    moments of the optimizer
//                     vocab.json           what the ids stand for; or other
//                                          files of a tokenizer
//                     run.json             step, seed, settings, data
//   out/previous/                      the run that --overwrite replaces, as a
//                                      whole, until the new one has saved
//
// A checkpoint is written under a temporary name, every file fsynced, renamed,
// and then `latest` replaced by a rename. So at any moment `latest` is a whole
// checkpoint. Everything random is drawn from counters made of seed and step
// (philox.h): those two are the whole state of the generator.
//
// Before the first step there is step-00000000, without what follows from the
// seed: moments, and weights unless the run began with given ones.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_CHECKPOINT_H
#define STATOR_RUNTIME_CORE_CHECKPOINT_H

#include "runtime/core/RunLock.h"
#include "runtime/core/RunRecord.h"
#include "runtime/core/program.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <cstdint>
#include <string>

namespace stator::runtime {

/// Which tensors a checkpoint holds. What it lacks is drawn from the seed
/// again, which is right only before the first step.
enum class CheckpointParts { Nothing, Parameters, All };

/// A checkpoint read back, but for its tensors.
struct Checkpoint {
  std::string Path; ///< of its directory
  RunRecord Run;
  std::shared_ptr<const Tokenizer> Coder; ///< what the ids stand for

  /// Opens the checkpoint that \p Path, which is in the run that \p Lock
  /// holds, means: the directory of the run stands for the latest one. Errors:
  /// there is none; a file of it is missing or damaged.
  static absl::StatusOr<Checkpoint> open(const RunLock &Lock,
                                         const std::string &Path);

  /// Fills in the parameters and moments of \p State, which is all zeros.
  absl::Status load(const StatorProgram &Program, uint8_t *State) const;
};

/// The checkpoints of a run, which stays locked for as long as this lives.
class CheckpointStore {
public:
  CheckpointStore() = default;

  /// Removes what a killed process left half-written. \p BytesNeeded is what
  /// the checkpoints to come take. Error: too little space.
  static absl::StatusOr<CheckpointStore> open(RunLock Lock, double BytesNeeded);

  /// Whether \p Directory holds a run, or one that --overwrite put aside. Its
  /// lock is held.
  static bool holdsRun(const std::string &Directory);

  /// Step of the checkpoint that `latest` names, or -1.
  int64_t latestStep() const { return linkedStep("latest"); }

  /// Moves an earlier run with its log into the folder `previous`, where it
  /// stays until this run has saved what it trained. Nothing is moved if the
  /// run that is there never did: then the one that it put aside stays.
  absl::Status putAside();
  /// Whether an earlier run is there still.
  bool keepsPrevious() const;

  /// Makes the checkpoint of \p Run, which is there, the latest, and restores
  /// the link to the best one; forgets that if it is gone.
  absl::Status pointTo(RunRecord &Run);

  /// Saves a checkpoint and makes it the latest. Removes those that \p Run does
  /// not keep: the one before stays until the new one is whole. With all parts,
  /// the run that was put aside goes.
  absl::Status save(const StatorProgram &Program, const uint8_t *State,
                    const RunRecord &Run, const Tokenizer &Coder,
                    CheckpointParts Parts);

  /// Replaces the record of the latest checkpoint, and what `best` links to.
  absl::Status update(const RunRecord &Run);

  /// Where the checkpoint after \p Step steps is.
  std::string stepPath(int64_t Step) const;
  const std::string &path() const { return Lock.directory(); }

private:
  int64_t linkedStep(const char *Link) const;
  absl::Status point(const char *Link, int64_t Step);
  /// Removes all but the latest checkpoint, the best one, and of those before
  /// the latest the last \p Others.
  absl::Status prune(int64_t Others, int64_t Best);
  absl::Status removePrevious();

  RunLock Lock;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_CHECKPOINT_H
