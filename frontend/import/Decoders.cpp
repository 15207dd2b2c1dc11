//===- Decoders.cpp - What most families have in common -------------------===//

#include "frontend/import/Decoders.h"

namespace stator {

DecoderSizes describeSizes(ConfigReader &Config, ModelText &Text,
                           int64_t DefaultContext, bool Grouped,
                           std::optional<int64_t> DefaultKvHeads) {
  DecoderSizes Sizes;
  Sizes.Width = Config.size({"hidden_size"});
  Sizes.Heads = Config.size({"num_attention_heads"});
  Sizes.KvHeads = Sizes.Heads;
  if (Grouped)
    Sizes.KvHeads = Config.size({"num_key_value_heads"},
                                Config.lacks("num_key_value_heads")
                                    ? DefaultKvHeads.value_or(Sizes.Heads)
                                    : Sizes.Heads);
  if (Config.has("head_dim") &&
      Config.size({"head_dim"}) * Sizes.Heads != Sizes.Width)
    Config.refuse("head_dim = " + describeValue(*Config.find({"head_dim"})) +
                  " in this family, where heads share hidden_size equally");
  Sizes.Context = Config.size({"max_position_embeddings"}, DefaultContext);
  Config.requireMultiple("hidden_size", Sizes.Width, "num_attention_heads",
                         Sizes.Heads);
  Config.requireMultiple("num_attention_heads", Sizes.Heads,
                         "num_key_value_heads", Sizes.KvHeads);
  Text.size("vocab", Config.size({"vocab_size"}));
  Text.size("context", Sizes.Context, "the longest sequence");
  Text.size("layers", Config.size({"num_hidden_layers"}));
  Text.size("heads", Sizes.Heads);
  if (Grouped)
    Text.size("kv_heads", Sizes.KvHeads, "key and value heads");
  Text.size("width", Sizes.Width);
  Text.size("hidden", Config.size({"intermediate_size"}));
  return Sizes;
}

ModelDescription describeDecoder(std::string Text, const DecoderSizes &Sizes,
                                 bool Tied) {
  ModelDescription Result;
  Result.Text = std::move(Text);
  Result.Prefixes = {{"", "model."}};
  Result.Buffers = {".rotary_emb.inv_freq"};
  if (Tied) {
    Result.TiedHead = "lm_head.weight";
    Result.TiedTo = "model.embed_tokens.weight";
  }
  Result.Context = Sizes.Context;
  Result.Heads = Sizes.Heads;
  return Result;
}

} // namespace stator
