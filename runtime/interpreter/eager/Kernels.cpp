//===- Kernels.cpp - Chooses the kernels for the processor ----------------===//

#include "runtime/interpreter/eager/Kernels.h"

namespace stator::eager {

static KernelTable chooseKernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4"))
    return makeAvx512Kernels();
  if (__builtin_cpu_supports("x86-64-v3"))
    return makeAvx2Kernels();
#endif
  return makeBaselineKernels();
}

const KernelTable &getKernels() {
  static const KernelTable Table = chooseKernels();
  return Table;
}

} // namespace stator::eager
