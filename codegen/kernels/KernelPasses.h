//===- KernelPasses.h - From fusion groups to loops -------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_KERNELS_KERNELPASSES_H
#define STATOR_CODEGEN_KERNELS_KERNELPASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>

namespace stator {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/kernels/KernelPasses.h.inc"

} // namespace stator

#endif // STATOR_CODEGEN_KERNELS_KERNELPASSES_H
