#include "runtime/core/Inference.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "runtime/core/ContextLimit.h"
#include "runtime/core/Decoder.h"
#include "runtime/core/Errors.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/Generator.h"
#include "runtime/core/Interactive.h"
#include "runtime/core/Json.h"
#include "runtime/core/LogProbabilities.h"
#include "runtime/core/Perplexity.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/StopText.h"
#include "runtime/core/TextFile.h"
#include "runtime/core/TextStream.h"
#include "runtime/core/Threads.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <unistd.h>
#include <utility>

namespace stator::runtime {

using Json = nlohmann::ordered_json;

static std::string dump(const Json &Value) {
  return Value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

//===----------------------------------------------------------------------===//
// Perplexity
//===----------------------------------------------------------------------===//

static absl::Status printPerplexity(const Model &Model,
                                    const InferOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(MeanLoss Found, measurePerplexity(Model, Options));
  if (Options.Json)
    absl::PrintF("{\"loss\": %.9g, \"perplexity\": %.9g, \"tokens\": %d}\n",
                 Found.Loss, std::exp(Found.Loss), Found.Tokens);
  else
    absl::PrintF("loss %.4f, perplexity %.4f over %d token%s\n", Found.Loss,
                 std::exp(Found.Loss), Found.Tokens,
                 Found.Tokens == 1 ? "" : "s");
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Prompts
//===----------------------------------------------------------------------===//

namespace {
struct Prompt {
  std::vector<int32_t> Ids;
  bool Implied = false; ///< not part of what was asked for
  /// Which one it is, for messages.
  std::string Name = "the prompt";
};
} // namespace

/// The text of a line of JSON.
static absl::StatusOr<std::string>
parsePrompt(absl::string_view Line, absl::string_view Name, int64_t Number) {
  STATOR_ASSIGN_OR_RETURN(nlohmann::json Value, parseJson(Line, Name, Number));
  if (Value.is_object() && Value.contains("prompt"))
    Value = nlohmann::json(Value["prompt"]);
  if (!Value.is_string())
    return error(Name, ": line ", Number,
                 " is neither a JSON string nor an object with \"prompt\"");
  return Value.get<std::string>();
}

static std::string nameOfInput(const std::string &Path) {
  return Path == "-" ? "standard input" : Path;
}

namespace {
struct PromptText {
  std::string Text, Name;
};
} // namespace

/// The prompts of a file: its lines, or what the JSON of each says, where blank
/// lines are skipped.
static absl::StatusOr<std::vector<PromptText>>
readPrompts(const InferOptions &Options) {
  const std::string &Path = Options.PromptsFile;
  std::string Name = nameOfInput(Path);
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::openInput(Path));
  STATOR_RETURN_IF_ERROR(checkEncoding(File.text(), Name));
  bool IsJson = Options.PromptsFormat.empty()
                    ? absl::EndsWith(Path, ".jsonl")
                    : Options.PromptsFormat == "jsonl";
  std::vector<PromptText> Prompts;
  std::vector<absl::string_view> Lines = splitLines(File.text());
  for (size_t I = 0; I < Lines.size(); ++I) {
    auto Number = static_cast<int64_t>(I) + 1;
    std::string Where = absl::StrCat(Name, ": line ", Number);
    if (!IsJson) {
      Prompts.push_back({std::string(Lines[I]), Where});
    } else if (!absl::StripAsciiWhitespace(Lines[I]).empty()) {
      STATOR_ASSIGN_OR_RETURN(std::string Text,
                              parsePrompt(Lines[I], Name, Number));
      Prompts.push_back({Text, Where});
    }
  }
  if (Prompts.empty())
    return error(Name, " has no prompts");
  return Prompts;
}

/// The prompts of --prompt, of which "-" is all of standard input but the line
/// end at its end.
static absl::StatusOr<std::vector<PromptText>>
givenPrompts(const InferOptions &Options) {
  std::vector<PromptText> Prompts;
  for (const std::string &Text : Options.Prompts) {
    if (Text != "-") {
      Prompts.push_back({Text, "--prompt"});
      continue;
    }
    STATOR_ASSIGN_OR_RETURN(MappedFile Input, MappedFile::openInput(Text));
    STATOR_RETURN_IF_ERROR(checkEncoding(Input.text(), nameOfInput(Text)));
    Prompts.push_back(
        {std::string(withoutLineEnd(withoutByteOrderMark(Input.text()))),
         nameOfInput(Text)});
  }
  return Prompts;
}

static absl::StatusOr<std::vector<Prompt>>
listPrompts(const Model &Model, const InferOptions &Options) {
  std::vector<Prompt> Result;
  if (!Options.PromptIds.empty())
    return std::vector<Prompt>{{Options.PromptIds}};
  bool FromFile = !Options.PromptsFile.empty();
  STATOR_ASSIGN_OR_RETURN(std::vector<PromptText> Texts,
                          FromFile ? readPrompts(Options)
                                   : givenPrompts(Options));
  if (Texts.empty())
    Texts = {{"", "--prompt"}};
  for (size_t I = 0; I < Texts.size(); ++I) {
    Prompt Each;
    if (!Texts[I].Text.empty()) {
      STATOR_ASSIGN_OR_RETURN(Each.Ids,
                              Model.encode(Texts[I].Text, Texts[I].Name));
    }
    if (Each.Ids.empty())
      Each = {{Model.beginning()}, /*Implied=*/true};
    if (FromFile)
      Each.Name = Texts[I].Name;
    else if (Texts.size() > 1)
      Each.Name = absl::StrCat("prompt ", I + 1);
    Result.push_back(std::move(Each));
  }
  return Result;
}

//===----------------------------------------------------------------------===//
// Generation
//===----------------------------------------------------------------------===//

namespace {

/// One text on its way to the user.
class Output {
public:
  Output(const Model &Model, const InferOptions &Options, const Prompt &Start)
      : Model(Model), Options(Options), Stream(Model.writer()),
        Stop(Options.Stops) {
    if (Start.Implied)
      Stream.skip(Start.Ids);
    else
      for (int32_t Id : Start.Ids)
        Text += Stream.push(Id);
  }

  /// Takes a generated token. Returns whether there should be more.
  bool push(int32_t Id, const float *Logits) {
    Ids.push_back(Id);
    if (Options.LogProbabilities >= 0)
      Tokens.push_back(describe(Id, Logits));
    Text += Stop.push(Stream.push(Id));
    return !Stop.found();
  }
  void finish() {
    if (!Stop.found())
      Text += Stop.push(Stream.finish());
    if (!Stop.found())
      Text += Stop.finish();
  }

  /// Prints what has come since the last time.
  void show() {
    if (Shown == Text.size())
      return;
    std::fwrite(Text.data() + Shown, 1, Text.size() - Shown, stdout);
    std::fflush(stdout);
    Shown = Text.size();
  }

  Json toJson(TextEnd End) const {
    Json Result;
    Result["text"] = Text;
    Result["ids"] = Ids;
    Result["end"] =
        std::string(textEndName(Stop.found() ? TextEnd::Stopped : End));
    if (Options.LogProbabilities >= 0)
      Result["tokens"] = Tokens;
    return Result;
  }

private:
  std::string textOf(int32_t Id) const {
    std::string Result;
    DecodeState State;
    State.ShowSpecial = true;
    State.AtStart = false;
    Model.writer().append(Id, State, Result);
    return Result;
  }
  Json describe(int32_t Id, const float *Logits) const {
    int64_t Count = Model.program().Vocabulary;
    double Normalizer = logNormalizer(Logits, Count);
    auto Describe = [&](int32_t Each) {
      return Json{{"id", Each},
                  {"text", textOf(Each)},
                  {"logprob", Logits[Each] - Normalizer}};
    };
    Json Result = Describe(Id);
    if (Options.LogProbabilities > 0)
      for (int32_t Each :
           likeliestTokens(Logits, Count, Options.LogProbabilities))
        Result["top"].push_back(Describe(Each));
    return Result;
  }

  const class Model &Model;
  const InferOptions &Options;
  TextStream Stream;
  StopText Stop;
  std::string Text;
  size_t Shown = 0;
  std::vector<int32_t> Ids;
  Json Tokens = Json::array();
};

/// Writes the texts of all prompts, as many at a time as the program computes.
class Writer {
public:
  Writer(const Model &Model, Decoder &Texts, const InferOptions &Options,
         const GeneratorOptions &How)
      : Model(Model), Texts(Texts), Options(Options), How(How) {}

  absl::StatusOr<int> run(const std::vector<Prompt> &Prompts);

private:
  struct Job {
    const Prompt *Start;
    uint32_t Sample;
    Output Out;
    TextEnd End = TextEnd::Tokens;
  };

  /// Writes the texts of Jobs from \p Begin on.
  absl::Status runBatch(size_t Begin);
  void printJson(const std::vector<Prompt> &Prompts, double Seconds) const;

  const class Model &Model;
  Decoder &Texts;
  const InferOptions &Options;
  const GeneratorOptions &How;
  /// Those being written and, for --json, those before: all that were asked
  /// for might not fit into memory.
  std::deque<Job> Jobs;
  int64_t Generated = 0;
  bool First = true; ///< nothing has been printed
  bool Full = false; ///< a text reached the end of the context
};

absl::Status Writer::runBatch(size_t Begin) {
  size_t End = Jobs.size();
  std::vector<TextStart> Starts;
  for (size_t I = Begin; I < End; ++I)
    Starts.push_back({Jobs[I].Start->Ids, Jobs[I].Sample, Jobs[I].Start->Name});
  // A text alone is shown as it comes, several one after the other.
  bool Stream = !Options.Json && End - Begin == 1;
  auto Separate = [&] {
    if (!std::exchange(First, false))
      std::fputs("\n\n", stdout);
  };
  if (Stream) {
    Separate();
    Jobs[Begin].Out.show();
  }
  STATOR_ASSIGN_OR_RETURN(
      std::vector<TextEnd> Ends,
      generate(Texts, Starts, How,
               [&](size_t Text, int32_t Id, const float *Logits) {
                 Output &Out = Jobs[Begin + Text].Out;
                 ++Generated;
                 bool More = Out.push(Id, Logits);
                 if (Stream)
                   Out.show();
                 return More;
               }));
  for (size_t I = Begin; I < End; ++I) {
    Jobs[I].End = Ends[I - Begin];
    Jobs[I].Out.finish();
    Full |= Jobs[I].End == TextEnd::Context;
    if (Options.Json)
      continue;
    if (!Stream)
      Separate();
    Jobs[I].Out.show();
  }
  if (!Options.Json)
    Jobs.clear();
  return absl::OkStatus();
}

void Writer::printJson(const std::vector<Prompt> &Prompts,
                       double Seconds) const {
  for (const Prompt &Start : Prompts) {
    Json Line;
    Line["prompt_ids"] = Start.Ids;
    Line["samples"] = Json::array();
    for (const Job &Each : Jobs)
      if (Each.Start == &Start)
        Line["samples"].push_back(Each.Out.toJson(Each.End));
    Line["tokens_per_s"] =
        static_cast<double>(Generated) / std::max(Seconds, 1e-9);
    std::puts(dump(Line).c_str());
  }
}

absl::StatusOr<int> Writer::run(const std::vector<Prompt> &Prompts) {
  for (const Prompt &Start : Prompts) {
    auto Length = static_cast<int64_t>(Start.Ids.size());
    if (Texts.context() && Length > Texts.context())
      return beyondContext(Model.program(), Start.Name, Length);
    if (Length < Model.program().Prefix)
      return withinPrefix(Model.program(), Start.Name, Length);
  }
  auto Samples = static_cast<size_t>(Options.Samples);
  size_t Count = Prompts.size() * Samples;
  auto Begin = std::chrono::steady_clock::now();
  bool AnyLength = Texts.separatesRows();
  for (size_t I = 0; I < Count;) {
    size_t FirstJob = Jobs.size(), Length = Prompts[I / Samples].Ids.size();
    for (int64_t Row = 0; I < Count && Row < Texts.batch(); ++Row, ++I) {
      const Prompt &Start = Prompts[I / Samples];
      if (!AnyLength && Start.Ids.size() != Length)
        break;
      Jobs.push_back({&Start, static_cast<uint32_t>(I % Samples),
                      Output(Model, Options, Start)});
    }
    STATOR_RETURN_IF_ERROR(runBatch(FirstJob));
  }
  std::chrono::duration<double> Taken =
      std::chrono::steady_clock::now() - Begin;
  if (Options.Json)
    printJson(Prompts, Taken.count());
  else if (Count > 1 || ::isatty(STDOUT_FILENO))
    std::fputs("\n", stdout);
  if (!Full || !Options.TokensGiven)
    return int(ExitSuccess);
  std::fprintf(stderr,
               "stopped before --tokens %ld: the context of %s holds %ld "
               "tokens\nhint: %s\n",
               static_cast<long>(Options.Tokens), Model.program().Name,
               static_cast<long>(Texts.context()),
               adviceForMore(Model.program()).c_str());
  return int(ExitContext);
}

} // namespace

absl::StatusOr<int> runInference(const StatorProgram &Program,
                                 const InferOptions &Given) {
  STATOR_RETURN_IF_ERROR(setThreads(Given.Threads, Given.Pin));
  const StatorEmbedded *Embedded = &stator_embedded;
  InferOptions Options = Given;
  if (Options.Model.Weights.empty() && !(Embedded && Embedded->State))
    Options.Model.Weights = "out";
  STATOR_ASSIGN_OR_RETURN(Model Loaded,
                          Model::load(Program, Embedded, Options.Model));
  if (!Options.Perplexity.empty()) {
    STATOR_RETURN_IF_ERROR(printPerplexity(Loaded, Options));
    return ExitSuccess;
  }
  GeneratorOptions How;
  How.Tokens = Options.Tokens;
  How.Sampling = Options.Sampling;
  How.StopIds = Options.StopIds;
  How.Slide = Options.Slide;
  if (!Options.IgnoreEos)
    for (int32_t Id : Loaded.eos())
      How.StopIds.push_back(Id);
  STATOR_ASSIGN_OR_RETURN(Decoder Texts,
                          Decoder::create(Program, Loaded.state()));
  if (Options.Interactive)
    return runInteractive(Loaded, Texts, Options, How);
  STATOR_ASSIGN_OR_RETURN(std::vector<Prompt> Prompts,
                          listPrompts(Loaded, Options));
  return Writer(Loaded, Texts, Options, How).run(Prompts);
}

} // namespace stator::runtime
