//===- InterpretCommand.cpp - stator interpret: run without compiling -----===//

#include "runtime/core/Main.h"
#include "runtime/interpreter/Interpreter.h"
#include "tools/driver/Commands.h"
#include "tools/driver/ProgramOptions.h"
#include "tools/driver/Session.h"

using namespace mlir;

namespace stator::driver {

static const char Description[] =
    "Runs a model op by op instead of compiling it, with the same training "
    "loop\n"
    "and generator. All flags of the compiled program may follow:\n"
    "stator interpret MODEL --mode train --data FILE --steps 20. They are "
    "shown\n"
    "by --program-help.";

int runInterpret(const Invocation &Call) {
  ModelOptions Options;
  std::string Kernels = "eager", Precision = "f32";
  bool ProgramHelp = false;
  std::vector<std::string> Rest;
  CommandLine Line(
      "interpret MODEL [--mode train|infer] [flags of the program]",
      Description);
  Line.addModelFlags(Options);
  Line.flags().section("Interpreter");
  Line.flags().choice("kernels",
                      "eager: define-by-run with a tape and OpenBLAS; "
                      "reference: plain loops.",
                      &Kernels, {"eager", "reference"}, "eager");
  Line.flags().choice("precision",
                      "Floating-point type of the reference interpreter.",
                      &Precision, {"f32", "f64"}, "f32");
  Line.flags().toggle("gradients",
                      "Keep an entry point that returns the gradients.",
                      &Options.Gradients);
  Line.flags().toggle("program-help", "Show the flags of the program.",
                      &ProgramHelp);
  Line.passUnknownOn(Rest);
  if (std::optional<int> Code = Line.parse(Call.Arguments))
    return *Code;
  if (Kernels == "eager" && Precision == "f64") {
    fail("--precision f64 requires --kernels reference; eager computes in f32");
    return ExitUsage;
  }

  // A define-by-run engine sees attention as it is written.
  if (Kernels == "eager")
    Options.NoFusion = true;

  Session S(Options);
  OwningOpRef<ModuleOp> Module = S.load();
  if (!Module)
    return ExitFailure;
  InterpreterOptions About = describeModel(*Module, Options);

  // The tape of the eager interpreter starts from the loss as it is written:
  // inlined, but with no attention fused.
  OwningOpRef<ModuleOp> Loss;
  for (const Stage &Each : S.getGraphStages()) {
    if (failed(S.run(*Module, Each)))
      return ExitFailure;
    if (StringRef(Each.Name) == "inlined" && Options.isTraining())
      Loss = Module->clone();
  }
  InterpreterKind Kind = Kernels == "eager"   ? InterpreterKind::Eager
                         : Precision == "f64" ? InterpreterKind::ReferenceF64
                                              : InterpreterKind::ReferenceF32;
  std::unique_ptr<Interpreter> Program =
      createInterpreter(*Module, Kind, About, Loss ? *Loss : ModuleOp());
  if (!Program)
    return ExitFailure;

  if (ProgramHelp)
    Rest = {"--help"};
  std::string Name =
      "stator interpret " + Options.Model + " --mode " + Options.Mode;
  std::vector<char *> Values = {Name.data()};
  for (std::string &Text : Rest)
    Values.push_back(Text.data());
  Values.push_back(nullptr);
  return stator_main(&Program->getProgram(),
                     static_cast<int>(Values.size()) - 1, Values.data());
}

} // namespace stator::driver
