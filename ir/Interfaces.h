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

/// What is known of the elements of a tensor with two time dimensions whose key
/// comes after their query.
enum class FutureKeys {
  Visible, ///< they depend on positions up to the key
  Hidden,  ///< they depend on positions up to the query only
  NegInf,  ///< they are minus infinity
  Zero     ///< they are zero
};

/// How a tensor varies with time: with the tokens at each position.
///
/// - Not at all (the default): parameters, constants, positions.
/// - Along `Axis`: the element at index t there depends on positions up to t.
/// - Along `Axis` and `KeyAxis`, as scores of queries against keys do: the
///   element at (q, k) depends on positions up to the larger of the two, and
///   `Future` says what is known of those with k > q. An `Axis` alone is a
///   weaker statement than both with a `Future` that is not Visible.
/// - As a `Whole`: any element depends on any position.
struct TimeAxis {
  std::optional<int64_t> Axis;
  std::optional<int64_t> KeyAxis;
  FutureKeys Future = FutureKeys::Visible;
  bool Whole = false;

  static TimeAxis none() { return {}; }
  static TimeAxis along(int64_t Axis) {
    TimeAxis Result;
    Result.Axis = Axis;
    return Result;
  }
  static TimeAxis pair(int64_t Query, int64_t Key,
                       FutureKeys Future = FutureKeys::Visible) {
    TimeAxis Result = along(Query);
    Result.KeyAxis = Key;
    Result.Future = Future;
    return Result;
  }
  static TimeAxis whole() {
    TimeAxis Result;
    Result.Whole = true;
    return Result;
  }

  /// Whether it depends on the tokens.
  bool varies() const { return Whole || Axis.has_value(); }
  bool operator==(const TimeAxis &) const = default;
};

/// How results depend on operands along time, from the strictest to the
/// loosest.
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
