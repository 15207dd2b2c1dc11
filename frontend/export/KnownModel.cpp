//===- KnownModel.cpp - Which architecture a checkpoint is of -------------===//

#include "frontend/export/KnownModel.h"
#include "frontend/Frontend.h"
#include "frontend/import/Families.h"
#include "frontend/import/WeightPlan.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/ShardedSafetensors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Weights.h"
#include "llvm/ADT/StringRef.h"
#include <filesystem>

using llvm::StringRef;
using nlohmann::json;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace stator {

namespace {
/// What the tensors lie in, for as long as they are used.
struct Storage {
  runtime::SafetensorsFile File;
  std::vector<uint8_t> Zeros;
};

/// What is known of a checkpoint before its architecture is.
struct Origin {
  std::string Name; ///< of the model
  json Config;      ///< its config values
  std::string Place;
};
} // namespace

/// Reads the model's name and config from the model file of an import.
static absl::StatusOr<Origin> readModelFile(const std::string &Path) {
  mlir::MLIRContext Context;
  Context.disableMultithreading();
  FrontendOptions Options;
  Options.Mode = FrontendMode::Infer;
  Options.Time = 8;
  std::string Errors;
  llvm::raw_string_ostream OS(Errors);
  mlir::OwningOpRef<mlir::ModuleOp> Module =
      compileModel(Context, Path, Options, OS);
  if (!Module)
    return runtime::error(Path, " does not compile:\n", Errors);
  auto Text = [&](const char *Name) {
    auto Value = (*Module)->getAttrOfType<mlir::StringAttr>(Name);
    return Value ? Value.getValue().str() : std::string();
  };
  STATOR_ASSIGN_OR_RETURN(
      json Config, runtime::parseJsonObject(Text("stator.config"),
                                            "the config values of " + Path));
  return Origin{Text("stator.model"), std::move(Config), Path};
}

static absl::StatusOr<Origin> findOrigin(const runtime::SafetensorsFile &File,
                                         const std::string &Folder) {
  const auto &Metadata = File.metadata();
  auto Model = Metadata.find("model"), Config = Metadata.find("config");
  if (Model != Metadata.end() && Config != Metadata.end()) {
    STATOR_ASSIGN_OR_RETURN(
        json Values,
        runtime::parseJsonObject(
            Config->second, "\"config\" in the metadata of " + File.path()));
    return Origin{Model->second, std::move(Values), File.path()};
  }
  std::error_code Ignored;
  if (fs::exists(Folder + "/model.stator", Ignored))
    return readModelFile(Folder + "/model.stator");
  return runtime::error(File.path(), " does not say which model it is of, and "
                                     "there is no model.stator beside it");
}

/// A config value. Missing or of another kind: reports to `Problem`.
static json value(const Origin &From, const char *Key, std::string &Problem) {
  auto Found = From.Config.find(Key);
  if (Found != From.Config.end() && Found->is_number())
    return *Found;
  if (Problem.empty())
    Problem = std::string("its config has no number \"") + Key + "\"";
  return 1;
}

/// A config value that not every model has.
static json optionalValue(const Origin &From, const char *Key,
                          const json &Default) {
  auto Found = From.Config.find(Key);
  return Found != From.Config.end() && Found->is_number() ? *Found : Default;
}

/// A number that Hugging Face expects as a float.
static json real(const json &Number) {
  return Number.is_number() ? json(Number.get<double>()) : Number;
}

/// The activation that the name of a model ends with ("GPT2_relu"), or
/// `Default`, in Hugging Face's words.
static std::string activationOf(StringRef Suffix, const char *Default) {
  if (Suffix.empty())
    return Default;
  Suffix.consume_front("_");
  return Suffix == "gelu_tanh" ? "gelu_pytorch_tanh" : Suffix.str();
}

static ordered_json gpt2Config(const Origin &From, StringRef Suffix, bool Tied,
                               std::string &Problem) {
  json Width = value(From, "width", Problem);
  json Dropout = optionalValue(From, "dropout_rate", 0.0);
  ordered_json Config;
  Config["architectures"] = {"GPT2LMHeadModel"};
  Config["model_type"] = "gpt2";
  Config["vocab_size"] = value(From, "vocab", Problem);
  Config["n_positions"] = value(From, "context", Problem);
  Config["n_ctx"] = value(From, "context", Problem);
  Config["n_embd"] = Width;
  Config["n_layer"] = value(From, "layers", Problem);
  Config["n_head"] = value(From, "heads", Problem);
  Config["n_inner"] = optionalValue(From, "hidden", nullptr);
  Config["activation_function"] =
      From.Name == "CharGPT" ? "gelu" : activationOf(Suffix, "gelu_new");
  Config["layer_norm_epsilon"] = real(optionalValue(From, "eps", 1e-5));
  for (const char *Key : {"attn_pdrop", "embd_pdrop", "resid_pdrop"})
    Config[Key] = real(Dropout);
  Config["tie_word_embeddings"] = Tied;
  return Config;
}

static ordered_json llamaConfig(const Origin &From, StringRef Suffix, bool Tied,
                                std::string &Problem) {
  ordered_json Config;
  Config["architectures"] = {"LlamaForCausalLM"};
  Config["model_type"] = "llama";
  Config["vocab_size"] = value(From, "vocab", Problem);
  Config["max_position_embeddings"] = value(From, "context", Problem);
  Config["hidden_size"] = value(From, "width", Problem);
  Config["intermediate_size"] = value(From, "hidden", Problem);
  Config["num_hidden_layers"] = value(From, "layers", Problem);
  Config["num_attention_heads"] = value(From, "heads", Problem);
  Config["num_key_value_heads"] = value(From, "kv_heads", Problem);
  if (json Depth = optionalValue(From, "depth", nullptr); !Depth.is_null())
    Config["head_dim"] = Depth;
  Config["hidden_act"] = activationOf(Suffix, "silu");
  Config["rms_norm_eps"] = real(value(From, "eps", Problem));
  Config["rope_theta"] = real(value(From, "rope_base", Problem));
  Config["rope_scaling"] = nullptr;
  json Factor = real(optionalValue(From, "rope_factor", nullptr));
  json Original = optionalValue(From, "rope_original", nullptr);
  if (!Original.is_null())
    Config["rope_scaling"] = {
        {"rope_type", "llama3"},
        {"factor", Factor},
        {"low_freq_factor", real(value(From, "rope_low", Problem))},
        {"high_freq_factor", real(value(From, "rope_high", Problem))},
        {"original_max_position_embeddings", Original}};
  else if (!Factor.is_null())
    Config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", Factor}};
  if (From.Config.contains("window") && Problem.empty())
    Problem = "Hugging Face's llama has no window of attention";
  Config["tie_word_embeddings"] = Tied;
  return Config;
}

/// Turns the tensors of char_gpt.stator, which has Linear layers and may do
/// without biases, into those of GPT-2.
static void adaptToGpt2(std::vector<TensorSource> &Tensors,
                        std::vector<uint8_t> &Zeros) {
  std::vector<TensorSource> Biases;
  auto Has = [&](const std::string &Name) {
    return llvm::any_of(
        Tensors, [&](const TensorSource &Each) { return Each.Name == Name; });
  };
  size_t Longest = 0;
  for (TensorSource &Tensor : Tensors) {
    StringRef Name = Tensor.Name;
    bool Linear = Name.contains(".c_") && Tensor.Shape.size() == 2;
    if (!Name.consume_back(".weight") || !(Linear || Name.contains("ln_")) ||
        Tensor.Shape.empty())
      continue;
    std::string Bias = Name.str() + ".bias";
    if (Linear)
      Tensor.Transposed = true;
    if (Has(Bias))
      continue;
    TensorSource Zero;
    Zero.Name = Bias;
    Zero.File = Tensor.File;
    Zero.Dtype = "F32";
    Zero.Shape = {Tensor.Shape[0]}; // of a Linear, the outputs
    Zero.Size = static_cast<uint64_t>(Zero.Shape[0]) * sizeof(float);
    Longest = std::max<size_t>(Longest, Zero.Size);
    Biases.push_back(std::move(Zero));
  }
  Zeros.assign(Longest, 0);
  for (TensorSource &Zero : Biases) {
    Zero.Bytes = Zeros.data();
    Tensors.push_back(std::move(Zero));
  }
}

absl::StatusOr<KnownModel> recognizeModel(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(std::string WeightsPath, runtime::findWeights(Path));
  auto Stored = std::make_shared<Storage>();
  STATOR_ASSIGN_OR_RETURN(Stored->File,
                          runtime::SafetensorsFile::open(WeightsPath));
  KnownModel Result;
  Result.Folder = runtime::directoryOf(WeightsPath);
  STATOR_ASSIGN_OR_RETURN(Origin From, findOrigin(Stored->File, Result.Folder));
  if (!From.Config.is_object())
    return runtime::error(From.Place, ": the config of the model is damaged");
  for (const runtime::SafetensorsEntry &Entry : Stored->File.entries()) {
    STATOR_RETURN_IF_ERROR(Stored->File.verify(Entry));
    TensorSource Tensor;
    Tensor.Name = Entry.Name;
    Tensor.File = WeightsPath;
    Tensor.Dtype = Entry.Dtype;
    Tensor.Shape = Entry.Shape;
    Tensor.Bytes = Entry.Bytes;
    Tensor.Size = Entry.End - Entry.Begin;
    Result.Tensors.push_back(std::move(Tensor));
  }
  bool Tied = Stored->File.find("lm_head.weight") == nullptr;

  std::string Problem;
  StringRef Suffix = From.Name;
  if (From.Name == "CharGPT") {
    Result.Config = gpt2Config(From, "", Tied, Problem);
    adaptToGpt2(Result.Tensors, Stored->Zeros);
  } else if (Suffix.consume_front("GPT2")) {
    Result.Config = gpt2Config(From, Suffix, Tied, Problem);
  } else if (Suffix.consume_front("Llama")) {
    Result.Config = llamaConfig(From, Suffix, Tied, Problem);
    StringRef Layer = "model.layers.0.";
    auto Has = [&](const char *Name) {
      return Stored->File.find((Layer + Name).str()) != nullptr;
    };
    Result.Config["attention_bias"] = Has("self_attn.q_proj.bias");
    Result.Config["mlp_bias"] = Has("mlp.gate_proj.bias");
  } else {
    return runtime::error(
        From.Place, " is of the model ", From.Name,
        ", which is not known to other programs; GPT2 (models/gpt2.stator), "
        "CharGPT (models/char_gpt.stator) and Llama (models/llama.stator) can "
        "be exported");
  }
  if (!Problem.empty())
    return runtime::error("cannot export ", From.Place, ": ", Problem);

  // All of it must be what an import of the result would ask for.
  std::string About = "the config of " + From.Place;
  STATOR_ASSIGN_OR_RETURN(ModelDescription Model,
                          describeCheckpoint(json(Result.Config), About));
  STATOR_ASSIGN_OR_RETURN(
      std::vector<ModelParameter> Parameters,
      listParameters(Model.Text, "exported.stator", Model.Context));
  STATOR_ASSIGN_OR_RETURN(
      WeightPlan Plan,
      planWeights(Parameters, Result.Tensors, Model, WeightsPath));
  std::vector<TensorSource> Ordered;
  Ordered.reserve(Plan.Sources.size());
  for (const TensorSource *Tensor : Plan.Sources)
    Ordered.push_back(*Tensor);
  Result.Tensors = std::move(Ordered);
  Result.Name = From.Name;
  Result.Files = Stored;
  return Result;
}

} // namespace stator
