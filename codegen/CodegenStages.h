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
  bool Epilogues = true;      ///< elementwise ops in kernels of contractions
  bool RepeatCheapOps = true; ///< computed again rather than kept
  bool InPlace = true;        ///< results over the operands that they replace
  int64_t Vocabulary = 0;     ///< what all tokens are below; 0: not checked
  int64_t MemoryBudget = 0;   ///< bytes of state and arena; 0: what it takes
  bool Remarks = false;       ///< say what is recomputed
};

/// The stages after those of passes/Pipelines.h: `head`, `recompute` if there
/// is a memory budget, `kernels`, `planned`, `lowered`, `entries`, `openmp`,
/// `llvm`.
llvm::SmallVector<Stage> getCodegenStages(const CodegenOptions &Options);

/// Makes the passes of these stages known to stator-opt.
void registerCodegenPasses();

} // namespace stator

#endif // STATOR_CODEGEN_CODEGENSTAGES_H
