//===- ShardedSafetensors.h - weights in one file or several ----*- C++ -*-===//
//
// Large checkpoints are several safetensors files with an index beside them,
// model.safetensors.index.json, whose "weight_map" says which tensor is in
// which file.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_SHARDEDSAFETENSORS_H
#define STATOR_RUNTIME_CORE_SHARDEDSAFETENSORS_H

#include "runtime/core/Safetensors.h"
#include <deque>

namespace stator::runtime {

/// The weights of a folder, all files mapped.
class ShardedSafetensors {
public:
  struct Tensor {
    const SafetensorsFile *File;
    const SafetensorsEntry *Entry;
  };

  /// Opens model.safetensors of \p Folder, or the files that its index names.
  /// Errors: neither is there; the index is damaged, or names a file outside of
  /// the folder, or a tensor that is not where it says; a tensor is in two
  /// files; all with their names.
  static absl::StatusOr<ShardedSafetensors> open(const std::string &Folder);

  /// Every tensor of every file.
  const std::vector<Tensor> &tensors() const { return Tensors; }
  const std::deque<SafetensorsFile> &files() const { return Files; }

private:
  absl::Status openIndex(const std::string &Folder, const std::string &Index);
  absl::Status addFile(const std::string &Path);

  std::deque<SafetensorsFile> Files; ///< which never move
  std::vector<Tensor> Tensors;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_SHARDEDSAFETENSORS_H
