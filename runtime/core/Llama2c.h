//===- Llama2c.h - checkpoints of llama2.c ----------------------*- C++ -*-===//
//
// The files that llama2.c (Karpathy 2023) runs: a header of sizes, then all
// weights as f32 in a fixed order. Two layouts are read: the first one, without
// a magic number, and version 1. Version 2, of int8, is refused.
// Rotary positions turn channels that are neighbours.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_LLAMA2C_H
#define STATOR_RUNTIME_CORE_LLAMA2C_H

#include "runtime/core/MappedFile.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

/// A checkpoint, mapped; its tensors have the names of Hugging Face's Llama.
class Llama2cFile {
public:
  struct Tensor {
    std::string Name;
    std::vector<int64_t> Shape;
    const uint8_t *Bytes; ///< little-endian f32, not aligned
    uint64_t Size;
  };

  /// Errors: not such a file; sizes that do not fit each other or the file.
  static absl::StatusOr<Llama2cFile> open(const std::string &Path);

  int64_t Width = 0, Hidden = 0, Layers = 0, Heads = 0, KvHeads = 0;
  int64_t Vocabulary = 0, Context = 0;
  bool Tied = false; ///< the head is the embedding

  const std::string &path() const { return Path; }
  const std::vector<Tensor> &tensors() const { return Tensors; }

private:
  absl::Status readHeader(int32_t &Version, uint64_t &Begin);
  absl::Status layOut(int32_t Version, uint64_t Begin);

  std::string Path;
  MappedFile File;
  std::vector<Tensor> Tensors;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_LLAMA2C_H
