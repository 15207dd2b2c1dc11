//===- OptFamily.cpp - OPT ------------------------------------------------===//

#include "frontend/import/Families.h"
#include "frontend/import/ModelText.h"

namespace stator {

/// Flags: norm_first (in front of the branches, else behind the sums),
/// final_norm, projected (embeddings are narrower than the blocks).
static const char Template[] = R"stator(
module Attention {
  k_proj = Linear(width, width)
  v_proj = Linear(width, width)
  q_proj = Linear(width, width)
  out_proj = Linear(width, width)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q = rearrange(q_proj(x), "b t (h d) -> b h t d", h = heads)
    let k = rearrange(k_proj(x), "b t (h d) -> b h t d", h = heads)
    let v = rearrange(v_proj(x), "b t (h d) -> b h t d", h = heads)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(width / heads)
    let weights = softmax(causal_mask(scores), axis = -1)
    return out_proj(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}

module Layer {
  self_attn = Attention()
  self_attn_layer_norm = LayerNorm(width)
  fc1 = Linear(width, hidden)
  fc2 = Linear(hidden, width)
  final_layer_norm = LayerNorm(width)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
{norm_first}    let x = x + self_attn(self_attn_layer_norm(x))
{norm_first}    return x + fc2($activation(fc1(final_layer_norm(x))))
{!norm_first}    let x = self_attn_layer_norm(x + self_attn(x))
{!norm_first}    return final_layer_norm(x + fc2($activation(fc1(x))))
  }
}

module Decoder {
  embed_tokens = Embedding(vocab, embedding, init = normal(0.02))
  // The table has two rows before that of the first position.
  embed_positions = Embedding(context + 2, width, init = normal(0.02))
{projected}  project_in = Linear(embedding, width, bias = false)
{projected}  project_out = Linear(width, embedding, bias = false)
{final_norm}  final_layer_norm = LayerNorm(width)
  layers = repeat(layers, Layer())

  fn (tokens: i32[B, T]) -> f32[B, T, embedding] {
{!projected}    let x = embed_tokens(tokens)
{projected}    let x = project_in(embed_tokens(tokens))
    let x = layers(x + embed_positions(positions(T) + 2))
{final_norm}    let x = final_layer_norm(x)
{projected}    return project_out(x)
{!projected}    return x
  }
}

module Body {
  decoder = Decoder()
  fn (tokens: i32[B, T]) -> f32[B, T, embedding] { return decoder(tokens) }
}

model OPT {
  model = Body()
  lm_head = Linear(embedding, vocab, bias = false, init = normal(0.02))
{tied}  tie lm_head.weight = model.decoder.embed_tokens.weight

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    return lm_head(model(tokens))
  }
}
)stator";

ModelDescription describeOpt(ConfigReader &Config) {
  ModelText Text;
  Text.heading("OPT (Zhang et al. 2022): learned positions, ReLU. Parameters "
               "are called as in the checkpoint.");
  int64_t Width = Config.size({"hidden_size"});
  int64_t Heads = Config.size({"num_attention_heads"});
  int64_t Context = Config.size({"max_position_embeddings"}, 2048);
  int64_t Embedding = Config.size({"word_embed_proj_dim"}, Width);
  Config.requireMultiple("hidden_size", Width, "num_attention_heads", Heads);
  Text.size("vocab", Config.size({"vocab_size"}));
  Text.size("context", Context, "positions that are learned");
  Text.size("layers", Config.size({"num_hidden_layers"}));
  Text.size("heads", Heads);
  Text.size("width", Width);
  Text.size("embedding", Embedding, "width of the tables of tokens");
  Text.size("hidden", Config.size({"ffn_dim"}));
  bool NormFirst = Config.flag({"do_layer_norm_before"}, true);
  bool Tied = Config.flag({"tie_word_embeddings"}, true);
  std::string Activation = Config.activation({"activation_function"}, "relu");
  Text.text("activation", Activation);
  Text.flag("norm_first", NormFirst);
  Text.flag("final_norm",
            NormFirst && !Config.flag({"_remove_final_layer_norm"}, false));
  Text.flag("projected", Embedding != Width);
  Text.flag("tied", Tied);
  if (!Config.flag({"enable_bias"}, true))
    Config.refuse("enable_bias = false");
  if (!Config.flag({"layer_norm_elementwise_affine"}, true))
    Config.refuse("layer_norm_elementwise_affine = false");

  ModelDescription Result;
  Result.Text = Text.write(Template);
  Result.Prefixes = {{"", "model."}, {"", "model.decoder."}};
  if (Tied) {
    Result.TiedHead = "lm_head.weight";
    Result.TiedTo = "model.decoder.embed_tokens.weight";
  }
  Result.Context = Context;
  Result.Heads = Heads;
  return Result;
}

} // namespace stator
