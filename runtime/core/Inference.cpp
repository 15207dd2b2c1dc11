#include "runtime/core/Inference.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Evaluation.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/Generator.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextStream.h"
#include "runtime/core/Threads.h"
#include "runtime/core/Weights.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace stator::runtime {

namespace {
/// A program with its weights.
struct LoadedModel {
  ProgramMemory Memory;
  Vocabulary Ids;        ///< tokens if there is no vocab.json
  std::string Directory; ///< of the weights
  bool HasVocabulary = false;
};
} // namespace

static absl::StatusOr<LoadedModel> loadModel(const StatorProgram &Program,
                                             const InferOptions &Options) {
  LoadedModel Model;
  STATOR_ASSIGN_OR_RETURN(std::string Path, findWeights(Options.Weights));
  STATOR_ASSIGN_OR_RETURN(SafetensorsFile File, SafetensorsFile::open(Path));
  STATOR_ASSIGN_OR_RETURN(
      Model.Memory,
      ProgramMemory::allocate(Program, evaluationResults(Program)));
  STATOR_RETURN_IF_ERROR(loadTensors(File, Program, STATOR_ROLE_PARAMETER,
                                     Model.Memory.state(), Options.AllowExtra));
  if (const char *Name = findNonFinite(Program, Model.Memory.state()))
    return error(Path, ": tensor ", Name,
                 " holds a value that is NaN or infinite");
  Model.Directory = directoryOf(Path);
  std::string VocabularyPath = Model.Directory + "/vocab.json";
  std::error_code Ignored;
  if (!std::filesystem::exists(VocabularyPath, Ignored))
    return Model;
  STATOR_ASSIGN_OR_RETURN(Model.Ids, Vocabulary::load(VocabularyPath));
  Model.HasVocabulary = true;
  if (Model.Ids.size() > Program.Vocabulary)
    return error(VocabularyPath, " has ", Model.Ids.size(),
                 " characters, but the model was compiled for ",
                 Program.Vocabulary);
  return Model;
}

//===----------------------------------------------------------------------===//
// Perplexity
//===----------------------------------------------------------------------===//

static absl::StatusOr<DataFormat> formatFor(const LoadedModel &Model,
                                            const InferOptions &Options) {
  const std::string &File = Options.Perplexity;
  DataFormat Format = dataFormat(Options.Format, File);
  if (!Model.HasVocabulary || Model.Ids.kind() == Vocabulary::Kind::Tokens) {
    if (Model.HasVocabulary &&
        (Format == DataFormat::Text || Format == DataFormat::Bytes))
      return error(File, ": the model was trained on token ids; give a file of "
                         "ids, with --format uint16 or uint32");
    return Format;
  }
  DataFormat Trained = Model.Ids.kind() == Vocabulary::Kind::Bytes
                           ? DataFormat::Bytes
                           : DataFormat::Text;
  if (!Options.Format.empty() && Format != Trained)
    return error("--format ", Options.Format, " contradicts ", Model.Directory,
                 "/vocab.json: the model was trained on ",
                 dataFormatName(Trained));
  return Trained;
}

static absl::Status measure(const StatorProgram &Program,
                            const LoadedModel &Model,
                            const InferOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(DataFormat Format, formatFor(Model, Options));
  bool Text = Format == DataFormat::Text;
  if (Text && !Model.HasVocabulary)
    return error("there is no vocab.json beside the weights in ",
                 Model.Directory,
                 ", so text cannot be read\nhint: --format "
                 "says what else the file holds");
  STATOR_ASSIGN_OR_RETURN(TokenFile File,
                          TokenFile::open(Options.Perplexity, Format,
                                          Text ? &Model.Ids : nullptr,
                                          Program.Vocabulary));
  if (File.tokens().size() < 2)
    return error(Options.Perplexity, " has a single token; nothing follows it "
                                     "that could be predicted");
  double Loss =
      *evaluate(Program, Model.Memory, File.tokens(), 0, [] { return true; });
  if (!std::isfinite(Loss))
    return error("the loss over ", Options.Perplexity, " is ", Loss);
  int64_t Count = File.tokens().size() - 1;
  if (Options.Json)
    absl::PrintF("{\"loss\": %.9g, \"perplexity\": %.9g, \"tokens\": %d}\n",
                 Loss, std::exp(Loss), Count);
  else
    absl::PrintF("loss %.4f, perplexity %.4f over %d tokens\n", Loss,
                 std::exp(Loss), Count);
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Generation
//===----------------------------------------------------------------------===//

/// Tokens to begin with. \p Implied: they are not part of what was asked for.
static absl::StatusOr<std::vector<int32_t>>
promptTokens(const LoadedModel &Model, const InferOptions &Options,
             bool &Implied) {
  if (!Options.PromptIds.empty())
    return Options.PromptIds;
  if (Options.Prompt.empty()) {
    Implied = true;
    int32_t Newline = Model.Ids.kind() == Vocabulary::Kind::Bytes
                          ? '\n'
                          : Model.Ids.find('\n');
    return std::vector<int32_t>{std::max(Newline, 0)};
  }
  if (!Model.HasVocabulary)
    return error("there is no vocab.json beside the weights in ",
                 Model.Directory,
                 ", so --prompt cannot be read\nhint: "
                 "--prompt-ids takes token ids");
  auto Encoded = Model.Ids.encode(Options.Prompt);
  if (!Encoded.ok())
    return error("--prompt: ", Encoded.status().message());
  return Encoded;
}

static absl::Status writeTexts(const StatorProgram &Program,
                               const LoadedModel &Model,
                               const InferOptions &Options) {
  bool Implied = false;
  STATOR_ASSIGN_OR_RETURN(std::vector<int32_t> Prompt,
                          promptTokens(Model, Options, Implied));
  Sampler Sampler(Options.Sampling);
  nlohmann::ordered_json Texts = nlohmann::ordered_json::array();
  auto Begin = std::chrono::steady_clock::now();
  for (int64_t Sample = 0; Sample < Options.Samples; ++Sample) {
    if (Sample > 0 && !Options.Json)
      std::fputs("\n", stdout);
    TextStream Stream(Model.Ids);
    std::string Text;
    auto Show = [&](const std::string &Piece) {
      if (Options.Json) {
        Text += Piece;
        return;
      }
      std::fwrite(Piece.data(), 1, Piece.size(), stdout);
      std::fflush(stdout);
    };
    if (!Implied)
      for (int32_t Id : Prompt)
        Show(Stream.push(Id));
    std::vector<int32_t> Ids;
    STATOR_RETURN_IF_ERROR(
        generate(Program, Model.Memory, Prompt, Options.Tokens, Sampler,
                 static_cast<uint32_t>(Sample), [&](int32_t Id) {
                   Ids.push_back(Id);
                   Show(Stream.push(Id));
                 }));
    Show(Stream.finish());
    if (Options.Json)
      Texts.push_back({{"text", Text}, {"ids", Ids}});
    else
      std::fputs("\n", stdout);
  }
  if (Options.Json) {
    std::chrono::duration<double> Taken =
        std::chrono::steady_clock::now() - Begin;
    nlohmann::ordered_json Json;
    Json["prompt_ids"] = Prompt;
    Json["samples"] = std::move(Texts);
    Json["tokens_per_s"] =
        static_cast<double>(Options.Tokens * Options.Samples) /
        std::max(Taken.count(), 1e-9);
    std::puts(Json.dump().c_str());
  }
  return absl::OkStatus();
}

absl::StatusOr<int> runInference(const StatorProgram &Program,
                                 const InferOptions &Options) {
  STATOR_RETURN_IF_ERROR(setThreads(Options.Threads, Options.Pin));
  STATOR_ASSIGN_OR_RETURN(LoadedModel Model, loadModel(Program, Options));
  STATOR_RETURN_IF_ERROR(Options.Perplexity.empty()
                             ? writeTexts(Program, Model, Options)
                             : measure(Program, Model, Options));
  return ExitSuccess;
}

} // namespace stator::runtime
