//===- Session.cpp - One run of the compiler ------------------------------===//

#include "tools/driver/Session.h"
#include "codegen/CodegenStages.h"
#include "codegen/LowerToLLVM.h"
#include "ir/Dialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/PlanMemory.h"
#include "runtime/core/AtomicFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

LogicalResult StageDump::open(std::string Path) {
  if (Path.empty())
    return success();
  if (std::error_code Code = llvm::sys::fs::create_directories(Path)) {
    fail("cannot create the directory " + Path + ": " + Code.message());
    return failure();
  }
  Folder = std::move(Path);
  return success();
}

LogicalResult StageDump::write(StringRef Stage, StringRef Extension,
                               StringRef Text) {
  if (Folder.empty())
    return success();
  std::string Path = Folder + "/";
  llvm::raw_string_ostream(Path)
      << llvm::format("%02u-", ++Count) << Stage << "." << Extension;
  absl::Status Status = runtime::writeFileAtomically(
      Path, absl::string_view(Text.data(), Text.size()));
  if (Status.ok())
    return success();
  fail(std::string(Status.message()));
  return failure();
}

static DialectRegistry makeRegistry() {
  DialectRegistry Registry;
  Registry.insert<StatorDialect>();
  registerLoweringDialects(Registry);
  return Registry;
}

Session::Session(const ModelOptions &Options)
    : Options(Options), Context(makeRegistry()),
      Diagnostics(Context, llvm::errs()) {
  Context.loadDialect<StatorDialect>();
  // Sharing one thread pool of the machine's size is not worth its start-up for
  // modules of few functions.
  Context.disableMultithreading();
}

Session::~Session() = default;

void Session::enableTiming() {
  TimingManager.setEnabled(true);
  TimingManager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  Timing = TimingManager.getRootScope();
}

OwningOpRef<ModuleOp> Session::load() {
  TimingScope Scope = Timing.nest("frontend");
  // IR as `stator ir` prints it is a model too.
  OwningOpRef<ModuleOp> Module =
      StringRef(Options.Model).ends_with(".mlir")
          ? parseSourceFile<ModuleOp>(Options.Model, &Context)
          : compileModel(Context, Options.Model, Options.getFrontendOptions(),
                         llvm::errs());
  if (Module && Dump && failed(Dump.write("frontend", "mlir", print(*Module))))
    return nullptr;
  return Module;
}

SmallVector<Stage> Session::getGraphStages() const {
  if (Options.isTraining()) {
    TrainPipelineOptions Train;
    Train.FuseAttention = !Options.NoFusion;
    Train.Remarks = Options.Remarks;
    Train.KeepGradients = Options.Gradients;
    return getTrainStages(Train);
  }
  InferPipelineOptions Infer;
  Infer.FuseAttention = !Options.NoFusion;
  Infer.Remarks = Options.Remarks;
  Infer.Decode = Options.Decode;
  Infer.WeightType = Options.WeightType;
  return getInferStages(Infer);
}

SmallVector<Stage> Session::getAllStages() const {
  SmallVector<Stage> Stages = getGraphStages();
  CodegenOptions Codegen = Options.Codegen;
  Codegen.Remarks = Options.Remarks;
  llvm::append_range(Stages, getCodegenStages(Codegen));
  return Stages;
}

LogicalResult Session::run(ModuleOp Module, const Stage &Stage) {
  TimingScope Scope = Timing.nest(StringRef(Stage.Name));
  PassManager Passes(&Context);
  Passes.enableTiming(Scope);
  Stage.AddPasses(Passes);
  if (failed(Passes.run(Module)))
    return failure();
  if (!Dump)
    return success();
  return Dump.write(Stage.Name, "mlir", print(Module));
}

LogicalResult Session::run(ModuleOp Module, ArrayRef<Stage> Stages) {
  for (const Stage &Each : Stages)
    if (failed(run(Module, Each)))
      return failure();
  return success();
}

std::string Session::print(ModuleOp Module) const {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  for (FuncOp Function : Module.getOps<FuncOp>())
    printMemoryPlan(Function, OS);
  OpPrintingFlags Flags;
  Flags.elideLargeElementsAttrs(32);
  Module->print(OS, Flags);
  OS << "\n";
  return Text;
}

StringRef getModuleText(ModuleOp Module, StringRef Name) {
  auto Text = Module->getAttrOfType<StringAttr>(Name);
  return Text ? Text.getValue() : StringRef();
}

} // namespace stator::driver
