//===- GgufNames.cpp - Architectures and names in GGUF --------------------===//

#include "frontend/import/GgufNames.h"
#include "llvm/ADT/STLExtras.h"

using llvm::StringRef;

namespace stator {

static constexpr GgufNamePair LlamaTensors[] = {
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
};
static constexpr GgufNamePair LlamaBlocks[] = {
    {"attn_norm", "input_layernorm"},
    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},
    {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"},
    {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"},
    {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};
static constexpr GgufNamePair Gpt2Tensors[] = {
    {"token_embd", "wte"},
    {"position_embd", "wpe"},
    {"output_norm", "ln_f"},
    {"output", "lm_head"},
};
static constexpr GgufNamePair Gpt2Blocks[] = {
    {"attn_norm", "ln_1"},          {"attn_qkv", "attn.c_attn"},
    {"attn_output", "attn.c_proj"}, {"ffn_norm", "ln_2"},
    {"ffn_up", "mlp.c_fc"},         {"ffn_down", "mlp.c_proj"},
};
static const GgufArchitecture Architectures[] = {
    {"llama", "llama", "model.layers.", true, LlamaTensors, LlamaBlocks},
    {"qwen2", "qwen2", "model.layers.", false, LlamaTensors, LlamaBlocks},
    {"qwen3", "qwen3", "model.layers.", false, LlamaTensors, LlamaBlocks},
    {"gpt2", "gpt2", "h.", false, Gpt2Tensors, Gpt2Blocks},
};

const GgufArchitecture *findGgufArchitecture(StringRef Name) {
  const auto *Found =
      llvm::find_if(Architectures, [&](const GgufArchitecture &Each) {
        return Name == Each.Name;
      });
  return Found == std::end(Architectures) ? nullptr : Found;
}

std::string listGgufArchitectures() {
  std::string Text;
  for (const GgufArchitecture &Each : Architectures)
    Text += std::string(Text.empty() ? "" : ", ") + Each.Name;
  return Text;
}

/// Translates with the columns of the tables exchanged or not.
static std::string translate(const GgufArchitecture &Arch, StringRef Name,
                             StringRef FromBlock, StringRef ToBlock,
                             const char *GgufNamePair::*From,
                             const char *GgufNamePair::*To) {
  auto [Stem, End] = Name.rsplit('.');
  std::string Prefix;
  llvm::ArrayRef<GgufNamePair> Pairs = Arch.Tensors;
  if (Stem.consume_front(FromBlock)) {
    auto [Layer, Rest] = Stem.split('.');
    Prefix = ToBlock.str() + Layer.str() + ".";
    Stem = Rest;
    Pairs = Arch.BlockTensors;
  }
  for (const GgufNamePair &Pair : Pairs)
    if (Stem == Pair.*From)
      return Prefix + Pair.*To + "." + End.str();
  return Name.str();
}

std::string huggingFaceName(const GgufArchitecture &Arch, StringRef Name) {
  return translate(Arch, Name, "blk.", Arch.Block, &GgufNamePair::Gguf,
                   &GgufNamePair::HuggingFace);
}

std::string ggufName(const GgufArchitecture &Arch, StringRef Name) {
  return translate(Arch, Name, Arch.Block, "blk.", &GgufNamePair::HuggingFace,
                   &GgufNamePair::Gguf);
}

} // namespace stator
