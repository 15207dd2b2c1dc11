#include "runtime/core/BenchWorker.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Batches.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Evaluation.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/Flags.h"
#include "runtime/core/Profiler.h"
#include "runtime/core/State.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Threads.h"
#include "runtime/core/philox.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>

namespace stator::runtime {

namespace {

using Json = nlohmann::ordered_json;

/// A field of /proc/self/status in bytes; 0 if there is none.
int64_t readStatus(const std::string &Field) {
  std::ifstream File("/proc/self/status");
  for (std::string Line; std::getline(File, Line);)
    if (Line.compare(0, Field.size() + 1, Field + ":") == 0)
      return std::strtoll(Line.c_str() + Field.size() + 1, nullptr, 10) * 1024;
  return 0;
}

class Worker {
public:
  /// With \p Widest > 0 a step is \p Count tokens in blocks of at most that.
  Worker(const StatorProgram &Program, int64_t Seed, int64_t Count,
         int64_t Widest)
      : Program(Program), Seed(Seed), Count(Count), Widest(Widest),
        Times(Program) {}

  absl::Status open();
  Json describe() const;
  Json run(int64_t Steps);

private:
  void step();
  /// The work of each launch in a step of blocks: of a run in the mean, and
  /// of the whole step.
  struct StepWork {
    std::vector<LaunchWork> OfRun;
    LaunchWork Counted; ///< matmuls and attention
  };
  StepWork sumWork() const;
  /// Calls \p Visit with the numbers of the blocks of a step and where each
  /// begins.
  template <typename VisitT> void forBlocks(VisitT Visit) const;
  void call(StatorEntry Entry, int64_t *Info) {
    void *Self = Program.NumLaunches ? Times.hook() : Program.Self;
    Entry(Self, Memory.state(), Memory.cache(), Memory.arena(), Tokens.data(),
          Targets.data(), Info, Memory.result());
  }
  void draw(int64_t Sequence) {
    drawBatch(TokenView(Text.data(), 4, static_cast<int64_t>(Text.size())),
              Program.Batch, Program.Time, static_cast<uint64_t>(Seed),
              Sequence, Tokens.data(), Targets.data());
  }
  /// Mean cross entropy of the logits of a forward.
  double lossOfLogits() const;

  const StatorProgram &Program;
  int64_t Seed, Count, Widest, NextStep = 0;
  Profiler Times;
  ProgramMemory Memory;
  std::vector<uint32_t> Text;
  std::vector<int32_t> Tokens, Targets;
  int64_t BaseBytes = 0;
  double Loss = 0;
  StepTimes Last;
};

template <typename VisitT> void Worker::forBlocks(VisitT Visit) const {
  for (int64_t Position = 0; Position < Count;) {
    int64_t Block = 0;
    for (int64_t I = 0; I < Program.NumBlocks; ++I)
      if (int64_t Width = Program.Blocks[I].Width;
          Width <= Widest && Width <= Count - Position)
        Block = I;
    Visit(Block, Position);
    Position += Program.Blocks[Block].Width;
  }
}

Worker::StepWork Worker::sumWork() const {
  StepWork Work;
  for (int64_t I = 0; I < Program.NumLaunches; ++I) {
    const StatorLaunch &Launch = Program.Launches[I];
    LaunchWork Sum,
        &OfRun =
            Work.OfRun.emplace_back(LaunchWork{Launch.Flops, Launch.Bytes});
    int64_t Runs = 0;
    forBlocks([&](int64_t Block, int64_t Position) {
      if (Launch.Entry != STATOR_ENTRY_BLOCKS + Block)
        return;
      LaunchWork Here = workAt(Launch, Position, Program.Blocks[Block].Width);
      Runs += Launch.Repeats;
      Sum.Flops += Here.Flops * static_cast<double>(Launch.Repeats);
      Sum.Bytes += Here.Bytes * static_cast<double>(Launch.Repeats);
    });
    if (Runs)
      OfRun = {Sum.Flops / static_cast<double>(Runs),
               Sum.Bytes / static_cast<double>(Runs)};
    if (std::strcmp(Launch.Kind, "matmul") == 0 ||
        std::strcmp(Launch.Kind, "attention") == 0) {
      Work.Counted.Flops += Sum.Flops;
      Work.Counted.Bytes += Sum.Bytes;
    }
  }
  return Work;
}

absl::Status Worker::open() {
  if (Count && !Program.NumBlocks)
    return error(Program.Name, " has no blocks: it writes text by computing "
                               "everything anew");
  if (Program.Context && Count > Program.Context)
    return error(Program.Name, " has room for ", Program.Context,
                 " positions, not for ", Count);
  BaseBytes = readStatus("VmRSS");
  int64_t Positions = Program.Batch * Program.Time;
  uint64_t Results = Program.Mode == STATOR_MODE_TRAIN
                         ? evaluationResults(Program)
                         : static_cast<uint64_t>(Positions) *
                               static_cast<uint64_t>(Program.Vocabulary);
  STATOR_ASSIGN_OR_RETURN(Memory, ProgramMemory::allocate(Program, Results));
  initializeState(Program, Memory.state(), static_cast<uint64_t>(Seed));
  Tokens.resize(static_cast<size_t>(Positions));
  Targets.resize(static_cast<size_t>(Positions));
  // As much text as a few batches read; what is in it does not matter.
  Text.resize(static_cast<size_t>(
      std::max<int64_t>(int64_t(1) << 16, 8 * (Positions + 1))));
  for (size_t I = 0; I < Text.size(); ++I)
    Text[I] =
        statorRandomBits(static_cast<uint64_t>(Seed), static_cast<uint32_t>(I),
                         0, 1, STATOR_RANDOM_SAMPLING) %
        static_cast<uint32_t>(Program.Vocabulary);
  return absl::OkStatus();
}

Json Worker::describe() const {
  Json Result;
  Result["name"] = Program.Name;
  Result["compiler"] = Program.Compiler;
  Result["batch"] = Program.Batch;
  Result["time"] = Program.Time;
  Result["vocabulary"] = Program.Vocabulary;
  Result["micro_batches"] = Program.MicroBatches;
  Result["flops_per_step"] = Program.FlopsPerStep;
  Result["state_bytes"] = Program.StateBytes;
  Result["arena_bytes"] = Program.ArenaBytes;
  Result["base_bytes"] = BaseBytes;
  Result["launches"] = describeLaunches(Program);
  if (!Count)
    return Result;
  // Other work would be small, or be in caches where it is not.
  StepWork Work = sumWork();
  Result["flops_per_step"] = Work.Counted.Flops;
  Result["bytes_per_step"] = Work.Counted.Bytes;
  for (size_t I = 0; I < Work.OfRun.size(); ++I) {
    Result["launches"][I]["flops"] = Work.OfRun[I].Flops;
    Result["launches"][I]["bytes"] = Work.OfRun[I].Bytes;
  }
  return Result;
}

double Worker::lossOfLogits() const {
  double Sum = 0;
  const float *Row = Memory.result();
  for (int32_t Target : Targets) {
    float Most = *std::max_element(Row, Row + Program.Vocabulary);
    double Total = 0;
    for (int64_t I = 0; I < Program.Vocabulary; ++I)
      Total += std::exp(static_cast<double>(Row[I] - Most));
    Sum += std::log(Total) + Most - Row[Target];
    Row += Program.Vocabulary;
  }
  return Sum / static_cast<double>(Targets.size());
}

/// Between two steps lies what lies there in training: the batch is drawn, and
/// times are noted down.
void Worker::step() {
  int64_t Info[STATOR_INFO_COUNT] = {};
  Info[STATOR_INFO_STEP] = NextStep;
  Info[STATOR_INFO_TOTAL_STEPS] = 1 << 20;
  Info[STATOR_INFO_SEED] = Seed;
  Info[STATOR_INFO_SEQUENCE] = NextStep * Program.MicroBatches;
  draw(Info[STATOR_INFO_SEQUENCE]);
  Times.beginStep();
  if (Count) {
    forBlocks([&](int64_t Block, int64_t Position) {
      Info[STATOR_INFO_POSITION] = Position;
      Info[STATOR_INFO_LAST] = Program.Blocks[Block].Width - 1;
      call(Program.Blocks[Block].Run, Info);
    });
  } else if (Program.Mode != STATOR_MODE_TRAIN) {
    call(Program.Forward, Info);
  } else if (Program.MicroBatches == 1) {
    call(Program.TrainStep, Info);
    Loss = Memory.result()[STATOR_RESULT_LOSS];
  } else {
    Loss = 0;
    for (int64_t Micro = 0; Micro < Program.MicroBatches; ++Micro) {
      if (Micro)
        draw(++Info[STATOR_INFO_SEQUENCE]);
      call(Program.Accumulate, Info);
      Loss += Memory.result()[STATOR_RESULT_LOSS] /
              static_cast<double>(Program.MicroBatches);
    }
    call(Program.Update, Info);
  }
  Last = Times.endStep();
  ++NextStep;
}

Json Worker::run(int64_t Steps) {
  Json Milliseconds = Json::array(), Between = Json::array(),
       Losses = Json::array(), Launches = Json::array();
  for (int64_t I = 0; I < Steps; ++I) {
    step();
    if (Program.Mode != STATOR_MODE_TRAIN && !Count)
      Loss = lossOfLogits();
    Milliseconds.push_back(static_cast<double>(Last.Total) / 1e6);
    // Before the first of this command lies the wait for the command.
    Between.push_back(I ? static_cast<double>(Last.Between) / 1e6 : 0);
    Losses.push_back(Loss);
    if (!Program.NumLaunches)
      continue;
    Json Step = Json::array();
    for (const LaunchTimes &Launch : Last.Launches)
      Step.push_back({Launch.Launch, Launch.Begin, Launch.End});
    Launches.push_back(std::move(Step));
  }
  Json Result;
  Result["ms"] = std::move(Milliseconds);
  Result["between_ms"] = std::move(Between);
  Result["losses"] = std::move(Losses);
  Result["resident_bytes"] = readStatus("VmHWM");
  if (Program.NumLaunches)
    Result["launches"] = std::move(Launches);
  return Result;
}

void reply(const Json &Answer) {
  std::string Line = Answer.dump() + "\n";
  std::fwrite(Line.data(), 1, Line.size(), stdout);
  std::fflush(stdout);
}

} // namespace

absl::StatusOr<int> runBenchWorker(const StatorProgram &Program,
                                   const std::vector<std::string> &Arguments) {
  int64_t Seed = 0, Threads = 0, Prefill = 0, Decode = 0;
  Flags Table;
  Table.integer("prefill", "Tokens of a step, in blocks.", &Prefill, 1, 1 << 24,
                "a whole forward");
  Table.integer("decode", "Tokens of a step, one by one.", &Decode, 1, 1 << 24,
                "a whole forward");
  Table.integer("seed", "Decides weights and tokens.", &Seed, 0);
  Table.integer("threads", "Threads to compute on.", &Threads, 1, 4096,
                "one for each CPU");
  STATOR_RETURN_IF_ERROR(Table.parse(Arguments));
  STATOR_RETURN_IF_ERROR(setThreads(Threads, /*Pin=*/false));
  if (Prefill && Decode)
    return usageError("--prefill and --decode exclude each other");
  Worker Server(Program, Seed, std::max(Prefill, Decode),
                Prefill ? Prefill : 1);
  STATOR_RETURN_IF_ERROR(Server.open());
  reply(Server.describe());
  for (std::string Line; std::getline(std::cin, Line);) {
    int64_t Steps = 0;
    if (std::sscanf(Line.c_str(), "run %ld", &Steps) != 1 || Steps < 1)
      return usageError(BenchWorkerFlag,
                        " reads lines of the form \"run N\", "
                        "not \"",
                        Line, "\"");
    reply(Server.run(Steps));
  }
  return ExitSuccess;
}

} // namespace stator::runtime
