//===- JitModule.h - Runs lowered kernels in this process -------*- C++ -*-===//

#ifndef STATOR_TESTS_CODEGEN_JITMODULE_H
#define STATOR_TESTS_CODEGEN_JITMODULE_H

#include "codegen/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include <memory>
#include <vector>

namespace stator::test {

/// A module of functions on memrefs, compiled for one CPU.
class JitModule {
public:
  /// Lowers `Module` in place to machine code. Null, and a message on stderr,
  /// on failure.
  static std::unique_ptr<JitModule> load(mlir::ModuleOp Module,
                                         const CpuTarget &Target);
  ~JitModule();

  /// Calls a function with pointers to the elements of its memrefs.
  void run(llvm::StringRef Function, std::vector<void *> Arguments) const;

private:
  JitModule();
  struct State;
  std::unique_ptr<State> S;
};

} // namespace stator::test

#endif // STATOR_TESTS_CODEGEN_JITMODULE_H
