//===- Export.cpp - Checkpoints of Stator for others ----------------------===//

#include "frontend/export/Export.h"
#include "frontend/export/GgufExport.h"
#include "frontend/export/KnownModel.h"
#include "frontend/export/TokenizerExport.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/Safetensors.h"
#include "runtime/core/StatusMacros.h"
#include <filesystem>

using nlohmann::json;
namespace fs = std::filesystem;

namespace stator {

/// Takes bos, eos and whether the first is put there from the generation.json
/// beside the weights, if there is one.
static absl::Status addGeneration(KnownModel &Model) {
  std::string Path = Model.Folder + "/generation.json";
  std::error_code Ignored;
  if (!fs::exists(Path, Ignored))
    return absl::OkStatus();
  STATOR_ASSIGN_OR_RETURN(runtime::MappedFile File,
                          runtime::MappedFile::open(Path));
  STATOR_ASSIGN_OR_RETURN(json Json,
                          runtime::parseJsonObject(File.text(), Path));
  if (Json.contains("bos") && Json["bos"].is_number_unsigned())
    Model.Config["bos_token_id"] = Json["bos"];
  if (Json.contains("eos") && Json["eos"].is_array() && !Json["eos"].empty())
    Model.Config["eos_token_id"] =
        Json["eos"].size() == 1 ? Json["eos"][0] : Json["eos"];
  if (Json.contains("add_bos") && Json["add_bos"].is_boolean())
    Model.AddBos = Json["add_bos"].get<bool>();
  return absl::OkStatus();
}

static std::string torchDtype(const KnownModel &Model) {
  for (const TensorSource &Tensor : Model.Tensors) {
    if (Tensor.outputDtype() == "BF16")
      return "bfloat16";
    if (Tensor.outputDtype() == "F16")
      return "float16";
  }
  return "float32";
}

/// Writes config.json, model.safetensors and the tokenizer.
static absl::Status
writeHuggingFace(KnownModel &Model,
                 const std::optional<runtime::TokenizerFiles> &Tokenizer,
                 const std::string &Folder) {
  std::error_code Error;
  fs::create_directories(Folder, Error);
  if (Error)
    return runtime::fileError("create", Folder, Error.value());
  if (fs::equivalent(Folder, Model.Folder, Error) && !Error)
    return runtime::error(Folder,
                          " is the checkpoint itself; give another folder");
  STATOR_RETURN_IF_ERROR(runtime::refuseOtherTokenizer(Folder, Tokenizer));
  // The parameters of GPT-2 are members of its "transformer" there.
  std::string Prefix =
      Model.Config["model_type"] == "gpt2" ? "transformer." : "";
  std::vector<runtime::SafetensorsTensor> Header;
  Header.reserve(Model.Tensors.size());
  for (const TensorSource &Tensor : Model.Tensors)
    Header.push_back(
        {(Tensor.Name == "lm_head.weight" ? "" : Prefix) + Tensor.Name,
         Tensor.outputDtype(), Tensor.outputShape(), nullptr});
  STATOR_ASSIGN_OR_RETURN(
      runtime::SafetensorsWriter Writer,
      runtime::SafetensorsWriter::create(Folder + "/model.safetensors", Header,
                                         {{"format", "pt"}}));
  for (const TensorSource &Tensor : Model.Tensors)
    STATOR_RETURN_IF_ERROR(
        streamTensor(Tensor, [&](const void *Data, size_t Size) {
          return Writer.write(Data, Size);
        }));
  STATOR_RETURN_IF_ERROR(Writer.commit());
  if (Tokenizer)
    STATOR_RETURN_IF_ERROR(runtime::writeTokenizerFiles(*Tokenizer, Folder));
  Model.Config["torch_dtype"] = torchDtype(Model);
  return runtime::writeFileAtomically(Folder + "/config.json",
                                      Model.Config.dump(2) + "\n");
}

absl::StatusOr<ExportReport> exportCheckpoint(const ExportOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(KnownModel Model, recognizeModel(Options.Path));
  for (const TensorSource &Tensor : Model.Tensors)
    STATOR_RETURN_IF_ERROR(checkFinite(Tensor));
  STATOR_RETURN_IF_ERROR(addGeneration(Model));
  ExportReport Report;
  Report.Family = Model.Config["model_type"].get<std::string>();
  STATOR_ASSIGN_OR_RETURN(
      std::optional<runtime::TokenizerFiles> Tokenizer,
      readTokenizerToExport(Model.Folder, Options.Tokenizer, Report.Notes));
  std::error_code Ignored;
  if (!Options.Gguf) {
    if (fs::exists(Options.Output, Ignored) &&
        !fs::is_directory(Options.Output, Ignored))
      return runtime::error("cannot write into ", Options.Output,
                            ": it is no folder");
    STATOR_RETURN_IF_ERROR(writeHuggingFace(Model, Tokenizer, Options.Output));
    return Report;
  }
  if (fs::is_directory(Options.Output, Ignored))
    return runtime::error("cannot write ", Options.Output,
                          ": it is a directory; GGUF is one file");
  STATOR_RETURN_IF_ERROR(
      writeGguf(Model, Tokenizer, Options.Output, Report.Notes));
  return Report;
}

} // namespace stator
