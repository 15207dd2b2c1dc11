//===- ProgramConstant.h - The program table in LLVM IR ---------*- C++ -*-===//

#ifndef STATOR_CODEGEN_PROGRAMCONSTANT_H
#define STATOR_CODEGEN_PROGRAMCONSTANT_H

#include "runtime/core/program.h"

namespace llvm {
class Module;
} // namespace llvm

namespace stator {

/// Defines `stator_program` in `Module`, field by field as `Program` says but
/// for Self and the entry points: those are the functions of `Module` with the
/// names of docs/architecture.md, null where there is none. Everything else in
/// the module becomes internal to it.
void emitProgramConstant(llvm::Module &Module, const StatorProgram &Program);

} // namespace stator

#endif // STATOR_CODEGEN_PROGRAMCONSTANT_H
