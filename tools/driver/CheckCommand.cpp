//===- CheckCommand.cpp - stator check: is the model right? ---------------===//

#include "ir/StateLayout.h"
#include "tools/driver/Commands.h"
#include "tools/driver/Session.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

static const char Description[] =
    "Checks a model: syntax, names, shapes, and that it can be "
    "differentiated,\n"
    "for training and for inference. Says nothing but what is wrong, and one\n"
    "line if nothing is.";

/// Runs frontend and graph stages for one mode. Null if something is wrong.
static OwningOpRef<ModuleOp> checkMode(Session &S) {
  OwningOpRef<ModuleOp> Module = S.load();
  if (!Module || failed(S.run(*Module, S.getGraphStages())))
    return nullptr;
  return Module;
}

int runCheck(const Invocation &Call) {
  ModelOptions Options;
  CommandLine Line("check MODEL [flags]", Description);
  Line.addModelFlags(Options);
  Line.flags().toggle("remarks",
                      "Say for each softmax whether it became attention.",
                      &Options.Remarks);
  if (std::optional<int> Code = Line.parse(Call.Arguments))
    return *Code;

  Session S(Options);
  OwningOpRef<ModuleOp> Module = checkMode(S);
  if (!Module)
    return ExitFailure;
  int64_t Elements = 0;
  for (const StateTensor &Tensor : layoutState(*Module))
    if (ParameterOp(Tensor.Op).getRole() == Role::Parameter)
      Elements += Tensor.Elements;
  llvm::outs() << Options.Model << ": "
               << getModuleText(*Module, "stator.model") << ", " << Elements
               << " parameters, no errors\n";
  return ExitSuccess;
}

} // namespace stator::driver
