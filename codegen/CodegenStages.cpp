//===- CodegenStages.cpp - From entry points to the LLVM dialect ----------===//

#include "codegen/CodegenStages.h"
#include "codegen/EmitEntries.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/kernels/KernelPasses.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace stator {

SmallVector<Stage> getCodegenStages(StringRef Cpu) {
  SmallVector<Stage> Stages;
  Stages.push_back({"kernels", [](OpPassManager &Passes) {
                      Passes.addPass(createFormKernels());
                    }});
  Stages.push_back({"planned", [](OpPassManager &Passes) {
                      Passes.addPass(createPlanMemory());
                    }});
  Stages.push_back({"lowered", [Cpu = Cpu.str()](OpPassManager &Passes) {
                      LowerKernelsOptions Options;
                      Options.cpu = Cpu;
                      Passes.addPass(createLowerKernels(Options));
                    }});
  Stages.push_back({"entries", [](OpPassManager &Passes) {
                      Passes.addPass(createEmitEntriesPass());
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
  registerEmitEntriesPass();
}

} // namespace stator
