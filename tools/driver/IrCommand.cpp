//===- IrCommand.cpp - stator ir: the program at one stage ----------------===//

#include "codegen/Target.h"
#include "frontend/Diagnostics.h"
#include "tools/driver/Commands.h"
#include "tools/driver/Session.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

static const char Description[] = "Prints the IR of a model after a stage of "
                                  "compilation: after the frontend,\n"
                                  "or after the stage that --after names.";

int runIr(const Invocation &Call) {
  ModelOptions Options;
  std::string After;
  bool Locations = false;
  CommandLine Line("ir MODEL [--after STAGE] [flags]", Description);
  Line.addModelFlags(Options);
  Line.flags().section("IR");
  Line.flags().text("after", "STAGE",
                    "The stage to print: frontend, inlined, attention, "
                    "gradients and train (or infer, decode and weights), head, "
                    "recompute (with a memory budget), kernels, planned, "
                    "lowered, entries, openmp, llvm.",
                    &After);
  Line.addFrom();
  Line.flags().toggle("locations",
                      "Print locations, which hold the names of values, and "
                      "constants in full, so that stator-opt and stator read "
                      "back the same program.",
                      &Locations);
  Line.flags().toggle("gradients", "Keep @gradients as an entry point.",
                      &Options.Gradients);
  Line.flags().toggle("remarks",
                      "Report for each softmax whether it was fused into "
                      "attention, and what a memory budget recomputes.",
                      &Options.Remarks);
  Line.addCompilerFlags();
  if (std::optional<int> Code = Line.parse(Call.Arguments))
    return *Code;

  std::string Error;
  FailureOr<CpuTarget> Target =
      CpuTarget::get(Options.Codegen.Cpu, Error, Options.Codegen.Platform);
  if (failed(Target))
    return fail(Error);
  Session S(Options);
  if (failed(S.checkFrom()))
    return ExitUsage;
  if (Options.From.empty())
    Options.From = "frontend";
  if (After.empty())
    After = Options.From;
  SmallVector<Stage> Stages = S.getRemaining(S.getAllStages());
  SmallVector<StringRef> Names = {Options.From};
  for (const Stage &Each : Stages)
    Names.push_back(Each.Name);
  if (!llvm::is_contained(Names, After)) {
    fail("there is no stage " + After + " with --mode " + Options.Mode +
         (Options.From == "frontend" ? "" : " --from " + Options.From) +
         didYouMean(After, Names));
    llvm::errs() << "stages: " << llvm::join(Names, ", ") << "\n";
    return ExitUsage;
  }

  OwningOpRef<ModuleOp> Module = S.load();
  if (!Module)
    return ExitFailure;
  for (const Stage &Each : Stages) {
    if (After == Options.From)
      break;
    if (failed(S.run(*Module, Each)))
      return ExitFailure;
    if (After == Each.Name)
      break;
  }
  llvm::outs() << S.print(*Module, Locations);
  return ExitSuccess;
}

} // namespace stator::driver
