//===- GgufSource.cpp - GGUF files ----------------------------------------===//
//
// The key-value pairs of a GGUF file are turned into the config.json that the
// model was converted from, and its tensors are called as they were there.
//
//===----------------------------------------------------------------------===//

#include "frontend/import/CheckpointSource.h"
#include "frontend/import/GgufConfig.h"
#include "frontend/import/GgufNames.h"
#include "frontend/import/GgufTokenizer.h"
#include "runtime/core/Gguf.h"
#include "runtime/core/StatusMacros.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;
using stator::runtime::GgufFile;

namespace stator {

absl::StatusOr<CheckpointSource> readGguf(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(GgufFile Opened, GgufFile::open(Path));
  auto File = std::make_shared<GgufFile>(std::move(Opened));
  CheckpointSource Source;
  Source.ConfigName = Path;
  STATOR_ASSIGN_OR_RETURN(const GgufArchitecture *Arch,
                          readGgufConfig(*File, Source));
  Source.HasWeights = true;
  auto Count = [&](const char *Key, int64_t Default) {
    auto Found = Source.Config.find(Key);
    return Found != Source.Config.end() && Found->is_number_integer()
               ? std::max<int64_t>(Found->get<int64_t>(), 1)
               : Default;
  };
  int64_t Heads = Count("num_attention_heads", 1);
  int64_t KvHeads = Count("num_key_value_heads", Heads);
  for (const runtime::GgufTensor &Each : File->tensors()) {
    if (Each.Name == "rope_freqs.weight")
      continue; // in the config
    TensorSource Tensor;
    Tensor.Name = huggingFaceName(*Arch, Each.Name);
    Tensor.File = Path;
    Tensor.Dtype = Each.Type;
    Tensor.Shape = Each.Shape;
    Tensor.Bytes = Each.Bytes;
    Tensor.Size = Each.Size;
    StringRef Name = Tensor.Name;
    bool Query = Name.contains("self_attn.q_proj.");
    if (Arch->TurnsPairs && (Query || Name.contains("self_attn.k_proj."))) {
      Tensor.Order = RowOrder::PairsToHalves;
      Tensor.Heads = Query ? Heads : KvHeads;
      // Rows that are not two for each head are of another shape than asked
      // for, which is found out later.
      if (Tensor.Shape[0] % (2 * Tensor.Heads) != 0)
        Tensor.Order = RowOrder::Kept;
    }
    // GPT-2's own layout has the matrices the other way around.
    Tensor.Transposed = Source.Config["model_type"] == "gpt2" &&
                        Tensor.Shape.size() == 2 && Name.contains(".c_");
    Source.Tensors.push_back(std::move(Tensor));
  }
  Source.Files = File;
  STATOR_RETURN_IF_ERROR(readGgufTokenizer(*File, Source));
  return Source;
}

} // namespace stator
