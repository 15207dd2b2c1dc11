//===- TokenizeCommand.cpp - stator tokenize: text to ids and back --------===//

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextStream.h"
#include "runtime/core/Utf8.h"
#include "tools/driver/CommandLine.h"
#include "tools/driver/Commands.h"
#include "tools/tokenize/BpeTrainer.h"
#include "tools/tokenize/TokenWriter.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::tokenize;

namespace stator::driver {
namespace {

constexpr char Usage[] = "tokenize --train|--encode|--decode|--ids|--show ...";

constexpr char Description[] =
    "Trains tokenizers on text, and converts between text and token ids.\n\n"
    "  stator tokenize --train input.txt --vocab 4096 -o tokenizer.json\n"
    "  stator tokenize --encode input.txt --tokenizer tokenizer.json "
    "-o input.bin\n"
    "  stator tokenize --decode input.bin --tokenizer tokenizer.json\n"
    "  stator tokenize --show \"Hello world\" --tokenizer tokenizer.json\n"
    "  stator tokenize --ids \"15496 995\" --tokenizer gpt2/\n\n"
    "A training program takes the result: ./train --data input.bin, or "
    "./train\n"
    "--data input.txt --tokenizer tokenizer.json. Its model is compiled with\n"
    "-D vocab=N, where N is the size of the vocabulary.\n";

struct TokenizeOptions {
  std::string Train, Encode, Decode, Ids, Show;
  std::string Tokenizer, Output, Format;
  std::vector<std::string> Special;
  TrainerOptions Training;
  bool Begin = false, ParseSpecial = false, Json = false, Help = false;
};

/// A part of a task on a terminal, redrawn; nothing in a pipe.
class TaskProgress {
public:
  explicit TaskProgress(const char *What)
      : What(What), Shown(isatty(STDERR_FILENO) != 0) {}
  ~TaskProgress() {
    if (Drawn)
      llvm::errs() << "\r\033[K";
  }

  void operator()(double Part) {
    auto Now = std::chrono::steady_clock::now();
    if (!Shown || Now - Last < std::chrono::milliseconds(100))
      return;
    Last = Now;
    Drawn = true;
    llvm::errs() << "\r" << What << " " << llvm::format("%3.0f", Part * 100)
                 << " %\033[K";
  }

private:
  const char *What;
  bool Shown, Drawn = false;
  std::chrono::steady_clock::time_point Last;
};

absl::StatusOr<std::unique_ptr<Tokenizer>>
openFor(const TokenizeOptions &Options, const char *Task) {
  if (Options.Tokenizer.empty())
    return usageError(Task, " needs --tokenizer: a tokenizer.json, "
                            "tokenizer.model, tokenizer.bin, or a folder with "
                            "one");
  return openTokenizer(Options.Tokenizer);
}

/// uint16 or uint32: as --format says, or as the ids need.
absl::StatusOr<DataFormat> tokenFormat(const TokenizeOptions &Options,
                                       int64_t Vocabulary) {
  if (!Options.Format.empty())
    return dataFormat(Options.Format, "");
  return Vocabulary <= 0x10000 ? DataFormat::Uint16 : DataFormat::Uint32;
}

absl::Status train(const TokenizeOptions &Options) {
  if (Options.Output.empty())
    return usageError(
        "--train needs -o, the file to write the tokenizer.json to");
  TrainerOptions Training = Options.Training;
  if (!Options.Special.empty())
    Training.Special = Options.Special;
  for (size_t I = 0; I < Training.Special.size(); ++I) {
    const std::string &Name = Training.Special[I];
    char32_t Ignored;
    for (size_t At = 0; At < Name.size();) {
      unsigned Length = decodeUtf8(Name, At, Ignored);
      if (Length == 0)
        return usageError("--special is not valid UTF-8");
      At += Length;
    }
    if (Name.size() < 3 ||
        std::find(Training.Special.begin(),
                  Training.Special.begin() + static_cast<ptrdiff_t>(I),
                  Name) != Training.Special.begin() + static_cast<ptrdiff_t>(I))
      return usageError("--special ", Name,
                        ": expected names of three bytes or more, each once");
  }
  auto Fixed = static_cast<int64_t>(256 + Training.Special.size());
  if (Training.Vocabulary < Fixed)
    return usageError("--vocab ", Training.Vocabulary, ": the bytes and ",
                      Training.Special.size(), " special tokens alone are ",
                      Fixed);
  STATOR_ASSIGN_OR_RETURN(MappedFile Text, MappedFile::open(Options.Train));
  if (Text.size() == 0)
    return error(Options.Train, " is empty");
  TrainedBpe Result;
  {
    TaskProgress Bar("training merges");
    Result = trainBpe(Text.text(), Training, [&](double Part) { Bar(Part); });
  }
  std::string Json = Result.toJson();
  // Names of special tokens may collide with those of merges: then the file
  // could not be read.
  TokenizerFiles Files{
      TokenizerKind::HuggingFace, {{"tokenizer.json", Json}}, Options.Output};
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Coder,
                          makeTokenizer(std::move(Files)));
  for (int64_t Id = 0; Id < Result.vocabulary(); ++Id)
    if (Coder->token(static_cast<int32_t>(Id)).empty())
      return usageError("--special: a name is that of another token of the "
                        "text");
  STATOR_RETURN_IF_ERROR(writeFileAtomically(Options.Output, Json));
  if (Options.Json) {
    nlohmann::ordered_json Report = {{"tokenizer", Options.Output},
                                     {"vocabulary", Result.vocabulary()},
                                     {"merges", Result.Merges.size()},
                                     {"bytes", Result.Bytes},
                                     {"words", Result.Words}};
    llvm::outs() << Report.dump() << "\n";
    return absl::OkStatus();
  }
  llvm::outs() << Options.Output << ": " << Result.vocabulary()
               << " tokens, trained on "
               << formatBytes(static_cast<double>(Result.Bytes)) << " with "
               << Result.Words << " different words\n";
  if (Result.vocabulary() < Training.Vocabulary)
    llvm::outs() << "note: fewer than --vocab " << Training.Vocabulary
                 << ", since no further pair occurs often enough; compile the "
                    "model with -D vocab="
                 << Result.vocabulary() << "\n";
  return absl::OkStatus();
}

absl::Status encode(const TokenizeOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Coder,
                          openFor(Options, "--encode"));
  if (Options.Output.empty())
    return usageError("--encode needs -o, the file to write the ids to");
  STATOR_ASSIGN_OR_RETURN(DataFormat Format,
                          tokenFormat(Options, Coder->vocabularySize()));
  STATOR_ASSIGN_OR_RETURN(MappedFile Text, MappedFile::open(Options.Encode));
  EncodeOptions How;
  How.AddSpecial = Options.Begin;
  How.ParseSpecial = Options.ParseSpecial;
  absl::StatusOr<int64_t> Count;
  {
    TaskProgress Bar("encoding");
    Count = writeTokens(*Coder, Text.text(), How, Format, Options.Output,
                        [&](double Part) { Bar(Part); });
  }
  if (!Count.ok())
    return error(Options.Encode, ": ", Count.status().message());
  double Bytes = static_cast<double>(Text.size());
  if (Options.Json) {
    nlohmann::ordered_json Report = {
        {"output", Options.Output},
        {"format", std::string(dataFormatName(Format))},
        {"tokens", *Count},
        {"bytes", Text.size()},
        {"vocabulary", Coder->vocabularySize()}};
    llvm::outs() << Report.dump() << "\n";
    return absl::OkStatus();
  }
  llvm::outs() << Options.Output << ": " << *Count << " tokens of "
               << formatBytes(Bytes) << " of text";
  if (*Count > 0)
    llvm::outs() << " ("
                 << llvm::format("%.2f", Bytes / static_cast<double>(*Count))
                 << " bytes a token), " << std::string(dataFormatName(Format));
  llvm::outs() << "\n";
  if (Format == DataFormat::Uint32)
    llvm::outs() << "note: train with --format uint32\n";
  return absl::OkStatus();
}

absl::Status writeText(const TokenizeOptions &Options, const Tokenizer &Coder,
                       const std::vector<int32_t> &Ids,
                       const std::string &What) {
  absl::StatusOr<std::string> Text =
      Coder.decode(Ids, /*ShowSpecial=*/Options.ParseSpecial);
  if (!Text.ok())
    return error(What, ": ", Text.status().message());
  if (Options.Json) {
    // JSON is text: bytes that are no character are shown as U+FFFD.
    nlohmann::ordered_json Report = {{"ids", Ids}, {"text", *Text}};
    llvm::outs() << Report.dump(-1, ' ', false,
                                nlohmann::json::error_handler_t::replace)
                 << "\n";
    return absl::OkStatus();
  }
  if (!Options.Output.empty())
    return writeFileAtomically(Options.Output, *Text);
  llvm::outs() << *Text;
  if (isatty(STDOUT_FILENO) && (Text->empty() || Text->back() != '\n'))
    llvm::outs() << "\n";
  return absl::OkStatus();
}

absl::Status decodeFile(const TokenizeOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Coder,
                          openFor(Options, "--decode"));
  STATOR_ASSIGN_OR_RETURN(DataFormat Format,
                          tokenFormat(Options, Coder->vocabularySize()));
  STATOR_ASSIGN_OR_RETURN(std::vector<int32_t> Ids,
                          readTokens(Options.Decode, Format));
  return writeText(Options, *Coder, Ids, Options.Decode);
}

absl::Status decodeIds(const TokenizeOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Coder,
                          openFor(Options, "--ids"));
  std::vector<int32_t> Ids;
  for (absl::string_view Text : absl::StrSplit(
           Options.Ids, absl::ByAnyChar(" ,\n\t"), absl::SkipEmpty())) {
    int32_t Id;
    if (!absl::SimpleAtoi(Text, &Id))
      return usageError("--ids: expected numbers with spaces or commas "
                        "between, found '",
                        Text, "'");
    Ids.push_back(Id);
  }
  return writeText(Options, *Coder, Ids, "--ids");
}

/// The bytes of a token as they can be shown in a line.
std::string inQuotes(absl::string_view Bytes) {
  return "\"" + absl::Utf8SafeCEscape(Bytes) + "\"";
}

absl::Status show(const TokenizeOptions &Options) {
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Coder,
                          openFor(Options, "--show"));
  EncodeOptions How;
  How.AddSpecial = Options.Begin;
  How.ParseSpecial = Options.ParseSpecial;
  absl::StatusOr<std::vector<int32_t>> Ids = Coder->encode(Options.Show, How);
  if (!Ids.ok())
    return error("--show: ", Ids.status().message());
  nlohmann::ordered_json Rows = nlohmann::ordered_json::array();
  DecodeState State;
  State.ShowSpecial = true;
  if (!Options.Json)
    llvm::outs() << "   place      id  text\n";
  for (size_t I = 0; I < Ids->size(); ++I) {
    int32_t Id = (*Ids)[I];
    std::string Bytes;
    Coder->append(Id, State, Bytes);
    if (Options.Json)
      Rows.push_back(
          {{"id", Id}, {"token", Coder->token(Id)}, {"text", Bytes}});
    else
      llvm::outs() << llvm::format("%8zu %7d  ", I, Id) << inQuotes(Bytes)
                   << (Coder->isSpecial(Id) ? "  special" : "") << "\n";
  }
  if (Options.Json)
    llvm::outs() << Rows.dump(-1, ' ', false,
                              nlohmann::json::error_handler_t::replace)
                 << "\n";
  return absl::OkStatus();
}

void declare(Flags &Table, TokenizeOptions &Options) {
  Table.section("What to do");
  Table.text("train", "FILE",
             "Train a byte-level BPE like GPT-2's on the text of a file.",
             &Options.Train);
  Table.text("encode", "FILE", "Write the token ids of a text to a file.",
             &Options.Encode);
  Table.text("decode", "FILE", "Decode a file of token ids.", &Options.Decode);
  Table.text("ids", "\"ID ...\"", "Decode these token ids.", &Options.Ids);
  Table.text("show", "TEXT", "Show the tokens of a text, one per line.",
             &Options.Show);
  Table.section("How");
  Table.text("tokenizer", "PATH",
             "A tokenizer.json, a tokenizer.model of SentencePiece, a "
             "tokenizer.bin of llama2.c, a vocab.json, or a folder with one of "
             "them.",
             &Options.Tokenizer);
  Table.text("output", "FILE",
             "The output file; -o is a short form. Without it, decoded text "
             "goes to standard output.",
             &Options.Output);
  Table.integer(
      "vocab",
      "For --train: size of the vocabulary, including the 256 bytes and "
      "the special tokens.",
      &Options.Training.Vocabulary, 256, 1 << 22);
  Table.integer("min-count",
                "For --train: how often a pair must occur to become a "
                "token.",
                &Options.Training.MinCount, 1);
  Table.list("special", "NAME",
             "For --train: a special token. May be given several times; no "
             "merge crosses a special token in the text.",
             &Options.Special, "<|endoftext|>");
  Table.choice("format", "The type of ids in a file, little-endian.",
               &Options.Format, {"uint16", "uint32"},
               "uint16, or uint32 for more than 65,536 tokens");
  Table.toggle("bos",
               "Add the special tokens that the tokenizer adds around a text, "
               "such as a beginning-of-sequence token.",
               &Options.Begin);
  Table.toggle("parse-special",
               "Encode <|endoftext|> and the like in a text as the special "
               "tokens that they name, and decode them as such.",
               &Options.ParseSpecial);
  Table.section("Other");
  Table.toggle("json", "Print the result as JSON.", &Options.Json);
  Table.toggle("help", "Show this text.", &Options.Help);
}

absl::Status runTask(const TokenizeOptions &Options, const Flags &Table) {
  struct Task {
    const char *Name;
    absl::Status (*Run)(const TokenizeOptions &);
  };
  std::vector<Task> Tasks;
  for (Task Each :
       {Task{"train", train}, Task{"encode", encode},
        Task{"decode", decodeFile}, Task{"ids", decodeIds}, Task{"show", show}})
    if (Table.given(Each.Name))
      Tasks.push_back(Each);
  if (Tasks.empty())
    return usageError("expected one of --train, --encode, --decode, --ids or "
                      "--show");
  if (Tasks.size() > 1)
    return usageError("--", Tasks[0].Name, " and --", Tasks[1].Name,
                      " cannot be combined");
  return Tasks[0].Run(Options);
}

} // namespace

int runTokenize(const Invocation &Call) {
  TokenizeOptions Options;
  Flags Table;
  declare(Table, Options);
  std::vector<std::string> Arguments;
  for (const std::string &Argument : Call.Arguments) {
    bool IsValue = !Arguments.empty() &&
                   llvm::StringRef(Arguments.back()).starts_with("--") &&
                   Table.takesValue(Arguments.back().substr(2));
    Arguments.push_back(!IsValue && Argument == "-o" ? "--output" : Argument);
  }
  absl::Status Status = Table.parse(Arguments);
  if (Options.Help) {
    llvm::outs() << "usage: stator " << Usage << "\n\n"
                 << Description << Table.help();
    return ExitSuccess;
  }
  if (Status.ok())
    Status = runTask(Options, Table);
  if (Status.ok())
    return ExitSuccess;
  llvm::errs() << "error: " << std::string(Status.message()) << "\n";
  if (!absl::IsInvalidArgument(Status))
    return ExitFailure;
  llvm::errs() << "usage: stator " << Usage << "\n";
  return ExitUsage;
}

} // namespace stator::driver
