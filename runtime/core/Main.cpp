#include "runtime/core/Main.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "runtime/core/BenchWorker.h"
#include "runtime/core/Errors.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/FileFaults.h"
#include "runtime/core/Format.h"
#include "runtime/core/Inference.h"
#include "runtime/core/State.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TrainingLoop.h"
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace stator::runtime {

/// The options as "name value, name value", with those of an inner object,
/// which is the model's configuration, on lines of their own.
static std::string describeOptions(const char *Options) {
  auto Json = nlohmann::ordered_json::parse(Options ? Options : "{}", nullptr,
                                            /*allow_exceptions=*/false);
  if (!Json.is_object())
    return "";
  std::string Result;
  std::vector<std::string> Plain;
  auto Text = [](const nlohmann::ordered_json &Value) {
    return Value.is_string() ? Value.get<std::string>() : Value.dump();
  };
  for (const auto &[Name, Value] : Json.items()) {
    if (!Value.is_object()) {
      Plain.push_back(absl::StrCat(Name, " ", Text(Value)));
      continue;
    }
    std::vector<std::string> Inner;
    for (const auto &[InnerName, InnerValue] : Value.items())
      Inner.push_back(absl::StrCat(InnerName, " ", Text(InnerValue)));
    Result += wrapText(absl::StrCat(Name, ": ", absl::StrJoin(Inner, ", ")),
                       /*Indent=*/2);
  }
  if (!Plain.empty())
    Result = wrapText(absl::StrJoin(Plain, ", "), /*Indent=*/2) + Result;
  return Result;
}

/// How a program that infers goes on from a position.
static std::string describeBlocks(const StatorProgram &Program) {
  if (Program.Mode == STATOR_MODE_TRAIN)
    return "";
  if (!Program.NumBlocks)
    return absl::StrCat("\n  computes the whole text anew for each token",
                        Program.Prefix ? absl::StrCat(", of which the first ",
                                                      Program.Prefix,
                                                      " are given together")
                                       : "");
  std::vector<int64_t> Widths;
  for (int64_t I = 0; I < Program.NumBlocks; ++I)
    Widths.push_back(Program.Blocks[I].Width);
  return absl::StrCat(
      "\n  decodes ", absl::StrJoin(Widths, ", "), " tokens at a time, ",
      Program.Context ? absl::StrCat("context ", Program.Context)
                      : "texts of any length");
}

static std::string describeProgram(const StatorProgram &Program) {
  bool Train = Program.Mode == STATOR_MODE_TRAIN;
  auto Parameters =
      static_cast<double>(countElements(Program, STATOR_ROLE_PARAMETER));
  return absl::StrCat(
      "Compiled by ", Program.Compiler, ", ABI ", Program.AbiVersion, ", to ",
      Train ? "train" : "infer", ":\n  ", formatCount(Parameters),
      " parameters, vocabulary ", Program.Vocabulary, ", batch ", Program.Batch,
      Program.MicroBatches > 1 ? absl::StrCat(" x ", Program.MicroBatches) : "",
      ", time ", Program.Time, describeBlocks(Program), "\n  memory: state ",
      formatBytes(static_cast<double>(Program.StateBytes)),
      Program.CacheBytes
          ? absl::StrCat(", cache ",
                         formatBytes(static_cast<double>(Program.CacheBytes)))
          : "",
      ", arena ", formatBytes(static_cast<double>(Program.ArenaBytes)), "\n",
      Program.FlopsPerStep > 0
          ? absl::StrCat("  ", formatCount(Program.FlopsPerStep),
                         Train ? "FLOP a step\n" : "FLOP a forward\n")
          : "",
      describeOptions(Program.Options));
}

static void printHelp(const StatorProgram &Program, const char *Name) {
  bool Train = Program.Mode == STATOR_MODE_TRAIN;
  std::string Text = absl::StrCat(
      Train ? "Trains " : "Writes text with ", Program.Name, ".\n\nUsage:\n  ",
      Name,
      Train ? " --data FILE [--val FILE | --val-fraction X] [--steps N] "
              "[FLAGS]\n  "
            : " [--weights FILE] [--prompt TEXT] [--tokens N] [FLAGS]\n  ",
      Name,
      Train ? " --resume DIR\n"
            : absl::StrCat(" [--weights FILE] --interactive [FLAGS]\n  ", Name,
                           " [--weights FILE] --perplexity FILE\n"),
      Train ? trainHelp(Program) : inferHelp(), "\n", describeProgram(Program),
      "\nExit codes: 0 success, 1 failure, 2 wrong flags",
      Train
          ? ", 3 a loss or gradient is NaN or\ninfinite; 130, 143, 129 and "
            "141: stopped by SIGINT, SIGTERM, SIGHUP or SIGPIPE\nafter saving "
            "a checkpoint"
          : ", 4 the context was full before\n--tokens were written",
      ".\n");
  std::fputs(Text.c_str(), stdout);
}

static absl::StatusOr<int> runProgram(const StatorProgram &Program,
                                      const char *Name,
                                      const std::vector<std::string> &Args) {
  STATOR_RETURN_IF_ERROR(checkProgram(Program));
  if (!Args.empty() && Args[0] == BenchWorkerFlag)
    return runBenchWorker(Program, {Args.begin() + 1, Args.end()});
  auto Inform = [&](const auto &Options) {
    if (Options.Help)
      printHelp(Program, Name);
    else
      std::fputs(
          (absl::StrCat(Program.Name, "\n") + describeProgram(Program)).c_str(),
          stdout);
    return int(ExitSuccess);
  };
  if (Program.Mode == STATOR_MODE_TRAIN) {
    STATOR_ASSIGN_OR_RETURN(TrainOptions Options,
                            parseTrainOptions(Program, Args));
    if (Options.Help || Options.Version)
      return Inform(Options);
    return runTraining(Program, std::move(Options));
  }
  STATOR_ASSIGN_OR_RETURN(InferOptions Options,
                          parseInferOptions(Program, Args));
  if (Options.Help || Options.Version)
    return Inform(Options);
  return runInference(Program, Options);
}

} // namespace stator::runtime

// NOLINTNEXTLINE(readability-identifier-naming): a name of C
int stator_main(const StatorProgram *Program, int NumArguments,
                char **Arguments) {
  using namespace stator::runtime;
  const char *Name = NumArguments > 0 ? Arguments[0] : "program";
  std::vector<std::string> Rest;
  for (int I = 1; I < NumArguments; ++I)
    Rest.push_back(Arguments[I]);
  handleFileFaults();
  try {
    absl::StatusOr<int> Code = runProgram(*Program, Name, Rest);
    // A full disk shows only when the last of the output is written.
    if (Code.ok() && *Code == ExitSuccess &&
        (std::fflush(stdout) != 0 || std::ferror(stdout)))
      Code = error("cannot write to standard output");
    if (Code.ok())
      return *Code;
    std::string Message(Code.status().message());
    std::fprintf(stderr, "error: %s\n", Message.c_str());
    return absl::IsInvalidArgument(Code.status()) ? ExitUsage : ExitFailure;
  } catch (const std::bad_alloc &) {
    std::fputs("error: out of memory\n", stderr);
    return ExitFailure;
  } catch (const std::exception &Exception) {
    // Of the standard library, such as a thread that cannot be started.
    std::fprintf(stderr, "error: %s\n", Exception.what());
    return ExitFailure;
  }
}
