//===- CodegenStages.h - From entry points to the LLVM dialect --*- C++ -*-===//

#ifndef STATOR_CODEGEN_CODEGENSTAGES_H
#define STATOR_CODEGEN_CODEGENSTAGES_H

#include "passes/Pipelines.h"

namespace stator {

/// The stages after those of passes/Pipelines.h: `kernels`, `planned`,
/// `lowered`, `entries`, `openmp`, `llvm`. `Cpu` is a name that CpuTarget::get
/// knows.
llvm::SmallVector<Stage> getCodegenStages(llvm::StringRef Cpu);

/// Makes the passes of these stages known to stator-opt.
void registerCodegenPasses();

} // namespace stator

#endif // STATOR_CODEGEN_CODEGENSTAGES_H
