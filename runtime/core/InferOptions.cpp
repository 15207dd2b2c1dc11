#include "runtime/core/InferOptions.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Flags.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <limits>

namespace stator::runtime {

namespace {
/// Lists of ids as they are written.
struct IdTexts {
  std::string Prompt, Stop;
};
} // namespace

static constexpr double Infinity = std::numeric_limits<double>::infinity();

static void declareGeneration(Flags &Table, InferOptions &O, IdTexts &Ids) {
  Table.section("Generation");
  Table.list("prompt", "TEXT",
             "What to continue; several times for several texts. Without one, "
             "a text begins with the token that the tokenizer has for it, or "
             "after a newline. - reads standard input.",
             &O.Prompts);
  Table.text(
      "prompts", "FILE",
      "A file of prompts, one per line. In a .jsonl file a line is a "
      "JSON string or an object with \"prompt\". - reads standard input.",
      &O.PromptsFile);
  Table.choice("prompts-format",
               "What the lines of --prompts are, where the name of the file "
               "does not say it.",
               &O.PromptsFormat, {"text", "jsonl"}, "by the name of the file");
  Table.text("prompt-ids", "N,N,...", "The prompt as token ids.", &Ids.Prompt);
  Table.toggle("interactive",
               "Read prompts from standard input, one a line, and go on with "
               "the same text after each. Ctrl-C stops an answer, Ctrl-D ends.",
               &O.Interactive);
  Table.integer("tokens", "How many tokens to generate at most.", &O.Tokens, 0,
                std::numeric_limits<int64_t>::max(),
                "200, or what the context has room for");
  Table.integer("samples", "How many texts to generate for each prompt.",
                &O.Samples, 1, std::numeric_limits<int32_t>::max());
  Table.list("stop", "TEXT",
             "End a text before TEXT; several times for several.", &O.Stops);
  Table.text("stop-id", "N,N,...", "End a text before these tokens.",
             &Ids.Stop);
  Table.toggle("ignore-eos",
               "Go on after the tokens that end a text for the tokenizer.",
               &O.IgnoreEos);
  Table.toggle("slide",
               "Where the context is full, go on from the last half of it, "
               "computed anew, rather than stop.",
               &O.Slide);

  Table.section("Sampling");
  Table.number("temperature",
               "Below 1 bolder about what is likely, above 1 freer; 0 always "
               "takes the likeliest.",
               &O.Sampling.Temperature, 0, Infinity);
  Table.integer("top-k", "Draw from the K likeliest tokens; 0: from all.",
                &O.Sampling.TopK, 0);
  Table.number("top-p",
               "Draw from the fewest likeliest tokens that together have this "
               "probability; 1: from all.",
               &O.Sampling.TopP, 0, 1);
  Table.number("min-p",
               "Draw from tokens at least this many times as likely as the "
               "likeliest; 0: from all.",
               &O.Sampling.MinP, 0, 1);
  Table.number("repeat-penalty",
               "Divides the logits of tokens that were just written, or "
               "multiplies negative ones; 1: no penalty.",
               &O.Sampling.RepeatPenalty, 1e-3, Infinity);
  Table.integer("repeat-window",
                "How many tokens count as just written, of the prompt too; 0: "
                "all.",
                &O.Sampling.RepeatWindow, 0);
  Table.integer("seed", "Decides what is drawn.", &O.Sampling.Seed, 0);
}

static void declare(Flags &Table, InferOptions &O, IdTexts &Ids) {
  Table.section("Weights");
  Table.text("weights", "FILE",
             "A .safetensors file, a folder with one or several, a checkpoint, "
             "or the --out directory of a training.",
             &O.Model.Weights, "what is embedded, else out");
  Table.toggle("allow-extra",
               "Ignore tensors of the file that the model does not have.",
               &O.Model.AllowExtra);
  Table.text("tokenizer", "PATH",
             "A tokenizer.json, SentencePiece or llama2.c tokenizer, a "
             "vocabulary with merges; or a folder, a checkpoint or a training "
             "run that holds one.",
             &O.Model.Tokenizer, "beside the weights");
  declareGeneration(Table, O, Ids);

  Table.section("Measurement");
  Table.text("perplexity", "FILE",
             "Instead of generating, print the mean loss and perplexity over "
             "FILE. - reads standard input.",
             &O.Perplexity);
  Table.choice("format", "What FILE holds.", &O.Format,
               {"text", "bytes", "uint16", "uint32"},
               "by the tokenizer, else uint16 for .bin");
  Table.integer("stride",
                "Move a window by N tokens and count the last N of each, so "
                "that all but the first have context.",
                &O.Stride, 1, std::numeric_limits<int64_t>::max(),
                "windows side by side, every token counted");
  Table.integer("window", "Tokens of a window, with --stride.", &O.Window, 2,
                std::numeric_limits<int64_t>::max(),
                "the time the program was compiled for");
  Table.optionalInteger("logprobs",
                        "Print as JSON how likely each token was, and the N "
                        "likeliest in its place.",
                        &O.LogProbabilities, 0, 0, 1 << 20);

  Table.section("Output");
  Table.toggle("json", "Print JSON, one object for each prompt.", &O.Json);
  Table.integer("threads", "Threads to compute on; never changes a result.",
                &O.Threads, 1, 4096, "one for each CPU");
  Table.toggle("pin", "Keep each thread on a CPU of its own.", &O.Pin);
  Table.toggle("version", "Show what the program was compiled by.", &O.Version);
  Table.toggle("help", "Show this.", &O.Help);
}

/// Error: two flags that say different things about one.
static absl::Status checkExclusions(const Flags &Table, const InferOptions &O) {
  auto Exclude = [&](const char *Flag,
                     std::initializer_list<const char *> Others) {
    if (Table.given(Flag))
      for (const char *Other : Others)
        if (Table.given(Other))
          return usageError("--", Other, " and --", Flag,
                            " exclude each other");
    return absl::OkStatus();
  };
  STATOR_RETURN_IF_ERROR(Exclude("prompt-ids", {"prompt", "prompts"}));
  STATOR_RETURN_IF_ERROR(Exclude("prompts", {"prompt"}));
  STATOR_RETURN_IF_ERROR(Exclude(
      "perplexity", {"prompt", "prompts", "prompt-ids", "tokens", "samples",
                     "stop", "stop-id", "interactive", "logprobs"}));
  STATOR_RETURN_IF_ERROR(
      Exclude("interactive", {"prompt", "prompts", "prompt-ids", "samples",
                              "json", "logprobs"}));
  for (const char *Flag : {"format", "stride", "window"})
    if (Table.given(Flag) && O.Perplexity.empty())
      return usageError("--", Flag,
                        " is about --perplexity, which is not given");
  if (Table.given("prompts-format") && !Table.given("prompts"))
    return usageError(
        "--prompts-format is about --prompts, which is not given");
  if (std::ranges::count(O.Prompts, "-") > 1)
    return usageError("--prompt -: standard input can only be read once");
  if (Table.given("window") && !Table.given("stride"))
    return usageError("--window is about --stride, which is not given");
  for (const std::string &Stop : O.Stops)
    if (Stop.empty())
      return usageError("--stop: an empty text is everywhere");
  return absl::OkStatus();
}

static absl::Status parseIds(const char *Flag, absl::string_view Text,
                             const StatorProgram &Program,
                             std::vector<int32_t> &Ids) {
  for (absl::string_view Part : absl::StrSplit(Text, ',')) {
    int64_t Id;
    if (!absl::SimpleAtoi(Part, &Id) || Id < 0 || Id >= Program.Vocabulary)
      return usageError("--", Flag, ": expected ids from 0 to ",
                        Program.Vocabulary - 1, " with commas between, found '",
                        Part, "'");
    Ids.push_back(static_cast<int32_t>(Id));
  }
  return absl::OkStatus();
}

absl::StatusOr<InferOptions>
parseInferOptions(const StatorProgram &Program,
                  const std::vector<std::string> &Arguments) {
  InferOptions O;
  IdTexts Ids;
  Flags Table;
  declare(Table, O, Ids);
  STATOR_RETURN_IF_ERROR(Table.parse(Arguments));
  STATOR_RETURN_IF_ERROR(checkExclusions(Table, O));
  O.TokensGiven = Table.given("tokens");
  if (Table.given("prompt-ids"))
    STATOR_RETURN_IF_ERROR(
        parseIds("prompt-ids", Ids.Prompt, Program, O.PromptIds));
  if (Table.given("stop-id"))
    STATOR_RETURN_IF_ERROR(parseIds("stop-id", Ids.Stop, Program, O.StopIds));
  if (O.Stride) {
    if (!O.Window)
      O.Window = Program.Time;
    if (O.Window > Program.Time)
      return usageError("--window ", O.Window, ": ", Program.Name,
                        " was compiled for ", Program.Time, " positions");
    if (O.Stride > O.Window)
      return usageError("--stride ", O.Stride,
                        " would leave tokens out: a window has ", O.Window);
  }
  if (O.Slide && Program.Prefix)
    return usageError("--slide: it would forget the beginning of the text, of "
                      "which ",
                      Program.Name, " needs the first ", Program.Prefix,
                      " tokens");
  if (O.LogProbabilities > Program.Vocabulary)
    return usageError("--logprobs ", O.LogProbabilities, ": ", Program.Name,
                      " has ", Program.Vocabulary, " tokens");
  if (O.LogProbabilities >= 0)
    O.Json = true;
  return O;
}

std::string inferHelp() {
  InferOptions Options;
  IdTexts Ids;
  Flags Table;
  declare(Table, Options, Ids);
  return Table.help();
}

} // namespace stator::runtime
