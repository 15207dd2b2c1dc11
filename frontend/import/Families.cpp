//===- Families.cpp - The architectures that can be imported --------------===//

#include "frontend/import/Families.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using nlohmann::json;

namespace stator {

namespace {
struct Family {
  const char *ModelType; ///< of config.json
  ModelDescription (*Describe)(ConfigReader &);
};
} // namespace

static constexpr Family Families[] = {
    {"gemma", describeGemma},      {"gpt2", describeGpt2},
    {"gpt_neox", describeGptNeox}, {"llama", describeLlama},
    {"mistral", describeMistral},  {"olmo2", describeOlmo2},
    {"opt", describeOpt},          {"phi", describePhi},
    {"phi-msft", describePhiMsft}, {"qwen2", describeQwen2},
    {"qwen3", describeQwen3},      {"starcoder2", describeStarcoder2},
};

std::string listFamilies() {
  std::string Text;
  for (const Family &Each : Families)
    Text += std::string(Text.empty() ? "" : ", ") + Each.ModelType;
  return Text;
}

/// Keys that change what a model computes in families that do not have them
/// otherwise, with the value at which they do nothing.
static void refuseForeignFeatures(ConfigReader &Config) {
  for (const char *Experts :
       {"num_local_experts", "num_experts", "n_routed_experts"})
    if (const json *Value = Config.find({Experts});
        Value && *Value != 0 && *Value != 1)
      Config.refuse(std::string("mixture of experts (") + Experts + " = " +
                    describeValue(*Value) + ")");
  const std::pair<const char *, json> Neutral[] = {
      {"attn_logit_softcapping", nullptr},
      {"final_logit_softcapping", nullptr},
      {"query_pre_attn_scalar", nullptr},
      {"clip_qkv", nullptr},
      {"rope_local_base_freq", nullptr},
      {"no_rope_layers", nullptr},
      {"alibi", false},
      {"use_qk_norm", false},
      {"scale_emb", 1},
      {"scale_depth", nullptr},
      {"logit_scale", 1.0},
      {"logits_scaling", 1.0},
      {"embedding_multiplier", 1.0},
      {"residual_multiplier", 1.0},
      {"attention_multiplier", nullptr},
      {"is_encoder_decoder", false},
      {"add_cross_attention", false},
  };
  for (const auto &[Key, Value] : Neutral)
    if (const json *Found = Config.find({Key}); Found && *Found != Value)
      Config.refuse(std::string(Key) + " = " + describeValue(*Found));
  for (const char *Key : {"quantization_config", "compression_config"})
    if (const json *Found = Config.find({Key})) {
      std::string Method;
      if (Found->is_object())
        if (auto Kind = Found->find("quant_method"); Kind != Found->end())
          Method = " (quant_method = " + describeValue(*Kind) + ")";
      Config.refuse(Key + Method);
    }
}

absl::StatusOr<ModelDescription> describeCheckpoint(const json &Config,
                                                    const std::string &Name,
                                                    const KeyNames &Originals) {
  if (!Config.is_object())
    return runtime::error(Name, ": expected a JSON object");
  ConfigReader Reader(Config, Name, Originals);
  if (!Reader.has("model_type"))
    return runtime::error(Name, ": model_type is missing; supported are ",
                          listFamilies());
  std::string Type = Reader.text({"model_type"}, "");
  if (!Reader.status().ok())
    return Reader.status();
  const Family *Found = llvm::find_if(
      Families, [&](const Family &Each) { return Each.ModelType == Type; });
  if (Found == std::end(Families))
    return runtime::error(Name, ": model_type ", describeValue(json(Type)),
                          " is not supported; supported are ", listFamilies());
  refuseForeignFeatures(Reader);
  ModelDescription Result = Found->Describe(Reader);
  if (!Reader.status().ok())
    return Reader.status();
  return Result;
}

} // namespace stator
