//===- HuggingFaceSource.cpp - Folders of Hugging Face --------------------===//

#include "frontend/import/CheckpointSource.h"
#include "frontend/import/ConfigReader.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/ShardedSafetensors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include <filesystem>

using nlohmann::json;
namespace fs = std::filesystem;

namespace stator {

absl::StatusOr<json> readJsonObject(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(runtime::MappedFile File,
                          runtime::MappedFile::open(Path));
  return runtime::parseJsonObject(File.text(), Path);
}

static bool exists(const std::string &Path) {
  std::error_code Ignored;
  return fs::exists(Path, Ignored);
}

/// Adds the ids that `Value` is, one or a list of them. False: something else.
static bool readIds(const json &Value, std::vector<int64_t> &Ids) {
  if (Value.is_number_integer()) {
    // What is beyond any vocabulary is found out when that is known; -1 stands
    // for none in some configs.
    int64_t Id = Value.is_number_unsigned() && Value.get<uint64_t>() > INT64_MAX
                     ? INT64_MAX
                     : Value.get<int64_t>();
    if (Id != -1)
      Ids.push_back(Id);
    return true;
  }
  if (!Value.is_array())
    return false;
  for (const json &Each : Value)
    if (!Each.is_number_integer() || !readIds(Each, Ids))
      return false;
  return true;
}

/// Takes bos and eos from a config, over what was there before.
static absl::Status readGeneration(const json &Config, const std::string &Name,
                                   GenerationDefaults &Defaults) {
  std::vector<int64_t> Bos, Eos;
  auto Read = [&](const char *Key, std::vector<int64_t> &Ids) {
    auto Found = Config.find(Key);
    return Found == Config.end() || Found->is_null() || readIds(*Found, Ids);
  };
  if (!Read("bos_token_id", Bos) || !Read("eos_token_id", Eos))
    return runtime::error(Name, ": bos_token_id and eos_token_id should be "
                                "token ids or lists of them");
  if (Bos.size() > 1)
    return runtime::error(Name,
                          ": bos_token_id should be one token id, but is "
                          "a list of ",
                          Bos.size());
  if (!Bos.empty())
    Defaults.Bos = Bos[0];
  if (!Eos.empty())
    Defaults.Eos = Eos;
  return absl::OkStatus();
}

/// What generation_config.json says about sampling is for the user to say
/// again: it names the settings that are not at values that change nothing.
static void noteSampling(const json &Config, const std::string &Name,
                         std::vector<std::string> &Notes) {
  const std::pair<const char *, json> Neutral[] = {
      {"temperature", 1.0},
      {"top_k", 50}, // the library's own default
      {"top_p", 1.0},
      {"min_p", 0.0},
      {"typical_p", 1.0},
      {"repetition_penalty", 1.0},
      {"encoder_repetition_penalty", 1.0},
      {"no_repeat_ngram_size", 0},
      {"length_penalty", 1.0},
      {"num_beams", 1},
      {"min_length", 0},
      {"guidance_scale", 1.0},
      {"bad_words_ids", json::array()},
      {"sequence_bias", json::object()},
      {"suppress_tokens", json::array()},
      {"begin_suppress_tokens", json::array()},
      {"forced_bos_token_id", nullptr},
      {"forced_eos_token_id", nullptr},
      {"forced_decoder_ids", json::array()},
      {"stop_strings", json::array()}};
  std::string Settings;
  for (const auto &[Key, Value] : Neutral) {
    auto Found = Config.find(Key);
    if (Found == Config.end() || Found->is_null() || *Found == Value ||
        (Found->is_boolean() && *Found == false))
      continue;
    Settings += (Settings.empty() ? "" : ", ") + std::string(Key) + " = " +
                describeValue(*Found);
  }
  if (!Settings.empty())
    Notes.push_back("settings of " + Name +
                    " are not carried over: " + Settings +
                    "; give the program those that it has flags for");
}

absl::StatusOr<CheckpointSource> readHuggingFace(const std::string &Path) {
  std::error_code Ignored;
  bool IsFolder = fs::is_directory(Path, Ignored);
  CheckpointSource Source;
  Source.ConfigName = IsFolder ? Path + "/config.json" : Path;
  if (!exists(Source.ConfigName))
    return runtime::error("cannot import ", Path, ": there is no ",
                          Source.ConfigName);
  STATOR_ASSIGN_OR_RETURN(Source.Config, readJsonObject(Source.ConfigName));
  STATOR_RETURN_IF_ERROR(
      readGeneration(Source.Config, Source.ConfigName, Source.Generation));
  if (!IsFolder)
    return Source;

  STATOR_ASSIGN_OR_RETURN(runtime::ShardedSafetensors Opened,
                          runtime::ShardedSafetensors::open(Path));
  auto Files = std::make_shared<runtime::ShardedSafetensors>(std::move(Opened));
  Source.HasWeights = true;
  for (const auto &[File, Entry] : Files->tensors()) {
    TensorSource Tensor;
    Tensor.Name = Entry->Name;
    Tensor.File = File->path();
    Tensor.Dtype = Entry->Dtype;
    Tensor.Shape = Entry->Shape;
    Tensor.Bytes = Entry->Bytes;
    Tensor.Size = Entry->End - Entry->Begin;
    Source.Tensors.push_back(std::move(Tensor));
  }
  if (Files->files().size() == 1)
    Source.WholeFile = Files->files().front().path();
  Source.Files = Files;

  if (runtime::holdsTokenizer(Path)) {
    STATOR_ASSIGN_OR_RETURN(Source.Tokenizer,
                            runtime::readTokenizerFiles(Path));
  }
  if (std::string Name = Path + "/generation_config.json"; exists(Name)) {
    STATOR_ASSIGN_OR_RETURN(json Generation, readJsonObject(Name));
    STATOR_RETURN_IF_ERROR(readGeneration(Generation, Name, Source.Generation));
    noteSampling(Generation, Name, Source.Notes);
  }
  return Source;
}

absl::StatusOr<CheckpointSource> readCheckpoint(const std::string &Path) {
  std::error_code Ignored;
  if (!fs::exists(Path, Ignored))
    return runtime::error("cannot import ", Path, ": it does not exist");
  if (fs::is_directory(Path, Ignored))
    return readHuggingFace(Path);
  STATOR_ASSIGN_OR_RETURN(runtime::MappedFile File,
                          runtime::MappedFile::open(Path));
  absl::string_view Text = runtime::withoutByteOrderMark(File.text());
  if (Text.substr(0, 4) == "GGUF")
    return readGguf(Path);
  size_t First = Text.find_first_not_of(" \t\r\n");
  if (First != absl::string_view::npos && Text[First] == '{')
    return readHuggingFace(Path);
  if (fs::path(Path).extension() == ".safetensors")
    return runtime::error("cannot import ", Path,
                          ": weights alone do not say what they are for\nhint: "
                          "give the folder with its config.json");
  if (fs::path(Path).extension() == ".gguf")
    return runtime::error(Path, " is not a GGUF file");
  return readLlama2c(Path);
}

} // namespace stator
