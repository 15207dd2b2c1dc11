//===- KernelsBaseline.cpp - The kernels for one level of instructions
//------===//

#define STATOR_MAKE_KERNELS makeBaselineKernels
#include "runtime/interpreter/eager/Kernels.inc"
