//===- CodegenStages.cpp - From entry points to the LLVM dialect ----------===//

#include "codegen/CodegenStages.h"
#include "codegen/EmitEntries.h"
#include "codegen/LowerToLLVM.h"
#include "mlir/Transforms/Passes.h"
#ifdef STATOR_HAVE_KERNELS
#include "codegen/kernels/KernelPasses.h"
#endif

using namespace mlir;

namespace stator {

SmallVector<Stage> getCodegenStages(const CpuTarget &Target) {
  SmallVector<Stage> Stages;
#ifdef STATOR_HAVE_KERNELS
  Stages.push_back({"kernels", [](OpPassManager &Passes) {
                      Passes.addPass(createFormKernels());
                    }});
#endif
  Stages.push_back({"planned", [](OpPassManager &Passes) {
                      Passes.addPass(createPlanMemory());
                    }});
#ifdef STATOR_HAVE_KERNELS
  Stages.push_back({"lowered", [Cpu = Target.Cpu](OpPassManager &Passes) {
                      LowerKernelsOptions Options;
                      Options.cpu = Cpu;
                      Passes.addPass(createLowerKernels(Options));
                    }});
#endif
  Stages.push_back({"entries", [](OpPassManager &Passes) {
                      Passes.addPass(createEmitEntriesPass());
                      Passes.addPass(createCSEPass());
                    }});
  Stages.push_back({"openmp", buildOpenMpLoweringPipeline});
  Stages.push_back({"llvm", buildLlvmDialectPipeline});
  return Stages;
}

void registerCodegenPasses() {
#ifdef STATOR_HAVE_KERNELS
  registerFormKernels();
  registerLowerKernels();
#endif
  registerPlanMemory();
  registerEmitEntriesPass();
}

} // namespace stator
