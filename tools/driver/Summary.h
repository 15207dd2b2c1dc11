//===- Summary.h - What a compiled program needs and does -------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_SUMMARY_H
#define STATOR_TOOLS_DRIVER_SUMMARY_H

#include "codegen/LaunchTable.h"
#include "mlir/IR/BuiltinOps.h"
#include "runtime/core/program.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace stator::driver {

/// The arena of one entry point.
struct EntrySummary {
  std::string Name;
  int64_t ArenaBytes = 0;
  int64_t LowerBound = 0; ///< the most bytes alive at once
  int64_t Launches = 0;   ///< kernel calls a run; those in a loop count once
};

/// What `stator compile` reports.
struct Summary {
  int64_t Parameters = 0; ///< elements
  int64_t ParameterBytes = 0, MomentBytes = 0, GradientBytes = 0;
  int64_t StateBytes = 0, CacheBytes = 0, ArenaBytes = 0;
  int64_t Kernels = 0;      ///< different ones
  int64_t MemoryBudget = 0; ///< 0 if there was none
  int64_t Recomputed = 0;   ///< values that are computed again for the budget
  int64_t SavedBytes = 0;   ///< of arena by that
  double AddedFlops = 0;
  bool IsTraining = true;
  double Flops = 0; ///< of a training step, or of one forward
  std::vector<EntrySummary> Entries;
  std::vector<ArenaBuffer> Buffers; ///< of programs that are profiled

  /// State, cache and arena, which is all that a program allocates for the
  /// model.
  int64_t getPeakBytes() const { return StateBytes + CacheBytes + ArenaBytes; }

  void print(llvm::raw_ostream &OS) const;
  /// One JSON object.
  std::string toJson() const;
};

/// Sums up a program and its module after stator-plan-memory.
Summary summarize(mlir::ModuleOp Planned, const StatorProgram &Program);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_SUMMARY_H
