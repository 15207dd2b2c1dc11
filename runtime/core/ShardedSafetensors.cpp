#include "runtime/core/ShardedSafetensors.h"
#include "absl/strings/match.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/StatusMacros.h"
#include <filesystem>

namespace stator::runtime {

absl::StatusOr<ShardedSafetensors>
ShardedSafetensors::open(const std::string &Folder) {
  namespace fs = std::filesystem;
  std::error_code Ignored;
  std::string Single = Folder + "/model.safetensors";
  std::string Index = Folder + "/model.safetensors.index.json";
  ShardedSafetensors Result;
  if (fs::exists(Single, Ignored))
    STATOR_RETURN_IF_ERROR(Result.addFile(Single));
  else if (fs::exists(Index, Ignored))
    STATOR_RETURN_IF_ERROR(Result.openIndex(Folder, Index));
  else
    return error("there are no weights in ", Folder,
                 ": neither model.safetensors nor "
                 "model.safetensors.index.json",
                 fs::exists(Folder + "/pytorch_model.bin", Ignored)
                     ? "\nhint: pytorch_model.bin is a Python pickle, which "
                       "is not read; save the model as safetensors"
                     : "");
  return Result;
}

absl::Status ShardedSafetensors::addFile(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(SafetensorsFile File, SafetensorsFile::open(Path));
  Files.push_back(std::move(File));
  for (const SafetensorsEntry &Entry : Files.back().entries())
    Tensors.push_back({&Files.back(), &Entry});
  return absl::OkStatus();
}

absl::Status ShardedSafetensors::openIndex(const std::string &Folder,
                                           const std::string &Index) {
  using nlohmann::json;
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Index));
  STATOR_ASSIGN_OR_RETURN(json Json, parseJson(File.text(), Index));
  auto Map = Json.is_object() ? Json.find("weight_map") : Json.end();
  if (!Json.is_object() || Map == Json.end() || !Map->is_object())
    return error(Index, " is damaged: expected a JSON object with a "
                        "\"weight_map\"");
  std::map<std::string, size_t> FileOfName; // index into Files
  for (const auto &[Name, Value] : Map->items()) {
    if (!Value.is_string())
      return error(Index, " is damaged: the file of ", Name, " is not text");
    std::string Shard = Value.get<std::string>();
    if (!absl::EndsWith(Shard, ".safetensors") || absl::StrContains(Shard, '/'))
      return error(Index, ": tensor ", Name, " is in \"", Shard,
                   "\"; expected a .safetensors file beside the index");
    if (FileOfName.count(Shard))
      continue;
    FileOfName[Shard] = Files.size();
    STATOR_RETURN_IF_ERROR(addFile(absl::StrCat(Folder, "/", Shard)));
  }
  for (const auto &[Name, Value] : Map->items()) {
    const SafetensorsFile &Shard = Files[FileOfName[Value.get<std::string>()]];
    if (!Shard.find(Name))
      return error(Index, " says that tensor ", Name, " is in ", Shard.path(),
                   ", but it is not there");
  }
  std::map<std::string, const SafetensorsFile *> Seen;
  for (const Tensor &Each : Tensors)
    if (auto [Other, New] = Seen.emplace(Each.Entry->Name, Each.File); !New)
      return error("tensor ", Each.Entry->Name, " is both in ",
                   Other->second->path(), " and in ", Each.File->path());
  return absl::OkStatus();
}

} // namespace stator::runtime
