//===- Link.h - From an object file to an executable ------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_LINK_H
#define STATOR_CODEGEN_LINK_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator {

/// Links the object file of a program with the runtime to the executable
/// `Output`, which is written under a temporary name beside it and renamed.
/// `CompilerPath` is where this executable lies: the runtime is the file
/// `../lib/stator/stator_runtime.o` from there, in a build tree as where Stator
/// is installed. On failure `Error` says what is wrong, with what the linker
/// said.
mlir::LogicalResult linkExecutable(llvm::StringRef Object,
                                   llvm::StringRef Output,
                                   llvm::StringRef CompilerPath,
                                   std::string &Error);

} // namespace stator

#endif // STATOR_CODEGEN_LINK_H
