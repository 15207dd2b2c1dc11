//===- LlvmBackend.h - From the LLVM dialect to machine code ----*- C++ -*-===//

#ifndef STATOR_CODEGEN_LLVMBACKEND_H
#define STATOR_CODEGEN_LLVMBACKEND_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace stator {

/// Translates a module of the LLVM dialect and prepares it for `Machine`. Null
/// after a diagnostic.
std::unique_ptr<llvm::Module> translateToLlvm(mlir::ModuleOp Module,
                                              llvm::LLVMContext &Context,
                                              llvm::TargetMachine &Machine);

/// LLVM's pipeline of -O3 for `Machine`.
void optimizeLlvm(llvm::Module &Module, llvm::TargetMachine &Machine);

enum class MachineCode { Assembly, Object };

/// Generates code into `Out`. The module cannot be used afterwards. On failure
/// `Error` says why.
mlir::LogicalResult generateCode(llvm::Module &Module,
                                 llvm::TargetMachine &Machine, MachineCode Kind,
                                 llvm::SmallVectorImpl<char> &Out,
                                 std::string &Error);

} // namespace stator

#endif // STATOR_CODEGEN_LLVMBACKEND_H
