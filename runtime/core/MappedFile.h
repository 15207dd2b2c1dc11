//===- MappedFile.h - a file as read-only memory ----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_MAPPEDFILE_H
#define STATOR_RUNTIME_CORE_MAPPEDFILE_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstddef>
#include <cstdint>
#include <string>

namespace stator::runtime {

/// A whole file mapped into memory, unmapped at the end of its life.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&Other) noexcept { *this = std::move(Other); }
  MappedFile &operator=(MappedFile &&Other) noexcept;
  ~MappedFile();

  /// Errors: the file is missing, unreadable, or not a regular file. An empty
  /// file is a mapping of size 0.
  static absl::StatusOr<MappedFile> open(const std::string &Path);

  const uint8_t *data() const { return Bytes; }
  size_t size() const { return Size; }
  absl::string_view text() const {
    return {reinterpret_cast<const char *>(Bytes), Size};
  }

private:
  const uint8_t *Bytes = nullptr;
  size_t Size = 0;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_MAPPEDFILE_H
