//===- DivideParallelLoops.h - Parallel loops, a part a thread --*- C++ -*-===//

#ifndef STATOR_CODEGEN_DIVIDEPARALLELLOOPS_H
#define STATOR_CODEGEN_DIVIDEPARALLELLOOPS_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace stator {

/// Makes an omp.parallel of every outermost scf.parallel without reductions, in
/// which thread t of n runs the iterations from total * t / n up to, not
/// including, total * (t + 1) / n; loops over several dimensions are walked as
/// one. An scf.parallel inside of another becomes plain loops. Every
/// memref.alloca of static size moves to the start of the parallel region or
/// function around it, so that a thread has its buffers once for all of its
/// iterations, and the scopes of such buffers are dissolved.
///
/// The conversion of upstream makes worksharing loops instead, whose start and
/// end are calls of the OpenMP runtime that allocate memory and wait for all
/// threads; nothing here needs more than the end of the region.
std::unique_ptr<mlir::Pass> createDivideParallelLoopsPass();

} // namespace stator

#endif // STATOR_CODEGEN_DIVIDEPARALLELLOOPS_H
