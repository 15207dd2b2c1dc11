//===- GradientCheck.h - Gradients against differences ----------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_GRADIENTCHECK_H
#define STATOR_TOOLS_DRIVER_GRADIENTCHECK_H

#include "mlir/IR/BuiltinOps.h"
#include "runtime/core/program.h"
#include <string>
#include <vector>

namespace stator::driver {

/// What checkGradients found.
struct GradientReport {
  /// What the reference evaluation reaches on the ops alone is 1e-6.
  static constexpr double Tolerance = 1e-5;

  int64_t Checked = 0;   ///< tensors
  double WorstError = 0; ///< relative
  std::string WorstName; ///< of the tensor
  std::string Failure;   ///< why a gradient could not be computed, or ""
  /// Tensors whose comparison says nothing, for their gradient is zero, or too
  /// small for a difference of losses to show.
  std::vector<std::string> Untested;
};

/// Compares the derivative of the loss along one direction for each trainable
/// tensor (its gradient, turned by a random vector) with a central difference.
/// Both in f64 by the reference evaluation, at the initial weights of seed 1,
/// on random tokens. `Module` has @gradients; `Program` is its table.
GradientReport checkGradients(mlir::ModuleOp Module,
                              const StatorProgram &Program);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_GRADIENTCHECK_H
