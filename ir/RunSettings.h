//===- RunSettings.h - Numbers of the optimizer that a run may set -*- C++
//-*-=//
//
// The optimizer of a training step holds the numbers of the `train` block as
// attributes. On an op that is marked as settable, a run may replace them when
// the program starts (`--lr`, `--weight-decay`, ...), without compiling the
// model again. Ops that are not marked always use their attributes.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_RUNSETTINGS_H
#define STATOR_IR_RUNSETTINGS_H

#include "mlir/IR/Operation.h"

namespace stator {

/// What a run may set. The numbers are those of STATOR_SETTING_* in
/// runtime/core/program.h.
enum class RunSetting {
  LearningRate,    ///< the peak of a learning_rate
  MinLearningRate, ///< the floor of its schedule
  ScheduleSteps,   ///< its schedule ends with the total steps of the run,
                   ///< whatever number of steps the schedule itself names
  WeightDecay,     ///< of an sgd or adam
  Clip             ///< the largest norm of a clip_scale
};
inline constexpr unsigned NumRunSettings = 5;

/// On learning_rate, clip_scale, sgd and adam: the run may set their numbers
/// (unit).
inline constexpr llvm::StringLiteral SettableAttrName = "stator.settable";

inline bool isSettable(mlir::Operation *Op) {
  return Op->hasAttr(SettableAttrName);
}

} // namespace stator

#endif // STATOR_IR_RUNSETTINGS_H
