//===- GptNeoxFamily.cpp - GPT-NeoX and Pythia ----------------------------===//

#include "frontend/import/Decoders.h"
#include "frontend/import/Rotary.h"

namespace stator {

static const char Template[] = R"stator(
module Attention {
  query_key_value = Linear(width, 3 * width, bias = $bias)
  dense = Linear(width, width, bias = $bias)

  fn (x: f32[B, T, width], cosines: f32[T, rotary], sines: f32[T, rotary]) -> f32[B, T, width] {
    // Query, key and value of a head lie beside each other.
    let y = rearrange(query_key_value(x), "b t (h d) -> b h t d", h = heads)
    let q, k, v = split(y, 3, axis = -1)
    let q = rotate(q, cosines, sines)
    let k = rotate(k, cosines, sines)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(width / heads)
    let weights = softmax(causal_mask(scores), axis = -1)
    return dense(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}

module FeedForward {
  dense_h_to_4h = Linear(width, hidden)
  dense_4h_to_h = Linear(hidden, width)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    return dense_4h_to_h($activation(dense_h_to_4h(x)))
  }
}

module Layer {
  input_layernorm = LayerNorm(width, eps)
  post_attention_layernorm = LayerNorm(width, eps)
  attention = Attention()
  mlp = FeedForward()

  fn (x: f32[B, T, width], cosines, sines) -> f32[B, T, width] {
{parallel}    let attended = attention(input_layernorm(x), cosines, sines)
{parallel}    return x + attended + mlp(post_attention_layernorm(x))
{!parallel}    let x = x + attention(input_layernorm(x), cosines, sines)
{!parallel}    return x + mlp(post_attention_layernorm(x))
  }
}

module Decoder {
  embed_in = Embedding(vocab, width, init = normal(0.02))
  layers = repeat(layers, Layer())
  final_layer_norm = LayerNorm(width, eps)

  fn (tokens: i32[B, T]) -> f32[B, T, width] {
    let cosines, sines = rotary_tables(T, rotary, $rope_arguments)
    return final_layer_norm(layers(embed_in(tokens), cosines, sines))
  }
}

model GPTNeoX {
  gpt_neox = Decoder()
  embed_out = Linear(width, vocab, bias = false, init = normal(0.02))
{tied}  tie embed_out.weight = gpt_neox.embed_in.weight

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    return embed_out(gpt_neox(tokens))
  }
}
)stator";

ModelDescription describeGptNeox(ConfigReader &Config) {
  ModelText Text;
  Text.heading("GPT-NeoX (Black et al. 2022) and Pythia: attention and "
               "feed-forward layer side by side, rotary positions on a part "
               "of each head. Parameters are called as in the checkpoint.");
  DecoderSizes Sizes = describeSizes(Config, Text, 2048, /*Grouped=*/false);
  Text.number("eps", Config.positive({"layer_norm_eps"}, 1e-5));
  describePartialRotary(Config, Text, Sizes.Width / Sizes.Heads, 0.25);
  describeRotary(Config, Text);

  bool Tied = Config.flag({"tie_word_embeddings"}, false);
  std::string Activation = Config.activation({"hidden_act"}, "gelu");
  Text.text("activation", Activation);
  Text.flag("parallel", Config.flag({"use_parallel_residual"}, true));
  Text.text("bias", Config.flag({"attention_bias"}, true) ? "true" : "false");
  Text.flag("tied", Tied);

  ModelDescription Result;
  Result.Text = Text.write(Template);
  Result.Prefixes = {{"", "gpt_neox."}};
  Result.Buffers = {".attention.bias", ".attention.masked_bias",
                    ".rotary_emb.inv_freq"};
  if (Tied) {
    Result.TiedHead = "embed_out.weight";
    Result.TiedTo = "gpt_neox.embed_in.weight";
  }
  Result.Context = Sizes.Context;
  Result.Heads = Sizes.Heads;
  return Result;
}

} // namespace stator
