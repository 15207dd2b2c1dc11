//===- AtomicFile.h - files that are whole or not there ---------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_ATOMICFILE_H
#define STATOR_RUNTIME_CORE_ATOMICFILE_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstddef>
#include <string>

namespace stator::runtime {

/// A file that appears under its name only when it is complete and on disk:
/// written beside it under a temporary name, fsynced, renamed. Without
/// commit() nothing stays behind. What a symbolic link leads to is replaced,
/// not the link; a device or a pipe is written to as it is.
class AtomicFile {
public:
  AtomicFile(AtomicFile &&Other) noexcept;
  AtomicFile &operator=(AtomicFile &&) = delete;
  ~AtomicFile();

  static absl::StatusOr<AtomicFile> create(const std::string &Name);
  absl::Status write(const void *Data, size_t Size);
  absl::Status commit();

private:
  AtomicFile(std::string Path, std::string Temporary, int Descriptor)
      : Path(std::move(Path)), Temporary(std::move(Temporary)),
        Descriptor(Descriptor) {}

  std::string Path;
  std::string Temporary; ///< empty for a device or a pipe
  int Descriptor;
};

/// Replaces the contents of \p Path as a whole.
absl::Status writeFileAtomically(const std::string &Path,
                                 absl::string_view Contents);

/// Makes the names in a directory durable, after renames and removals.
absl::Status syncDirectory(const std::string &Path);

/// The directory part of \p Path; "." if it has none.
std::string directoryOf(const std::string &Path);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_ATOMICFILE_H
