#include "runtime/core/Profiler.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"

namespace stator::runtime {

using Json = nlohmann::ordered_json;

Profiler::Profiler(const StatorProgram &Program) : StatorProfile{mark} {
  // Enough for the entry points of a step; @evaluate is counted along, which
  // does no harm.
  int64_t Runs = 0;
  for (int64_t I = 0; I < Program.NumLaunches; ++I)
    Runs += Program.Launches[I].Repeats;
  Current.Launches.reserve(static_cast<size_t>(Runs * Program.MicroBatches));
}

void Profiler::mark(StatorProfile *Self, int64_t Launch, int32_t End) {
  auto *Profile = static_cast<Profiler *>(Self);
  std::vector<LaunchTimes> &Launches = Profile->Current.Launches;
  if (!End)
    Launches.push_back({Launch, Profile->now(), 0});
  else
    Launches.back().End = Profile->now();
}

void Profiler::beginStep() {
  Current.Launches.clear();
  Begin = Clock::now();
  Current.Between = First
                        ? 0
                        : std::chrono::duration_cast<std::chrono::nanoseconds>(
                              Begin - LastEnd)
                              .count();
  First = false;
}

const StepTimes &Profiler::endStep() {
  Current.Total = now();
  LastEnd = Clock::now();
  return Current;
}

ProfileSummary::ProfileSummary(const StatorProgram &Program)
    : Program(Program) {
  for (Sums *Each : {&First, &Later}) {
    Each->Nanoseconds.resize(static_cast<size_t>(Program.NumLaunches));
    Each->Calls.resize(static_cast<size_t>(Program.NumLaunches));
  }
}

void ProfileSummary::Sums::add(const StepTimes &Step) {
  ++Steps;
  Total += Step.Total;
  Between += Step.Between;
  for (const LaunchTimes &Launch : Step.Launches) {
    auto Index = static_cast<size_t>(Launch.Launch);
    Nanoseconds[Index] += Launch.End - Launch.Begin;
    ++Calls[Index];
  }
}

void ProfileSummary::add(const StepTimes &Step) {
  (First.Steps ? Later : First).add(Step);
}

static std::string nameEntry(const StatorProgram &Program, int32_t Entry) {
  static const char *const Entries[STATOR_ENTRY_COUNT] = {
      "train_step", "accumulate", "update", "evaluate", "forward", "gradients"};
  if (Entry >= 0 && Entry < STATOR_ENTRY_COUNT)
    return Entries[Entry];
  if (int64_t Block = Entry - STATOR_ENTRY_BLOCKS;
      Block >= 0 && Block < Program.NumBlocks)
    return absl::StrCat("decode_", Program.Blocks[Block].Width);
  return "";
}

LaunchWork workAt(const StatorLaunch &Launch, int64_t Position, int64_t Width) {
  LaunchWork Work{Launch.Flops, Launch.Bytes};
  if (!Launch.Slots)
    return Work;
  const int64_t Most = std::min(Launch.Slots, Launch.Window);
  double Unseen = 0; // of a query, in the mean
  for (int64_t I = 0; I < Width; ++I)
    Unseen += static_cast<double>(Most - std::min(Position + I + 1, Most)) /
              static_cast<double>(Width);
  int64_t Read =
      std::min({Position + Width, Launch.Window + Width - 1, Launch.Slots});
  Work.Flops -= Launch.SlotFlops * Unseen;
  Work.Bytes -= Launch.SlotBytes * static_cast<double>(Launch.Slots - Read);
  return Work;
}

static Json describeLaunch(const StatorProgram &Program,
                           const StatorLaunch &Launch) {
  Json Row;
  Row["kernel"] = Launch.Kernel;
  Row["kind"] = Launch.Kind;
  Row["path"] = Launch.Path;
  Row["entry"] = nameEntry(Program, Launch.Entry);
  Row["repeats"] = Launch.Repeats;
  Row["flops"] = Launch.Flops;
  Row["bytes"] = Launch.Bytes;
  return Row;
}

Json describeLaunches(const StatorProgram &Program) {
  Json Rows = Json::array();
  for (int64_t I = 0; I < Program.NumLaunches; ++I)
    Rows.push_back(describeLaunch(Program, Program.Launches[I]));
  return Rows;
}

Json ProfileSummary::toJson() const {
  const Sums &Counted = Later.Steps ? Later : First;
  double Steps = static_cast<double>(std::max<int64_t>(1, Counted.Steps));
  auto Milliseconds = [&](int64_t Nanoseconds) {
    return static_cast<double>(Nanoseconds) / 1e6 / Steps;
  };
  int64_t InKernels = 0;
  Json Rows = Json::array();
  for (int64_t I = 0; I < Program.NumLaunches; ++I) {
    auto Index = static_cast<size_t>(I);
    if (!Counted.Calls[Index])
      continue;
    InKernels += Counted.Nanoseconds[Index];
    Json Row = describeLaunch(Program, Program.Launches[I]);
    Row["calls"] = static_cast<double>(Counted.Calls[Index]) / Steps;
    Row["ms"] = Milliseconds(Counted.Nanoseconds[Index]);
    Rows.push_back(std::move(Row));
  }
  Json Result;
  Result["model"] = Program.Name;
  Result["batch"] = Program.Batch;
  Result["time"] = Program.Time;
  Result["flops_per_step"] = Program.FlopsPerStep;
  Result["steps"] = Counted.Steps;
  Result["step_ms"] = Milliseconds(Counted.Total);
  Result["kernel_ms"] = Milliseconds(InKernels);
  Result["schedule_ms"] = Milliseconds(Counted.Total - InKernels);
  Result["between_ms"] = Milliseconds(Counted.Between);
  Result["launches"] = std::move(Rows);
  return Result;
}

absl::Status ProfileSummary::write(const std::string &Path) const {
  return writeFileAtomically(
      Path,
      toJson().dump(1, ' ', false, nlohmann::json::error_handler_t::replace) +
          "\n");
}

} // namespace stator::runtime
