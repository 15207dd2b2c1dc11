//===- Passes.h - Graph passes ----------------------------------*- C++ -*-===//
//
// Constructors, options and registration of the passes declared in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_PASSES_H
#define STATOR_PASSES_PASSES_H

#include "ir/Dialect.h"
#include "mlir/Pass/Pass.h"

namespace stator {

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

} // namespace stator

#endif // STATOR_PASSES_PASSES_H
