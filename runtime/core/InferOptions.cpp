#include "runtime/core/InferOptions.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Flags.h"
#include "runtime/core/StatusMacros.h"
#include <limits>

namespace stator::runtime {

static void declare(Flags &Table, InferOptions &O, std::string &PromptIds) {
  Table.section("Weights");
  Table.text("weights", "FILE",
             "A .safetensors file, a checkpoint, or the --out directory of a "
             "training.",
             &O.Weights);
  Table.toggle("allow-extra",
               "Ignore tensors of the file that the model does not have.",
               &O.AllowExtra);

  Table.section("Generation");
  Table.text("prompt", "TEXT",
             "What to continue; empty: begin after a newline.", &O.Prompt);
  Table.text("prompt-ids", "N,N,...", "The prompt as token ids.", &PromptIds);
  Table.integer("tokens", "How many tokens to generate.", &O.Tokens, 0);
  Table.integer("samples", "How many texts to generate.", &O.Samples, 1,
                std::numeric_limits<int32_t>::max());
  Table.number("temperature",
               "Below 1 bolder about what is likely, above 1 freer; 0 always "
               "takes the likeliest.",
               &O.Sampling.Temperature, 0,
               std::numeric_limits<double>::infinity());
  Table.integer("top-k", "Draw from the K likeliest tokens; 0: from all.",
                &O.Sampling.TopK, 0);
  Table.number("top-p",
               "Draw from the fewest likeliest tokens that together have this "
               "probability; 1: from all.",
               &O.Sampling.TopP, 0, 1);
  Table.integer("seed", "Decides what is drawn.", &O.Sampling.Seed, 0);

  Table.section("Measurement");
  Table.text("perplexity", "FILE",
             "Instead of generating, the mean loss and perplexity over FILE.",
             &O.Perplexity);
  Table.choice("format", "What FILE holds.", &O.Format,
               {"text", "bytes", "uint16", "uint32"},
               "by the vocabulary beside the weights, else uint16 for .bin");

  Table.section("Output");
  Table.toggle("json", "Print one JSON object instead of text.", &O.Json);
  Table.integer("threads", "Threads to compute on; never changes a result.",
                &O.Threads, 1, 4096, "one for each CPU");
  Table.toggle("pin", "Keep each thread on a CPU of its own.", &O.Pin);
  Table.toggle("version", "Show what the program was compiled by.", &O.Version);
  Table.toggle("help", "Show this.", &O.Help);
}

absl::StatusOr<InferOptions>
parseInferOptions(const StatorProgram &Program,
                  const std::vector<std::string> &Arguments) {
  InferOptions O;
  std::string PromptIds;
  Flags Table;
  declare(Table, O, PromptIds);
  STATOR_RETURN_IF_ERROR(Table.parse(Arguments));
  if (Table.given("prompt") && Table.given("prompt-ids"))
    return usageError("--prompt and --prompt-ids exclude each other");
  if (!O.Perplexity.empty())
    for (const char *Flag : {"prompt", "prompt-ids", "tokens", "samples"})
      if (Table.given(Flag))
        return usageError("--", Flag, " and --perplexity exclude each other");
  if (Table.given("format") && O.Perplexity.empty())
    return usageError("--format is about --perplexity, which is not given");
  if (!Table.given("prompt-ids"))
    return O;
  for (absl::string_view Text : absl::StrSplit(PromptIds, ',')) {
    int64_t Id;
    if (!absl::SimpleAtoi(Text, &Id) || Id < 0 || Id >= Program.Vocabulary)
      return usageError("--prompt-ids: expected ids from 0 to ",
                        Program.Vocabulary - 1, " with commas between, found '",
                        Text, "'");
    O.PromptIds.push_back(static_cast<int32_t>(Id));
  }
  return O;
}

std::string inferHelp() {
  InferOptions Options;
  std::string PromptIds;
  Flags Table;
  declare(Table, Options, PromptIds);
  return Table.help();
}

} // namespace stator::runtime
