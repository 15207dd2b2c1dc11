//===- RecomputePeak.h - What holds the memory of a step --------*- C++ -*-===//

#ifndef STATOR_PASSES_RECOMPUTEPEAK_H
#define STATOR_PASSES_RECOMPUTEPEAK_H

#include "ir/Dialect.h"
#include <string>
#include <vector>

namespace stator {

/// A buffer that is alive when most bytes of an arena are.
struct PeakBuffer {
  std::string Name; ///< module path
  int64_t Bytes = 0;
};

struct PeakUse {
  int64_t GradientBytes = 0;       ///< gradients that wait for the optimizer
  int64_t OtherBytes = 0;          ///< activations, their cotangents, scratch
  std::vector<PeakBuffer> Largest; ///< of the others, the largest first
};

/// Says what is in the arena of a planned entry point at its fullest, as far as
/// that can be told by launches and their users.
PeakUse describePeak(mlir::ModuleOp Module, FuncOp Planned);

} // namespace stator

#endif // STATOR_PASSES_RECOMPUTEPEAK_H
