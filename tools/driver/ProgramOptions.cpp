//===- ProgramOptions.cpp - What a program says about its making ----------===//

#include "tools/driver/ProgramOptions.h"
#include "nlohmann/json.hpp"
#include "tools/driver/Session.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace stator::driver {

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
  // Names of files need not be UTF-8.
  Result.OptionsJson =
      Json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return Result;
}

} // namespace stator::driver
