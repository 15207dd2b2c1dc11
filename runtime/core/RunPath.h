//===- RunPath.h - what a path of a training run means ----------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_RUNPATH_H
#define STATOR_RUNTIME_CORE_RUNPATH_H

#include "absl/strings/string_view.h"
#include <cstdint>
#include <string>

namespace stator::runtime {

/// Name of the checkpoint after \p Step steps: "step-00001000".
std::string checkpointName(int64_t Step);
/// The step that such a name stands for, or -1.
int64_t stepOfCheckpointName(absl::string_view Name);

/// The directory of the run that \p Path means: the one above for a checkpoint
/// in it (RUN/step-00001000, RUN/latest, RUN/best), else \p Path itself. Looks
/// at names only, and so may be called before the run is locked.
std::string runDirectory(const std::string &Path);

/// The folder of the checkpoint that \p Path means: for the directory of a
/// run, that of its latest checkpoint; else \p Path. Links are followed here,
/// once: whatever is read from the result belongs to the same checkpoint, even
/// if training goes on and moves `latest`.
std::string checkpointFolder(const std::string &Path);

/// A line for an error about a run at \p Path: that the run which --overwrite
/// was to replace is still there; "" if it is not.
std::string hintOfPrevious(const std::string &Path);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_RUNPATH_H
