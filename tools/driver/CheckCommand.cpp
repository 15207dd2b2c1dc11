//===- CheckCommand.cpp - stator check: is the model right? ---------------===//

#include "codegen/CodegenStages.h"
#include "ir/ModelSettings.h"
#include "ir/StateLayout.h"
#include "runtime/interpreter/ProgramTable.h"
#include "tools/driver/Commands.h"
#include "tools/driver/GradientCheck.h"
#include "tools/driver/ProgramOptions.h"
#include "tools/driver/Session.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

static const char Description[] =
    "Checks a model for training or for inference: syntax, names, shapes, that "
    "it is\n"
    "causal and can be differentiated, and that the compiler has kernels for "
    "it.\n"
    "Prints what is wrong, or one line if nothing is.";

/// The first few names, and how many more there are.
static std::string listNames(ArrayRef<std::string> Names) {
  constexpr size_t Most = 8;
  std::string List = llvm::join(Names.take_front(Most), ", ");
  if (Names.size() > Most)
    List += " and " + std::to_string(Names.size() - Most) + " more";
  return List;
}

/// Checks the gradients and says what came out. `About` describes the model.
static int reportGradients(ModuleOp Module, const InterpreterOptions &About) {
  ProgramTable Table;
  StatorProgram Program{};
  if (failed(Table.fill(Module, {}, "stator", About, Program)))
    return ExitFailure;
  GradientReport Report = checkGradients(Module, Program);
  if (!Report.Failure.empty())
    return fail(Report.Failure);
  std::string Error;
  llvm::raw_string_ostream(Error) << llvm::format("%.1e", Report.WorstError);
  if (!(Report.WorstError <= GradientReport::Tolerance))
    return fail("the gradient of " + Report.WorstName +
                " differs from a central difference by " + Error +
                " (relative)");
  if (Report.Checked == 0)
    return fail(Report.Untested.empty()
                    ? "there are no gradients to check: the model has no "
                      "trainable parameters"
                    : "nothing was checked: every gradient is zero at the "
                      "initial weights (" +
                          listNames(Report.Untested) +
                          "); does the loss depend on the parameters?");
  if (!Report.Untested.empty())
    llvm::errs() << "warning: not checked, because the gradient is zero at the "
                    "initial weights: "
                 << listNames(Report.Untested) << "\n";
  llvm::outs() << "gradients of " << Report.Checked
               << " tensors agree with central differences within " << Error
               << "\n";
  return ExitSuccess;
}

/// What the proof showed, as a line; empty if there was none.
static std::string describeCausality(ModuleOp Module) {
  switch (getCausality(Module)) {
  case Causality::Unknown:
    return "";
  case Causality::NotNeeded:
    return "not causal, as it declares: positions depend on later ones\n";
  case Causality::Proved:
    break;
  }
  int64_t Prefix = getPrefix(Module);
  if (Prefix == 0)
    return "causal: position t depends on positions up to t\n";
  return "causal with a prefix of " + std::to_string(Prefix) +
         ": position t depends on positions up to t, and those of the prefix "
         "on one another\n";
}

/// Runs the stages of the compiler that can fail, on a copy: up to the loops of
/// the kernels. What is left after them works for every model.
static LogicalResult checkKernels(Session &S, ModuleOp Module,
                                  const ModelOptions &Options,
                                  const InterpreterOptions &About) {
  ProgramTable Table;
  StatorProgram Program{};
  if (failed(Table.fill(Module, {}, "stator", About, Program)))
    return failure();
  OwningOpRef<ModuleOp> Copy = Module.clone();
  for (const Stage &Each : getCodegenStages(Options.Codegen)) {
    if (failed(S.run(*Copy, Each)))
      return failure();
    if (StringRef(Each.Name) == "lowered")
      break;
  }
  return success();
}

int runCheck(const Invocation &Call) {
  ModelOptions Options;
  CommandLine Line("check MODEL [flags]", Description);
  Line.addModelFlags(Options);
  Line.flags().toggle("remarks",
                      "Say for each softmax whether it became attention.",
                      &Options.Remarks);
  Line.flags().toggle("gradients",
                      "Compare all gradients with central differences, in f64. "
                      "Takes batch 2 and time 8 where they are not given.",
                      &Options.Gradients);
  if (std::optional<int> Code = Line.parse(Call.Arguments))
    return *Code;
  if (Options.Gradients) {
    if (!Options.isTraining()) {
      fail("--gradients is for --mode train");
      return ExitUsage;
    }
    Options.Batch = Options.Batch ? Options.Batch : 2;
    Options.Time = Options.Time ? Options.Time : 8;
  }

  Session S(Options);
  OwningOpRef<ModuleOp> Module = S.load();
  if (!Module)
    return ExitFailure;
  InterpreterOptions About = describeModel(*Module, Options);
  if (failed(S.run(*Module, S.getGraphStages())))
    return ExitFailure;
  if (failed(checkKernels(S, *Module, Options, About)))
    return ExitFailure;
  int64_t Elements = 0;
  for (const StateTensor &Tensor : layoutState(*Module))
    if (ParameterOp(Tensor.Op).getRole() == Role::Parameter)
      Elements += Tensor.Elements;
  llvm::outs() << Options.Model << ": "
               << getModuleText(*Module, "stator.model") << ", " << Elements
               << " parameters, no errors\n"
               << describeCausality(*Module);
  return Options.Gradients ? reportGradients(*Module, About) : ExitSuccess;
}

} // namespace stator::driver
