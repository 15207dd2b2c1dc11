//===- FormedKernel.h - The kernel that a function becomes ------*- C++ -*-===//

#ifndef STATOR_TESTS_CODEGEN_FORMEDKERNEL_H
#define STATOR_TESTS_CODEGEN_FORMEDKERNEL_H

#include "JitModule.h"
#include <string>

namespace stator::test {

/// A function of which stator-form-kernels makes one kernel, compiled.
class FormedKernel {
public:
  /// `Text` is one stator.func. Null, and a message on stderr, if it becomes
  /// none or several, or on other failures.
  static std::unique_ptr<FormedKernel> compile(llvm::StringRef Text,
                                               const CpuTarget &Target);

  /// Operands of the kernel, in the order in which it needs them, then results.
  void run(std::vector<void *> Arguments) const {
    Jit->run(Name, std::move(Arguments));
  }

private:
  FormedKernel() = default;
  std::unique_ptr<JitModule> Jit;
  std::string Name;
};

} // namespace stator::test

#endif // STATOR_TESTS_CODEGEN_FORMEDKERNEL_H
