//===- Starcoder2Family.cpp - StarCoder 2 ---------------------------------===//

#include "frontend/import/Decoders.h"
#include "frontend/import/Rotary.h"

namespace stator {

static const char Template[] = R"stator(
module Attention {
  let depth = width / heads
  q_proj = Linear(width, width, bias = $bias)
  k_proj = Linear(width, kv_heads * depth, bias = $bias)
  v_proj = Linear(width, kv_heads * depth, bias = $bias)
  o_proj = Linear(width, width, bias = $bias)

  fn (x: f32[B, T, width], cosines: f32[T, depth], sines: f32[T, depth]) -> f32[B, T, width] {
    let q = rearrange(q_proj(x), "b t (h d) -> b h t d", h = heads)
    let k = rearrange(k_proj(x), "b t (h d) -> b h t d", h = kv_heads)
    let v = rearrange(v_proj(x), "b t (h d) -> b h t d", h = kv_heads)
    let q = rotate(q, cosines, sines)
    let k = repeat_heads(rotate(k, cosines, sines), heads / kv_heads)
    let v = repeat_heads(v, heads / kv_heads)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(depth)
    let weights = softmax(causal_mask(scores$window), axis = -1)
    return o_proj(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}

module FeedForward {
  c_fc = Linear(width, hidden, bias = $bias)
  c_proj = Linear(hidden, width, bias = $bias)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    return c_proj($activation(c_fc(x)))
  }
}

module Layer {
  input_layernorm = LayerNorm(width, eps)
  self_attn = Attention()
  post_attention_layernorm = LayerNorm(width, eps)
  mlp = FeedForward()

  fn (x: f32[B, T, width], cosines, sines) -> f32[B, T, width] {
    let x = x + self_attn(input_layernorm(x), cosines, sines)
    return x + mlp(post_attention_layernorm(x))
  }
}

module Decoder {
  embed_tokens = Embedding(vocab, width, init = normal(0.02))
  layers = repeat(layers, Layer())
  norm = LayerNorm(width, eps)

  fn (tokens: i32[B, T]) -> f32[B, T, width] {
    let cosines, sines = rotary_tables(T, width / heads, $rope_arguments)
    return norm(layers(embed_tokens(tokens), cosines, sines))
  }
}

model Starcoder2 {
  model = Decoder()
  lm_head = Linear(width, vocab, bias = false, init = normal(0.02))
{tied}  tie lm_head.weight = model.embed_tokens.weight

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    return lm_head(model(tokens))
  }
}
)stator";

ModelDescription describeStarcoder2(ConfigReader &Config) {
  ModelText Text;
  Text.heading("StarCoder 2 (Lozhkov et al. 2024): LayerNorm, rotary "
               "positions, grouped queries, windows. Parameters are called as "
               "in the checkpoint.");
  DecoderSizes Sizes = describeSizes(Config, Text, 4096, /*Grouped=*/true,
                                     /*DefaultKvHeads=*/2);
  Text.number("eps", Config.positive({"norm_epsilon"}, 1e-5));
  describeRotary(Config, Text);
  describeWindow(Config, Text, readWindow(Config));
  if (Config.text({"norm_type"}, "layer_norm") != "layer_norm")
    Config.refuse("norm_type = " + Config.text({"norm_type"}, ""));
  if (Config.text({"mlp_type"}, "default") != "default")
    Config.refuse("mlp_type = " + Config.text({"mlp_type"}, ""));

  bool Tied = Config.flag({"tie_word_embeddings"}, true);
  std::string Activation =
      Config.activation({"hidden_act"}, "gelu_pytorch_tanh");
  Text.text("activation", Activation);
  Text.text("bias", Config.flag({"use_bias"}, true) ? "true" : "false");
  Text.flag("tied", Tied);

  return describeDecoder(Text.write(Template), Sizes, Tied);
}

} // namespace stator
