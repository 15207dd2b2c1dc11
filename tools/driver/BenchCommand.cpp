//===- BenchCommand.cpp - stator bench: how fast is a model? --------------===//
//
// Compiles a model with and without hooks around its kernels, runs it in turn
// with the eager interpreter, each in a process of its own
// (runtime/core/BenchWorker.h), and reports.
//
//===----------------------------------------------------------------------===//

#include "codegen/Target.h"
#include "runtime/core/AtomicFile.h"
#include "tools/driver/BenchPerplexity.h"
#include "tools/driver/BenchReport.h"
#include "tools/driver/BenchWorkers.h"
#include "tools/driver/CommandLine.h"
#include "tools/driver/Commands.h"
#include "tools/driver/Optimizations.h"
#include "tools/driver/OutputFile.h"
#include "tools/driver/Session.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <chrono>
#include <thread>

using namespace mlir;

namespace stator::driver {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// After the turn of a program: its threads spin before they sleep, those of
/// programs for 20 ms (runtime/core/Team.cpp), those of OpenMP, which the
/// interpreter has, a fifth of a second.
constexpr std::chrono::milliseconds CompiledPause(30), EagerPause(250);

/// A turn is short, as what the machine can do changes: steps of a third of a
/// second. The first finds cold caches, which it does not notice if it is long.
constexpr double TurnMs = 350, LongStepMs = 100;

const char Description[] =
    "Measures this machine, compiles a model, and runs its steps alternately\n"
    "with those of the eager interpreter, on the same random tokens. Shows\n"
    "how close both come to the limits of the machine, and where the time\n"
    "goes, kernel by kernel.";

struct BenchOptions {
  ModelOptions Model;
  std::string Json, Html;
  int64_t Threads = 0, Steps = 0, Rounds = 9, Seed = 0, Kernels = 20;
  int64_t Prefill = 0, Decode = 0;
  bool NoEager = false, Ablate = false, Quiet = false;
  PerplexityOptions Text;
};

std::optional<int> parseOptions(const Invocation &Call, BenchOptions &Options,
                                std::string &Disabled) {
  CommandLine Line("bench MODEL [--mode train|infer] [flags]", Description);
  Line.addModelFlags(Options.Model);
  Line.addCompilerFlags();
  Line.flags().section("Measurement");
  Line.flags().integer("threads", "Number of threads.", &Options.Threads, 1,
                       4096, "one per CPU");
  Line.flags().integer("steps", "Steps per round.", &Options.Steps, 1, 1 << 20,
                       "as many as take a third of a second");
  Line.flags().integer("rounds",
                       "Number of rounds. In each, both programs run their "
                       "steps, and the machine is measured before and after.",
                       &Options.Rounds, 1, 1 << 20);
  Line.flags().integer("prefill",
                       "With --mode infer: a step processes a prompt of N "
                       "tokens, in blocks.",
                       &Options.Prefill, 1, 1 << 24,
                       "a step is a forward pass");
  Line.flags().integer("decode",
                       "With --mode infer: a step decodes N tokens one by "
                       "one.",
                       &Options.Decode, 1, 1 << 24, "a step is a forward pass");
  Line.flags().integer("seed", "Seed of weights and tokens.", &Options.Seed, 0);
  Line.flags().toggle("no-eager", "Do not run the interpreter.",
                      &Options.NoEager);
  Line.flags().toggle("ablate",
                      "Also compile and run the model without each of the "
                      "optimizations that --disable knows, one at a time.",
                      &Options.Ablate);
  addPerplexityFlags(Line.flags(), Options.Text);
  Line.flags().section("Reports");
  Line.flags().integer("kernels", "Kernels to list; 0 lists all.",
                       &Options.Kernels, 0);
  Line.flags().text("json", "FILE", "Write all figures as JSON.",
                    &Options.Json);
  Line.flags().text("html", "FILE",
                    "Write a page with timeline, roofline and memory.",
                    &Options.Html);
  Line.flags().toggle("quiet", "Print nothing but errors.", &Options.Quiet);
  if (std::optional<int> Code = Line.parse(Call.Arguments))
    return Code;
  Disabled = Line.getDisabled();
  if (std::string Error =
          checkPerplexityFlags(Line.flags(), Options.Text, Options.Model);
      !Error.empty()) {
    fail(Error);
    return ExitUsage;
  }
  return std::nullopt;
}

/// What is being done, on a terminal only.
class Activity {
public:
  ~Activity() { show(""); }
  void show(const std::string &What) {
    if (llvm::errs().is_displayed())
      llvm::errs() << "\r\033[K" << What;
  }
};

/// A number of an answer; 0 if it is not there.
double getNumber(const Json &Object, const char *Name) {
  auto Found = Object.find(Name);
  return Found != Object.end() && Found->is_number() ? Found->get<double>() : 0;
}

std::string getText(const Json &Object, const char *Name) {
  auto Found = Object.find(Name);
  return Found != Object.end() && Found->is_string() ? Found->get<std::string>()
                                                     : "";
}

class Bench {
public:
  Bench(const Invocation &Call, const BenchOptions &Options,
        std::string Disabled)
      : Call(Call), Options(Options), Disabled(std::move(Disabled)),
        Threads(Options.Threads ? static_cast<int>(Options.Threads)
                                : countCpus()) {}

  /// False after an error, which has been said.
  bool run();
  BenchReport Report;

private:
  /// A program that is run, and what it has shown so far.
  struct Runner {
    std::unique_ptr<BenchWorker> Worker;
    BenchProgram *Result = nullptr;
    std::vector<BenchStep> *Profile = nullptr;
    std::chrono::milliseconds Pause = CompiledPause;
    int64_t StepsARound = 1;
    double WarmMs = 0; ///< of a step, roughly
  };

  bool compile(const std::string &Output, const std::string &Disable,
               bool Profile, Json &Needs) {
    return compileWith(Options.Model.WeightType, Output, Disable, Profile,
                       Needs);
  }
  bool compileWith(const std::string &WeightType, const std::string &Output,
                   const std::string &Disable, bool Profile, Json &Needs);
  bool comparePerplexity(const std::string &Plain);
  std::unique_ptr<BenchWorker> startCompiled(const std::string &Path);
  std::unique_ptr<BenchWorker> startEager();
  bool warmUp(Runner &R);
  bool measure(Runner &R);
  bool measureInTurn(llvm::MutableArrayRef<Runner> Runners,
                     MachineMeter *Meter);
  void describe(const Json &Needs, const BenchWorker &Profiled);
  bool ablate();
  bool say(const std::string &Error) {
    Shown.show("");
    fail(Error);
    return false;
  }
  std::vector<std::string> getModelFlags() const;

  const Invocation &Call;
  const BenchOptions &Options;
  std::string Disabled;
  int Threads;
  llvm::SmallString<128> Folder;
  Activity Shown;
};

std::vector<std::string> Bench::getModelFlags() const {
  const ModelOptions &Model = Options.Model;
  std::vector<std::string> Flags = {Model.Model, "--mode", Model.Mode};
  if (Model.Batch)
    llvm::append_values(Flags, "--batch", std::to_string(Model.Batch));
  if (Model.Time)
    llvm::append_values(Flags, "--time", std::to_string(Model.Time));
  for (const auto &[Name, Value] : Model.Defines)
    llvm::append_values(Flags, "-D", Name + "=" + Value);
  return Flags;
}

bool Bench::compileWith(const std::string &WeightType,
                        const std::string &Output, const std::string &Disable,
                        bool Profile, Json &Needs) {
  std::vector<std::string> Command = {Call.CompilerPath, "compile"};
  llvm::append_range(Command, getModelFlags());
  std::string Described = Output + ".json";
  llvm::append_values(Command, "--quiet", "-o", Output, "--json", Described,
                      "--cpu", Options.Model.Codegen.Cpu, "--weight-type",
                      WeightType);
  std::string Off = Disabled;
  if (!Disable.empty())
    Off += (Off.empty() ? "" : ",") + Disable;
  if (Options.Model.NoFusion)
    Command.push_back("--no-fuse-attention");
  if (!Off.empty())
    llvm::append_values(Command, "--disable", Off);
  if (int64_t Budget = Options.Model.Codegen.MemoryBudget)
    llvm::append_values(Command, "--memory-budget", std::to_string(Budget));
  if (Profile)
    Command.push_back("--profile");
  std::string Error;
  // The compiler has said what is wrong with the model.
  if (!runCommand(Command, Error))
    return false;
  auto Text = llvm::MemoryBuffer::getFile(Described);
  if (!Text)
    return say("cannot read " + Described + ": " + Text.getError().message());
  StringRef Contents = (*Text)->getBuffer();
  Needs = Json::parse(Contents.begin(), Contents.end(), nullptr,
                      /*allow_exceptions=*/false);
  return Needs.is_object() || say(Described + " cannot be parsed");
}

/// What `Plain`, which was compiled with the weight type, loses beside the
/// program with f32.
bool Bench::comparePerplexity(const std::string &Plain) {
  Shown.show("compiling with f32 ...");
  std::string Wide = (Folder + "/f32").str(), Error;
  Json Needs;
  if (!compileWith("f32", Wide, "", /*Profile=*/false, Needs))
    return false;
  BenchPerplexity Found;
  Found.File = Options.Text.File;
  Found.WeightType = Options.Model.WeightType;
  for (bool Narrow : {false, true}) {
    const std::string &Type = Narrow ? Found.WeightType : "f32";
    Shown.show("perplexity with " + Type + " ...");
    if (!measurePerplexity(Narrow ? Plain : Wide, Type, Options.Text, Threads,
                           Narrow ? Found.Narrow : Found.F32, Error))
      return say(Error);
  }
  llvm::sys::fs::remove(Wide);
  Report.Perplexity = std::move(Found);
  return true;
}

std::unique_ptr<BenchWorker> Bench::startCompiled(const std::string &Path) {
  std::string Error;
  std::vector<std::string> Command = {Path, "--bench-worker", "--seed",
                                      std::to_string(Options.Seed)};
  llvm::append_values(Command, "--threads", std::to_string(Threads));
  if (Options.Prefill)
    llvm::append_values(Command, "--prefill", std::to_string(Options.Prefill));
  if (Options.Decode)
    llvm::append_values(Command, "--decode", std::to_string(Options.Decode));
  auto Worker = BenchWorker::start("the compiled program", Command, Error);
  if (!Worker)
    say(Error);
  return Worker;
}

std::unique_ptr<BenchWorker> Bench::startEager() {
  std::vector<std::string> Command = {Call.CompilerPath, "interpret"};
  llvm::append_range(Command, getModelFlags());
  llvm::append_values(Command, "--no-warnings", "--kernels", "eager",
                      "--bench-worker", "--seed", std::to_string(Options.Seed),
                      "--threads", std::to_string(Threads));
  std::string Error;
  auto Worker = BenchWorker::start("the interpreter", Command, Error);
  if (!Worker)
    say(Error + "\nhint: --no-eager skips the interpreter");
  return Worker;
}

/// Steps that are not counted: memory is touched for the first time, threads
/// and caches come up. They say how many steps a round has.
bool Bench::warmUp(Runner &R) {
  std::string Error;
  for (int I = 0; I < 2; ++I) {
    Json Answer = R.Worker->run(1, Error);
    if (Answer.is_discarded())
      return say(Error);
    if (I == 0)
      R.Result->FirstLoss = Answer["losses"][0].is_number()
                                ? Answer["losses"][0].get<double>()
                                : 0;
    R.WarmMs = Answer["ms"][0].get<double>();
  }
  R.StepsARound =
      Options.Steps
          ? Options.Steps
          : std::clamp<int64_t>(TurnMs / std::max(R.WarmMs, 1e-3), 1, 200);
  R.Result->BaseBytes = getNumber(R.Worker->about(), "base_bytes");
  return true;
}

/// One round of one program.
bool Bench::measure(Runner &R) {
  std::string Error;
  const size_t Skipped = R.WarmMs < LongStepMs ? 1 : 0;
  Json Answer = R.Worker->run(R.StepsARound + Skipped, Error);
  if (Answer.is_discarded())
    return say(Error);
  const Json &Ms = Answer["ms"];
  Samples OfRound;
  for (size_t I = Skipped; I < Ms.size(); ++I) {
    OfRound.Values.push_back(Ms[I].get<double>());
    R.Result->Milliseconds.Values.push_back(Ms[I].get<double>());
    R.Result->Between.Values.push_back(Answer["between_ms"][I].get<double>());
    if (!R.Profile)
      continue;
    BenchStep Step;
    Step.Milliseconds = Ms[I].get<double>();
    Step.Between = Answer["between_ms"][I].get<double>();
    for (const Json &Event : Answer["launches"][I])
      Step.Events.push_back({Event[0].get<int64_t>(),
                             Event[1].get<double>() / 1e6,
                             Event[2].get<double>() / 1e6});
    R.Profile->push_back(std::move(Step));
  }
  R.Result->Rounds.push_back({OfRound.getMedian(), {}});
  // A loss that is not finite is null in JSON.
  const Json &Loss = Answer["losses"].back();
  R.Result->LastLoss = Loss.is_number() ? Loss.get<double>() : 0;
  R.Result->ResidentBytes = getNumber(Answer, "resident_bytes");
  return true;
}

/// With a meter the machine is measured between any two turns.
bool Bench::measureInTurn(llvm::MutableArrayRef<Runner> Runners,
                          MachineMeter *Meter) {
  for (Runner &Each : Runners) {
    Shown.show("warming up " + Each.Result->Name + " ...");
    if (!warmUp(Each))
      return false;
  }
  // All see the same steps, so that their losses can be compared.
  int64_t Least = Runners[0].StepsARound;
  for (const Runner &Each : Runners)
    Least = std::min(Least, Each.StepsARound);
  for (Runner &Each : Runners)
    Each.StepsARound = Least;
  std::this_thread::sleep_for(EagerPause);
  MachineLimits Before = Meter ? Meter->read() : MachineLimits();
  for (int64_t Round = 0; Round < Options.Rounds; ++Round) {
    for (Runner &Each : Runners) {
      Shown.show("round " + std::to_string(Round + 1) + " of " +
                 std::to_string(Options.Rounds) + ": " + Each.Result->Name +
                 " ...");
      if (!measure(Each))
        return false;
      std::this_thread::sleep_for(Each.Pause);
      if (!Meter)
        continue;
      MachineLimits After = Meter->read();
      Each.Result->Rounds.back().Limits = {(Before.Flops + After.Flops) / 2,
                                           (Before.Bytes + After.Bytes) / 2};
      Before = After;
    }
  }
  return true;
}

void Bench::describe(const Json &Needs, const BenchWorker &Profiled) {
  const Json &About = Profiled.about();
  Report.Model = getText(About, "name");
  Report.Mode = Options.Model.Mode;
  Report.Target = Options.Model.Codegen.Cpu;
  if (Report.Target == "native")
    Report.Target += " (" + llvm::sys::getHostCPUName().str() + ")";
  Report.Batch = getNumber(About, "batch");
  Report.Time = getNumber(About, "time");
  Report.MicroBatches = getNumber(About, "micro_batches");
  Report.FlopsPerStep = getNumber(About, "flops_per_step");
  Report.Prefill = Options.Prefill;
  Report.Decode = Options.Decode;
  Report.StepBytes = getNumber(About, "bytes_per_step");
  Report.WeightType = Options.Model.WeightType;
  Report.StateBytes = getNumber(About, "state_bytes");
  Report.ArenaBytes = getNumber(About, "arena_bytes");
  Report.Parameters = getNumber(Needs, "parameters");
  for (const Json &Entry : Needs["entries"])
    Report.AliveBytes =
        std::max<int64_t>(Report.AliveBytes, getNumber(Entry, "alive_at_once"));
  for (const Json &Row : About["launches"])
    Report.Launches.push_back({getText(Row, "kernel"), getText(Row, "kind"),
                               getText(Row, "path"), getText(Row, "entry"),
                               getNumber(Row, "flops"),
                               getNumber(Row, "bytes")});
  if (!Needs.contains("buffers"))
    return;
  for (const Json &Row : Needs["buffers"]) {
    BenchBuffer Buffer{getText(Row, "entry"), getText(Row, "name"),
                       getText(Row, "kernel")};
    Buffer.Scratch = Row["scratch"].get<bool>();
    Buffer.Offset = getNumber(Row, "offset");
    Buffer.Bytes = getNumber(Row, "bytes");
    Buffer.First = getNumber(Row, "first");
    Buffer.Last = getNumber(Row, "last");
    Report.Buffers.push_back(std::move(Buffer));
  }
}

/// Whether two compilations gave the same program, byte for byte.
bool areSameFiles(const std::string &A, const std::string &B) {
  auto First = llvm::MemoryBuffer::getFile(A),
       Second = llvm::MemoryBuffer::getFile(B);
  return First && Second && (*First)->getBuffer() == (*Second)->getBuffer();
}

bool Bench::ablate() {
  for (const Optimization &Each : getOptimizations()) {
    BenchAblation Row;
    Row.Name = Each.Name;
    Row.Summary = Each.Summary;
    Shown.show("compiling without " + Row.Name + " ...");
    Json Needs;
    std::string Path = (Folder + "/without-" + Each.Name).str();
    if (!compile(Path, Row.Name, /*Profile=*/false, Needs)) {
      Row.Failure = "does not compile";
      Report.Ablations.push_back(std::move(Row));
      continue;
    }
    Row.PeakBytes = getNumber(Needs, "peak_bytes");
    if (areSameFiles(Path, (Folder + "/plain").str())) {
      Row.IsSameProgram = true;
      Report.Ablations.push_back(std::move(Row));
      llvm::sys::fs::remove(Path);
      continue;
    }
    BenchProgram Without, Full;
    Without.Name = "the program without " + Row.Name;
    Full.Name = "the full program";
    Runner Runners[] = {{startCompiled(Path), &Without},
                        {startCompiled((Folder + "/plain").str()), &Full}};
    if (!Runners[0].Worker || !Runners[1].Worker ||
        !measureInTurn(Runners, nullptr))
      return false;
    Row.Milliseconds = Without.Milliseconds;
    Row.FullMilliseconds = Full.Milliseconds;
    Row.ResidentBytes = Without.ResidentBytes;
    Report.Ablations.push_back(std::move(Row));
    llvm::sys::fs::remove(Path);
  }
  return true;
}

bool Bench::run() {
  if (std::error_code Code =
          llvm::sys::fs::createUniqueDirectory("stator-bench", Folder))
    return say("cannot create a temporary directory: " + Code.message());
  llvm::scope_exit Remove([&] {
    llvm::sys::fs::remove_directories(Folder, /*IgnoreErrors=*/true);
  });

  Shown.show("compiling ...");
  std::string Plain = (Folder + "/plain").str(),
              Hooked = (Folder + "/profiled").str();
  Json Needs;
  Clock::time_point Begin = Clock::now();
  if (!compile(Plain, "", /*Profile=*/false, Needs))
    return false;
  Report.CompileSeconds =
      std::chrono::duration<double>(Clock::now() - Begin).count();
  if (!Options.Text.File.empty() && !comparePerplexity(Plain))
    return false;
  if (!compile(Hooked, "", /*Profile=*/true, Needs))
    return false;

  Shown.show("measuring the machine ...");
  MachineMeter Meter(Threads);

  Report.Compiled.Name = "compiled";
  {
    llvm::SmallVector<Runner, 2> Runners;
    Runners.push_back({startCompiled(Plain), &Report.Compiled});
    if (!Runners[0].Worker)
      return false;
    if (!Options.NoEager) {
      Report.Eager.emplace();
      Report.Eager->Name = "eager";
      Runners.push_back({startEager(), &*Report.Eager, nullptr, EagerPause});
      if (!Runners[1].Worker)
        return false;
    }
    if (!measureInTurn(Runners, &Meter))
      return false;
  }

  // The hooks are compared with the plain program in the same minute too. The
  // interpreter has ended, so that there are never more than two in memory.
  std::vector<BenchStep> Steps;
  BenchProgram Beside;
  Report.Profiled.Name = "profiled";
  Beside.Name = "compiled";
  {
    Runner Runners[] = {{startCompiled(Hooked), &Report.Profiled, &Steps},
                        {startCompiled(Plain), &Beside}};
    if (!Runners[0].Worker || !Runners[1].Worker)
      return false;
    describe(Needs, *Runners[0].Worker);
    if (!measureInTurn(Runners, &Meter))
      return false;
  }
  Report.Machine = Meter.getSpeed();
  Report.BesideProfiled = Beside.Milliseconds;
  Report.Breakdown = breakDown(Report.Launches, std::move(Steps));
  if (Options.Ablate && !ablate())
    return false;
  Shown.show("");
  return true;
}

bool write(const std::string &Path, const std::string &Text) {
  if (Path.empty())
    return true;
  absl::Status Status = runtime::writeFileAtomically(Path, Text);
  if (!Status.ok())
    fail(std::string(Status.message()));
  return Status.ok();
}

} // namespace

int runBench(const Invocation &Call) {
  BenchOptions Options;
  std::string Disabled;
  if (std::optional<int> Code = parseOptions(Call, Options, Disabled))
    return *Code;
  if (Options.Prefill || Options.Decode) {
    if (Options.Prefill && Options.Decode) {
      fail("--prefill and --decode cannot be combined");
      return ExitUsage;
    }
    if (Options.Model.isTraining()) {
      fail("--prefill and --decode require --mode infer");
      return ExitUsage;
    }
    // The interpreter would run whole forwards.
    Options.NoEager = true;
  }
  for (const std::string &Path : {Options.Json, Options.Html})
    if (std::string Error = Path.empty() ? "" : findWhyUnwritable(Path);
        !Error.empty())
      return fail(Error);
  if (!Options.Json.empty() && Options.Json == Options.Html)
    return fail("--json and --html are the same file, " + Options.Json);
  std::string Error;
  FailureOr<CpuTarget> Target =
      CpuTarget::get(Options.Model.Codegen.Cpu, Error);
  if (failed(Target))
    return fail(Error);
  if (llvm::Triple(Target->Triple).getArch() !=
      llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArch())
    return fail("a program for " + Target->Triple + " cannot be run here");

  // What is wrong with the model is said once, not by each compilation.
  Options.Model.HideWarnings |= Options.Quiet;
  if (!Session(Options.Model).load())
    return ExitFailure;
  Bench Run(Call, Options, Disabled);
  if (!Run.run())
    return ExitFailure;
  if (!Options.Quiet)
    llvm::outs() << formatText(Run.Report, Options.Kernels);
  if (!write(Options.Json, formatJson(Run.Report)) ||
      !write(Options.Html, formatHtml(Run.Report)))
    return ExitFailure;
  return ExitSuccess;
}

} // namespace stator::driver
