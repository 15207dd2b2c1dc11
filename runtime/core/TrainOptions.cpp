#include "runtime/core/TrainOptions.h"
#include "runtime/core/Errors.h"
#include "runtime/core/RunPath.h"
#include "runtime/core/StatusMacros.h"
#include <filesystem>
#include <limits>

namespace stator::runtime {

namespace {
/// The options and the flags that fill them in.
struct Parser {
  explicit Parser(const StatorProgram &Program);
  absl::Status takeFrom(const StatorProgram &Program);
  absl::Status takeSettings(const StatorProgram &Program);
  absl::Status takeSettingsOf(const RunRecord &Run, const Settings &Compiled);
  template <typename ValueType>
  absl::Status take(absl::string_view Flag, ValueType &Value,
                    const ValueType &Recorded, absl::string_view Why);

  TrainOptions Options;
  std::string Resume;
  bool ChangeSettings = false;
  SettingFlags FlagsOfSettings;
  Flags Table;
};
} // namespace

Parser::Parser(const StatorProgram &Program) : FlagsOfSettings(Program) {
  TrainOptions &O = Options;
  O.Steps = Program.DefaultSteps;

  Table.section("Data");
  Table.text("data", "FILE", "What to learn from. Needed, unless --resume.",
             &O.Data.Data);
  Table.text("val", "FILE", "Text to evaluate on, held out from training.",
             &O.Data.Validation);
  Table.number("val-fraction",
               "Hold out this part of the end of --data instead.",
               &O.Data.ValidationFraction, 0, 1, /*Open=*/true);
  Table.choice("format",
               "What the files hold: text, of which every character is a "
               "token; bytes; or token ids without a header, as nanoGPT writes "
               "them.",
               &O.Data.Format, {"text", "bytes", "uint16", "uint32"},
               "uint16 for .bin, else text");
  Table.text("tokenizer", "PATH",
             "Encode text with this tokenizer, or say what ids stand for: a "
             "tokenizer.json, tokenizer.model or tokenizer.bin, or a folder, "
             "checkpoint or training run with one. It is saved with the "
             "checkpoints. Without it, the tokenizer of --init-from is used; "
             "without one there, text is encoded by its characters.",
             &O.Data.Tokenizer);

  Table.section("Training");
  Table.integer("steps", "Steps of the whole run.", &O.Steps, 0,
                int64_t(1) << 31,
                Program.DefaultSteps ? "" : "none: the model does not say");
  Table.integer("seed",
                "Decides the initial weights, the order of the batches and "
                "dropout.",
                &O.Seed, 0);
  Table.integer("data-seed", "Decides the order of the batches alone.",
                &O.DataSeed, 0, std::numeric_limits<int64_t>::max(), "--seed");
  Table.integer("threads", "Threads to compute on; never changes a result.",
                &O.Threads, 1, 4096, "one for each CPU");
  Table.toggle("pin", "Keep each thread on a CPU of its own.", &O.Pin);
  Table.text(
      "init-from", "PATH",
      "Begin with the weights of a .safetensors file, a folder with one, "
      "a checkpoint or a training run instead of random ones, and with "
      "the tokenizer that is there.",
      &O.InitFrom, "");
  Table.toggle(
      "change-tokenizer",
      "Accept a --tokenizer in which ids stand for other tokens than in "
      "that of --init-from.",
      &O.ChangeTokenizer);
  Table.toggle("allow-extra",
               "Ignore tensors of --init-from that the model does not have.",
               &O.AllowExtra);

  if (!compiledSettings(Program).empty())
    Table.section("Optimizer (what the model says, unless given; recorded in "
                  "the run)");
  FlagsOfSettings.declare(Table);

  Table.section("Evaluation and checkpoints");
  Table.integer("eval-every",
                "Evaluate on held-out text every N steps, and at the end; 0: "
                "only at the end.",
                &O.EvalEvery, 0);
  Table.integer("eval-batches",
                "Batches of each evaluation but the last; 0: all.",
                &O.EvalBatches, 0);
  Table.text("out", "DIR",
             "Directory for the checkpoints. DIR/latest is the last one.",
             &O.Out);
  Table.toggle("overwrite",
               "Replace the run that is in --out, and the file of --log. The "
               "earlier run stays in DIR/previous until the new one has saved "
               "its first trained checkpoint.",
               &O.Overwrite);
  Table.integer("save-every",
                "Save a checkpoint every N steps, and at the end; 0: only at "
                "the end.",
                &O.SaveEvery, 0);
  Table.integer("keep", "Keep the last N checkpoints; 0: all.", &O.Keep, 0);
  Table.toggle(
      "keep-best",
      "Also save and keep the checkpoint with the lowest held-out loss "
      "of all evaluations of --eval-every. DIR/best is a link to it.",
      &O.KeepBest);
  Table.integer("patience",
                "Stop after N evaluations in a row without a lower held-out "
                "loss; 0: never. Implies --keep-best.",
                &O.Patience, 0);
  Table.text("resume", "DIR",
             "Continue the run in DIR from its last checkpoint, bit for bit. "
             "Its settings are kept; flags need not be repeated. A larger "
             "--steps makes the run longer.",
             &Resume);
  Table.toggle("change-settings",
               "Let --resume go on with other settings of the optimizer than "
               "the run has so far: those of the flags and, where this program "
               "was compiled with others, those of the program. The run "
               "records what changed at which step.",
               &ChangeSettings);

  Table.section("Output");
  Table.text(
      "log", "FILE",
      "One JSON object a step. If given, log.jsonl in --out is a link to it.",
      &O.Log, "log.jsonl in --out");
  Table.text("tensorboard", "DIR",
             "Write event files for TensorBoard into DIR, which should be one "
             "for each run: tensorboard --logdir with DIR or a folder above.",
             &O.TensorBoard);
  Table.toggle("quiet", "Show errors and the result only.", &O.Quiet);
  if (Program.Gradients)
    Table.text("dump-gradients", "FILE",
               "Write loss and gradients of the first batch, and the batch, as "
               "safetensors, and stop.",
               &O.DumpGradients);
  if (Program.NumLaunches)
    Table.text("profile", "FILE",
               "Write how long each kernel took, on average over the steps, as "
               "JSON.",
               &O.Profile);
  Table.toggle("version", "Show what the program was compiled by.", &O.Version);
  Table.toggle("help", "Show this.", &O.Help);
}

static std::string absolutePath(const std::string &Path) {
  std::error_code Error;
  std::string Result = std::filesystem::absolute(Path, Error).string();
  return Path.empty() || Error ? Path : Result;
}

/// Takes over \p Recorded, or, if the flag was given, insists that it is the
/// same.
template <typename ValueType>
absl::Status Parser::take(absl::string_view Flag, ValueType &Value,
                          const ValueType &Recorded, absl::string_view Why) {
  if (Table.given(Flag) && Value != Recorded)
    return usageError("--", Flag, " ", Value, " contradicts ", Resume,
                      ", which was begun with ", Recorded, "; ", Why);
  Value = Recorded;
  return absl::OkStatus();
}

absl::Status Parser::takeFrom(const StatorProgram &Program) {
  if (Table.given("init-from"))
    return usageError("--init-from and --resume exclude each other");
  if (Table.given("tokenizer"))
    return usageError("--tokenizer and --resume exclude each other: the "
                      "tokenizer is in the checkpoint");
  if (Table.given("overwrite"))
    return usageError("--overwrite and --resume exclude each other: a resumed "
                      "run keeps its checkpoints");
  std::error_code Ignored;
  std::string Out = runDirectory(Resume);
  if (!std::filesystem::exists(Out, Ignored))
    return error("cannot resume from ", Resume, ": it does not exist");
  // The lock comes before all that is read of the run. A folder that is none
  // is left alone.
  if (CheckpointStore::holdsRun(Out) ||
      std::filesystem::exists(Out + "/.lock", Ignored)) {
    STATOR_ASSIGN_OR_RETURN(Options.Lock, RunLock::acquire(Out));
  }
  STATOR_ASSIGN_OR_RETURN(Checkpoint From,
                          Checkpoint::open(Options.Lock, Resume));
  const RunRecord &Run = From.Run;
  auto CheckProgram = [&](absl::string_view What, const auto &Recorded,
                          const auto &Ours) {
    return Recorded == Ours
               ? absl::OkStatus()
               : error(Resume, " belongs to another program: its ", What,
                       " is ", Recorded, ", that of this program is ", Ours);
  };
  STATOR_RETURN_IF_ERROR(
      CheckProgram("model", Run.Model, std::string(Program.Name)));
  STATOR_RETURN_IF_ERROR(CheckProgram("batch", Run.Batch, Program.Batch));
  STATOR_RETURN_IF_ERROR(CheckProgram("time", Run.Time, Program.Time));
  STATOR_RETURN_IF_ERROR(
      CheckProgram("vocabulary", Run.Vocabulary, Program.Vocabulary));
  STATOR_RETURN_IF_ERROR(CheckProgram("number of micro-batches",
                                      Run.MicroBatches, Program.MicroBatches));

  TrainOptions &O = Options;
  if (!Table.given("steps"))
    O.Steps = Run.Steps;
  else if (O.Steps < Run.Step)
    return usageError("--steps ", O.Steps, " is less than the ", Run.Step,
                      " steps that ", Resume, " has already done");
  STATOR_RETURN_IF_ERROR(
      take("seed", O.Seed, Run.Seed, "it would be another run"));
  STATOR_RETURN_IF_ERROR(
      take("data-seed", O.DataSeed, Run.DataSeed, "it would be another run"));
  STATOR_RETURN_IF_ERROR(take("val-fraction", O.Data.ValidationFraction,
                              Run.Data.ValidationFraction,
                              "it would be another run"));
  STATOR_RETURN_IF_ERROR(take("format", O.Data.Format, Run.Data.Format,
                              "it would be another run"));
  // Files may have moved; whether they are the same is seen from their bytes.
  if (!Table.given("data"))
    O.Data.Data = Run.Data.Data;
  if (!Table.given("val"))
    O.Data.Validation = Run.Data.Validation;
  else if (Run.Data.Validation.empty())
    return usageError("--val contradicts ", Resume,
                      ", which was begun without one");
  if (!Table.given("tensorboard"))
    O.TensorBoard = Run.TensorBoard;
  if (!Table.given("eval-every"))
    O.EvalEvery = Run.EvalEvery;
  if (!Table.given("eval-batches"))
    O.EvalBatches = Run.EvalBatches;
  if (!Table.given("save-every"))
    O.SaveEvery = Run.SaveEvery;
  if (!Table.given("keep"))
    O.Keep = Run.Keep;
  if (!Table.given("keep-best"))
    O.KeepBest = Run.KeepBest;
  if (!Table.given("patience"))
    O.Patience = Run.Patience;
  if (Table.given("out") && !std::filesystem::equivalent(O.Out, Out, Ignored))
    return usageError("--out ", O.Out, " contradicts --resume ", Resume,
                      ": a run goes on in its own directory");
  O.Out = Out;
  O.Resumed = std::move(From);
  return absl::OkStatus();
}

/// Finds the settings of the optimizer for a run that begins or goes on.
absl::Status Parser::takeSettings(const StatorProgram &Program) {
  TrainOptions &O = Options;
  STATOR_ASSIGN_OR_RETURN(O.FromFlags, FlagsOfSettings.given(Table));
  Settings Compiled = compiledSettings(Program);
  if (O.Resumed)
    return takeSettingsOf(O.Resumed->Run, Compiled);
  if (ChangeSettings)
    return usageError("--change-settings is for a run that is resumed, and "
                      "--resume is not given");
  STATOR_ASSIGN_OR_RETURN(O.Training,
                          effectiveSettings(Compiled, O.FromFlags, O.Steps));
  return absl::OkStatus();
}

absl::Status Parser::takeSettingsOf(const RunRecord &Run,
                                    const Settings &Compiled) {
  TrainOptions &O = Options;
  // What was set when the run began holds until a flag sets it anew.
  Settings Set = Run.FromFlags;
  for (const auto &[Name, Value] : O.FromFlags)
    putSetting(Set, Name, Value);
  O.FromFlags = std::move(Set);
  STATOR_ASSIGN_OR_RETURN(O.Training,
                          effectiveSettings(Compiled, O.FromFlags, O.Steps));
  O.Changes = Run.Changes;
  std::vector<SettingChange> New =
      Run.Training.empty()
          ? std::vector<SettingChange>()
          : compareSettings(Run.Training, O.Training, Run.Step);
  if (!New.empty() && !ChangeSettings) {
    bool Stretched = New.size() == 1 && New[0].Name == "schedule_steps" &&
                     O.Steps != Run.Steps &&
                     scheduleFollowsRun(Compiled, O.FromFlags);
    if (Stretched)
      return usageError(
          "--steps ", O.Steps, ": the learning rate of ", Resume,
          " falls until the last step of the run, which was ", Run.Steps,
          "\nhint: --schedule-steps ", New[0].From,
          " keeps the schedule, so that the learning rate stays at ",
          findSetting(O.Training, "min_lr"), " from step ", New[0].From,
          " on; --change-settings stretches it over ", O.Steps, " steps");
    return error("the settings of the optimizer are not those of ", Resume,
                 ":\n", describeChanges(New),
                 "\nhint: to go on with the new ones from step ", Run.Step,
                 " on, give --change-settings; to keep the old ones, use the "
                 "program and the flags that the run was begun with");
  }
  if (O.Steps != Run.Steps)
    New.insert(New.begin(), {Run.Step, "steps", absl::StrCat(Run.Steps),
                             absl::StrCat(O.Steps)});
  O.Changes.insert(O.Changes.end(), New.begin(), New.end());
  return absl::OkStatus();
}

absl::StatusOr<TrainOptions>
parseTrainOptions(const StatorProgram &Program,
                  const std::vector<std::string> &Arguments) {
  Parser Parser(Program);
  STATOR_RETURN_IF_ERROR(Parser.Table.parse(Arguments));
  TrainOptions &O = Parser.Options;
  if (O.Help || O.Version)
    return std::move(O);
  if (Parser.Table.given("resume"))
    STATOR_RETURN_IF_ERROR(Parser.takeFrom(Program));
  else if (!Parser.Table.given("data-seed"))
    O.DataSeed = O.Seed;
  STATOR_RETURN_IF_ERROR(Parser.takeSettings(Program));
  if (O.Data.Data.empty())
    return usageError("--data FILE is needed: what to learn from");
  if (!O.Data.Validation.empty() && O.Data.ValidationFraction > 0)
    return usageError("--val and --val-fraction exclude each other");
  bool HeldOut = !O.Data.Validation.empty() || O.Data.ValidationFraction > 0;
  if (O.EvalEvery > 0 && !HeldOut)
    return usageError("--eval-every needs held-out text: --val FILE or "
                      "--val-fraction X");
  O.KeepBest |= O.Patience > 0;
  if (O.KeepBest && O.EvalEvery == 0)
    return usageError(O.Patience > 0 ? "--patience" : "--keep-best",
                      " needs evaluations to compare: --eval-every N");
  if (HeldOut && !Program.Evaluate)
    return usageError("this program was compiled without evaluation; --val "
                      "and --val-fraction cannot be used");
  if (O.Steps == 0 && !Parser.Table.given("steps") && !O.Resumed)
    return usageError("--steps N is needed: the model does not say how many");
  if (O.Out.empty())
    return usageError("--out needs the name of a directory");
  if (O.ChangeTokenizer && (O.InitFrom.empty() || O.Data.Tokenizer.empty()))
    return usageError("--change-tokenizer needs both --init-from and "
                      "--tokenizer");
  if (O.AllowExtra && O.InitFrom.empty())
    return usageError("--allow-extra is about --init-from, which is not given");
  O.Data.Format =
      std::string(dataFormatName(dataFormat(O.Data.Format, O.Data.Data)));
  O.Data.Data = absolutePath(O.Data.Data);
  O.Data.Validation = absolutePath(O.Data.Validation);
  O.Log = absolutePath(O.Log);
  O.TensorBoard = absolutePath(O.TensorBoard);
  O.Profile = absolutePath(O.Profile);
  return std::move(O);
}

std::string trainHelp(const StatorProgram &Program) {
  return Parser(Program).Table.help();
}

} // namespace stator::runtime
