#include "runtime/core/Model.h"
#include "absl/strings/match.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/AvailableMemory.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/RunRecord.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Vocabulary.h"
#include "runtime/core/Weights.h"
#include <algorithm>
#include <filesystem>

namespace stator::runtime {

namespace fs = std::filesystem;
using nlohmann::json;

//===----------------------------------------------------------------------===//
// generation.json
//===----------------------------------------------------------------------===//

absl::StatusOr<GenerationSettings>
GenerationSettings::parse(absl::string_view Contents, absl::string_view Name,
                          int64_t Vocabulary) {
  STATOR_ASSIGN_OR_RETURN(json Parsed, parseJsonObject(Contents, Name));
  auto IsId = [&](const json &Value) {
    return Value.is_number_integer() && Value >= 0 && Value < Vocabulary;
  };
  auto Wrong = [&](const char *Key) {
    return error(Name, ": \"", Key, "\" should be ids from 0 to ",
                 Vocabulary - 1);
  };
  GenerationSettings Result;
  for (const auto &[Key, Value] : Parsed.items()) {
    if (Key == "bos" && !Value.is_null()) {
      if (!IsId(Value))
        return Wrong("bos");
      Result.Bos = Value.template get<int32_t>();
    } else if (Key == "eos" && !Value.is_null()) {
      Result.Eos.emplace();
      for (const json &Id : Value.is_array() ? Value : json::array({Value})) {
        if (!IsId(Id))
          return Wrong("eos");
        Result.Eos->push_back(Id.get<int32_t>());
      }
    } else if (Key == "add_bos" && !Value.is_null()) {
      if (!Value.is_boolean())
        return error(Name, ": \"add_bos\" should be true or false");
      Result.AddBos = Value.template get<bool>();
    }
  }
  return Result;
}

std::string GenerationSettings::toJson() const {
  json Result = json::object();
  if (Bos)
    Result["bos"] = *Bos;
  if (Eos)
    Result["eos"] = *Eos;
  if (AddBos)
    Result["add_bos"] = *AddBos;
  return Result.dump();
}

//===----------------------------------------------------------------------===//
// Model
//===----------------------------------------------------------------------===//

absl::StatusOr<Model> Model::load(const StatorProgram &Program,
                                  const StatorEmbedded *Embedded,
                                  const ModelOptions &Options) {
  Model Result;
  Result.Program = &Program;
  STATOR_RETURN_IF_ERROR(Result.loadState(Embedded, Options));
  if (!Options.IgnoreTokenizer)
    STATOR_RETURN_IF_ERROR(Result.loadTokenizer(Embedded, Options));
  return Result;
}

absl::Status Model::loadState(const StatorEmbedded *Embedded,
                              const ModelOptions &Options) {
  if (Options.Weights.empty()) {
    if (!Embedded || !Embedded->State)
      return error("there are no weights: --weights says where they are");
    if (Embedded->StateBytes != Program->StateBytes)
      return error("the embedded weights have ", Embedded->StateBytes,
                   " bytes, but ", Program->Name, " takes ",
                   Program->StateBytes);
    // Inference only reads its state.
    State = const_cast<uint8_t *>(Embedded->State);
    Origin = "the program";
    return absl::OkStatus();
  }
  STATOR_ASSIGN_OR_RETURN(WeightFiles Files,
                          WeightFiles::open(Options.Weights));
  Origin = Files.path();
  Directory = Files.directory();
  auto Needed = static_cast<double>(Program->StateBytes);
  uint64_t Available = availableMemory();
  if (Available && Needed > 0.9 * static_cast<double>(Available))
    return error("the weights of ", Program->Name, " take ",
                 formatBytes(Needed), " of memory, but only ",
                 formatBytes(static_cast<double>(Available)), " are available");
  STATOR_ASSIGN_OR_RETURN(Owned,
                          Memory::allocate(Program->StateBytes, "weights"));
  State = Owned.data();
  LoadOptions How;
  How.AllowExtra = Options.AllowExtra;
  How.Finite = true;
  return loadWeights(Files, *Program, State, How);
}

absl::Status Model::loadTokenizer(const StatorEmbedded *Embedded,
                                  const ModelOptions &Options) {
  std::string Folder; // where generation.json may be
  if (!Options.Tokenizer.empty()) {
    STATOR_ASSIGN_OR_RETURN(Text, openTokenizer(Options.Tokenizer));
    std::error_code Ignored;
    Folder = findTokenizer(Options.Tokenizer);
    if (!fs::is_directory(Folder, Ignored))
      Folder = directoryOf(Folder);
  } else if (!Options.Weights.empty() && holdsTokenizer(Directory)) {
    STATOR_RETURN_IF_ERROR(verifyTokenizer(Directory));
    STATOR_ASSIGN_OR_RETURN(Text, openTokenizer(Directory));
  } else if (Embedded && Embedded->TokenizerBytes) {
    STATOR_ASSIGN_OR_RETURN(
        Text,
        openTokenizerFromBytes({Embedded->Tokenizer,
                                static_cast<size_t>(Embedded->TokenizerBytes)},
                               "the embedded tokenizer"));
  }
  if (Text)
    STATOR_RETURN_IF_ERROR(checkTokenizer());

  // That of the weights says what the model was trained with.
  for (const std::string &Place : {Directory, Folder}) {
    std::error_code Ignored;
    std::string Path = Place.empty() ? "" : Place + "/generation.json";
    if (Path.empty() || !fs::exists(Path, Ignored))
      continue;
    STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
    STATOR_ASSIGN_OR_RETURN(
        Settings,
        GenerationSettings::parse(File.text(), Path, Program->Vocabulary));
    return absl::OkStatus();
  }
  if (Embedded && Embedded->GenerationBytes) {
    STATOR_ASSIGN_OR_RETURN(
        Settings, GenerationSettings::parse(
                      {Embedded->Generation,
                       static_cast<size_t>(Embedded->GenerationBytes)},
                      "the embedded generation.json", Program->Vocabulary));
  }
  return absl::OkStatus();
}

absl::Status Model::checkTokenizer() const {
  int64_t Size = Text->vocabularySize();
  if (Size > Program->Vocabulary)
    return error(Text->files().Origin, " has ", Size,
                 Text->kind() == TokenizerKind::Characters ? " characters"
                                                           : " tokens",
                 ", but the model was compiled for ", Program->Vocabulary,
                 "\nhint: use the tokenizer that the weights were trained "
                 "with; or, for weights with ",
                 Size, " tokens, compile the model with -D vocab=", Size);
  return absl::OkStatus();
}

const Tokenizer &Model::writer() const {
  static const Vocabulary Numbers = Vocabulary::tokens();
  if (Text)
    return *Text;
  return Numbers;
}

std::optional<int32_t> Model::bos() const {
  if (Settings.Bos)
    return Settings.Bos;
  return Text ? Text->bos() : std::nullopt;
}

std::vector<int32_t> Model::eos() const {
  if (Settings.Eos)
    return *Settings.Eos;
  return Text ? Text->eos() : std::vector<int32_t>();
}

absl::StatusOr<std::vector<int32_t>> Model::encode(absl::string_view Prompt,
                                                   absl::string_view What,
                                                   bool AtStart) const {
  if (!Text)
    return error("there is no tokenizer beside the weights in ", Origin,
                 ", so ", What,
                 " cannot be read\nhint: --tokenizer says where it is, "
                 "--prompt-ids takes token ids");
  EncodeOptions How;
  How.AddSpecial = AtStart && Settings.AddBos.value_or(true);
  auto Ids = Text->encode(Prompt, How);
  if (!Ids.ok())
    return error(What, ": ", Ids.status().message());
  std::optional<int32_t> First = bos();
  if (AtStart && Settings.AddBos.value_or(false) && First &&
      (Ids->empty() || Ids->front() != *First))
    Ids->insert(Ids->begin(), *First);
  return Ids;
}

int32_t Model::beginning() const {
  if (std::optional<int32_t> First = bos())
    return *First;
  if (!Text)
    return 0;
  if (Text->kind() == TokenizerKind::Bytes)
    return '\n';
  return std::max(Text->find("\n").value_or(0), 0);
}

} // namespace stator::runtime
