//===- Session.h - One run of the compiler ----------------------*- C++ -*-===//
//
// A model on its way through the stages, with dumps, timing and diagnostics.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TOOLS_DRIVER_SESSION_H
#define STATOR_TOOLS_DRIVER_SESSION_H

#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/Timing.h"
#include "passes/Pipelines.h"
#include "tools/driver/CommandLine.h"
#include "tools/driver/SourceDiagnostics.h"
#include "tools/driver/StageDump.h"

namespace stator::driver {

class Session {
public:
  explicit Session(const ModelOptions &Options);
  ~Session();

  /// Prints how long each stage took when the session ends.
  void enableTiming();
  StageDump &dump() { return Dump; }
  mlir::TimingScope &timing() { return Timing; }
  mlir::MLIRContext &context() { return Context; }
  const ModelOptions &options() const { return Options; }

  /// Runs the frontend. Null if the model is wrong, which has been said.
  mlir::OwningOpRef<mlir::ModuleOp> load();

  /// The stages from the frontend's output to the entry points.
  llvm::SmallVector<Stage> getGraphStages() const;
  /// Those and the stages of code generation, in order.
  llvm::SmallVector<Stage> getAllStages() const;
  /// Those of `Stages`, a part of all stages, that are after the one that
  /// --from names, which has made the model.
  llvm::SmallVector<Stage> getRemaining(llvm::SmallVector<Stage> Stages) const;
  /// Whether --from names a stage from which this command can go on, if it is
  /// given, and the stage whose dump the model is. Says so if not.
  mlir::LogicalResult checkFrom() const;

  /// Runs one stage and dumps what comes out.
  mlir::LogicalResult run(mlir::ModuleOp Module, const Stage &Stage);
  mlir::LogicalResult run(mlir::ModuleOp Module, llvm::ArrayRef<Stage> Stages);

  /// The readable form of a module: names of values, large constants left out,
  /// and the memory plan where there is one. With `Whole`, constants are
  /// printed in full, and locations too: what reads it has the same module.
  std::string print(mlir::ModuleOp Module, bool Whole = false) const;

private:
  NextStage describeNext(llvm::StringRef Name);

  ModelOptions Options;
  mlir::MLIRContext Context;
  SourceDiagnostics Diagnostics;
  mlir::DefaultTimingManager TimingManager;
  mlir::TimingScope Timing;
  StageDump Dump;
};

/// A string attribute of a module, or "".
llvm::StringRef getModuleText(mlir::ModuleOp Module, llvm::StringRef Name);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_SESSION_H
