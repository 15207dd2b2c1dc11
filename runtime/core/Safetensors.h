//===- Safetensors.h - tensors in files -------------------------*- C++ -*-===//
//
// The safetensors format: eight bytes with the length of a JSON header, the
// header, which gives each tensor's dtype, shape and place, then the data.
// https://huggingface.co/docs/safetensors
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_SAFETENSORS_H
#define STATOR_RUNTIME_CORE_SAFETENSORS_H

#include "runtime/core/AtomicFile.h"
#include "runtime/core/MappedFile.h"
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stator::runtime {

/// The key of the metadata under which checksums are.
constexpr char ChecksumKey[] = "crc32";

/// Bytes that an element of a dtype takes; 0 for a name that is no dtype.
uint64_t dtypeSize(absl::string_view Dtype);

/// One tensor of a safetensors file.
struct SafetensorsEntry {
  std::string Name;
  std::string Dtype; ///< as in the file: "F32", "BF16", "I32", ...
  std::vector<int64_t> Shape;
  uint64_t Elements = 0;          ///< product of Shape
  uint64_t Begin = 0, End = 0;    ///< bytes, from the start of the data
  const uint8_t *Bytes = nullptr; ///< in the mapped file
  std::string Checksum;           ///< of Bytes; "" if the file has none
};

/// A safetensors file, mapped and checked as a whole: the header is JSON of
/// the right form without a name twice, every size fits its shape and dtype,
/// and the tensors cover the data exactly, without overlap or gap.
class SafetensorsFile {
public:
  static absl::StatusOr<SafetensorsFile> open(const std::string &Path);

  const std::string &path() const { return Path; }
  /// In the order of their data.
  const std::vector<SafetensorsEntry> &entries() const { return Entries; }
  /// Null if there is none of this name.
  const SafetensorsEntry *find(absl::string_view Name) const;
  const std::map<std::string, std::string> &metadata() const {
    return Metadata;
  }

  /// Error: the file is not what it was when it was opened.
  absl::Status checkUnchanged() const { return File.checkUnchanged(); }

  /// Error: the bytes of \p Entry are not those that its checksum is of.
  absl::Status verify(const SafetensorsEntry &Entry) const;

  /// Writes the elements of \p Entry to \p Out, converted from F32, F16 or
  /// BF16. Error: another dtype.
  absl::Status readFloats(const SafetensorsEntry &Entry, float *Out) const;

private:
  absl::Status parse();
  absl::Status readChecksums(const std::string &Text);

  std::string Path;
  MappedFile File;
  std::vector<SafetensorsEntry> Entries;
  std::map<std::string, size_t, std::less<>> ByName;
  std::map<std::string, std::string> Metadata;
};

/// A tensor to be written, row-major.
struct SafetensorsTensor {
  std::string Name;
  std::string Dtype; ///< "F32", "BF16", ...
  std::vector<int64_t> Shape;
  const void *Data; ///< not looked at by SafetensorsWriter
};

/// Writes a file whose data need not be in memory at once: the header at the
/// beginning, then the bytes of the tensors, one after the other, in any
/// portions. The file is there after commit() and not before.
class SafetensorsWriter {
public:
  static absl::StatusOr<SafetensorsWriter>
  create(const std::string &Path, const std::vector<SafetensorsTensor> &Tensors,
         const std::map<std::string, std::string> &Metadata);
  absl::Status write(const void *Data, size_t Size);
  /// Error: other bytes were written than the header says.
  absl::Status commit();

private:
  SafetensorsWriter(AtomicFile File, uint64_t Missing)
      : File(std::move(File)), Missing(Missing) {}

  AtomicFile File;
  uint64_t Missing; ///< bytes of data not written yet
};

/// The key and the value of the metadata that hold the checksums of \p Tensors:
/// a JSON object of checksumOf by name. SafetensorsFile reads them back.
std::pair<std::string, std::string>
checksumMetadata(const std::vector<SafetensorsTensor> &Tensors);

/// Writes \p Path atomically, the tensors in the order given.
absl::Status
writeSafetensors(const std::string &Path,
                 const std::vector<SafetensorsTensor> &Tensors,
                 const std::map<std::string, std::string> &Metadata);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_SAFETENSORS_H
