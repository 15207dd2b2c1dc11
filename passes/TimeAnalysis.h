//===- TimeAnalysis.h - How the values of an entry point vary ---*- C++ -*-===//
//
// Follows the time semantics of the ops (ir/Interfaces.h) through a function:
// what the causality proof and the derivation of decoding start from.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_TIMEANALYSIS_H
#define STATOR_PASSES_TIMEANALYSIS_H

#include "ir/Dialect.h"
#include "llvm/ADT/DenseMap.h"

namespace stator {

/// How each value of an entry point varies with the tokens, and how each op
/// moves information along time.
class TimeAnalysis {
public:
  /// Follows the tokens, the first argument of the function, whose dimension 1
  /// is time. All other arguments are taken to be known beforehand. The
  /// function has no calls: an op without time semantics is an error, which is
  /// reported.
  static mlir::FailureOr<TimeAnalysis> run(FuncOp Func);

  /// How a value of the body of the function varies. Values inside of loops are
  /// not known: they count as not varying.
  TimeAxis getAxis(mlir::Value Value) const { return Axes.lookup(Value); }

  /// How the results of an op of the body depend on its operands along time.
  TimeKind getKind(mlir::Operation *Op) const { return Flows.lookup(Op).Kind; }

  /// Why an op is Mixing, in words; empty if it is not.
  std::string getReason(mlir::Operation *Op) const {
    return Flows.lookup(Op).Reason;
  }

private:
  llvm::DenseMap<mlir::Value, TimeAxis> Axes;
  llvm::DenseMap<mlir::Operation *, TimeFlow> Flows;
};

} // namespace stator

#endif // STATOR_PASSES_TIMEANALYSIS_H
