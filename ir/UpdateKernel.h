//===- UpdateKernel.h - The kernel that updates all parameters --*- C++ -*-===//
//
// The optimizers of a step are one kernel, which goes once through parameters,
// gradients and moments of all sizes. It may also set tensors to a number:
// gradients that were accumulated start from zero again.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_UPDATEKERNEL_H
#define STATOR_IR_UPDATEKERNEL_H

#include "ir/Dialect.h"

namespace stator {

/// Whether the kernel holds optimizers and constants that are one number
/// everywhere, and nothing else. Its results are those of the optimizers, and
/// of the constants, which are written after all optimizers are done.
bool isUpdateKernel(FuncOp Kernel);

/// Whether the update kernel may write `Result` over `Operand`, which is of the
/// same type: no optimizer but the one that makes the result reads it.
bool canUpdateRunInPlace(FuncOp Kernel, unsigned Operand, unsigned Result);

} // namespace stator

#endif // STATOR_IR_UPDATEKERNEL_H
