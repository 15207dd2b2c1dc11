//===- Checkpoint.h - training that survives its process --------*- C++ -*-===//
//
// A training run keeps its checkpoints in one directory:
//
//   out/.lock                          held by the process that trains
//   out/latest -> step-00001000        which checkpoint counts
//   out/step-00001000/model.safetensors    parameters
//                     state.safetensors    moments of the optimizer
//                     vocab.json           what the ids stand for; or other
//                                          files of a tokenizer
//                     run.json             step, seed, settings, data
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

  /// Opens the latest checkpoint of \p Directory, or \p Directory itself if it
  /// is one. Errors: there is none; a file of it is missing or damaged.
  static absl::StatusOr<Checkpoint> open(const std::string &Directory);

  /// Fills in the parameters and moments of \p State, which is all zeros.
  absl::Status load(const StatorProgram &Program, uint8_t *State) const;
};

/// The directory of a run, locked for as long as this lives.
class CheckpointStore {
public:
  CheckpointStore() = default;
  CheckpointStore(CheckpointStore &&Other) noexcept {
    *this = std::move(Other);
  }
  CheckpointStore &operator=(CheckpointStore &&Other) noexcept;
  ~CheckpointStore();

  /// Creates \p Directory where needed, locks it and removes what a killed
  /// process left half-written. \p BytesNeeded is what two checkpoints take.
  /// Errors: not writable; in use by another process; too little space.
  static absl::StatusOr<CheckpointStore> open(const std::string &Directory,
                                              double BytesNeeded);

  /// Step of the checkpoint that `latest` names, or -1.
  int64_t latestStep() const;

  /// Removes the checkpoints of an earlier run.
  absl::Status clear();

  /// Makes the checkpoint after \p Step steps, which is there, the latest.
  absl::Status pointLatestTo(int64_t Step);

  /// Saves a checkpoint and makes it the latest, keeping the one before.
  absl::Status save(const StatorProgram &Program, const uint8_t *State,
                    const RunRecord &Run, const Tokenizer &Coder,
                    CheckpointParts Parts);

  /// Where the checkpoint after \p Step steps is.
  std::string stepPath(int64_t Step) const;
  const std::string &path() const { return Directory; }

private:
  absl::Status removeSteps(int64_t KeptStep);

  std::string Directory;
  int Lock = -1;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_CHECKPOINT_H
