//===- CodegenStages.h - From entry points to the LLVM dialect --*- C++ -*-===//

#ifndef STATOR_CODEGEN_CODEGENSTAGES_H
#define STATOR_CODEGEN_CODEGENSTAGES_H

#include "passes/Pipelines.h"
#include <string>

namespace stator {

/// What the stages of code generation are asked to do.
struct CodegenOptions {
  /// Names that CpuTarget::get knows.
  std::string Cpu = "native", Platform;
  bool Profile = false;       ///< call a StatorProfile around kernels
  bool ChunkHead = true;      ///< the output head by chunks of rows
  bool FuseKernels = true;    ///< more than one op in a kernel
  bool InPlace = true;        ///< results over the operands that they replace
};

/// The stages after those of passes/Pipelines.h: `head`, `kernels`, `planned`,
/// `lowered`, `entries`, `openmp`, `llvm`.
llvm::SmallVector<Stage> getCodegenStages(const CodegenOptions &Options);

/// Makes the passes of these stages known to stator-opt.
void registerCodegenPasses();

} // namespace stator

#endif // STATOR_CODEGEN_CODEGENSTAGES_H
