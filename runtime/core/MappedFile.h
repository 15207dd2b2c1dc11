//===- MappedFile.h - a file as read-only memory ----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_MAPPEDFILE_H
#define STATOR_RUNTIME_CORE_MAPPEDFILE_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/core/FileFaults.h"
#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace stator::runtime {

/// A whole file mapped into memory, unmapped at the end of its life. What
/// cannot be mapped, a pipe or a terminal, is read to its end. Reading bytes
/// that a mapped file has lost since it was opened is what FileFaults.h is
/// about; those on its last page are zeros without any fault.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&Other) noexcept { *this = std::move(Other); }
  MappedFile &operator=(MappedFile &&Other) noexcept;
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  /// Errors: the file is missing, unreadable, a directory, a Git LFS pointer,
  /// or an input without an end. An empty file is a mapping of size 0.
  static absl::StatusOr<MappedFile> open(const std::string &Path);
  /// The same, where "-" means standard input.
  static absl::StatusOr<MappedFile> openInput(const std::string &Path);

  const uint8_t *data() const { return Bytes; }
  size_t size() const { return Size; }
  absl::string_view text() const {
    return {reinterpret_cast<const char *>(Bytes), Size};
  }

  /// Where it was opened; "" if it is empty.
  absl::string_view path() const {
    return Range ? absl::string_view(Range->Path) : absl::string_view();
  }

  /// Has bytes that cannot be read any more be zeros from now on, for files
  /// that are checked after each use.
  void readZerosForMissing();

  /// Error: the file has another size than when it was opened, or some of its
  /// bytes could not be read.
  absl::Status checkSize() const;
  /// When the file was last written to, or only touched, in nanoseconds: now,
  /// and as it was opened.
  int64_t modified() const;
  int64_t modifiedAtOpen() const { return Modified; }
  /// Error: the file is not surely what it was when it was opened. For files
  /// that are read once.
  absl::Status checkUnchanged() const;

private:
  static absl::StatusOr<MappedFile> ofDescriptor(int Descriptor,
                                                 const std::string &Name);
  absl::Status map(int From, const struct stat &Info, const std::string &Name);
  absl::Status readToEnd(int Descriptor, const std::string &Name);

  const uint8_t *Bytes = nullptr;
  size_t Size = 0;
  int Descriptor = -1;  ///< of what is mapped, whatever has its path now
  int64_t Modified = 0; ///< as it was opened
  MappedRange *Range = nullptr;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_MAPPEDFILE_H
