//===- CodegenStages.h - From entry points to the LLVM dialect --*- C++ -*-===//

#ifndef STATOR_CODEGEN_CODEGENSTAGES_H
#define STATOR_CODEGEN_CODEGENSTAGES_H

#include "codegen/Target.h"
#include "passes/Pipelines.h"

namespace stator {

/// The stages after those of passes/Pipelines.h: `kernels`, `planned`,
/// `lowered`, `entries`, `openmp`, `llvm`.
llvm::SmallVector<Stage> getCodegenStages(const CpuTarget &Target);

/// Makes the passes of these stages known to stator-opt.
void registerCodegenPasses();

} // namespace stator

#endif // STATOR_CODEGEN_CODEGENSTAGES_H
