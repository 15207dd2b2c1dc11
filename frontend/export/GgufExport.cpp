//===- GgufExport.cpp - A known model as GGUF -----------------------------===//

#include "frontend/export/GgufExport.h"
#include "frontend/export/TokenizerExport.h"
#include "frontend/import/GgufNames.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Gguf.h"
#include "runtime/core/StatusMacros.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cmath>

using llvm::StringRef;
using nlohmann::json;

namespace stator {

/// Divisors of the frequencies of rotary positions that Llama 3.1's scaling
/// amounts to, one for each pair of channels.
static std::vector<float> divisors(const json &Scaling, double Base,
                                   int64_t Depth) {
  constexpr double Pi = 3.14159265358979;
  auto Number = [&](const char *Key) { return Scaling[Key].get<double>(); };
  double Factor = Number("factor"), Low = Number("low_freq_factor"),
         High = Number("high_freq_factor"),
         Original = Number("original_max_position_embeddings");
  std::vector<float> Result;
  for (int64_t I = 0; I < Depth / 2; ++I) {
    double Turns = Original / (2 * Pi) *
                   std::pow(Base, -2.0 * static_cast<double>(I) /
                                      static_cast<double>(Depth));
    double Kept = std::clamp((Turns - Low) / (High - Low), 0.0, 1.0);
    Result.push_back(static_cast<float>(1 / (Kept + (1 - Kept) / Factor)));
  }
  return Result;
}

namespace {
/// The numbers of a config that GGUF has keys for. All are there: the config
/// has been imported.
class Keys {
public:
  Keys(const KnownModel &Model, runtime::GgufWriter &Writer,
       const std::string &Prefix)
      : Config(Model.Config), Writer(Writer), Prefix(Prefix) {}

  void whole(const char *Key, const char *From) {
    Writer.whole(Prefix + Key, static_cast<uint32_t>(number(From)));
  }
  void number(const char *Key, const char *From) {
    Writer.number(Prefix + Key, static_cast<float>(number(From)));
  }
  double number(const char *From) const {
    auto Found = Config.find(From);
    return Found != Config.end() && Found->is_number() ? Found->get<double>()
                                                       : 0;
  }

private:
  const nlohmann::ordered_json &Config;
  runtime::GgufWriter &Writer;
  std::string Prefix;
};
} // namespace

/// The keys of GPT-2.
static absl::Status addGpt2(const KnownModel &Model,
                            runtime::GgufWriter &Writer) {
  if (Model.Config["activation_function"] != "gelu_new")
    return runtime::error("GGUF's gpt2 has the activation gelu_new only; this "
                          "model has ",
                          Model.Config["activation_function"].dump(),
                          "\nhint: --format huggingface has both");
  Keys Pairs(Model, Writer, "gpt2.");
  Pairs.whole("context_length", "n_positions");
  Pairs.whole("embedding_length", "n_embd");
  Pairs.whole("block_count", "n_layer");
  Pairs.whole("attention.head_count", "n_head");
  Writer.whole("gpt2.feed_forward_length",
               static_cast<uint32_t>(Model.Config["n_inner"].is_number()
                                         ? Pairs.number("n_inner")
                                         : 4 * Pairs.number("n_embd")));
  Pairs.number("attention.layer_norm_epsilon", "layer_norm_epsilon");
  return absl::OkStatus();
}

/// The keys of Llama.
static absl::Status addLlama(const KnownModel &Model, int64_t Depth,
                             runtime::GgufWriter &Writer) {
  if (Model.Config["hidden_act"] != "silu")
    return runtime::error("GGUF's llama has the activation silu only; this "
                          "model has ",
                          Model.Config["hidden_act"].dump());
  Keys Pairs(Model, Writer, "llama.");
  Pairs.whole("vocab_size", "vocab_size");
  Pairs.whole("context_length", "max_position_embeddings");
  Pairs.whole("embedding_length", "hidden_size");
  Pairs.whole("block_count", "num_hidden_layers");
  Pairs.whole("feed_forward_length", "intermediate_size");
  Pairs.whole("attention.head_count", "num_attention_heads");
  Pairs.whole("attention.head_count_kv", "num_key_value_heads");
  Pairs.number("attention.layer_norm_rms_epsilon", "rms_norm_eps");
  Pairs.number("rope.freq_base", "rope_theta");
  for (const char *Key : {"rope.dimension_count", "attention.key_length",
                          "attention.value_length"})
    Writer.whole(std::string("llama.") + Key, static_cast<uint32_t>(Depth));
  if (const auto &Scaling = Model.Config["rope_scaling"];
      Scaling.is_object() && Scaling["rope_type"] == "linear") {
    Writer.text("llama.rope.scaling.type", "linear");
    Writer.number("llama.rope.scaling.factor", Scaling["factor"].get<float>());
  }
  return absl::OkStatus();
}

absl::Status writeGguf(const KnownModel &Model,
                       const std::optional<runtime::TokenizerFiles> &Tokenizer,
                       const std::string &Path,
                       std::vector<std::string> &Notes) {
  const auto &Config = Model.Config;
  bool Llama = Config["model_type"] == "llama";
  const GgufArchitecture &Arch =
      *findGgufArchitecture(Llama ? "llama" : "gpt2");
  int64_t Heads = 0, KvHeads = 0, Depth = 0;
  runtime::GgufWriter Writer;
  Writer.text("general.architecture", Arch.Name);
  Writer.text("general.name", Model.Name);
  if (Llama) {
    Heads = Config["num_attention_heads"].get<int64_t>();
    KvHeads = Config["num_key_value_heads"].get<int64_t>();
    Depth = Config.contains("head_dim")
                ? Config["head_dim"].get<int64_t>()
                : Config["hidden_size"].get<int64_t>() / Heads;
    STATOR_RETURN_IF_ERROR(addLlama(Model, Depth, Writer));
  } else {
    STATOR_RETURN_IF_ERROR(addGpt2(Model, Writer));
  }
  STATOR_RETURN_IF_ERROR(addGgufTokenizer(Tokenizer, Model, Writer, Notes));

  // Vectors are f32 there whatever the matrices are.
  std::vector<TensorSource> Tensors = Model.Tensors;
  bool Half = false, Brain = false;
  for (TensorSource &Tensor : Tensors) {
    StringRef Name = Tensor.Name;
    if (Llama && (Name.contains("q_proj.") || Name.contains("k_proj."))) {
      Tensor.Order = RowOrder::HalvesToPairs;
      Tensor.Heads = Name.contains("q_proj.") ? Heads : KvHeads;
    }
    // Those of char_gpt are the right way around as they are.
    if (!Llama && Tensor.Shape.size() == 2 && Name.contains(".c_"))
      Tensor.Transposed = !Tensor.Transposed;
    Half = Half || Tensor.outputDtype() == "F16";
    Brain = Brain || Tensor.outputDtype() == "BF16";
    Writer.tensor(ggufName(Arch, Tensor.Name),
                  Tensor.Shape.size() == 1 ? "F32" : Tensor.outputDtype(),
                  Tensor.outputShape());
  }
  Writer.whole("general.file_type", Brain ? 32 : Half ? 1 : 0);
  std::vector<float> Divisors;
  if (Llama && Config["rope_scaling"].is_object() &&
      Config["rope_scaling"]["rope_type"] == "llama3") {
    Writer.whole("llama.rope.scaling.original_context_length",
                 Config["rope_scaling"]["original_max_position_embeddings"]
                     .get<uint32_t>());
    Divisors = divisors(json(Config["rope_scaling"]),
                        Config["rope_theta"].get<double>(), Depth);
    Writer.tensor("rope_freqs.weight", "F32",
                  {static_cast<int64_t>(Divisors.size())});
  }

  STATOR_RETURN_IF_ERROR(Writer.begin(Path));
  for (const TensorSource &Tensor : Tensors) {
    if (Tensor.Shape.size() == 1) {
      std::vector<float> Floats = readFloats(Tensor);
      STATOR_RETURN_IF_ERROR(
          Writer.write(Floats.data(), Floats.size() * sizeof(float)));
      continue;
    }
    STATOR_RETURN_IF_ERROR(
        streamTensor(Tensor, [&](const void *Data, size_t Size) {
          return Writer.write(Data, Size);
        }));
  }
  if (!Divisors.empty())
    STATOR_RETURN_IF_ERROR(
        Writer.write(Divisors.data(), Divisors.size() * sizeof(float)));
  return Writer.commit();
}

} // namespace stator
