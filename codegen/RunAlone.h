//===- RunAlone.h - Parallel regions of one thread --------------*- C++ -*-===//

#ifndef STATOR_CODEGEN_RUNALONE_H
#define STATOR_CODEGEN_RUNALONE_H

#include "llvm/IR/Module.h"

namespace stator {

/// Where the OpenMP runtime is asked to run a function in parallel, calls the
/// function directly if there is one thread only. The runtime would allocate
/// memory to enter and leave such a region.
void runAloneDirectly(llvm::Module &Module);

} // namespace stator

#endif // STATOR_CODEGEN_RUNALONE_H
