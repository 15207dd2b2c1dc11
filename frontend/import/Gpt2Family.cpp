//===- Gpt2Family.cpp - GPT-2 ---------------------------------------------===//

#include "frontend/import/Families.h"
#include "frontend/import/ModelText.h"

namespace stator {

static const char Template[] = R"stator(
module Attention(width, heads) {
  c_attn = Conv1D(width, 3 * width)
  c_proj = Conv1D(width, width, init = normal(0.02 / sqrt(2 * layers)))

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k, v = split(c_attn(x), 3, axis = -1)
    let q = rearrange(q, "b t (h d) -> b h t d", h = heads)
    let k = rearrange(k, "b t (h d) -> b h t d", h = heads)
    let v = rearrange(v, "b t (h d) -> b h t d", h = heads)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(width / heads)
    let weights = softmax(causal_mask(scores), axis = -1)
    return c_proj(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}

module FeedForward(width, hidden) {
  c_fc = Conv1D(width, hidden)
  c_proj = Conv1D(hidden, width, init = normal(0.02 / sqrt(2 * layers)))

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    return c_proj($activation(c_fc(x)))
  }
}

module Block(width, heads) {
  ln_1 = LayerNorm(width, eps)
  attn = Attention(width, heads)
  ln_2 = LayerNorm(width, eps)
  mlp = FeedForward(width, hidden)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let x = x + attn(ln_1(x))
    return x + mlp(ln_2(x))
  }
}

model $name {
  wte = Embedding(vocab, width, init = normal(0.02))
  wpe = Embedding(context, width, init = normal(0.02))
  h = repeat(layers, Block(width, heads))
  ln_f = LayerNorm(width, eps)
{!tied}  lm_head = Linear(width, vocab, bias = false, init = normal(0.02))

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    let x = ln_f(h(wte(tokens) + wpe(positions(T))))
{tied}    return x @ transpose(wte.weight)
{!tied}    return lm_head(x)
  }
}
)stator";

ModelDescription describeGpt2(ConfigReader &Config) {
  ModelText Text;
  Text.heading("GPT-2 (Radford et al. 2019). Parameters are called and laid "
               "out as in the checkpoint.");
  int64_t Width = Config.size({"n_embd", "hidden_size"});
  int64_t Heads = Config.size({"n_head", "num_attention_heads"});
  int64_t Context =
      Config.size({"n_positions", "n_ctx", "max_position_embeddings"});
  Config.requireMultiple("n_embd", Width, "n_head", Heads);
  Text.size("vocab", Config.size({"vocab_size"}));
  Text.size("context", Context, "positions that are learned");
  Text.size("layers", Config.size({"n_layer", "num_hidden_layers"}));
  Text.size("heads", Heads);
  Text.size("width", Width);
  Text.size("hidden", Config.size({"n_inner"}, 4 * Width));
  Text.number("eps", Config.positive({"layer_norm_epsilon"}, 1e-5));
  if (!Config.flag({"scale_attn_weights"}, true))
    Config.refuse("scale_attn_weights = false");
  if (Config.flag({"scale_attn_by_inverse_layer_idx"}, false))
    Config.refuse("scale_attn_by_inverse_layer_idx = true");

  bool Tied = Config.flag({"tie_word_embeddings"}, true);
  std::string Activation =
      Config.activation({"activation_function"}, "gelu_new");
  Text.text("activation", Activation);
  // The name says what is not in the names of the parameters.
  Text.text("name", Activation == "gelu_tanh" ? "GPT2" : "GPT2_" + Activation);
  Text.flag("tied", Tied);

  ModelDescription Result;
  Result.Text = Text.write(Template);
  Result.Prefixes = {{"transformer.", ""}};
  Result.Buffers = {".attn.bias", ".attn.masked_bias"};
  if (Tied) {
    Result.TiedHead = "lm_head.weight";
    Result.TiedTo = "wte.weight";
  }
  Result.Context = Context;
  Result.Heads = Heads;
  return Result;
}

} // namespace stator
