//===- KernelJit.h - Runs the kernel of one op in this process --*- C++ -*-===//

#ifndef STATOR_TESTS_CODEGEN_KERNELJIT_H
#define STATOR_TESTS_CODEGEN_KERNELJIT_H

#include "codegen/Target.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <memory>
#include <string>
#include <vector>

namespace stator::test {

/// A kernel compiled for one CPU and loaded into this process.
class Kernel {
public:
  /// Emits the body of a kernel; the arguments are memrefs.
  using Emitter = llvm::function_ref<mlir::LogicalResult(
      mlir::OpBuilder &, mlir::Operation *Op, mlir::ValueRange Arguments,
      const CpuTarget &)>;

  /// Parses `Text` as a stator.func of one op and compiles a function whose
  /// arguments are memrefs like the operands of that op, its results and, with
  /// `WithInfo`, a memref<13xi64> at the end. Null, and a message on stderr, on
  /// failure.
  static std::unique_ptr<Kernel> compile(llvm::StringRef Text,
                                         const CpuTarget &Target, bool WithInfo,
                                         Emitter Emit);
  ~Kernel();

  void run(std::vector<void *> Arguments) const;

private:
  Kernel();
  struct State;
  std::unique_ptr<State> S;
};

/// The number of threads of kernels that run from now on.
void setThreads(int Count);

/// Whether code for this CPU runs on this machine.
bool canRun(const CpuTarget &Target);

/// The CPUs to test: this one, x86-64-v3 and x86-64 where they run.
std::vector<CpuTarget> getTestTargets();

} // namespace stator::test

#endif // STATOR_TESTS_CODEGEN_KERNELJIT_H
