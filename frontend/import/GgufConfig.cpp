//===- GgufConfig.cpp - The metadata of GGUF as a config ------------------===//

#include "frontend/import/GgufConfig.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/StatusMacros.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

using nlohmann::json;
using stator::runtime::GgufFile;
using stator::runtime::GgufValue;

namespace stator {

/// The number that an f32 was made of: of those that are the same in f32 the
/// one with the fewest digits, 1e-05 rather than 9.999999747378752e-06.
static double asWritten(double Number) {
  auto Single = static_cast<float>(Number);
  if (!std::isfinite(Single) || static_cast<double>(Single) != Number)
    return Number;
  char Digits[32];
  auto *End = std::to_chars(Digits, Digits + sizeof Digits, Single).ptr;
  double Result = Number;
  std::from_chars(Digits, End, Result);
  return Result;
}

static json toJson(int64_t Value) { return Value; }
static json toJson(bool Value) { return Value; }
static json toJson(double Value) { return asWritten(Value); }
static json toJson(absl::string_view Value) { return std::string(Value); }
template <typename ElementType>
static json toJson(const std::vector<ElementType> &Values) {
  json Result = json::array();
  for (const ElementType &Value : Values)
    Result.push_back(toJson(Value));
  return Result;
}

namespace {
/// A key whose value goes into the config as it is.
struct CopiedKey {
  const char *Gguf, *HuggingFace;
  bool Required = false;
};

/// A key that changes what a model computes, which is not supported unless its
/// value is one of those that change nothing.
struct NeutralKey {
  const char *Gguf;
  std::vector<double> Neutral;
};

class MetadataReader {
public:
  MetadataReader(const GgufFile &File, CheckpointSource &Source)
      : File(File), Source(Source) {}

  absl::StatusOr<const GgufArchitecture *> run();

private:
  template <typename... PartTypes>
  absl::Status error(const PartTypes &...Parts) const {
    return runtime::error(File.path(), ": ", Parts...);
  }

  /// The value of a key of the architecture; null if it is missing. Of one
  /// value for each layer, the one that all have. Remembers that the key is
  /// known.
  absl::StatusOr<json> value(const char *Key);
  absl::StatusOr<std::optional<double>> number(const char *Key);

  absl::Status checkKind() const;
  absl::Status copyKeys();
  absl::Status readHeadSize();
  absl::Status readWindow();
  absl::Status readScaling();
  absl::Status readDivisors(double Factor);
  absl::Status checkNeutralKeys();
  void inspectTensors();
  void warnOfUnknownKeys();

  bool isGpt2() const { return Source.Config["model_type"] == "gpt2"; }

  const GgufFile &File;
  CheckpointSource &Source;
  std::string Prefix; ///< of the keys of the architecture: "llama."
  std::set<std::string> Known;
  double Depth = 0; ///< of a head
};
} // namespace

absl::StatusOr<json> MetadataReader::value(const char *Key) {
  const std::string Whole = Prefix + Key;
  Known.insert(Whole);
  auto Found = File.values().find(Whole);
  if (Found == File.values().end())
    return json();
  json Value =
      std::visit([](const auto &Each) { return toJson(Each); }, Found->second);
  if (!Value.is_array())
    return Value;
  const auto *Layers = File.value<int64_t>(Prefix + "block_count");
  if (Value.empty() || (Layers && static_cast<size_t>(std::max<int64_t>(
                                      *Layers, 0)) != Value.size()))
    return error(Whole, " has ", Value.size(), " values for ",
                 Layers ? *Layers : 0, " layers");
  for (const json &Each : Value)
    if (Each != Value.front())
      return error(Whole, " differs from layer to layer (",
                   describeValue(Value.front()), " and ", describeValue(Each),
                   "), which is not supported");
  return Value.front();
}

absl::StatusOr<std::optional<double>> MetadataReader::number(const char *Key) {
  STATOR_ASSIGN_OR_RETURN(json Value, value(Key));
  if (Value.is_null())
    return std::nullopt;
  if (Value.is_boolean())
    return Value.get<bool>() ? 1.0 : 0.0;
  if (!Value.is_number() || !std::isfinite(Value.get<double>()))
    return error(Prefix, Key, " should be a finite number, but is ",
                 describeValue(Value));
  return Value.get<double>();
}

/// Error: the file is not a whole model.
absl::Status MetadataReader::checkKind() const {
  if (const auto *Type = File.value<absl::string_view>("general.type");
      Type && *Type != "model")
    return error("general.type is ", describeValue(json(std::string(*Type))),
                 "; only models can be imported");
  if (const auto *Count = File.value<int64_t>("split.count");
      Count && *Count > 1)
    return error("the file is one of ", *Count,
                 " parts of a model\nhint: join them by llama-gguf-split "
                 "--merge");
  return absl::OkStatus();
}

absl::Status MetadataReader::copyKeys() {
  std::vector<CopiedKey> Keys = {
      {"context_length", "max_position_embeddings", true},
      {"embedding_length", "hidden_size", true},
      {"block_count", "num_hidden_layers", true},
      {"attention.head_count", "num_attention_heads", true},
      {"attention.head_count_kv", "num_key_value_heads"},
      {"feed_forward_length", "intermediate_size", true},
      {"attention.layer_norm_rms_epsilon", "rms_norm_eps", true},
      {"rope.freq_base", "rope_theta"},
  };
  if (isGpt2())
    Keys = {
        {"context_length", "n_positions", true},
        {"embedding_length", "n_embd", true},
        {"block_count", "n_layer", true},
        {"attention.head_count", "n_head", true},
        {"feed_forward_length", "n_inner", true},
        {"attention.layer_norm_epsilon", "layer_norm_epsilon", true},
    };
  for (const CopiedKey &Key : Keys) {
    STATOR_ASSIGN_OR_RETURN(json Value, value(Key.Gguf));
    Source.ConfigKeys[Key.HuggingFace] = Prefix + Key.Gguf;
    // Whole numbers are whole in every spelling.
    if (Value.is_number_float() && std::abs(Value.get<double>()) < 1e15 &&
        Value.get<double>() == std::floor(Value.get<double>()))
      Value = static_cast<int64_t>(Value.get<double>());
    if (!Value.is_null())
      Source.Config[Key.HuggingFace] = Value;
    else if (Key.Required)
      return error(Prefix, Key.Gguf, " is missing; llama.cpp requires it, too");
  }
  auto Assume = [&](const char *Key, const char *Target,
                    const std::string &What) {
    if (!isGpt2() && !Source.Config.contains(Target))
      Source.Notes.push_back(Prefix + Key +
                             " is missing; as in llama.cpp, it "
                             "is " +
                             What);
  };
  Assume("attention.head_count_kv", "num_key_value_heads",
         "the number of heads");
  Assume("rope.freq_base", "rope_theta", "10000");
  if (!isGpt2() && !Source.Config.contains("num_key_value_heads"))
    Source.Config["num_key_value_heads"] = Source.Config["num_attention_heads"];
  return absl::OkStatus();
}

/// Channels of a head: all of them are turned, and values have as many as keys.
absl::Status MetadataReader::readHeadSize() {
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Width,
                          number("embedding_length"));
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Heads,
                          number("attention.head_count"));
  STATOR_ASSIGN_OR_RETURN(json Given, value("attention.key_length"));
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Keys,
                          number("attention.key_length"));
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Values,
                          number("attention.value_length"));
  double Usual = Width && Heads && *Heads > 0 ? *Width / *Heads : 0;
  Depth = Keys.value_or(Usual);
  if (Values && *Values != Depth)
    return error(Prefix, "attention.value_length is ", *Values,
                 ", but the keys of a head have ", Depth,
                 " channels; different sizes are not supported");
  if (isGpt2()) {
    STATOR_ASSIGN_OR_RETURN(std::optional<double> KvHeads,
                            number("attention.head_count_kv"));
    if (KvHeads && KvHeads != Heads)
      return error(Prefix, "attention.head_count_kv is ", *KvHeads,
                   ", but there are ", Heads.value_or(0),
                   " heads; groups of heads are not supported in gpt2");
    if (Depth != Usual)
      return error(Prefix, "attention.key_length is ", Depth,
                   ", which is not supported in gpt2; expected ", Usual);
    return absl::OkStatus();
  }
  if (!Given.is_null()) {
    Source.Config["head_dim"] = Given;
    Source.ConfigKeys["head_dim"] = Prefix + "attention.key_length";
  }
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Rotary,
                          number("rope.dimension_count"));
  if (Rotary && *Rotary != Depth)
    return error(Prefix, "rope.dimension_count is ", *Rotary,
                 ", but a head has ", Depth,
                 " channels; turning a part of them is not supported in this "
                 "architecture");
  return absl::OkStatus();
}

/// A window is that of all layers. None is as long as the context.
absl::Status MetadataReader::readWindow() {
  STATOR_ASSIGN_OR_RETURN(json Window, value("attention.sliding_window"));
  if (Window.is_null() || Window == 0)
    return absl::OkStatus();
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Context,
                          number("context_length"));
  if (Window.is_number() && Context && Window.get<double>() >= *Context)
    return absl::OkStatus();
  if (isGpt2())
    return error(Prefix, "attention.sliding_window = ", describeValue(Window),
                 " is not supported in gpt2");
  if (Source.Config["model_type"] == "llama")
    Source.Config["model_type"] = "mistral";
  Source.Config["sliding_window"] = Window;
  Source.Config["use_sliding_window"] = true; // of Qwen
  Source.Config["max_window_layers"] = 0;
  Source.ConfigKeys["sliding_window"] = Prefix + "attention.sliding_window";
  return absl::OkStatus();
}

/// How rotary positions are scaled: by rope.scaling.factor, or its old name
/// rope.scale_linear; linearly where no type is given.
absl::Status MetadataReader::readScaling() {
  STATOR_ASSIGN_OR_RETURN(json Type, value("rope.scaling.type"));
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Factor,
                          number("rope.scaling.factor"));
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Old,
                          number("rope.scale_linear"));
  if (!Type.is_null() && Type != "none" && Type != "linear")
    return error(Prefix, "rope.scaling.type = ", describeValue(Type),
                 " is not supported; supported are \"none\" and \"linear\"");
  const char *Key = Factor ? "rope.scaling.factor" : "rope.scale_linear";
  double Scale = Factor ? *Factor : Old.value_or(0);
  if (Scale < 0)
    return error(Prefix, Key, " is ", Scale, "; expected a number above 0");
  if (Scale == 0) // as llama.cpp has it
    Scale = 1;
  if (Type == "none" && Scale != 1) {
    Source.Notes.push_back(absl::StrCat(Prefix, Key, " = ", Scale,
                                        " changes nothing, since ", Prefix,
                                        "rope.scaling.type is \"none\""));
    Scale = 1;
  }
  if (Type.is_null() && Scale != 1)
    Source.Notes.push_back(absl::StrCat(
        Prefix,
        "rope.scaling.type is missing; as in llama.cpp, positions are "
        "scaled linearly, by ",
        Prefix, Key, " = ", Scale));
  if (Scale != 1)
    Source.Config["rope_scaling"] = {{"rope_type", "linear"},
                                     {"factor", Scale}};
  return readDivisors(Scale);
}

/// The config's rope_scaling for the divisors of frequencies that GGUF keeps
/// instead: those of Llama 3.1, with the numbers that its models have. None:
/// they are others.
static std::optional<json> explainDivisors(const std::vector<float> &Divisors,
                                           double Base, double Original) {
  constexpr double Low = 1, High = 4, Pi = 3.14159265358979;
  float Factor = 1;
  for (float Each : Divisors)
    Factor = std::max(Factor, Each);
  double Depth = 2 * static_cast<double>(Divisors.size());
  for (size_t I = 0; I < Divisors.size(); ++I) {
    double Turns = Original / (2 * Pi) *
                   std::pow(Base, -2 * static_cast<double>(I) / Depth);
    double Kept = std::clamp((Turns - Low) / (High - Low), 0.0, 1.0);
    double Expected = 1 / (Kept + (1 - Kept) / static_cast<double>(Factor));
    if (!(std::abs(Divisors[I] - Expected) <= 1e-3 * Expected))
      return std::nullopt;
  }
  return json{{"rope_type", "llama3"},
              {"factor", Factor},
              {"low_freq_factor", Low},
              {"high_freq_factor", High},
              {"original_max_position_embeddings", Original}};
}

absl::Status MetadataReader::readDivisors(double Factor) {
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Base, number("rope.freq_base"));
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Original,
                          number("rope.scaling.original_context_length"));
  const runtime::GgufTensor *Tensor = File.find("rope_freqs.weight");
  if (!Tensor)
    return absl::OkStatus();
  std::optional<json> Scaling;
  std::vector<float> Divisors;
  if (Tensor->Type == "F32" && Tensor->Shape.size() == 1) {
    Divisors.resize(Tensor->Size / sizeof(float));
    std::memcpy(Divisors.data(), Tensor->Bytes, Tensor->Size);
    if (2 * static_cast<double>(Divisors.size()) != Depth)
      return error("rope_freqs.weight has ", Divisors.size(),
                   " divisors; a head of ", Depth, " channels has ", Depth / 2);
    if (llvm::all_of(Divisors, [](float Each) { return Each == 1; }))
      return absl::OkStatus();
    Scaling = explainDivisors(Divisors, Base.value_or(10000.0),
                              Original.value_or(8192));
  }
  if (!Scaling)
    return error("rope_freqs.weight is not the scaling of Llama 3.1, which is "
                 "the only one that is supported");
  if (Factor != 1)
    return error("positions are scaled twice, by rope_freqs.weight and by a "
                 "factor of ",
                 Factor, ", which is not supported");
  Source.Config["rope_scaling"] = *Scaling;
  return absl::OkStatus();
}

absl::Status MetadataReader::checkNeutralKeys() {
  const std::vector<double> Never;
  const NeutralKey Keys[] = {
      {"attention.causal", {1}},
      {"attention.clamp_kqv", {0}},
      {"attention.max_alibi_bias", {0}},
      {"attention.scale", {0, 1 / std::sqrt(Depth)}},
      {"attention.output_scale", {0, 1}},
      {"attention.temperature_scale", {0}},
      {"attention.temperature_length", {0}},
      {"attention.sliding_window_pattern", Never},
      {"attention.chunk_size", {0}},
      {"attention.key_length_mla", {0}},
      {"attention.value_length_mla", {0}},
      {"attention.key_length_swa", {Depth}},
      {"attention.value_length_swa", {Depth}},
      {"attention.q_lora_rank", {0}},
      {"attention.kv_lora_rank", {0}},
      {"attention.relative_buckets_count", {0}},
      {"attn_logit_softcapping", {0}},
      {"final_logit_softcapping", {0}},
      {"router_logit_softcapping", {0}},
      {"logit_scale", {0, 1}},
      {"residual_scale", {0, 1}},
      {"embedding_scale", {0, 1}},
      {"swin_norm", {0}},
      {"use_parallel_residual", {0}},
      {"parallel_residual", {0}},
      {"expert_count", {0}},
      {"expert_used_count", {0}},
      {"expert_shared_count", {0}},
      {"expert_group_count", {0}},
      {"expert_feed_forward_length", {0}},
      {"expert_shared_feed_forward_length", {0}},
      {"moe_every_n_layers", {0}},
      {"interleave_moe_layer_step", {0}},
      {"leading_dense_block_count", {0}},
      {"nextn_predict_layers", {0}},
      {"token_shift_count", {0}},
      {"decoder_block_count", {0}},
      {"deepstack_layer_count", {0}},
      {"hidden_activation", Never},
      {"rope.dimension_sections", {0}},
      {"rope.dimension_count_swa", {Depth}},
      {"rope.freq_base_swa", Never},
      {"rope.scaling.attn_factor", {0, 1}},
      {"rope.scaling.alpha", {0, 1}},
      {"rope.scaling.yarn_log_multiplier", {0}},
      {"rope.scaling.yarn_ext_factor", {0}},
      {"rope.scaling.yarn_attn_factor", {0, 1}},
  };
  for (const NeutralKey &Key : Keys) {
    const std::string Whole = Prefix + Key.Gguf;
    Known.insert(Whole);
    auto Found = File.values().find(Whole);
    if (Found == File.values().end())
      continue;
    json Value = std::visit([](const auto &Each) { return toJson(Each); },
                            Found->second);
    auto ChangesNothing = [&](const json &Each) {
      double Number = Each.is_boolean()  ? static_cast<double>(Each.get<bool>())
                      : Each.is_number() ? Each.get<double>()
                                         : NAN;
      return llvm::any_of(Key.Neutral, [&](double Neutral) {
        return std::abs(Number - Neutral) <= 1e-6 * std::abs(Neutral);
      });
    };
    bool Harmless = Value.is_array() ? llvm::all_of(Value, ChangesNothing)
                                     : ChangesNothing(Value);
    if (!Harmless)
      return error(Whole, " = ", describeValue(Value), " is not supported");
  }
  return absl::OkStatus();
}

/// What only the tensors say: which projections have biases, and whether the
/// head is a matrix of its own.
void MetadataReader::inspectTensors() {
  json &Config = Source.Config;
  if (const auto *Tokens =
          File.value<std::vector<absl::string_view>>("tokenizer.ggml.tokens"))
    Config["vocab_size"] = Tokens->size();
  if (const runtime::GgufTensor *Table = File.find("token_embd.weight"))
    Config["vocab_size"] = Table->Shape[0]; // which padding may enlarge
  Config["tie_word_embeddings"] = File.find("output.weight") == nullptr;
  for (const auto &[Tensor, Module] :
       {std::pair("attn_q", "q_proj"), std::pair("attn_k", "k_proj"),
        std::pair("attn_v", "v_proj"), std::pair("attn_output", "o_proj"),
        std::pair("ffn_gate", "gate_proj"), std::pair("ffn_up", "up_proj"),
        std::pair("ffn_down", "down_proj")})
    if (!isGpt2())
      Config[absl::StrCat(Module, ".bias")] =
          File.find(absl::StrCat("blk.0.", Tensor, ".bias")) != nullptr;
}

/// Keys that this has never heard of may change what the model computes.
void MetadataReader::warnOfUnknownKeys() {
  for (const char *Irrelevant :
       {"vocab_size", "tensor_data_layout", "pooling_type",
        "rope.scaling.finetuned", "rope.scaling.original_context_length",
        "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow",
        "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon",
        "expert_weights_scale", "expert_weights_norm", "expert_gating_func"})
    Known.insert(Prefix + Irrelevant);
  for (const auto &[Key, Value] : File.values())
    if (absl::StartsWith(Key, Prefix) && !Known.count(Key))
      Source.Warnings.push_back(absl::StrCat(
          File.path(), ": ", Key, " = ",
          describeValue(
              std::visit([](const auto &Each) { return toJson(Each); }, Value)),
          " is unknown and was ignored; if it changes what the model "
          "computes, results will be wrong"));
}

absl::StatusOr<const GgufArchitecture *> MetadataReader::run() {
  STATOR_RETURN_IF_ERROR(checkKind());
  const auto *Name = File.value<absl::string_view>("general.architecture");
  const GgufArchitecture *Arch =
      Name ? findGgufArchitecture({Name->data(), Name->size()}) : nullptr;
  if (!Arch)
    return error("general.architecture ",
                 Name ? describeValue(json(std::string(*Name))) : "is missing",
                 Name ? " is not supported; supported are "
                      : "; supported are ",
                 listGgufArchitectures());
  Prefix = std::string(Arch->Name) + ".";
  Source.Config = {{"model_type", Arch->ModelType}};
  STATOR_RETURN_IF_ERROR(copyKeys());
  STATOR_RETURN_IF_ERROR(readHeadSize());
  STATOR_RETURN_IF_ERROR(readWindow());
  if (!isGpt2())
    STATOR_RETURN_IF_ERROR(readScaling());
  STATOR_RETURN_IF_ERROR(checkNeutralKeys());
  inspectTensors();
  warnOfUnknownKeys();
  return Arch;
}

absl::StatusOr<const GgufArchitecture *>
readGgufConfig(const GgufFile &File, CheckpointSource &Source) {
  return MetadataReader(File, Source).run();
}

} // namespace stator
