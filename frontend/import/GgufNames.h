//===- GgufNames.h - Architectures and names in GGUF ------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_GGUFNAMES_H
#define STATOR_FRONTEND_IMPORT_GGUFNAMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator {

/// The name of a layer in GGUF and in Hugging Face's checkpoint.
struct GgufNamePair {
  const char *Gguf, *HuggingFace;
};

/// An architecture that is read and written.
struct GgufArchitecture {
  const char *Name;      ///< general.architecture
  const char *ModelType; ///< of config.json
  const char *Block;     ///< what stands for "blk." there
  bool TurnsPairs;       ///< rotary positions turn neighbours
  llvm::ArrayRef<GgufNamePair> Tensors, BlockTensors;
};

/// Null if it is not known.
const GgufArchitecture *findGgufArchitecture(llvm::StringRef Name);
/// "llama, qwen2, ...".
std::string listGgufArchitectures();

/// Hugging Face's name of a tensor, or its own if there is none.
std::string huggingFaceName(const GgufArchitecture &Arch, llvm::StringRef Name);
/// The other way around.
std::string ggufName(const GgufArchitecture &Arch, llvm::StringRef Name);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_GGUFNAMES_H
