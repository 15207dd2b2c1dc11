//===- Interfaces.h - Types used by the op interfaces -----------*- C++ -*-===//
//
// What the methods of the interfaces in StatorInterfaces.td take and give.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_INTERFACES_H
#define STATOR_IR_INTERFACES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace stator {

class EvalContext;
class HostTensor;

/// The dimension of a tensor that is time, or none if the tensor does not vary with time.
using TimeAxis = std::optional<int64_t>;

/// How results depend on operands along time, from the strictest to the loosest.
enum class TimeKind { Pointwise, Causal, Mixing };

/// The answer of TimeSemantics::getTimeFlow.
struct TimeFlow {
  TimeKind Kind = TimeKind::Pointwise;
  /// One for each result.
  llvm::SmallVector<TimeAxis, 2> ResultAxes;
  /// For Mixing: in words, how the future gets in ("a mean over time").
  std::string Reason;
};

/// What an op costs when it runs on its own.
struct OpCost {
  double Flops = 0;
  double BytesRead = 0;
  double BytesWritten = 0;
};

} // namespace stator

#include "ir/StatorInterfaces.h.inc"

#endif // STATOR_IR_INTERFACES_H
