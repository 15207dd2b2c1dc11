//===- KernelTable.h - Kernels of thousands of tensors ----------*- C++ -*-===//
//
// The optimizer and the norm of the gradients take every parameter of a model.
// As arguments of a function those would be thousands, which LLVM compiles in
// quadratic time. Lowered, such a kernel takes
//
//   memref<Nxindex>                 the addresses of its operands and then its
//                                   results,
//   one memref for each operand     of rank 0, which are numbers that it reads
//   and result                      outside of its loops,
//   the Info                        if it needs that (ir/KernelInterface.h)
//
// instead, and marks itself with an attribute.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_KERNELTABLE_H
#define STATOR_CODEGEN_KERNELTABLE_H

#include "ir/Dialect.h"

namespace stator {

/// On a lowered kernel: it takes its tensors in a table (unit).
inline constexpr llvm::StringLiteral ArgumentTableAttrName =
    "stator.argument_table";

/// Whether the kernel is lowered to a function that takes a table.
bool takesArgumentTable(FuncOp Kernel);

/// Whether an operand or result of such a kernel is an argument too.
bool isArgumentBesideTable(mlir::Type Tensor);

} // namespace stator

#endif // STATOR_CODEGEN_KERNELTABLE_H
