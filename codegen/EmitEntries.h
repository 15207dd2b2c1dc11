//===- EmitEntries.h - Entry points as functions on pointers ----*- C++ -*-===//

#ifndef STATOR_CODEGEN_EMITENTRIES_H
#define STATOR_CODEGEN_EMITENTRIES_H

#include "mlir/Pass/Pass.h"

namespace stator {

/// Makes of each planned entry point a func.func of the type of a StatorEntry
/// (runtime/core/program.h):
///
///   (self: !llvm.ptr, state, cache, arena, tokens, targets: memref<?xi8>,
///    info: memref<13xi64>, result: memref<?xi8>)
///
/// with the sizes written out. Values become views at their places, launches
/// calls of the lowered kernels (ir/KernelInterface.h), scans loops. Needs
/// stator-plan-memory and stator-lower-kernels; removes all that is left of the
/// stator dialect.
///
/// With `Profile`, `self` is a StatorProfile or null: its Mark is called before
/// and after every kernel with the place of the launch in listLaunches
/// (codegen/LaunchTable.h).
std::unique_ptr<mlir::Pass> createEmitEntriesPass(bool Profile = false);

/// For stator-opt: `stator-emit-entries`.
void registerEmitEntriesPass();

} // namespace stator

#endif // STATOR_CODEGEN_EMITENTRIES_H
