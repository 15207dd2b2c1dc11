//===- Link.h - From an object file to an executable ------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_LINK_H
#define STATOR_CODEGEN_LINK_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator {

/// What is linked, and into what.
struct LinkInputs {
  llvm::StringRef Object; ///< of the program
  /// An object or assembly file of data that goes along, or empty.
  llvm::StringRef Data;
  /// A shared library with the functions of runtime/core/stator.h, and nothing
  /// else that can be seen, rather than an executable.
  bool Library = false;
};

/// Links the object file of a program with the runtime to the executable or
/// library `Output`, which is written under a temporary name beside it and
/// renamed. `CompilerPath` is where this executable lies: the runtime is the
/// file
/// `../lib/stator/stator_runtime.o` from there, in a build tree as where Stator
/// is installed. On failure `Error` says what is wrong, with what the linker
/// said.
mlir::LogicalResult linkProgram(const LinkInputs &Inputs,
                                llvm::StringRef Output,
                                llvm::StringRef CompilerPath,
                                std::string &Error);

/// The file of the installation that is called `Name`, beside the runtime.
std::string getRuntimeFile(llvm::StringRef CompilerPath, llvm::StringRef Name);

} // namespace stator

#endif // STATOR_CODEGEN_LINK_H
