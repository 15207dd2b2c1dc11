//===- ProgramOptions.cpp - What a program says about its making ----------===//

#include "tools/driver/ProgramOptions.h"
#include "nlohmann/json.hpp"
#include "tools/driver/Session.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace stator::driver {

/// The settings of the optimizer, by the names that runs record and that flags
/// of a training program set (runtime/core/RunSettings.h).
static nlohmann::ordered_json describeTraining(TrainingOp Training) {
  nlohmann::ordered_json Json;
  OptimizerAttr Optimizer = Training.getOptimizer();
  bool IsSgd = Optimizer.getKind() == OptimizerKind::Sgd;
  Json["optimizer"] = stringifyOptimizerKind(Optimizer.getKind()).str();
  Json["lr"] = Optimizer.getLr().getValueAsDouble();
  if (IsSgd) {
    Json["momentum"] = Optimizer.getMomentum().getValueAsDouble();
    Json["nesterov"] = Optimizer.getNesterov();
  } else {
    Json["beta1"] = Optimizer.getBeta1().getValueAsDouble();
    Json["beta2"] = Optimizer.getBeta2().getValueAsDouble();
    Json["eps"] = Optimizer.getEps().getValueAsDouble();
  }
  Json["weight_decay"] = Optimizer.getWeightDecay().getValueAsDouble();
  std::optional<APFloat> Clip = Training.getClip();
  Json["clip"] = nullptr;
  if (Clip)
    Json["clip"] = Clip->convertToDouble();

  ScheduleAttr Schedule = Training.getSchedule();
  Json["schedule"] = stringifyScheduleKind(Schedule.getKind()).str();
  Json["warmup"] = Schedule.getWarmup();
  if (Schedule.getKind() == ScheduleKind::InverseSqrt)
    Json["width"] = Schedule.getWidth().getValueAsDouble();
  if (Schedule.getKind() == ScheduleKind::Linear ||
      Schedule.getKind() == ScheduleKind::Cosine) {
    Json["min_lr"] = Schedule.getFloor().getValueAsDouble();
    // Null: where the run ends.
    Json["schedule_steps"] = nullptr;
    if (Schedule.getSteps() > 0)
      Json["schedule_steps"] = Schedule.getSteps();
  }
  return Json;
}

InterpreterOptions describeModel(ModuleOp Module, const ModelOptions &Options) {
  InterpreterOptions Result;
  Result.ModelName = getModuleText(Module, "stator.model").str();
  if (Result.ModelName.empty())
    Result.ModelName = llvm::sys::path::stem(Options.Model).str();

  nlohmann::ordered_json Json;
  Json["model"] = llvm::sys::path::filename(Options.Model).str();
  Json["mode"] = Options.Mode;
  if (!Options.Codegen.Platform.empty())
    Json["target"] = Options.Codegen.Platform;
  Json["cpu"] = Options.Codegen.Cpu;
  StringRef Config = getModuleText(Module, "stator.config");
  auto Parsed = nlohmann::ordered_json::parse(
      Config.begin(), Config.end(), nullptr, /*allow_exceptions=*/false);
  if (!Parsed.is_discarded())
    Json["config"] = Parsed;
  for (TrainingOp Training : Module.getOps<TrainingOp>())
    Json["training"] = describeTraining(Training);
  // Names of files need not be UTF-8.
  Result.OptionsJson =
      Json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return Result;
}

} // namespace stator::driver
