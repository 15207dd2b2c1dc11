//===- MappedFile.h - a file as read-only memory ----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_MAPPEDFILE_H
#define STATOR_RUNTIME_CORE_MAPPEDFILE_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstddef>
#include <cstdint>
#include <string>

namespace stator::runtime {

/// A whole file mapped into memory, unmapped at the end of its life. What
/// cannot be mapped, a pipe or a terminal, is read to its end.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&Other) noexcept { *this = std::move(Other); }
  MappedFile &operator=(MappedFile &&Other) noexcept;
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

private:
  static absl::StatusOr<MappedFile> ofDescriptor(int Descriptor,
                                                 const std::string &Name);
  absl::Status map(int Descriptor, size_t Length, const std::string &Name);
  absl::Status readToEnd(int Descriptor, const std::string &Name);

  const uint8_t *Bytes = nullptr;
  size_t Size = 0;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_MAPPEDFILE_H
