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

/// What is known of the elements of a tensor with two time dimensions, that of
/// queries and that of keys, whose key comes after what their query may see.
enum class FutureKeys {
  Visible, ///< nothing: they depend on positions up to the key
  Hidden,  ///< they do not depend on the key
  Low,     ///< they were masked by a low number; they may not be low any more
  High,    ///< the same of a high number: less themselves, others are masked
  NegInf,  ///< they are minus infinity
  Zero,    ///< they are zero, or false
  One      ///< they are one, or true
};

/// How a tensor varies with time: up to which position of the tokens each of
/// its elements depends on them.
///
/// - Not at all (the default): parameters, constants, positions.
/// - Along `Axis`: the element at index i there depends on positions up to
///   i + Shift. Tokens have a shift of 0, and so has what is computed position
///   by position; a tensor moved to later indices has less, a part from an
///   offset on has more.
/// - Along `Axis` and `KeyAxis`, as scores of queries against keys do: the
///   element at (q, k) depends on positions up to the larger of q + Shift and
///   k + KeyShift. Where k is larger than q + Reach and than KeyPrefix, it is
///   what `Future` says; unless that is Visible, it depends on q only.
/// - In all these cases any element may depend on positions up to `Prefix`:
/// what
///   was made of a whole sequence, and of its beginning, depends on its last.
///
/// Each is an upper bound: a model may see less than its TimeAxis says.
struct TimeAxis {
  /// Before all positions: depends on none.
  static constexpr int64_t Never = -(int64_t(1) << 40);
  /// After all positions: may depend on any.
  static constexpr int64_t Always = int64_t(1) << 40;

  std::optional<int64_t> Axis;
  std::optional<int64_t> KeyAxis;
  FutureKeys Future = FutureKeys::Visible;
  int64_t Shift = 0;
  int64_t KeyShift = 0;
  int64_t Reach = 0;
  int64_t KeyPrefix = Never;
  int64_t Prefix = Never;
  /// Of a Future that masks (Low, NegInf, Zero or One): the element of the key
  /// that belongs to the query, counted from the last of both, is not masked.
  bool SeesOwn = false;

  static TimeAxis none() { return {}; }
  static TimeAxis along(int64_t Axis, int64_t Shift = 0) {
    TimeAxis Result;
    Result.Axis = Axis;
    Result.Shift = Shift;
    return Result;
  }
  static TimeAxis pair(int64_t Query, int64_t Key,
                       FutureKeys Future = FutureKeys::Visible,
                       int64_t Reach = 0) {
    TimeAxis Result = along(Query);
    Result.KeyAxis = Key;
    Result.Future = Future;
    Result.Reach = Reach;
    return Result;
  }
  /// All elements depend on positions up to `Last`.
  static TimeAxis upTo(int64_t Last) {
    TimeAxis Result;
    Result.Prefix = Last;
    return Result;
  }
  /// Any element may depend on any position.
  static TimeAxis whole() { return upTo(Always); }

  /// Whether it depends on the tokens.
  bool varies() const { return Prefix >= 0 || Axis.has_value(); }
  /// Whether it depends on the tokens, and all its elements on the same ones.
  bool isUniform() const { return Prefix >= 0 && !Axis; }
  bool operator==(const TimeAxis &) const = default;
};

/// How results depend on operands along time, from the strictest to the
/// loosest: index by index, on earlier ones too, on later ones too.
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
