//===- Session.cpp - One run of the compiler ------------------------------===//

#include "tools/driver/Session.h"
#include "codegen/CodegenStages.h"
#include "codegen/LowerToLLVM.h"
#include "frontend/Diagnostics.h"
#include "ir/Dialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/PlanMemory.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

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
  StringRef Made = Options.From.empty() ? StringRef("frontend") : Options.From;
  if (Module && Dump &&
      failed(Dump.write(Made, "mlir", describeNext(Made),
                        print(*Module, /*Whole=*/true))))
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

SmallVector<Stage> Session::getRemaining(SmallVector<Stage> Stages) const {
  auto IsFrom = [&](const Stage &Each) { return Each.Name == Options.From; };
  if (Options.From.empty() || Options.From == "frontend")
    return Stages;
  if (auto *Found = llvm::find_if(Stages, IsFrom); Found != Stages.end())
    Stages.erase(Stages.begin(), std::next(Found));
  else if (llvm::any_of(getCodegenStages(Options.Codegen), IsFrom) &&
           Stages.front().Name == StringRef("inlined"))
    Stages.clear();
  return Stages;
}

LogicalResult Session::checkFrom() const {
  const std::string &From = Options.From;
  auto Refuse = [](const Twine &Message) {
    fail(Message.str());
    return failure();
  };
  const std::string Dumped = getDumpedStage(Options.Model);
  if (From.empty())
    return Dumped.empty() || Dumped == "frontend"
               ? success()
               : Refuse(Options.Model + " is the dump of the stage " + Dumped +
                        "; --from " + Dumped + " continues from it");
  if (!StringRef(Options.Model).ends_with(".mlir"))
    return Refuse("--from requires a file of IR as model, such as --dump-ir "
                  "writes; found " +
                  Options.Model);
  SmallVector<StringRef> Names = {"frontend"};
  bool IsKnown = From == "frontend", IsLate = false;
  for (const Stage &Each : getAllStages()) {
    if (Each.Name == "lowered")
      IsLate = true;
    if (Each.Name == From)
      IsKnown = true;
    if (Each.Name == From && IsLate)
      return Refuse("--from " + From +
                    ": the last stage to continue from is planned; afterwards "
                    "the kernels and the entry points are no longer whole. "
                    "stator-opt runs the passes of later stages");
    if (!IsLate)
      Names.push_back(Each.Name);
  }
  if (!IsKnown)
    return Refuse("--from " + From + ": there is no such stage with --mode " +
                  Options.Mode + didYouMean(From, Names) +
                  "\nstages: " + llvm::join(Names, ", "));
  if (!Dumped.empty() && Dumped != From)
    return Refuse("--from " + From + ": " + Options.Model +
                  " is the dump of the stage " + Dumped);
  return success();
}

/// The passes of a stage as `stator-opt --pass-pipeline` takes them.
static std::string printPipeline(MLIRContext &Context, const Stage &Stage) {
  PassManager Passes(&Context, ModuleOp::getOperationName());
  Stage.AddPasses(Passes);
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  Passes.printAsTextualPipeline(OS);
  return Text;
}

/// How what follows a stage, "frontend" or one of all stages, is made.
NextStage Session::describeNext(StringRef Name) {
  SmallVector<Stage> Stages = getAllStages();
  const Stage *Next = Stages.begin();
  if (Name != "frontend")
    Next = std::next(llvm::find_if(
        Stages, [&](const Stage &Each) { return Each.Name == Name; }));
  if (Next == Stages.end())
    return {
        "translated", "ll", "",
        "mlir-translate --mlir-to-llvmir translates the functions; stator "
        "compile adds attributes of the CPU and the tables of the program."};
  return {Next->Name.str(), "mlir",
          "stator-opt --mlir-print-debuginfo --pass-pipeline='" +
              printPipeline(Context, *Next) + "'",
          StringRef(Next->Name) == "llvm"
              ? "The locations of loop variables, which text does not have, "
                "differ."
              : ""};
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
  return Dump.write(Stage.Name, "mlir", describeNext(Stage.Name),
                    print(Module, /*Whole=*/true));
}

LogicalResult Session::run(ModuleOp Module, ArrayRef<Stage> Stages) {
  for (const Stage &Each : Stages)
    if (failed(run(Module, Each)))
      return failure();
  return success();
}

std::string Session::print(ModuleOp Module, bool Whole) const {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  for (FuncOp Function : Module.getOps<FuncOp>())
    printMemoryPlan(Function, OS);
  OpPrintingFlags Flags;
  if (Whole)
    Flags.enableDebugInfo();
  else
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
