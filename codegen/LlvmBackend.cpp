//===- LlvmBackend.cpp - From the LLVM dialect to machine code ------------===//

#include "codegen/LlvmBackend.h"
#include "codegen/RunAlone.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace stator {

/// What loops are annotated with comes down to their branches as an attribute
/// of no meaning to the translation, which looks for one of the op's own.
static void annotateBranches(ModuleOp Module) {
  Module.walk([](LLVM::BrOp Branch) {
    if (auto Annotation = Branch->getAttrOfType<LLVM::LoopAnnotationAttr>(
            "llvm.loop_annotation"))
      Branch.setLoopAnnotationAttr(Annotation);
  });
}

std::unique_ptr<llvm::Module> translateToLlvm(ModuleOp Module,
                                              llvm::LLVMContext &Context,
                                              llvm::TargetMachine &Machine) {
  annotateBranches(Module);
  std::unique_ptr<llvm::Module> Translated =
      translateModuleToLLVMIR(Module, Context, "stator");
  if (!Translated)
    return nullptr;
  runAloneDirectly(*Translated);
  Translated->setDataLayout(Machine.createDataLayout());
  Translated->setTargetTriple(Machine.getTargetTriple());
  for (llvm::Function &F : *Translated) {
    if (F.isDeclaration())
      continue;
    // LLVM reads these when it weighs vector widths; the target machine alone
    // is not asked everywhere.
    F.addFnAttr("target-cpu", Machine.getTargetCPU());
    F.addFnAttr("target-features", Machine.getTargetFeatureString());
    // A kernel runs long. Inlined, it would only make the schedule, which is
    // one function of thousands of calls, slow to compile.
    if (!F.hasFnAttribute(llvm::Attribute::AlwaysInline))
      F.addFnAttr(llvm::Attribute::NoInline);
    F.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return Translated;
}

void optimizeLlvm(llvm::Module &Module, llvm::TargetMachine &Machine) {
  llvm::PipelineTuningOptions Tuning;
  Tuning.LoopVectorization = true;
  Tuning.SLPVectorization = true;
  Tuning.LoopInterleaving = true;
  Tuning.LoopUnrolling = true;
  // Kernels are called directly and take pointers; to find that out takes
  // these longer than all others together in a schedule of thousands of calls.
  llvm::PassInstrumentationCallbacks Callbacks;
  Callbacks.registerShouldRunOptionalPassCallback([](StringRef Pass, auto) {
    return Pass != "CalledValuePropagationPass" &&
           Pass != "ArgumentPromotionPass";
  });
  llvm::PassBuilder Builder(&Machine, Tuning, std::nullopt, &Callbacks);
  llvm::LoopAnalysisManager Loops;
  llvm::FunctionAnalysisManager Functions;
  llvm::CGSCCAnalysisManager Graphs;
  llvm::ModuleAnalysisManager Modules;
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(Graphs);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, Graphs, Modules);
  Builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(Module, Modules);
}

LogicalResult generateCode(llvm::Module &Module, llvm::TargetMachine &Machine,
                           MachineCode Kind, llvm::SmallVectorImpl<char> &Out,
                           std::string &Error) {
  llvm::raw_svector_ostream OS(Out);
  llvm::legacy::PassManager Passes;
  Passes.add(llvm::createTargetTransformInfoWrapperPass(
      Machine.getTargetIRAnalysis()));
  if (Machine.addPassesToEmitFile(Passes, OS, nullptr,
                                  Kind == MachineCode::Object
                                      ? llvm::CodeGenFileType::ObjectFile
                                      : llvm::CodeGenFileType::AssemblyFile)) {
    Error = "LLVM cannot generate code for this CPU";
    return failure();
  }
  Passes.run(Module);
  return success();
}

} // namespace stator
