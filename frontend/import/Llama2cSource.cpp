//===- Llama2cSource.cpp - Checkpoints of llama2.c ------------------------===//

#include "frontend/import/CheckpointSource.h"
#include "runtime/core/Llama2c.h"
#include "runtime/core/StatusMacros.h"
#include "llvm/ADT/StringRef.h"
#include <filesystem>

namespace fs = std::filesystem;

namespace stator {

/// tokenizer.bin beside the checkpoint, or tok<vocabulary>.bin.
static std::optional<std::string> findTokenizer(const std::string &Path,
                                                int64_t Vocabulary) {
  fs::path Folder = fs::path(Path).parent_path();
  std::error_code Ignored;
  for (const std::string &Name :
       {"tok" + std::to_string(Vocabulary) + ".bin",
        std::string("tokenizer.bin"), std::string("tokenizer.model")})
    if (fs::exists(Folder / Name, Ignored))
      return (Folder / Name).string();
  return std::nullopt;
}

absl::StatusOr<CheckpointSource> readLlama2c(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(runtime::Llama2cFile Opened,
                          runtime::Llama2cFile::open(Path));
  auto File = std::make_shared<runtime::Llama2cFile>(std::move(Opened));
  CheckpointSource Source;
  Source.ConfigName = Path;
  Source.Config = {{"model_type", "llama"},
                   {"vocab_size", File->Vocabulary},
                   {"max_position_embeddings", File->Context},
                   {"num_hidden_layers", File->Layers},
                   {"num_attention_heads", File->Heads},
                   {"num_key_value_heads", File->KvHeads},
                   {"hidden_size", File->Width},
                   {"intermediate_size", File->Hidden},
                   {"rms_norm_eps", 1e-5}, // what llama2.c computes with
                   {"rope_theta", 10000.0},
                   {"hidden_act", "silu"},
                   {"tie_word_embeddings", File->Tied}};
  Source.HasWeights = true;
  for (const runtime::Llama2cFile::Tensor &Each : File->tensors()) {
    TensorSource Tensor;
    Tensor.Name = Each.Name;
    Tensor.File = Path;
    Tensor.Dtype = "F32";
    Tensor.Shape = Each.Shape;
    Tensor.Bytes = Each.Bytes;
    Tensor.Size = Each.Size;
    llvm::StringRef Name = Each.Name;
    if (Name.ends_with("q_proj.weight") || Name.ends_with("k_proj.weight")) {
      Tensor.Order = RowOrder::PairsToHalves;
      Tensor.Heads =
          Name.ends_with("q_proj.weight") ? File->Heads : File->KvHeads;
    }
    Source.Tensors.push_back(std::move(Tensor));
  }
  Source.Files = File;
  // Texts of these models begin with token 1 and are over when it comes again.
  Source.Generation.Bos = 1;
  Source.Generation.Eos = {1, 2};
  Source.Generation.AddBos = true;
  if (std::optional<std::string> Found =
          findTokenizer(Path, File->Vocabulary)) {
    STATOR_ASSIGN_OR_RETURN(Source.Tokenizer,
                            runtime::readTokenizerFiles(*Found));
  }
  return Source;
}

} // namespace stator
