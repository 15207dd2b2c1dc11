//===- HoistStackBuffers.h - Stack buffers once a thread --------*- C++ -*-===//

#ifndef STATOR_CODEGEN_HOISTSTACKBUFFERS_H
#define STATOR_CODEGEN_HOISTSTACKBUFFERS_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace stator {

/// Moves every memref.alloca of static size out of the memref.alloca_scope
/// around it to the start of the enclosing omp.parallel or function, and
/// dissolves the scopes: a thread gets its buffers once and uses them in all of
/// its iterations. It also frees the way to control flow: a scope could not
/// hold several blocks.
std::unique_ptr<mlir::Pass> createHoistStackBuffersPass();

} // namespace stator

#endif // STATOR_CODEGEN_HOISTSTACKBUFFERS_H
