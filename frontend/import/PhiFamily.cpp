//===- PhiFamily.cpp - Phi 1, 1.5 and 2 -----------------------------------===//

#include "frontend/import/Decoders.h"
#include "frontend/import/Rotary.h"

namespace stator {

/// As `transformers` has it (model_type phi).
static const char Template[] = R"stator(
module Attention {
  let depth = width / heads
  q_proj = Linear(width, width)
  k_proj = Linear(width, kv_heads * depth)
  v_proj = Linear(width, kv_heads * depth)
  dense = Linear(width, width)

  fn (x: f32[B, T, width], cosines: f32[T, rotary], sines: f32[T, rotary]) -> f32[B, T, width] {
    let q = rearrange(q_proj(x), "b t (h d) -> b h t d", h = heads)
    let k = rearrange(k_proj(x), "b t (h d) -> b h t d", h = kv_heads)
    let v = rearrange(v_proj(x), "b t (h d) -> b h t d", h = kv_heads)
    let q = rotate(q, cosines, sines)
    let k = repeat_heads(rotate(k, cosines, sines), heads / kv_heads)
    let v = repeat_heads(v, heads / kv_heads)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(depth)
    let weights = softmax(causal_mask(scores), axis = -1)
    return dense(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}

module FeedForward {
  fc1 = Linear(width, hidden)
  fc2 = Linear(hidden, width)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    return fc2($activation(fc1(x)))
  }
}

module Layer {
  input_layernorm = LayerNorm(width, eps)
  self_attn = Attention()
  mlp = FeedForward()

  fn (x: f32[B, T, width], cosines, sines) -> f32[B, T, width] {
    let y = input_layernorm(x)
    return x + self_attn(y, cosines, sines) + mlp(y)
  }
}

module Decoder {
  embed_tokens = Embedding(vocab, width, init = normal(0.02))
  layers = repeat(layers, Layer())
  final_layernorm = LayerNorm(width, eps)

  fn (tokens: i32[B, T]) -> f32[B, T, width] {
    let cosines, sines = rotary_tables(T, rotary, $rope_arguments)
    return final_layernorm(layers(embed_tokens(tokens), cosines, sines))
  }
}

model Phi {
  model = Decoder()
  lm_head = Linear(width, vocab, init = normal(0.02))
{tied}  tie lm_head.weight = model.embed_tokens.weight

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    return lm_head(model(tokens))
  }
}
)stator";

/// As its authors published it first (model_type phi-msft).
static const char MsftTemplate[] = R"stator(
module Attention {
  Wqkv = Linear(width, 3 * width)
  out_proj = Linear(width, width)

  fn (x: f32[B, T, width], cosines: f32[T, rotary], sines: f32[T, rotary]) -> f32[B, T, width] {
    let q, k, v = split(Wqkv(x), 3, axis = -1)
    let q = rotate(rearrange(q, "b t (h d) -> b h t d", h = heads), cosines, sines)
    let k = rotate(rearrange(k, "b t (h d) -> b h t d", h = heads), cosines, sines)
    let v = rearrange(v, "b t (h d) -> b h t d", h = heads)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(width / heads)
    let weights = softmax(causal_mask(scores), axis = -1)
    return out_proj(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}

module FeedForward {
  fc1 = Linear(width, hidden)
  fc2 = Linear(hidden, width)

  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    return fc2($activation(fc1(x)))
  }
}

module Layer {
  ln = LayerNorm(width, eps)
  mixer = Attention()
  mlp = FeedForward()

  fn (x: f32[B, T, width], cosines, sines) -> f32[B, T, width] {
    let y = ln(x)
    return x + mixer(y, cosines, sines) + mlp(y)
  }
}

module Tokens {
  wte = Embedding(vocab, width, init = normal(0.02))
  fn (tokens: i32[B, T]) -> f32[B, T, width] { return wte(tokens) }
}

module Decoder {
  embd = Tokens()
  h = repeat(layers, Layer())

  fn (tokens: i32[B, T]) -> f32[B, T, width] {
    let cosines, sines = rotary_tables(T, rotary, $rope_arguments)
    return h(embd(tokens), cosines, sines)
  }
}

module Head {
  ln = LayerNorm(width, eps)
  linear = Linear(width, vocab, init = normal(0.02))
  fn (x: f32[B, T, width]) -> f32[B, T, vocab] { return linear(ln(x)) }
}

model Phi {
  transformer = Decoder()
  lm_head = Head()

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    return lm_head(transformer(tokens))
  }
}
)stator";

static const char Heading[] =
    "Phi (Gunasekar et al. 2023): attention and feed-forward layer side by "
    "side behind one norm, rotary positions on a part of each head. "
    "Parameters are called as in the checkpoint.";

ModelDescription describePhi(ConfigReader &Config) {
  ModelText Text;
  Text.heading(Heading);
  DecoderSizes Sizes = describeSizes(Config, Text, 2048, /*Grouped=*/true);
  Text.number("eps", Config.positive({"layer_norm_eps"}, 1e-5));
  describePartialRotary(Config, Text, Sizes.Width / Sizes.Heads, 0.5);
  describeRotary(Config, Text);
  if (Config.flag({"qk_layernorm"}, false))
    Config.refuse("qk_layernorm = true");

  bool Tied = Config.flag({"tie_word_embeddings"}, false);
  std::string Activation = Config.activation({"hidden_act"}, "gelu_new");
  Text.text("activation", Activation);
  Text.flag("tied", Tied);

  return describeDecoder(Text.write(Template), Sizes, Tied);
}

ModelDescription describePhiMsft(ConfigReader &Config) {
  ModelText Text;
  Text.heading(Heading);
  int64_t Width = Config.size({"n_embd"});
  int64_t Heads = Config.size({"n_head"});
  int64_t Context = Config.size({"n_positions"}, 2048);
  int64_t Rotary = Config.size({"rotary_dim"}, 32);
  Config.requireMultiple("n_embd", Width, "n_head", Heads);
  if (Config.has("n_head_kv") && Config.size({"n_head_kv"}) != Heads)
    Config.refuse("n_head_kv below n_head");
  if (Rotary % 2 != 0 || Rotary > Width / Heads)
    Config.wrong("rotary_dim ", Rotary, " should be an even number up to ",
                 Width / Heads, ", the size of a head");
  Text.size("vocab", Config.size({"vocab_size"}));
  Text.size("context", Context, "the longest sequence");
  Text.size("layers", Config.size({"n_layer"}));
  Text.size("heads", Heads);
  Text.size("width", Width);
  Text.size("hidden", Config.size({"n_inner"}, 4 * Width));
  Text.number("eps", Config.positive({"layer_norm_epsilon"}, 1e-5));
  Text.size("rotary", Rotary, "channels of a head that are turned");
  describeRotary(Config, Text);
  if (Config.flag({"tie_word_embeddings"}, false))
    Config.refuse("tie_word_embeddings = true in this family");
  std::string Activation =
      Config.activation({"activation_function"}, "gelu_new");
  Text.text("activation", Activation);

  ModelDescription Result;
  Result.Text = Text.write(MsftTemplate);
  Result.Prefixes = {{"layers.", "transformer.h."}};
  Result.Buffers = {".rotary_emb.inv_freq", ".inner_attn.bias"};
  Result.Context = Context;
  Result.Heads = Heads;
  return Result;
}

} // namespace stator
