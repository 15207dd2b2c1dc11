//===- EventFile.h - the event files that TensorBoard reads -----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_EVENTFILE_H
#define STATOR_RUNTIME_CORE_EVENTFILE_H

#include "runtime/core/JsonLog.h"
#include <string>

namespace stator::runtime {

/// The scalars of a run as TensorBoard's event file: TFRecords, each an Event
/// in the encoding of protocol buffers. Every process writes a file of its own,
/// which begins by taking back what files before it say of the steps that it
/// does (again): TensorBoard then shows each step once, whether a run was
/// resumed, was killed, or is another one in the same directory.
class EventFile {
public:
  EventFile() = default;
  EventFile(EventFile &&Other) noexcept { *this = std::move(Other); }
  EventFile &operator=(EventFile &&Other) noexcept;
  ~EventFile();

  /// Creates a file in \p Directory, which is created where needed, for the
  /// steps after \p DoneSteps. Errors: not writable.
  static absl::StatusOr<EventFile> open(const std::string &Directory,
                                        int64_t DoneSteps);

  /// Writes the scalars of a step, under the names that the JSON log has. Does
  /// nothing if no file was opened.
  absl::Status append(const StepRecord &Record);
  /// Makes what was appended durable, before a checkpoint counts on it.
  absl::Status sync();

private:
  absl::Status write(const std::string &Event);

  std::string Path;
  int Descriptor = -1;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_EVENTFILE_H
