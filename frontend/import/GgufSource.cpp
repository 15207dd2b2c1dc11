//===- GgufSource.cpp - GGUF files ----------------------------------------===//
//
// The key-value pairs of a GGUF file are turned into the config.json that the
// model was converted from, and its tensors are called as they were there.
//
//===----------------------------------------------------------------------===//

#include "frontend/import/CheckpointSource.h"
#include "frontend/import/ConfigReader.h"
#include "frontend/import/GgufNames.h"
#include "frontend/import/GgufTokenizer.h"
#include "runtime/core/Gguf.h"
#include "runtime/core/StatusMacros.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <charconv>
#include <cmath>
#include <cstring>

using llvm::StringRef;
using nlohmann::json;
using stator::runtime::GgufFile;

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

namespace {
/// Reads the pairs of one architecture, "llama.block_count" and so on.
class Pairs {
public:
  Pairs(const GgufFile &File, std::string Prefix)
      : File(File), Prefix(std::move(Prefix)) {}

  /// Copies a number into `Config`. It is checked there like any other.
  void copy(const char *Key, json &Config, const char *Target) const {
    if (const auto *Whole = File.value<int64_t>(Prefix + Key))
      Config[Target] = *Whole;
    else if (const auto *Number = File.value<double>(Prefix + Key))
      Config[Target] = asWritten(*Number);
    else if (const auto *Text = File.value<absl::string_view>(Prefix + Key))
      Config[Target] = std::string(*Text); // refused, not taken for missing
  }
  /// A number, or `Default`.
  double number(const char *Key, double Default) const {
    if (const auto *Whole = File.value<int64_t>(Prefix + Key))
      return static_cast<double>(*Whole);
    const auto *Number = File.value<double>(Prefix + Key);
    return Number ? *Number : Default;
  }

private:
  const GgufFile &File;
  std::string Prefix;
};
} // namespace

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

/// Writes the config and gives the architecture. Errors: one that is not read;
/// a scaling of positions that has no counterpart.
static absl::StatusOr<const GgufArchitecture *> readConfig(const GgufFile &File,
                                                           json &Config) {
  const auto *Name = File.value<absl::string_view>("general.architecture");
  const GgufArchitecture *Arch =
      Name ? findGgufArchitecture({Name->data(), Name->size()}) : nullptr;
  if (!Arch)
    return runtime::error(File.path(), ": general.architecture ",
                          Name ? describeValue(json(std::string(*Name)))
                               : "is missing",
                          Name ? " is not known; known are " : "; known are ",
                          listGgufArchitectures());
  Config = {{"model_type", Arch->ModelType}};
  Pairs Values(File, std::string(Arch->Name) + ".");
  Values.copy("context_length", Config, "max_position_embeddings");
  Values.copy("embedding_length", Config, "hidden_size");
  Values.copy("block_count", Config, "num_hidden_layers");
  Values.copy("attention.head_count", Config, "num_attention_heads");
  Values.copy("attention.head_count_kv", Config, "num_key_value_heads");
  Values.copy("attention.key_length", Config, "head_dim");
  Values.copy("attention.layer_norm_rms_epsilon", Config, "rms_norm_eps");
  Values.copy("attention.layer_norm_epsilon", Config, "layer_norm_epsilon");
  Values.copy("attention.sliding_window", Config, "sliding_window");
  Values.copy("rope.freq_base", Config, "rope_theta");
  Values.copy("expert_count", Config, "num_local_experts");
  Values.copy("feed_forward_length", Config,
              Config["model_type"] == "gpt2" ? "n_inner" : "intermediate_size");
  // Numbers of each layer, and channels of values that are not those of keys,
  // have no place in the configs of these families.
  const std::string Prefix = std::string(Arch->Name) + ".";
  for (const char *Key : {"attention.head_count", "attention.head_count_kv",
                          "feed_forward_length"})
    if (File.value<std::vector<int64_t>>(Prefix + Key))
      return runtime::error(File.path(), ": ", Prefix, Key,
                            " differs from layer to layer, which is not "
                            "supported");
  double Depth = Values.number("attention.key_length", 0);
  if (Values.number("attention.value_length", Depth) != Depth)
    return runtime::error(File.path(), ": ", Prefix,
                          "attention.value_length is not "
                          "attention.key_length, which is not supported");
  if (const auto *Tokens =
          File.value<std::vector<absl::string_view>>("tokenizer.ggml.tokens"))
    Config["vocab_size"] = Tokens->size();
  if (const runtime::GgufTensor *Table = File.find("token_embd.weight"))
    Config["vocab_size"] = Table->Shape[0]; // which padding may enlarge
  Config["tie_word_embeddings"] = File.find("output.weight") == nullptr;
  Config["attention_bias"] = File.find("blk.0.attn_q.bias") != nullptr;
  Config["mlp_bias"] = File.find("blk.0.ffn_gate.bias") != nullptr;

  double Base = Values.number("rope.freq_base", 10000.0);
  if (const auto *Kind =
          File.value<absl::string_view>(Prefix + "rope.scaling.type");
      Kind && *Kind != "none") {
    Config["rope_scaling"] = {
        {"rope_type", std::string(*Kind)},
        {"factor", Values.number("rope.scaling.factor", 1.0)}};
  }
  double Width = Values.number("embedding_length", 0);
  double Heads = Values.number("attention.head_count", 1);
  double Rotary = Values.number("rope.dimension_count", 0);
  if (Rotary != 0 && Rotary != (Depth != 0 ? Depth : Width / Heads))
    return runtime::error(File.path(), ": ", Prefix,
                          "rope.dimension_count is not the size of a head, "
                          "which is not supported in this family");
  if (const runtime::GgufTensor *Divisors = File.find("rope_freqs.weight")) {
    std::optional<json> Scaling;
    if (Divisors->Type == "F32" && Divisors->Shape.size() == 1) {
      double Original =
          Values.number("rope.scaling.original_context_length", 8192);
      std::vector<float> Floats(Divisors->Size / sizeof(float));
      std::memcpy(Floats.data(), Divisors->Bytes, Divisors->Size);
      Scaling = explainDivisors(Floats, Base, Original);
    }
    if (!Scaling)
      return runtime::error(File.path(),
                            ": rope_freqs.weight is not the scaling of Llama "
                            "3.1, which is the only one that is supported");
    Config["rope_scaling"] = *Scaling;
  }
  return Arch;
}

absl::StatusOr<CheckpointSource> readGguf(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(GgufFile Opened, GgufFile::open(Path));
  auto File = std::make_shared<GgufFile>(std::move(Opened));
  CheckpointSource Source;
  Source.ConfigName = Path;
  STATOR_ASSIGN_OR_RETURN(const GgufArchitecture *Arch,
                          readConfig(*File, Source.Config));
  Source.HasWeights = true;
  auto Count = [&](const char *Key, int64_t Default) {
    auto Found = Source.Config.find(Key);
    return Found != Source.Config.end() && Found->is_number_integer()
               ? std::max<int64_t>(Found->get<int64_t>(), 1)
               : Default;
  };
  int64_t Heads = Count("num_attention_heads", 1);
  int64_t KvHeads = Count("num_key_value_heads", Heads);
  for (const runtime::GgufTensor &Each : File->tensors()) {
    if (Each.Name == "rope_freqs.weight")
      continue; // in the config
    TensorSource Tensor;
    Tensor.Name = huggingFaceName(*Arch, Each.Name);
    Tensor.File = Path;
    Tensor.Dtype = Each.Type;
    Tensor.Shape = Each.Shape;
    Tensor.Bytes = Each.Bytes;
    Tensor.Size = Each.Size;
    StringRef Name = Tensor.Name;
    bool Query = Name.contains("self_attn.q_proj.");
    if (Arch->TurnsPairs && (Query || Name.contains("self_attn.k_proj."))) {
      Tensor.Order = RowOrder::PairsToHalves;
      Tensor.Heads = Query ? Heads : KvHeads;
      // Rows that are not two for each head are of another shape than asked
      // for, which is found out later.
      if (Tensor.Shape[0] % (2 * Tensor.Heads) != 0)
        Tensor.Order = RowOrder::Kept;
    }
    // GPT-2's own layout has the matrices the other way around.
    Tensor.Transposed = Source.Config["model_type"] == "gpt2" &&
                        Tensor.Shape.size() == 2 && Name.contains(".c_");
    Source.Tensors.push_back(std::move(Tensor));
  }
  Source.Files = File;
  auto Token = [&](const char *Key) -> std::optional<int64_t> {
    const auto *Id = File->value<int64_t>(std::string("tokenizer.ggml.") + Key);
    return Id && *Id >= 0 && *Id <= INT32_MAX ? std::optional(*Id)
                                              : std::nullopt;
  };
  Source.Generation.Bos = Token("bos_token_id");
  for (const char *Key : {"eos_token_id", "eot_token_id"})
    if (std::optional<int64_t> Id = Token(Key);
        Id && !llvm::is_contained(Source.Generation.Eos, *Id))
      Source.Generation.Eos.push_back(*Id);
  if (const auto *Add = File->value<bool>("tokenizer.ggml.add_bos_token"))
    Source.Generation.AddBos = *Add;
  STATOR_ASSIGN_OR_RETURN(Source.Tokenizer, readGgufTokenizer(*File));
  return Source;
}

} // namespace stator
