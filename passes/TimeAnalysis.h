//===- TimeAnalysis.h - How the values of an entry point vary ---*- C++ -*-===//
//
// Follows the time semantics of the ops (ir/Interfaces.h) through a function:
// what the causality proof and the derivation of decoding start from.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_TIMEANALYSIS_H
#define STATOR_PASSES_TIMEANALYSIS_H

#include "ir/Dialect.h"
#include "passes/KnownFuture.h"
#include "llvm/ADT/DenseMap.h"

namespace stator {

/// How each value of an entry point varies with the tokens, and how each op
/// moves information along time.
class TimeAnalysis {
public:
  /// Follows the tokens, the first argument of the function, whose dimension 1
  /// is time. All other arguments are taken to be known beforehand. Of the
  /// first `Prefix` positions each may depend on all. The function has no
  /// calls: an op without time semantics is an error, which is reported.
  static mlir::FailureOr<TimeAnalysis> run(FuncOp Func, int64_t Prefix = 0);

  /// The same where the arguments vary like this.
  static mlir::FailureOr<TimeAnalysis>
  run(FuncOp Func, llvm::ArrayRef<TimeAxis> Arguments, int64_t Prefix);

  /// How a value of the body of the function varies. Values inside of loops are
  /// not known: they count as not varying.
  TimeAxis getAxis(mlir::Value Value) const { return Axes.lookup(Value); }

  /// How the results of an op of the body depend on its operands along time.
  TimeKind getKind(mlir::Operation *Op) const { return Flows.lookup(Op).Kind; }

  /// Why an op is Mixing, in words; empty if it is not.
  std::string getReason(mlir::Operation *Op) const {
    return Flows.lookup(Op).Reason;
  }

  /// What an op computes from: its operands, and what its body uses from
  /// outside.
  static llvm::SmallVector<mlir::Value> getInputs(mlir::Operation *Op);

  /// The axes of the inputs of an op. Those of masks and other weights that do
  /// not depend on tokens say what they hide of the other inputs.
  llvm::ArrayRef<TimeAxis> getInputAxes(mlir::Operation *Op) const;

  /// The flow of an op for other axes of its inputs.
  static TimeFlow follow(mlir::Operation *Op, llvm::ArrayRef<TimeAxis> Inputs);

private:
  explicit TimeAnalysis(int64_t Prefix) : Prefix(Prefix) {}

  void refine(mlir::Operation *Op, llvm::MutableArrayRef<TimeAxis> Inputs);
  void refineElementwise(mlir::Operation *Op,
                         llvm::MutableArrayRef<TimeAxis> Inputs);
  void refineEinsum(EinsumOp Op, llvm::MutableArrayRef<TimeAxis> Inputs);
  void refineBias(AttentionOp Op, llvm::MutableArrayRef<TimeAxis> Inputs);
  MaskLimit getLimit(int64_t QueryShift, int64_t KeyShift) const;

  int64_t Prefix;
  KnownFuture Known;
  llvm::DenseMap<mlir::Value, TimeAxis> Axes;
  llvm::DenseMap<mlir::Operation *, TimeFlow> Flows;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<TimeAxis>> Inputs;
};

} // namespace stator

#endif // STATOR_PASSES_TIMEANALYSIS_H
