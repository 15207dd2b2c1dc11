//===- Tape.h - What was run, for the way back ------------------*- C++ -*-===//
//
// Reverse-mode differentiation by a tape. The rule of an op is its
// vector-Jacobian product from the Differentiable interface as a small
// function, built when the op is first met and kept, as the autograd functions
// of PyTorch are compiled once; running it is as eager as the forward pass.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_EAGER_TAPE_H
#define STATOR_RUNTIME_INTERPRETER_EAGER_TAPE_H

#include "runtime/interpreter/eager/Engine.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace stator::eager {

/// How to get the cotangents of the operands of one op.
struct DerivativeRule {
  enum class Source { Operand, Result, Capture, Cotangent };
  struct Argument {
    Source From;
    unsigned Index = 0;   ///< of the operand or result
    mlir::Value Captured; ///< what a region uses from outside
  };
  /// One for each argument of the function.
  llvm::SmallVector<Argument, 4> Arguments;
  /// The operand that each result of the function is the cotangent of.
  llvm::SmallVector<unsigned, 4> OperandOf;
  FuncOp Function;
  /// A kernel written by hand, instead of the function.
  Tensor (*Native)(mlir::Operation *,
                   llvm::ArrayRef<Tensor> Arguments) = nullptr;
};

/// The rules of the ops that were met so far.
class DerivativeRules {
public:
  explicit DerivativeRules(mlir::MLIRContext *Context);
  const DerivativeRule &get(mlir::Operation *Op, llvm::ArrayRef<bool> Wanted);

private:
  void build(mlir::Operation *Op, llvm::ArrayRef<bool> Wanted,
             DerivativeRule &Rule);

  mlir::OwningOpRef<mlir::ModuleOp> Holder;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<DerivativeRule>> Rules;
};

class Tape {
public:
  explicit Tape(DerivativeRules &Rules) : Rules(Rules) {}

  /// The names of the parameters that get gradients.
  llvm::StringSet<> Trainable;

  /// Marks what a read gave as something a gradient is wanted of, if it is.
  void addLeaf(ReadOp Read, Tensor &Value);
  void record(Engine &Runner, mlir::Operation *Op,
              llvm::ArrayRef<Tensor> Operands, llvm::ArrayRef<Tensor> Results);

  /// Walks the tape from its end to its beginning, with Seed the cotangent of
  /// Root, and forgets it. Gives the gradient of each parameter that is
  /// reached.
  llvm::StringMap<Tensor> runBackwards(Engine &Runner, mlir::Value Root,
                                       Tensor Seed);

private:
  struct Entry {
    mlir::Operation *Op;
    const DerivativeRule *Rule;
    /// The arguments of the rule; empty where the cotangents go.
    TensorList Saved;
  };
  DerivativeRules &Rules;
  std::vector<Entry> Entries;
  llvm::SmallVector<ReadOp> Leaves;
};

} // namespace stator::eager

#endif // STATOR_RUNTIME_INTERPRETER_EAGER_TAPE_H
