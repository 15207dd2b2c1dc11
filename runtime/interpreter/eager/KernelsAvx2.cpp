//===- KernelsAvx2.cpp - The kernels for one level of instructions ------===//

#define STATOR_MAKE_KERNELS makeAvx2Kernels
#include "runtime/interpreter/eager/Kernels.inc"
