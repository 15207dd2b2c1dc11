//===- Gguf.h - the files of llama.cpp --------------------------*- C++ -*-===//
//
// GGUF, versions 2 and 3: a header, key-value pairs, descriptions of tensors,
// then, aligned, their data. Strings and arrays carry their lengths.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_GGUF_H
#define STATOR_RUNTIME_CORE_GGUF_H

#include "runtime/core/AtomicFile.h"
#include "runtime/core/MappedFile.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stator::runtime {

/// A value of the key-value pairs. Whole numbers of all widths are int64_t
/// (those above its range are an error), both floats are double. Strings are
/// in the mapped file.
using GgufValue =
    std::variant<int64_t, double, bool, absl::string_view, std::vector<int64_t>,
                 std::vector<double>, std::vector<absl::string_view>>;

/// One tensor of a GGUF file.
struct GgufTensor {
  std::string Name;
  std::string Type;           ///< "F32", "Q8_0", "Q4_K", ...
  std::vector<int64_t> Shape; ///< outermost first, unlike in the file
  const uint8_t *Bytes = nullptr;
  uint64_t Size = 0;
};

/// A GGUF file, mapped and checked as a whole: no key and no tensor is there
/// twice, and every tensor lies inside of the data, apart from the others.
class GgufFile {
public:
  static absl::StatusOr<GgufFile> open(const std::string &Path);

  const std::string &path() const { return Path; }
  const std::vector<GgufTensor> &tensors() const { return Tensors; }
  /// Null if there is none of this name.
  const GgufTensor *find(absl::string_view Name) const;
  const std::map<std::string, GgufValue, std::less<>> &values() const {
    return Values;
  }
  /// The value of a key; none if it is missing or of another kind.
  template <typename KindType>
  const KindType *value(absl::string_view Key) const {
    auto Found = Values.find(Key);
    return Found == Values.end() ? nullptr
                                 : std::get_if<KindType>(&Found->second);
  }

private:
  friend class GgufParser;

  std::string Path;
  MappedFile File;
  std::vector<GgufTensor> Tensors;
  std::map<std::string, size_t, std::less<>> ByName;
  std::map<std::string, GgufValue, std::less<>> Values;
};

/// Writes a GGUF file: first all key-value pairs and all tensors are declared,
/// then the bytes of the tensors follow in that order.
class GgufWriter {
public:
  void text(absl::string_view Key, absl::string_view Value);
  void whole(absl::string_view Key, uint32_t Value);
  void number(absl::string_view Key, float Value);
  void flag(absl::string_view Key, bool Value);
  void texts(absl::string_view Key, const std::vector<std::string> &Values);
  void wholes(absl::string_view Key, const std::vector<int32_t> &Values);
  void numbers(absl::string_view Key, const std::vector<float> &Values);

  /// \p Type is "F32", "F16" or "BF16"; \p Shape is outermost first.
  void tensor(absl::string_view Name, absl::string_view Type,
              const std::vector<int64_t> &Shape);

  /// Writes all that was declared; tensor() and so on are over.
  absl::Status begin(const std::string &Path);
  /// The next bytes of the tensor in turn, and the padding behind it.
  absl::Status write(const void *Data, size_t Size);
  /// Makes the file appear. Error: bytes are missing.
  absl::Status commit();

private:
  void key(absl::string_view Key, uint32_t Type);

  std::string Pairs, Infos; ///< as they are in the file
  uint64_t NumPairs = 0, NumTensors = 0;
  std::vector<uint64_t> Sizes;
  uint64_t Offset = 0; ///< of the next tensor
  std::optional<AtomicFile> File;
  size_t Current = 0; ///< tensor that is written
  uint64_t Written = 0;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_GGUF_H
