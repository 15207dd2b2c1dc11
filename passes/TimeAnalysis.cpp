//===- TimeAnalysis.cpp - How the values of an entry point vary -----------===//

#include "passes/TimeAnalysis.h"

using namespace mlir;
using namespace stator;

FailureOr<TimeAnalysis> TimeAnalysis::run(FuncOp Func) {
  TimeAnalysis Analysis;
  if (Func.getNumArguments() > 0)
    Analysis.Axes[Func.getArgument(0)] = TimeAxis::along(1);
  for (Operation &Op : Func.getBody().front().without_terminator()) {
    // The state is the same for all positions.
    if (isa<ReadOp, WriteOp, InfoOp>(Op))
      continue;
    auto Semantics = dyn_cast<TimeSemantics>(Op);
    if (!Semantics)
      return Op.emitOpError("has no time semantics");
    SmallVector<TimeAxis> Operands;
    for (Value Operand : Op.getOperands())
      Operands.push_back(Analysis.getAxis(Operand));
    TimeFlow Flow = Semantics.getTimeFlow(Operands);
    for (auto [Result, Time] :
         llvm::zip_equal(Op.getResults(), Flow.ResultAxes))
      Analysis.Axes[Result] = Time;
    Analysis.Flows[&Op] = std::move(Flow);
  }
  return Analysis;
}
