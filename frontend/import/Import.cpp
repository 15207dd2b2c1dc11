//===- Import.cpp - Checkpoints of others as models and weights -----------===//

#include "frontend/import/Import.h"
#include "frontend/import/CheckpointSource.h"
#include "frontend/import/Families.h"
#include "frontend/import/WeightPlan.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/Safetensors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <algorithm>
#include <filesystem>
#include <unistd.h>

using nlohmann::json;
namespace fs = std::filesystem;

namespace stator {

/// Puts a file under another name without copying it, or else copies it.
static absl::Status linkOrCopy(const std::string &From, const std::string &To,
                               bool &Linked) {
  std::error_code Error;
  // Of a symbolic link, what it leads to: caches of downloads consist of them.
  fs::path Real = fs::canonical(From, Error);
  std::string Temporary = To + ".tmp-" + std::to_string(::getpid());
  fs::remove(Temporary, Error);
  fs::create_hard_link(Real, Temporary, Error);
  if (!Error) {
    fs::rename(Temporary, To, Error);
    // Renaming does nothing where both names are of one file already.
    std::error_code Ignored;
    fs::remove(Temporary, Ignored);
    if (!Error) {
      Linked = true;
      return absl::OkStatus();
    }
  }
  STATOR_ASSIGN_OR_RETURN(runtime::MappedFile File,
                          runtime::MappedFile::open(From));
  return runtime::writeFileAtomically(To, File.text());
}

/// Writes the weights of a plan one tensor after the other.
static absl::Status writeWeights(const std::vector<ModelParameter> &Parameters,
                                 const WeightPlan &Plan,
                                 const std::string &Path) {
  std::vector<runtime::SafetensorsTensor> Header;
  Header.reserve(Parameters.size());
  for (size_t I = 0; I < Parameters.size(); ++I)
    Header.push_back({Parameters[I].Name, Plan.Sources[I]->outputDtype(),
                      Parameters[I].Shape, nullptr});
  STATOR_ASSIGN_OR_RETURN(
      runtime::SafetensorsWriter Writer,
      runtime::SafetensorsWriter::create(Path, Header, {{"format", "pt"}}));
  for (const TensorSource *Tensor : Plan.Sources)
    STATOR_RETURN_IF_ERROR(
        streamTensor(*Tensor, [&](const void *Data, size_t Size) {
          return Writer.write(Data, Size);
        }));
  return Writer.commit();
}

/// Error: a token that the model does not have begins or ends texts.
static absl::Status checkIds(const GenerationDefaults &Defaults,
                             int64_t Vocabulary, const std::string &Path) {
  auto Check = [&](const char *What, int64_t Id) -> absl::Status {
    if (Id >= 0 && Id < Vocabulary)
      return absl::OkStatus();
    return runtime::error(Path, ": the ", What, " token has the id ", Id,
                          ", which is outside of the vocabulary: ids are from "
                          "0 to ",
                          Vocabulary - 1);
  };
  if (Defaults.Bos)
    STATOR_RETURN_IF_ERROR(Check("BOS", *Defaults.Bos));
  for (int64_t Id : Defaults.Eos)
    STATOR_RETURN_IF_ERROR(Check("EOS", Id));
  return absl::OkStatus();
}

/// What the tokenizer puts in front of a text is BOS, whatever the config says.
static void askTokenizer(const runtime::Tokenizer &Tokenizer,
                         GenerationDefaults &Defaults) {
  runtime::EncodeOptions Bare;
  Bare.AddSpecial = false;
  auto Plain = Tokenizer.encode("a", Bare);
  auto Whole = Tokenizer.encode("a", {});
  if (!Plain.ok() || !Whole.ok())
    return;
  bool Begins = Whole->size() > Plain->size() &&
                (Plain->empty() ? Tokenizer.bos() == Whole->front()
                                : !std::equal(Plain->begin(), Plain->end(),
                                              Whole->begin()));
  if (Begins)
    Defaults.Bos = Whole->front();
  // Of one that puts something behind a text only, it stays to decide.
  if (Begins || *Whole == *Plain)
    Defaults.AddBos = Begins;
}

/// The text of generation.json, or "" if nothing is known.
static std::string describeGeneration(GenerationDefaults Defaults,
                                      const runtime::Tokenizer *Tokenizer) {
  json Json = json::object();
  if (Tokenizer)
    askTokenizer(*Tokenizer, Defaults);
  if (Defaults.Bos)
    Json["bos"] = *Defaults.Bos;
  if (!Defaults.Eos.empty()) // else it is left to the tokenizer
    Json["eos"] = Defaults.Eos;
  if (Defaults.Bos && Defaults.AddBos)
    Json["add_bos"] = *Defaults.AddBos;
  return Json.empty() ? "" : Json.dump() + "\n";
}

/// What the frontend refuses: tensors of more elements than this.
static constexpr double LargestTensor = 8589934592.0; // 2^33

static std::string noteOnContext(const ModelDescription &Model,
                                 int64_t Vocabulary) {
  double Context = static_cast<double>(Model.Context);
  double Scores = static_cast<double>(Model.Heads) * Context * Context;
  double Logits = static_cast<double>(Vocabulary) * Context;
  if (std::max(Scores, Logits) <= LargestTensor)
    return "";
  int64_t Fits = 1024;
  while (2 * Fits < Model.Context && Fits < 8192)
    Fits *= 2;
  return "the context of " + std::to_string(Model.Context) +
         " positions is long; compile with --time " + std::to_string(Fits) +
         ", or what you need";
}

/// Makes the tokenizer. Error: programs with this model would refuse it.
static absl::StatusOr<std::unique_ptr<runtime::Tokenizer>>
makeTokenizer(const runtime::TokenizerFiles &Files, int64_t Vocabulary) {
  const char *Hint = "\nhint: give another one by --tokenizer";
  absl::StatusOr<std::unique_ptr<runtime::Tokenizer>> Made =
      runtime::makeTokenizer(Files);
  if (!Made.ok())
    return runtime::error(Made.status().message(), Hint);
  if ((*Made)->vocabularySize() > Vocabulary)
    return runtime::error(Files.Origin, " has ", (*Made)->vocabularySize(),
                          " tokens, but the model has ", Vocabulary, Hint);
  return Made;
}

static absl::Status prepareFolder(const ImportOptions &Options) {
  std::error_code Error;
  if (fs::exists(Options.Output, Error) &&
      !fs::is_directory(Options.Output, Error))
    return runtime::error("cannot write into ", Options.Output,
                          ": it is not a folder");
  if (fs::is_directory(Options.Path, Error) &&
      fs::equivalent(Options.Path, Options.Output, Error) && !Error)
    return runtime::error(Options.Output,
                          " is the checkpoint itself; give another folder");
  Error.clear();
  fs::create_directories(Options.Output, Error);
  if (Error)
    return runtime::fileError("create", Options.Output, Error.value());
  return absl::OkStatus();
}

absl::StatusOr<ImportReport> importCheckpoint(const ImportOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(CheckpointSource Source,
                          readCheckpoint(Options.Path));
  STATOR_ASSIGN_OR_RETURN(
      ModelDescription Model,
      describeCheckpoint(Source.Config, Source.ConfigName, Source.ConfigKeys));
  std::string ModelPath = Options.Output + "/model.stator";
  STATOR_ASSIGN_OR_RETURN(std::vector<ModelParameter> Parameters,
                          listParameters(Model.Text, ModelPath, Model.Context));
  // A vocabulary's size is a value of every config.
  int64_t Vocabulary = Source.Config["vocab_size"].get<int64_t>();
  if (!Options.Tokenizer.empty()) {
    STATOR_ASSIGN_OR_RETURN(Source.Tokenizer,
                            runtime::readTokenizerFiles(Options.Tokenizer));
  }
  STATOR_RETURN_IF_ERROR(checkIds(Source.Generation, Vocabulary, Options.Path));
  std::unique_ptr<runtime::Tokenizer> Tokenizer;
  if (Source.Tokenizer) {
    STATOR_ASSIGN_OR_RETURN(Tokenizer,
                            makeTokenizer(*Source.Tokenizer, Vocabulary));
  }
  ImportReport Report;
  Report.Warnings = Source.Warnings;
  Report.Notes = Source.Notes;
  Report.Family = Source.Config["model_type"].get<std::string>();
  for (const ModelParameter &Parameter : Parameters) {
    int64_t Elements = 1;
    for (int64_t Size : Parameter.Shape)
      Elements *= Size;
    Report.Parameters += Elements;
  }
  WeightPlan Plan;
  if (Source.HasWeights) {
    STATOR_ASSIGN_OR_RETURN(
        Plan, planWeights(Parameters, Source.Tensors, Model, Options.Path));
    for (const TensorSource *Tensor : Plan.Sources)
      STATOR_RETURN_IF_ERROR(checkFinite(*Tensor));
    Report.HasWeights = true;
    Report.Dropped = Plan.Dropped;
  }

  STATOR_RETURN_IF_ERROR(prepareFolder(Options));
  if (Source.HasWeights || Source.Tokenizer)
    STATOR_RETURN_IF_ERROR(
        runtime::refuseOtherTokenizer(Options.Output, Source.Tokenizer));
  if (Source.HasWeights) {
    std::string Path = Options.Output + "/model.safetensors";
    if (!Source.WholeFile.empty() && !Plan.Renamed && Plan.Dropped.empty())
      STATOR_RETURN_IF_ERROR(linkOrCopy(Source.WholeFile, Path, Report.Linked));
    else
      STATOR_RETURN_IF_ERROR(writeWeights(Parameters, Plan, Path));
  }
  if (Source.Tokenizer) {
    // Under the name by which it is found in a folder.
    if (Source.Tokenizer->Kind == runtime::TokenizerKind::Llama2c)
      Source.Tokenizer->Files.front().Name = "tokenizer.bin";
    STATOR_RETURN_IF_ERROR(
        runtime::writeTokenizerFiles(*Source.Tokenizer, Options.Output));
    Report.HasTokenizer = true;
  }
  std::string Generation =
      describeGeneration(Source.Generation, Tokenizer.get());
  std::string GenerationPath = Options.Output + "/generation.json";
  if (!Generation.empty()) {
    STATOR_RETURN_IF_ERROR(
        runtime::writeFileAtomically(GenerationPath, Generation));
  } else if (Source.HasWeights) {
    // That of a checkpoint that was imported there before.
    std::error_code Ignored;
    fs::remove(GenerationPath, Ignored);
  }
  STATOR_RETURN_IF_ERROR(runtime::writeFileAtomically(ModelPath, Model.Text));
  if (std::string Note = noteOnContext(Model, Vocabulary); !Note.empty())
    Report.Notes.push_back(Note);
  return Report;
}

} // namespace stator
