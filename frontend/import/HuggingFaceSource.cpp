//===- HuggingFaceSource.cpp - Folders of Hugging Face --------------------===//

#include "frontend/import/CheckpointSource.h"
#include "frontend/import/ConfigReader.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/ShardedSafetensors.h"
#include "runtime/core/StatusMacros.h"
#include <filesystem>

using nlohmann::json;
namespace fs = std::filesystem;

namespace stator {

absl::StatusOr<json> readJsonObject(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(runtime::MappedFile File,
                          runtime::MappedFile::open(Path));
  json Json = json::parse(File.data(), File.data() + File.size(),
                          /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!Json.is_object())
    return runtime::error(Path, ": expected a JSON object");
  return Json;
}

static bool exists(const std::string &Path) {
  std::error_code Ignored;
  return fs::exists(Path, Ignored);
}

/// Adds the ids that `Value` is, one or a list of them. False: something else.
static bool readIds(const json &Value, std::vector<int64_t> &Ids) {
  if (Value.is_number_integer()) {
    int64_t Id = Value.get<int64_t>();
    if (Id >= 0 && Id <= INT32_MAX) // -1 stands for none in some configs
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
  if (!Bos.empty())
    Defaults.Bos = Bos[0];
  if (!Eos.empty())
    Defaults.Eos = Eos;
  return absl::OkStatus();
}

/// Whether the tokenizer's template for one text begins with a special token.
static std::optional<bool> beginsWithSpecial(const json &Tokenizer) {
  auto Find = [](const json &Object, const char *Key) -> const json * {
    if (!Object.is_object())
      return nullptr;
    auto Found = Object.find(Key);
    return Found == Object.end() ? nullptr : &*Found;
  };
  const json *Post = Find(Tokenizer, "post_processor");
  if (!Post || !Post->is_object())
    return std::nullopt;
  // A sequence of processors, or one.
  std::vector<const json *> Parts = {Post};
  if (const json *List = Find(*Post, "processors"); List && List->is_array())
    for (const json &Each : *List)
      Parts.push_back(&Each);
  for (const json *Part : Parts)
    if (const json *Single = Find(*Part, "single");
        Single && Single->is_array() && !Single->empty())
      return Find(Single->front(), "SpecialToken") != nullptr;
  return std::nullopt;
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
  }
  if (std::string Name = Path + "/tokenizer.json"; exists(Name)) {
    STATOR_ASSIGN_OR_RETURN(json Tokenizer, readJsonObject(Name));
    Source.Generation.AddBos = beginsWithSpecial(Tokenizer);
  }
  if (std::string Name = Path + "/tokenizer_config.json"; exists(Name)) {
    STATOR_ASSIGN_OR_RETURN(json Tokenizer, readJsonObject(Name));
    auto Found = Tokenizer.find("add_bos_token");
    if (Found != Tokenizer.end() && Found->is_boolean() &&
        !Source.Generation.AddBos)
      Source.Generation.AddBos = Found->get<bool>();
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
  absl::string_view Text = File.text();
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
