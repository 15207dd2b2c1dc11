#include "runtime/core/TrainingLoop.h"
#include "absl/strings/str_format.h"
#include "runtime/core/Batches.h"
#include "runtime/core/Checksum.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Evaluation.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/Format.h"
#include "runtime/core/IndexChecks.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/StopSignals.h"
#include "runtime/core/Threads.h"
#include "runtime/core/tokenizer/TokenizerDifference.h"
#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <utility>

namespace stator::runtime {

static std::string hexadecimal(uint64_t Value) {
  return absl::StrFormat("%016x", Value);
}

absl::StatusOr<std::shared_ptr<const Tokenizer>>
TrainingLoop::openGivenTokenizer() {
  if (Options.Resumed)
    return Options.Resumed->Coder;
  std::shared_ptr<const Tokenizer> Trained, Given;
  if (!Options.InitFrom.empty()) {
    STATOR_ASSIGN_OR_RETURN(Initial, WeightFiles::open(Options.InitFrom));
    if (holdsTokenizer(Initial->directory())) {
      STATOR_RETURN_IF_ERROR(verifyTokenizer(Initial->directory()));
      STATOR_ASSIGN_OR_RETURN(Trained, openTokenizer(Initial->directory()));
    }
  }
  if (Options.Data.Tokenizer.empty()) {
    if (!Trained || Trained->kind() != TokenizerKind::Tokens)
      return Trained;
    if (dataFormat(Options.Data.Format, Options.Data.Data) == DataFormat::Text)
      return error(Options.InitFrom,
                   " was trained on token ids and has no tokenizer\nhint: name "
                   "the tokenizer with --tokenizer PATH");
    return nullptr;
  }
  STATOR_ASSIGN_OR_RETURN(Given, openTokenizer(Options.Data.Tokenizer));
  std::string Difference;
  if (Trained)
    Difference = describeDifference(*Trained, *Given);
  if (Difference.empty())
    return Given;
  if (Options.ChangeTokenizer)
    Display->message(absl::StrCat("another tokenizer than in ",
                                  Options.InitFrom, ": ", Difference));
  else
    return error("--tokenizer ", Options.Data.Tokenizer,
                 " is not the tokenizer that ", Options.InitFrom,
                 " was trained with: ", Difference,
                 "\nhint: without --tokenizer, that of ", Options.InitFrom,
                 " is used; --change-tokenizer accepts the other one");
  return Given;
}

absl::Status TrainingLoop::openData() {
  STATOR_ASSIGN_OR_RETURN(std::shared_ptr<const Tokenizer> Known,
                          openGivenTokenizer());
  std::string Origin;
  if (Known)
    Origin = Options.Resumed                  ? Options.Resumed->Path
             : Options.Data.Tokenizer.empty() ? Options.InitFrom
                                              : Options.Data.Tokenizer;
  STATOR_ASSIGN_OR_RETURN(Data, openDataset(Options.Data, std::move(Known),
                                            Program.Time, Program.Vocabulary,
                                            Origin));
  Run.Model = Program.Name;
  Run.Batch = Program.Batch;
  Run.Time = Program.Time;
  Run.Vocabulary = Program.Vocabulary;
  Run.MicroBatches = Program.MicroBatches;
  Run.Steps = Options.Steps;
  Run.Seed = Options.Seed;
  Run.DataSeed = Options.DataSeed;
  Run.Training = Options.Training;
  Run.FromFlags = Options.FromFlags;
  Run.Changes = Options.Changes;
  setSettings(Options.FromFlags, Options.Steps, Info);
  Info[STATOR_INFO_SEED] = Options.Seed;
  Run.Data = Options.Data;
  Run.DataFingerprint = hexadecimal(Data.Data.fingerprint());
  if (Data.ValidationFile)
    Run.ValidationFingerprint = hexadecimal(Data.ValidationFile->fingerprint());
  Run.EvalEvery = Options.EvalEvery;
  Run.EvalBatches = Options.EvalBatches;
  Run.SaveEvery = Options.SaveEvery;
  Run.Keep = Options.Keep;
  Run.KeepBest = Options.KeepBest;
  for (const TokenizerFiles::File &File : Data.tokenizer().files().Files)
    Run.Files[File.Name] = checksumOf(File.Contents);
  Run.Patience = Options.Patience;
  Run.TensorBoard = Options.TensorBoard;
  if (!Options.Resumed)
    return absl::OkStatus();
  const RunRecord &Old = Options.Resumed->Run;
  Run.Step = Old.Step;
  Run.BestStep = Old.BestStep;
  Run.BestLoss = Old.BestLoss;
  Run.EvaluationsSinceBest = Old.EvaluationsSinceBest;
  Run.EvaluationDue = Old.EvaluationDue;
  auto Check = [&](const std::string &Path, const std::string &Before,
                   const std::string &Now) {
    return Before == Now ? absl::OkStatus()
                         : error(Path, " is not what ", Options.Resumed->Path,
                                 " was trained on: its contents differ");
  };
  STATOR_RETURN_IF_ERROR(
      Check(Options.Data.Data, Old.DataFingerprint, Run.DataFingerprint));
  return Check(Options.Data.Validation, Old.ValidationFingerprint,
               Run.ValidationFingerprint);
}

absl::Status TrainingLoop::openMemory() {
  uint64_t Results = evaluationResults(Program);
  if (!Options.DumpGradients.empty())
    for (int64_t I = 0; I < Program.NumTensors; ++I)
      Results += Program.Tensors[I].Elements;
  STATOR_ASSIGN_OR_RETURN(Memory, ProgramMemory::allocate(Program, Results));
  auto Size = static_cast<size_t>(Program.Batch * Program.Time);
  Tokens.resize(Size);
  Targets.resize(Size);
  if (Options.Resumed) {
    STATOR_RETURN_IF_ERROR(Options.Resumed->load(Program, Memory.state()));
    SavedStep = Run.Step;
    return absl::OkStatus();
  }
  initializeState(Program, Memory.state(), static_cast<uint64_t>(Options.Seed));
  if (Options.InitFrom.empty())
    return absl::OkStatus();
  std::vector<std::string> Ignored;
  LoadOptions How;
  How.AllowExtra = Options.AllowExtra;
  How.Finite = true;
  STATOR_RETURN_IF_ERROR(
      loadWeights(*Initial, Program, Memory.state(), How, &Ignored));
  std::string Path = Initial->path();
  Initial.reset();
  if (!Ignored.empty())
    Display->message(absl::StrCat("ignored ", Ignored.size(), " tensors of ",
                                  Path, " that the model does not have"));
  return absl::OkStatus();
}

absl::Status TrainingLoop::lockDirectory(bool Create) {
  std::error_code Ignored;
  if (Create && !Options.Lock.held()) {
    STATOR_ASSIGN_OR_RETURN(Options.Lock, RunLock::create(Options.Out));
  } else if (!Create && std::filesystem::is_directory(Options.Out, Ignored)) {
    STATOR_ASSIGN_OR_RETURN(Options.Lock, RunLock::acquire(Options.Out));
  }
  if (Options.Overwrite)
    return absl::OkStatus();
  if (CheckpointStore::holdsRun(Options.Out))
    return error(Options.Out, " already holds a training run\nhint: --resume ",
                 Options.Out,
                 " continues it, --overwrite replaces it, and --out DIR begins "
                 "one elsewhere");
  std::string Log = Options.Log.empty() ? usualLog() : Options.Log;
  if (std::filesystem::is_regular_file(Log, Ignored) &&
      std::filesystem::file_size(Log, Ignored) > 0)
    return error(Log, " already exists\nhint: --overwrite replaces it, and "
                      "--log FILE writes the log to another file");
  return absl::OkStatus();
}

double TrainingLoop::bytesToSave() const {
  // With --keep 1 too there are two while the second is written.
  int64_t Kept = std::max<int64_t>(Run.Keep, 2) + (Run.KeepBest ? 1 : 0);
  int64_t Saves = Run.Steps;
  if (!Run.KeepBest)
    Saves = Run.SaveEvery ? Run.Steps / Run.SaveEvery + 1 : 1;
  // Those at the start and, if resumed, the one that is there.
  int64_t There = Options.Resumed ? 1 : 0;
  int64_t Missing = Run.Keep == 0 ? Saves : std::min(Kept, Saves + 1);
  return sizeof(float) *
         static_cast<double>(std::max<int64_t>(Missing - There, 1)) *
         static_cast<double>(countElements(Program, STATOR_ROLE_PARAMETER) +
                             countElements(Program, STATOR_ROLE_MOMENT));
}

absl::Status TrainingLoop::openDirectory() {
  bool Fresh = !Options.Resumed;
  if (Fresh)
    STATOR_RETURN_IF_ERROR(lockDirectory(/*Create=*/true));
  STATOR_ASSIGN_OR_RETURN(
      Store, CheckpointStore::open(std::move(Options.Lock), bytesToSave()));
  if (!Fresh) {
    STATOR_RETURN_IF_ERROR(openLog());
    STATOR_RETURN_IF_ERROR(Store.pointTo(Run));
    // They hold from now on, even if the process ends before it saves.
    return newChanges().empty() ? absl::OkStatus() : Store.update(Run);
  }
  if (Options.Overwrite) {
    if (!Options.Log.empty())
      STATOR_RETURN_IF_ERROR(JsonLog::checkWritable(Options.Log));
    STATOR_RETURN_IF_ERROR(Store.putAside());
    if (Store.keepsPrevious())
      Display->message(absl::StrCat("the earlier run is in ", Options.Out,
                                    "/previous until this one has saved"));
  }
  STATOR_RETURN_IF_ERROR(openLog());
  // The start is saved too: it shows that saving works before hours go into
  // the run, and there is always something to resume.
  return save(Run.Steps == 0             ? CheckpointParts::All
              : Options.InitFrom.empty() ? CheckpointParts::Nothing
                                         : CheckpointParts::Parameters);
}

absl::Status TrainingLoop::openLog() {
  // A log elsewhere is found again through a link, and not through the
  // checkpoints, which are the same wherever the log is.
  namespace fs = std::filesystem;
  std::string Usual = usualLog();
  std::error_code Ignored;
  auto Place = [&](const fs::path &Path) {
    return fs::weakly_canonical(Path.parent_path(), Ignored) / Path.filename();
  };
  bool Elsewhere = !Options.Log.empty() &&
                   Place(Options.Log) != Place(fs::absolute(Usual, Ignored));
  bool Fresh = !Options.Resumed;
  if (Elsewhere || (Fresh && fs::is_symlink(Usual, Ignored)))
    fs::remove(Usual, Ignored);
  STATOR_ASSIGN_OR_RETURN(
      Log, JsonLog::open(Elsewhere ? Options.Log : Usual, Run.Step));
  if (Elsewhere)
    fs::create_symlink(Options.Log, Usual, Ignored);
  if (Options.TensorBoard.empty())
    return absl::OkStatus();
  STATOR_ASSIGN_OR_RETURN(Events,
                          EventFile::open(Options.TensorBoard, Run.Step));
  return absl::OkStatus();
}

absl::StatusOr<TrainingLoop> TrainingLoop::open(const StatorProgram &Program,
                                                TrainOptions Options) {
  TrainingLoop Loop(Program, std::move(Options));
  int64_t First = Loop.Options.Resumed ? Loop.Options.Resumed->Run.Step : 0;
  Loop.Display.emplace(First, Loop.Options.Steps, Loop.Options.Quiet);
  // Before anything is read: --init-from may be the run that is replaced.
  if (!Loop.Options.Resumed && Loop.Options.DumpGradients.empty())
    STATOR_RETURN_IF_ERROR(Loop.lockDirectory(/*Create=*/false));
  STATOR_RETURN_IF_ERROR(Loop.openData());
  STATOR_RETURN_IF_ERROR(Loop.openMemory());
  if (Loop.Options.DumpGradients.empty()) {
    Loop.describe();
    STATOR_RETURN_IF_ERROR(Loop.openDirectory());
  }
  return Loop;
}

absl::Span<const SettingChange> TrainingLoop::newChanges() const {
  size_t Old = Options.Resumed ? Options.Resumed->Run.Changes.size() : 0;
  return absl::MakeConstSpan(Run.Changes).subspan(Old);
}

void TrainingLoop::describe() {
  auto Parameters =
      static_cast<double>(countElements(Program, STATOR_ROLE_PARAMETER));
  Display->message(absl::StrCat(
      Program.Name, ": ", formatCount(Parameters), " parameters, batch ",
      Program.Batch,
      Program.MicroBatches > 1 ? absl::StrCat(" x ", Program.MicroBatches) : "",
      ", time ", Program.Time, "; state ",
      formatBytes(static_cast<double>(Program.StateBytes)), ", arena ",
      formatBytes(static_cast<double>(Program.ArenaBytes))));
  int64_t Known = Data.tokenizer().vocabularySize();
  Display->message(absl::StrCat(
      Options.Data.Data, ": ", Data.Training.size(), " tokens to train on, ",
      Data.Validation.size(), " held out",
      Known ? absl::StrCat("; vocabulary ", Known, " of ", Program.Vocabulary)
            : ""));
  if (Options.Resumed)
    Display->message(absl::StrCat("resuming ", Options.Resumed->Path,
                                  " at step ", Run.Step, " of ", Run.Steps));
  for (const SettingChange &Each : newChanges())
    Display->message(absl::StrCat(Each.Name, " is ", showSetting(Each.To),
                                  " from step ", Each.Step, " on, it was ",
                                  showSetting(Each.From)));
}

void TrainingLoop::keepEvents(const absl::Status &Status) {
  if (Status.ok())
    return;
  // The log has all that these have; the run is worth more than they are.
  Display->clear();
  std::fprintf(stderr, "warning: %s; no more events are written\n",
               std::string(Status.message()).c_str());
  Events = EventFile();
}

absl::Status TrainingLoop::save(CheckpointParts Parts) {
  Display->activity(absl::StrCat("saving step ", Run.Step, " ..."));
  STATOR_RETURN_IF_ERROR(Log.sync());
  keepEvents(Events.sync());
  STATOR_RETURN_IF_ERROR(
      Store.save(Program, Memory.state(), Run, Data.tokenizer(), Parts));
  SavedStep = Run.Step;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<double>>
TrainingLoop::evaluateHeldOut(int64_t MostBatches) {
  Display->activity("evaluating on held-out text ...");
  STATOR_ASSIGN_OR_RETURN(
      std::optional<double> Loss,
      evaluate(Program, Memory, Data.Validation, MostBatches, [&] {
        return StopSignals::received() == 0 && dataUnchanged();
      }));
  return dataUnchanged() ? Loss : std::nullopt;
}

bool TrainingLoop::dataUnchanged() {
  DataStatus.Update(Data.checkUnchanged());
  return DataStatus.ok();
}

bool TrainingLoop::noteEvaluation(double Loss) {
  Run.EvaluationDue = false;
  if (Run.BestStep && !(Loss < Run.BestLoss)) {
    ++Run.EvaluationsSinceBest;
    return false;
  }
  Run.BestStep = Run.Step;
  Run.BestLoss = Loss;
  Run.EvaluationsSinceBest = 0;
  return true;
}

absl::Status TrainingLoop::evaluateIfDue() {
  if (!Run.EvaluationDue || !Run.KeepBest || !holdsOut())
    return absl::OkStatus();
  STATOR_ASSIGN_OR_RETURN(std::optional<double> Loss,
                          evaluateHeldOut(Options.EvalBatches));
  if (!Loss)
    return absl::OkStatus();
  noteEvaluation(*Loss);
  return Store.update(Run);
}

absl::StatusOr<std::optional<StepRecord>> TrainingLoop::trainStep() {
  Info[STATOR_INFO_STEP] = Run.Step;
  auto Call = [&](StatorEntry Entry) {
    Entry(Times ? Times->hook() : Program.Self, Memory.state(), Memory.cache(),
          Memory.arena(), Tokens.data(), Targets.data(), Info, Memory.result());
    absl::Status Status = checkIndices(Program, Info);
    return Status.ok() ? Status
                       : error("step ", Run.Step + 1, ": ", Status.message());
  };
  auto Begin = Clock::now();
  if (Times)
    Times->beginStep();
  double Loss = 0;
  for (int64_t Micro = 0; Micro < Program.MicroBatches; ++Micro) {
    int64_t Sequence = Run.Step * Program.MicroBatches + Micro;
    Info[STATOR_INFO_SEQUENCE] = Sequence;
    drawBatch(Data.Training, Program.Batch, Program.Time,
              static_cast<uint64_t>(Run.DataSeed), Sequence, Tokens.data(),
              Targets.data());
    if (!dataUnchanged())
      return std::nullopt;
    STATOR_RETURN_IF_ERROR(Call(
        Program.MicroBatches == 1 ? Program.TrainStep : Program.Accumulate));
    Loss += Memory.result()[STATOR_RESULT_LOSS];
  }
  if (Program.MicroBatches > 1)
    STATOR_RETURN_IF_ERROR(Call(Program.Update));
  std::chrono::duration<double, std::milli> Taken = Clock::now() - Begin;
  if (Times)
    TimesOfRun->add(Times->endStep());

  StepRecord Record;
  Record.Step = ++Run.Step;
  Record.Loss =
      static_cast<float>(Loss / static_cast<double>(Program.MicroBatches));
  Record.GradientNorm = Memory.result()[STATOR_RESULT_GRAD_NORM];
  Record.LearningRate = Memory.result()[STATOR_RESULT_LR];
  Record.Milliseconds = Taken.count();
  Record.TokensPerSecond =
      static_cast<double>(Program.Batch * Program.Time * Program.MicroBatches) *
      1000.0 / std::max(Taken.count(), 1e-6);
  return Record;
}

/// What is known about why a step gave NaN or infinity.
static std::string explainDivergence(int64_t Step, float LastLoss) {
  bool IsFirst = std::isnan(LastLoss); // of this process
  if (IsFirst && Step <= 1)
    return "no weight was updated before this step, so the learning rate is "
           "not the cause: the model gives NaN or infinity for the weights "
           "that it starts from. Look for a log, division or square root of a "
           "number that may be 0, or an exp that may overflow. `stator check "
           "MODEL --gradients` can tell which gradient is not finite";
  return absl::StrCat(
      IsFirst ? "this is the first step since the run was resumed; its log has "
                "the earlier losses"
              : absl::StrFormat("the last finite loss was %g", LastLoss),
      ". If the loss was rising, a lower learning rate, a longer warm-up or "
      "clipping may help; if it was not, look for a log, division, square root "
      "or exp whose argument leaves its range");
}

template <typename... PartTypes>
TrainingEnd TrainingLoop::diverged(float LastLoss, const PartTypes &...What) {
  Display->clear();
  return {0, absl::StrCat("step ", Run.Step, ": ", What...),
          explainDivergence(Run.Step, LastLoss)};
}

absl::StatusOr<TrainingEnd> TrainingLoop::breakOff(const absl::Status &Why,
                                                   absl::string_view Then,
                                                   float LastLoss) {
  Display->clear();
  if (SavedStep != Run.Step) {
    if (const char *Name = findNonFinite(Program, Memory.state()))
      return diverged(LastLoss, Name, " holds a value that is NaN or infinite");
    STATOR_RETURN_IF_ERROR(save(CheckpointParts::All));
    Display->clear();
  }
  return error(Why.message(), "\nhint: step ", Run.Step, " is saved; ", Then,
               " continue with --resume ", Options.Out);
}

absl::StatusOr<TrainingEnd> TrainingLoop::run() {
  StopSignals Signals;
  auto Begin = Clock::now();
  int64_t FirstStep = Run.Step;
  std::optional<double> LastValidation;
  float LastLoss = NAN;
  STATOR_RETURN_IF_ERROR(evaluateIfDue());
  while (!finished() && !StopSignals::received() && DataStatus.ok()) {
    STATOR_ASSIGN_OR_RETURN(std::optional<StepRecord> Trained, trainStep());
    if (!Trained)
      break;
    StepRecord &Record = *Trained;
    if (!std::isfinite(Record.Loss))
      return diverged(LastLoss, "the loss is ", Record.Loss);
    if (!std::isfinite(Record.GradientNorm))
      return diverged(LastLoss, "the norm of the gradient is ",
                      Record.GradientNorm);
    LastLoss = Record.Loss;
    bool Last = Run.Step == Run.Steps;
    bool Due = Options.EvalEvery > 0 && Run.Step % Options.EvalEvery == 0;
    bool SaveDue = Options.SaveEvery > 0 && Run.Step % Options.SaveEvery == 0;
    bool Stop = StopSignals::received() != 0;
    if (Last || Due || SaveDue || Stop)
      if (const char *Name = findNonFinite(Program, Memory.state()))
        return diverged(LastLoss, Name,
                        " holds a value that is NaN or infinite");
    if (holdsOut() && (Due || Last) && !Stop) {
      STATOR_ASSIGN_OR_RETURN(Record.ValidationLoss,
                              evaluateHeldOut(Last ? 0 : Options.EvalBatches));
      if (Record.ValidationLoss && !std::isfinite(*Record.ValidationLoss))
        return diverged(LastLoss, "the held-out loss is ",
                        *Record.ValidationLoss);
      LastValidation = Record.ValidationLoss;
    }
    bool Improved = false;
    if (Due && Run.KeepBest && holdsOut()) {
      // Like with like: the last evaluation may be over more batches.
      std::optional<double> Loss = Record.ValidationLoss;
      if (Loss && Last && Options.EvalBatches > 0) {
        STATOR_ASSIGN_OR_RETURN(Loss, evaluateHeldOut(Options.EvalBatches));
      }
      Run.EvaluationDue = !Loss;
      Improved = Loss && noteEvaluation(*Loss);
      if (outOfPatience() && Options.EvalBatches > 0)
        LastValidation.reset();
    }
    // The steps since the last checkpoint are worth more than the log.
    if (absl::Status Written = Log.append(Record); !Written.ok())
      return breakOff(Written, "when the log can be written again,", LastLoss);
    keepEvents(Events.append(Record));
    Display->step(Record);
    if (finished() || SaveDue || Improved)
      STATOR_RETURN_IF_ERROR(save(CheckpointParts::All));
  }
  if (holdsOut() && !LastValidation && !StopSignals::received() &&
      DataStatus.ok()) {
    STATOR_ASSIGN_OR_RETURN(LastValidation, evaluateHeldOut(0));
  }
  if (TimesOfRun)
    STATOR_RETURN_IF_ERROR(TimesOfRun->write(Options.Profile));
  bool Done = finished() && (LastValidation || !holdsOut());
  if (!DataStatus.ok() && !Done)
    return breakOff(DataStatus, "restore the file, then", LastLoss);
  if (int Signal = StopSignals::received(); Signal && !Done) {
    if (SavedStep != Run.Step) {
      if (const char *Name = findNonFinite(Program, Memory.state()))
        return diverged(LastLoss, Name,
                        " holds a value that is NaN or infinite");
      STATOR_RETURN_IF_ERROR(save(CheckpointParts::All));
    }
    Display->result(absl::StrCat("stopped by ", StopSignals::name(Signal),
                                 " after step ", Run.Step, " of ", Run.Steps,
                                 "; continue with --resume ", Options.Out));
    return TrainingEnd{Signal, "", ""};
  }
  std::chrono::duration<double> Taken = Clock::now() - Begin;
  std::string Line = absl::StrCat(Run.Step - FirstStep, " steps in ",
                                  absl::StrFormat("%.1f s", Taken.count()));
  if (Run.Step > FirstStep)
    absl::StrAppendFormat(&Line, ", loss %.4f", LastLoss);
  if (LastValidation)
    absl::StrAppendFormat(
        &Line, ", val_loss %.4f over %d tokens, perplexity %.4g",
        *LastValidation, Data.Validation.size() - 1, std::exp(*LastValidation));
  absl::StrAppend(&Line, ", saved in ", Store.stepPath(Run.Step));
  if (Run.Step < Run.Steps)
    absl::StrAppend(&Line, "; stopped early, after ", Run.EvaluationsSinceBest,
                    " evaluations without a lower val_loss");
  if (Run.BestStep)
    absl::StrAppendFormat(&Line,
                          "; lowest val_loss %.4f at step %d, saved in "
                          "%s/best",
                          Run.BestLoss, Run.BestStep, Options.Out);
  Display->result(Line);
  return TrainingEnd{};
}

absl::Status TrainingLoop::dumpGradients() {
  drawBatch(Data.Training, Program.Batch, Program.Time,
            static_cast<uint64_t>(Run.DataSeed), 0, Tokens.data(),
            Targets.data());
  STATOR_RETURN_IF_ERROR(Data.checkUnchanged());
  Program.Gradients(Program.Self, Memory.state(), Memory.cache(),
                    Memory.arena(), Tokens.data(), Targets.data(), Info,
                    Memory.result());
  STATOR_RETURN_IF_ERROR(checkIndices(Program, Info));
  const float *Next = Memory.result();
  std::vector<SafetensorsTensor> Tensors;
  Tensors.push_back({"loss", "F32", {}, Next++});
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role != STATOR_ROLE_PARAMETER || !Tensor.Trainable)
      continue;
    Tensors.push_back(
        {Tensor.Name, "F32", {Tensor.Shape, Tensor.Shape + Tensor.Rank}, Next});
    Next += Tensor.Elements;
  }
  Tensors.push_back(
      {"tokens", "I32", {Program.Batch, Program.Time}, Tokens.data()});
  Tensors.push_back(
      {"targets", "I32", {Program.Batch, Program.Time}, Targets.data()});
  return writeSafetensors(Options.DumpGradients, Tensors,
                          {{"format", "stator"}, {"model", Program.Name}});
}

absl::StatusOr<int> runTraining(const StatorProgram &Program,
                                TrainOptions Options) {
  STATOR_RETURN_IF_ERROR(setThreads(Options.Threads, Options.Pin));
  bool Dump = !Options.DumpGradients.empty();
  STATOR_ASSIGN_OR_RETURN(TrainingLoop Loop,
                          TrainingLoop::open(Program, std::move(Options)));
  if (Dump) {
    STATOR_RETURN_IF_ERROR(Loop.dumpGradients());
    return ExitSuccess;
  }
  STATOR_ASSIGN_OR_RETURN(TrainingEnd End, Loop.run());
  if (End.Signal)
    return ExitSignal + End.Signal;
  if (End.Diverged.empty())
    return ExitSuccess;
  std::fprintf(stderr,
               "error: %s; the run was stopped and nothing of it saved since "
               "%s\nhint: %s\n",
               End.Diverged.c_str(), Loop.lastCheckpoint().c_str(),
               End.Hint.c_str());
  return ExitDiverged;
}

} // namespace stator::runtime
