//===- LlamaFamilies.cpp - Llama and what descends from it ----------------===//
//
// Llama (Touvron et al. 2023), Mistral (Jiang et al. 2023), Qwen 2 and 3 (Yang
// et al. 2024, 2025), Gemma (Mesnard et al. 2024) and OLMo 2 (OLMo Team 2024):
// RMSNorm, rotary positions, grouped queries, gated feed-forward layers. They
// differ in biases, in where norms are, and in windows.
//
//===----------------------------------------------------------------------===//

#include "frontend/import/Decoders.h"
#include "frontend/import/Rotary.h"

namespace stator {

/// Flags: head_norms (queries and keys are normalised head by head) or
/// width_norms (over all heads); post_norm (norms behind the branches, not
/// before); gemma (weights of norms count from one, embeddings are scaled);
/// swiglu (the standard module does); tied. Texts: a bias for each matrix.
static const char Template[] = R"stator(
{gemma}// Weights count from one.
{gemma}module Norm(width) {
{gemma}  param weight: f32[width] = zeros
{gemma}
{gemma}  fn (x: f32[..., width]) -> f32[..., width] {
{gemma}    let square = mean(x * x, axis = -1, keep = true)
{gemma}    return x * rsqrt(square + eps) * (1 + weight)
{gemma}  }
{gemma}}
{gemma}
module Attention {
  q_proj = Linear(width, heads * depth, bias = $q_bias)
  k_proj = Linear(width, kv_heads * depth, bias = $k_bias)
  v_proj = Linear(width, kv_heads * depth, bias = $v_bias)
  o_proj = Linear(heads * depth, width, bias = $o_bias)
{head_norms}  q_norm = RMSNorm(depth, eps)              // of each head alone
{head_norms}  k_norm = RMSNorm(depth, eps)
{width_norms}  q_norm = RMSNorm(heads * depth, eps)      // over all heads at once
{width_norms}  k_norm = RMSNorm(kv_heads * depth, eps)

  fn (x: f32[B, T, width], cosines: f32[T, depth], sines: f32[T, depth]) -> f32[B, T, width] {
{!width_norms}    let q = rearrange(q_proj(x), "b t (h d) -> b h t d", h = heads)
{!width_norms}    let k = rearrange(k_proj(x), "b t (h d) -> b h t d", h = kv_heads)
{width_norms}    let q = rearrange(q_norm(q_proj(x)), "b t (h d) -> b h t d", h = heads)
{width_norms}    let k = rearrange(k_norm(k_proj(x)), "b t (h d) -> b h t d", h = kv_heads)
    let v = rearrange(v_proj(x), "b t (h d) -> b h t d", h = kv_heads)
{head_norms}    let q = q_norm(q)
{head_norms}    let k = k_norm(k)
    let q = rotate(q, cosines, sines)
    let k = repeat_heads(rotate(k, cosines, sines), heads / kv_heads)
    let v = repeat_heads(v, heads / kv_heads)
    let scores = einsum("b h q d, b h k d -> b h q k", q, k) * rsqrt(depth)
    let weights = softmax(causal_mask(scores$window), axis = -1)
    return o_proj(rearrange(weights @ v, "b h t d -> b t (h d)"))
  }
}
{!swiglu}
{!swiglu}module FeedForward {
{!swiglu}  gate_proj = Linear(width, hidden, bias = $gate_bias)
{!swiglu}  up_proj = Linear(width, hidden, bias = $up_bias)
{!swiglu}  down_proj = Linear(hidden, width, bias = $down_bias)
{!swiglu}
{!swiglu}  fn (x: f32[B, T, width]) -> f32[B, T, width] {
{!swiglu}    return down_proj($activation(gate_proj(x)) * up_proj(x))
{!swiglu}  }
{!swiglu}}

module Layer {
{!post_norm}  input_layernorm = $norm
  self_attn = Attention()
  post_attention_layernorm = $norm
{swiglu}  mlp = SwiGLU(width, hidden$swiglu_bias)
{!swiglu}  mlp = FeedForward()
{post_norm}  post_feedforward_layernorm = $norm

  fn (x: f32[B, T, width], cosines, sines) -> f32[B, T, width] {
{!post_norm}    let x = x + self_attn(input_layernorm(x), cosines, sines)
{!post_norm}    return x + mlp(post_attention_layernorm(x))
{post_norm}    let x = x + post_attention_layernorm(self_attn(x, cosines, sines))
{post_norm}    return x + post_feedforward_layernorm(mlp(x))
  }
}

module Decoder {
  embed_tokens = Embedding(vocab, width, init = normal(0.02))
  layers = repeat(layers, Layer())
  norm = $norm

  fn (tokens: i32[B, T]) -> f32[B, T, width] {
    let cosines, sines = rotary_tables(T, depth, $rope_arguments)
{!gemma}    return norm(layers(embed_tokens(tokens), cosines, sines))
{gemma}    let x = embed_tokens(tokens) * sqrt(width)
{gemma}    return norm(layers(x, cosines, sines))
  }
}

model $name {
  model = Decoder()
  lm_head = Linear(width, vocab, bias = false, init = normal(0.02))
{tied}  tie lm_head.weight = model.embed_tokens.weight

  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    return lm_head(model(tokens))
  }
}
)stator";

namespace {
/// In what the families differ before their configs are looked at.
struct Traits {
  const char *Name;    ///< of the model
  const char *Heading; ///< of the file
  bool QkvBias = false, OutBias = false, MlpBias = false;
  bool HeadNorms = false, WidthNorms = false;
  bool PostNorm = false;
  bool Gemma = false;
  // Where the config does not say it, as in Hugging Face's library.
  bool Tied = false;
  double Eps = 1e-6;
  int64_t Context = 2048;
  std::optional<int64_t> KvHeads = std::nullopt; ///< none: all heads
  std::optional<int64_t> Depth = std::nullopt;   ///< none: width / heads
  std::optional<int64_t> Window = std::nullopt;
};
} // namespace

static ModelDescription describe(ConfigReader &Config, const Traits &Family) {
  ModelText Text;
  Text.heading(Family.Heading);
  Text.heading("Parameters are called as in the checkpoint.");
  int64_t Width = Config.size({"hidden_size"});
  int64_t Heads = Config.size({"num_attention_heads"});
  // A null stands for the number of heads in all families.
  int64_t KvHeads =
      Config.size({"num_key_value_heads"}, Config.lacks("num_key_value_heads")
                                               ? Family.KvHeads.value_or(Heads)
                                               : Heads);
  int64_t Context = Config.size({"max_position_embeddings"}, Family.Context);
  bool HasDepth =
      Config.has("head_dim") || (Family.Depth && Config.lacks("head_dim"));
  if (!HasDepth)
    Config.requireMultiple("hidden_size", Width, "num_attention_heads", Heads);
  int64_t Depth =
      Config.size({"head_dim"}, HasDepth ? Family.Depth
                                         : std::max<int64_t>(Width / Heads, 1));
  Config.requireMultiple("num_attention_heads", Heads, "num_key_value_heads",
                         KvHeads);
  Config.requireMultiple("the size of a head", Depth, "2,", 2);
  Text.size("vocab", Config.size({"vocab_size"}));
  Text.size("context", Context, "the longest sequence");
  Text.size("layers", Config.size({"num_hidden_layers"}));
  Text.size("heads", Heads);
  Text.size("kv_heads", KvHeads, "key and value heads");
  Text.size("width", Width);
  Text.size("depth", Depth, "of a head");
  Text.size("hidden", Config.size({"intermediate_size"}));
  Text.number("eps", Config.positive({"rms_norm_eps"}, Family.Eps));
  describeRotary(Config, Text);
  refusePartialRotary(Config);
  describeWindow(Config, Text, Family.Window);

  auto Boolean = [](bool Value) { return Value ? "true" : "false"; };
  std::string Activation = Config.activation({"hidden_act"}, "silu");
  if (Family.Gemma) // whatever hidden_act says, the checkpoints were trained so
    Activation = Config.activation({"hidden_activation"}, "gelu_pytorch_tanh");
  bool Tied = Config.flag({"tie_word_embeddings"}, Family.Tied);
  Text.flag("gemma", Family.Gemma);
  Text.flag("head_norms", Family.HeadNorms);
  Text.flag("width_norms", Family.WidthNorms);
  Text.flag("post_norm", Family.PostNorm);
  // Of a file that says it for each matrix, what it says.
  auto Bias = [&](const char *Key, bool Default) {
    return Config.flag({Key}, Default);
  };
  bool Gate = Bias("gate_proj.bias", Family.MlpBias);
  bool Up = Bias("up_proj.bias", Family.MlpBias);
  bool Down = Bias("down_proj.bias", Family.MlpBias);
  Text.flag("swiglu", Activation == "silu" && Gate == Up && Up == Down);
  Text.flag("tied", Tied);
  // The name says what is not in the names of the parameters.
  Text.text("name", Family.Gemma || Activation == "silu"
                        ? std::string(Family.Name)
                        : Family.Name + ("_" + Activation));
  Text.text("norm", Family.Gemma ? "Norm(width)" : "RMSNorm(width, eps)");
  Text.text("activation", Activation);
  Text.text("q_bias", Boolean(Bias("q_proj.bias", Family.QkvBias)));
  Text.text("k_bias", Boolean(Bias("k_proj.bias", Family.QkvBias)));
  Text.text("v_bias", Boolean(Bias("v_proj.bias", Family.QkvBias)));
  Text.text("o_bias", Boolean(Bias("o_proj.bias", Family.OutBias)));
  Text.text("gate_bias", Boolean(Gate));
  Text.text("up_bias", Boolean(Up));
  Text.text("down_bias", Boolean(Down));
  Text.text("swiglu_bias", Gate ? ", bias = true" : "");
  return describeDecoder(Text.write(Template), {Width, Heads, KvHeads, Context},
                         Tied);
}

ModelDescription describeLlama(ConfigReader &Config) {
  Traits Family{.Name = "Llama",
                .Heading = "Llama (Touvron et al. 2023): RMSNorm, rotary "
                           "positions, grouped queries, SwiGLU."};
  Family.QkvBias = Family.OutBias = Config.flag({"attention_bias"}, false);
  Family.MlpBias = Config.flag({"mlp_bias"}, false);
  if (Config.flag({"rope_interleaved"}, false))
    Config.refuse("rope_interleaved = true");
  return describe(Config, Family);
}

ModelDescription describeMistral(ConfigReader &Config) {
  Traits Family{.Name = "Mistral",
                .Heading = "Mistral (Jiang et al. 2023): a Llama, with a "
                           "window of attention in some of its checkpoints."};
  // Where the config does not say it, it is 4096; null stands for none.
  Family.Window = Config.lacks("sliding_window") ? 4096 : readWindow(Config);
  Family.Context = 131072;
  Family.KvHeads = 8;
  return describe(Config, Family);
}

/// Qwen's window is used if use_sliding_window says so, by the layers from
/// max_window_layers on, unless layer_types says by which.
static std::optional<int64_t> readQwenWindow(ConfigReader &Config) {
  if (!Config.flag({"use_sliding_window"}, false))
    return std::nullopt;
  std::optional<int64_t> Window =
      Config.lacks("sliding_window") ? 4096 : readWindow(Config);
  const nlohmann::json *First = Config.find({"max_window_layers"});
  int64_t Layers = Config.size({"num_hidden_layers"});
  if (!Window || Config.has("layer_types") || (First && *First == 0))
    return Window;
  int64_t Begin = Config.size({"max_window_layers"}, 28);
  if (Begin >= Layers)
    return std::nullopt;
  Config.refuse("use_sliding_window in some of the layers (max_window_layers "
                "= " +
                std::to_string(Begin) + ")");
  return std::nullopt;
}

ModelDescription describeQwen2(ConfigReader &Config) {
  Traits Family{.Name = "Qwen2",
                .Heading = "Qwen 2 (Yang et al. 2024): a Llama with biases on "
                           "queries, keys and values."};
  Family.QkvBias = true;
  Family.Context = 32768;
  Family.KvHeads = 32;
  Family.Window = readQwenWindow(Config);
  return describe(Config, Family);
}

ModelDescription describeQwen3(ConfigReader &Config) {
  Traits Family{.Name = "Qwen3",
                .Heading = "Qwen 3 (Yang et al. 2025): a Llama that normalises "
                           "queries and keys head by head."};
  Family.QkvBias = Family.OutBias = Config.flag({"attention_bias"}, false);
  Family.HeadNorms = true;
  Family.Context = 32768;
  Family.KvHeads = 32;
  Family.Depth = 128;
  Family.Window = readQwenWindow(Config);
  return describe(Config, Family);
}

ModelDescription describeGemma(ConfigReader &Config) {
  Traits Family{.Name = "Gemma",
                .Heading = "Gemma (Mesnard et al. 2024): scaled embeddings, "
                           "norms whose weights count from one, gated GELU."};
  Family.QkvBias = Family.OutBias = Config.flag({"attention_bias"}, false);
  Family.Gemma = true;
  Family.Tied = true;
  Family.Context = 8192;
  Family.KvHeads = 16;
  Family.Depth = 256;
  return describe(Config, Family);
}

ModelDescription describeOlmo2(ConfigReader &Config) {
  Traits Family{.Name = "Olmo2",
                .Heading = "OLMo 2 (OLMo Team 2024): norms behind the "
                           "branches, and over all queries and all keys."};
  Family.QkvBias = Family.OutBias = Config.flag({"attention_bias"}, false);
  Family.WidthNorms = Family.PostNorm = true;
  Family.Eps = 1e-5;
  return describe(Config, Family);
}

} // namespace stator
