//===- CommandLine.h - What the subcommands of stator share -----*- C++ -*-===//
//
// The flags that say which model is meant and how it is compiled.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TOOLS_DRIVER_COMMANDLINE_H
#define STATOR_TOOLS_DRIVER_COMMANDLINE_H

#include "codegen/CodegenStages.h"
#include "frontend/Frontend.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/Flags.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stator::driver {

// The same exit codes as those of compiled programs.
using runtime::ExitFailure;
using runtime::ExitSuccess;
using runtime::ExitUsage;

/// Which model, and for what it is compiled.
struct ModelOptions {
  std::string Model; ///< path of the model file
  std::string From;  ///< the stage that has made it; empty: it is a model
  std::string Mode = "train";
  int64_t Batch = 0, Time = 0; ///< 0: as the model says
  std::vector<std::pair<std::string, std::string>> Defines;
  CodegenOptions Codegen;
  bool WarningsAreErrors = false, HideWarnings = false;
  bool Gradients = false; ///< keep @gradients as an entry point
  bool Remarks = false;
  bool NoFusion = false;
  /// How an inference program holds weights: f32, bf16 or int8; or, if empty,
  /// just as in the model.
  std::string WeightType;
  bool Decode = true; ///< for infer: derive the form that goes on from caches

  bool isTraining() const { return Mode == "train"; }
  FrontendOptions getFrontendOptions() const;
};

/// One subcommand's command line.
class CommandLine {
public:
  /// `Usage` is the line after "stator ", `Description` a paragraph.
  CommandLine(std::string Usage, std::string Description);

  /// Declares --mode, --batch, --time and -D.
  void addModelFlags(ModelOptions &Options);
  /// Declares --cpu, --target, --weight-type, --disable, --no-fuse-attention
  /// and
  /// --memory-budget.
  void addCompilerFlags();
  /// Declares --from.
  void addFrom();
  /// Flags that are not of the model.
  runtime::Flags &flags() { return Flags; }
  /// Accepts -o as another spelling of --output.
  void allowOutput(std::string &Output);
  /// What --disable was given, with commas.
  const std::string &getDisabled() const { return Disabled; }
  /// Hands flags that are not declared here on to somebody else.
  void passUnknownOn(std::vector<std::string> &Rest) { Unknown = &Rest; }

  /// Reads the arguments after the subcommand. Gives an exit code if there is
  /// nothing more to do: --help was asked for, or something is wrong and has
  /// been said.
  std::optional<int> parse(const std::vector<std::string> &Arguments);

private:
  int usageError(const std::string &Message) const;
  std::optional<int> parseDefine(const std::string &Text);

  std::string Usage, Description;
  runtime::Flags Flags;
  ModelOptions *Model = nullptr;
  std::vector<std::string> *Unknown = nullptr;
  std::string Disabled; ///< value of --disable
  std::string Budget;   ///< value of --memory-budget
  bool Help = false;
};

/// Prints "error: ..." to stderr and gives ExitFailure.
int fail(const std::string &Message);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_COMMANDLINE_H
