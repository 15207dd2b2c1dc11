//===- CodegenStages.cpp - From entry points to the LLVM dialect ----------===//

#include "codegen/CodegenStages.h"
#include "codegen/DivideParallelLoops.h"
#include "codegen/EmitEntries.h"
#include "codegen/IndexChecks.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/kernels/KernelPasses.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace stator {

SmallVector<Stage> getCodegenStages(const CodegenOptions &Options) {
  SmallVector<Stage> Stages;
  Stages.push_back({"head", [Chunk = Options.ChunkHead](OpPassManager &Passes) {
                      if (Chunk)
                        Passes.addNestedPass<FuncOp>(createChunkHead());
                    }});
  if (Options.MemoryBudget > 0)
    Stages.push_back({"recompute", [Options](OpPassManager &Passes) {
                        RecomputeOptions Recompute;
                        Recompute.budget = std::to_string(Options.MemoryBudget);
                        Recompute.fuse = Options.FuseKernels;
                        Recompute.epilogues = Options.Epilogues;
                        Recompute.repeat = Options.RepeatCheapOps;
                        Recompute.inPlace = Options.InPlace;
                        Recompute.remarks = Options.Remarks;
                        Passes.addPass(createRecompute(Recompute));
                      }});
  Stages.push_back({"kernels", [Options](OpPassManager &Passes) {
                      Passes.addPass(
                          createMarkIndexChecksPass(Options.Vocabulary));
                      FormKernelsOptions Forming;
                      Forming.fuse = Options.FuseKernels;
                      Forming.epilogues = Options.Epilogues;
                      Forming.repeat = Options.RepeatCheapOps;
                      Passes.addPass(createFormKernels(Forming));
                    }});
  Stages.push_back(
      {"planned", [InPlace = Options.InPlace](OpPassManager &Passes) {
         PlanMemoryOptions Options;
         Options.inPlace = InPlace;
         Passes.addPass(createPlanMemory(Options));
       }});
  Stages.push_back({"lowered", [Options](OpPassManager &Passes) {
                      LowerKernelsOptions Lowering;
                      Lowering.cpu = Options.Cpu;
                      Lowering.platform = Options.Platform;
                      Passes.addPass(createLowerKernels(Lowering));
                    }});
  Stages.push_back(
      {"entries", [Profile = Options.Profile](OpPassManager &Passes) {
         Passes.addPass(createEmitEntriesPass(Profile));
         Passes.addPass(createCSEPass());
       }});
  Stages.push_back({"openmp", buildOpenMpLoweringPipeline});
  Stages.push_back({"llvm", buildLlvmDialectPipeline});
  return Stages;
}

void registerCodegenPasses() {
  registerFormKernels();
  registerLowerKernels();
  registerPlanMemory();
  registerRecompute();
  registerEmitEntriesPass();
  registerMarkIndexChecksPass();
  registerPass(createDivideParallelLoopsPass);
}

} // namespace stator
