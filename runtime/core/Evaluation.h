//===- Evaluation.h - loss over a whole text --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_EVALUATION_H
#define STATOR_RUNTIME_CORE_EVALUATION_H

#include "absl/status/statusor.h"
#include "runtime/core/Data.h"
#include "runtime/core/State.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <functional>
#include <optional>

namespace stator::runtime {

/// Mean loss in nats over the positions of \p Text, in consecutive windows
/// without overlap (see Windows), summed in double in their order. Uses the
/// Evaluate of a training program, or the logits of an inference program.
/// \p MostBatches, if not 0, stops after that many batches. \p Continue is
/// asked before each batch; nullopt if it says no. \p Memory must have room for
/// evaluationResults(Program) floats. Errors: a logit that is NaN or infinite,
/// of an inference program; an index that the program computed is outside of
/// its table.
absl::StatusOr<std::optional<double>>
evaluate(const StatorProgram &Program, const ProgramMemory &Memory,
         TokenView Text, int64_t MostBatches,
         const std::function<bool()> &Continue);

/// Floats that evaluate() needs for results.
uint64_t evaluationResults(const StatorProgram &Program);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_EVALUATION_H
