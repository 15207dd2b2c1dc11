//===- BenchJson.cpp - The report as JSON ---------------------------------===//

#include "nlohmann/json.hpp"
#include "tools/driver/BenchReport.h"
#include "llvm/ADT/STLExtras.h"

namespace stator::driver {

using Json = nlohmann::ordered_json;

static Json toJson(const Samples &Values) {
  Json Result;
  Result["median"] = Values.getMedian();
  Result["min"] = Values.getMin();
  Result["max"] = Values.getMax();
  Result["all"] = Values.Values;
  return Result;
}

static Json toJson(const MachineSpeed &Machine) {
  Json Result;
  Result["cpu"] = Machine.Cpu;
  Result["vectors"] = Machine.Vectors;
  Result["threads"] = Machine.Threads;
  Result["array_bytes"] = Machine.ArrayBytes;
  Result["flops_1_thread"] = Machine.One.Flops;
  Result["bytes_per_s_1_thread"] = Machine.One.Bytes;
  MachineLimits Limits = Machine.getLimits();
  Result["flops"] = Limits.Flops;
  Result["bytes_per_s"] = Limits.Bytes;
  Result["readings"] = Json::array();
  for (auto [Flops, Bytes] :
       llvm::zip(Machine.Flops.Values, Machine.Bytes.Values))
    Result["readings"].push_back({{"flops", Flops}, {"bytes_per_s", Bytes}});
  return Result;
}

static Json toJson(const BenchReport &Report, const BenchProgram &Program) {
  Json Result;
  Result["ms"] = toJson(Program.Milliseconds);
  Result["between_ms"] = Program.Between.getMedian();
  Result["gflops"] = Report.getFlops(Program) / 1e9;
  Result["share_of_peak"] = Report.getSharesOfPeak(Program).getMedian();
  if (Report.StepBytes > 0)
    Result["share_of_bandwidth"] =
        Report.getSharesOfBandwidth(Program).getMedian();
  Result["rounds"] = Json::array();
  for (const BenchRound &Round : Program.Rounds) {
    Json Row;
    Row["ms"] = Round.Milliseconds;
    Row["flops"] = Round.Limits.Flops;
    Row["bytes_per_s"] = Round.Limits.Bytes;
    Row["share_of_peak"] = Report.getShareOfPeak(Round);
    if (Report.StepBytes > 0)
      Row["share_of_bandwidth"] = Report.getShareOfBandwidth(Round);
    Result["rounds"].push_back(std::move(Row));
  }
  Result["resident_bytes"] = Program.ResidentBytes;
  Result["base_bytes"] = Program.BaseBytes;
  Result["first_loss"] = Program.FirstLoss;
  Result["last_loss"] = Program.LastLoss;
  return Result;
}

static Json kernelsToJson(const BenchReport &Report) {
  const MachineLimits Limits = Report.getKernelLimits();
  Json Rows = Json::array();
  for (const BenchKernel &Kernel : Report.Breakdown.Kernels) {
    double Seconds = std::max(Kernel.Milliseconds / 1e3, 1e-12);
    Json Row;
    Row["kernel"] = Kernel.Name;
    Row["kind"] = Kernel.Kind;
    Row["paths"] = Kernel.Paths;
    Row["calls"] = Kernel.Calls;
    Row["ms"] = Kernel.Milliseconds;
    Row["flops"] = Kernel.Flops;
    Row["bytes"] = Kernel.Bytes;
    Row["gflops"] = Kernel.Flops / Seconds / 1e9;
    Row["share_of_peak"] =
        Limits.Flops > 0 ? Kernel.Flops / Seconds / Limits.Flops : 0;
    Row["share_of_bandwidth"] =
        Limits.Bytes > 0 ? Kernel.Bytes / Seconds / Limits.Bytes : 0;
    Rows.push_back(std::move(Row));
  }
  return Rows;
}

static Json timelineToJson(const BenchReport &Report) {
  Json Rows = Json::array();
  for (const BenchEvent &Event : Report.Breakdown.Median.Events) {
    const BenchLaunch &Launch = Report.Launches[Event.Launch];
    Rows.push_back({{"kernel", Launch.Kernel},
                    {"path", Launch.Path},
                    {"entry", Launch.Entry},
                    {"begin_ms", Event.Begin},
                    {"end_ms", Event.End}});
  }
  return Rows;
}

static Json toJson(const BenchPerplexity &Perplexity) {
  Json Result;
  Result["file"] = Perplexity.File;
  Result["tokens"] = Perplexity.F32.Tokens;
  Result["weight_type"] = Perplexity.WeightType;
  Result["f32_loss"] = Perplexity.F32.Loss;
  Result["f32_perplexity"] = Perplexity.F32.getPerplexity();
  Result["loss"] = Perplexity.Narrow.Loss;
  Result["perplexity"] = Perplexity.Narrow.getPerplexity();
  Result["difference"] = Perplexity.getDifference();
  Result["share"] = Perplexity.getShare();
  return Result;
}

std::string formatJson(const BenchReport &Report) {
  Json Result;
  Result["machine"] = toJson(Report.Machine);
  Json &Model = Result["model"];
  Model["name"] = Report.Model;
  Model["mode"] = Report.Mode;
  Model["cpu"] = Report.Target;
  Model["batch"] = Report.Batch;
  Model["time"] = Report.Time;
  if (Report.Prefill || Report.Decode) {
    double Seconds = Report.Compiled.Milliseconds.getMedian() / 1e3;
    Model["weight_type"] = Report.WeightType;
    Model[Report.Decode ? "decode" : "prefill"] =
        Report.Prefill + Report.Decode;
    Model["tokens_per_second"] =
        static_cast<double>((Report.Prefill + Report.Decode) * Report.Batch) /
        std::max(Seconds, 1e-12);
    Model["bytes_per_step"] = Report.StepBytes;
  }
  Model["micro_batches"] = Report.MicroBatches;
  Model["parameters"] = Report.Parameters;
  Model["flops_per_step"] = Report.FlopsPerStep;
  Model["compile_s"] = Report.CompileSeconds;
  Json &Memory = Result["memory"];
  Memory["state_bytes"] = Report.StateBytes;
  Memory["arena_bytes"] = Report.ArenaBytes;
  Memory["peak_bytes"] = Report.getPeakBytes();
  Memory["alive_at_once"] = Report.AliveBytes;
  Result["compiled"] = toJson(Report, Report.Compiled);
  if (Report.Eager) {
    Result["eager"] = toJson(Report, *Report.Eager);
    Result["speedup"] = Report.getSpeedup();
  }
  if (Report.Perplexity)
    Result["perplexity"] = toJson(*Report.Perplexity);
  Result["profiled"] = toJson(Report, Report.Profiled);
  Result["hook_cost"] = Report.getHookCost();
  Json &Breakdown = Result["breakdown"];
  Breakdown["steps"] = Report.Breakdown.Steps;
  Breakdown["step_ms"] = Report.Breakdown.StepMs;
  Breakdown["kernel_ms"] = Report.Breakdown.KernelMs;
  Breakdown["schedule_ms"] = Report.Breakdown.ScheduleMs;
  Breakdown["between_ms"] = Report.Breakdown.BetweenMs;
  Breakdown["flops"] = Report.getKernelLimits().Flops;
  Breakdown["bytes_per_s"] = Report.getKernelLimits().Bytes;
  Result["kernels"] = kernelsToJson(Report);
  Result["timeline"] = timelineToJson(Report);
  Result["ablations"] = Json::array();
  for (const BenchAblation &Each : Report.Ablations) {
    Json Row;
    Row["without"] = Each.Name;
    Row["what"] = Each.Summary;
    if (!Each.Failure.empty()) {
      Row["failure"] = Each.Failure;
    } else if (Each.IsSameProgram) {
      Row["same_program"] = true;
      Row["peak_bytes"] = Each.PeakBytes;
    } else {
      Row["ms"] = toJson(Each.Milliseconds);
      Row["full_ms"] = toJson(Each.FullMilliseconds);
      Row["peak_bytes"] = Each.PeakBytes;
      Row["resident_bytes"] = Each.ResidentBytes;
    }
    Result["ablations"].push_back(std::move(Row));
  }
  return Result.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

} // namespace stator::driver
