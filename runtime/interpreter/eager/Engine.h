//===- Engine.h - Runs ops as they come -------------------------*- C++ -*-===//
//
// The define-by-run engine: executes an op as soon as it meets it, allocates a
// tensor for its result, and writes down on a tape what the derivative will
// need.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_EAGER_ENGINE_H
#define STATOR_RUNTIME_INTERPRETER_EAGER_ENGINE_H

#include "ir/Dialect.h"
#include "runtime/interpreter/GraphEvaluator.h"
#include "runtime/interpreter/eager/Kernels.h"
#include "runtime/interpreter/eager/Tensor.h"
#include <functional>

namespace stator::eager {

class Engine;
class Tape;

using TensorList = llvm::SmallVector<Tensor, 4>;

/// What runs an op. Results has one empty tensor for each result.
using Handler = void (*)(Engine &, mlir::Operation *,
                         llvm::ArrayRef<Tensor> Operands,
                         llvm::MutableArrayRef<Tensor> Results);

/// The handlers of elementwise ops, of ops that move elements, and of the rest.
/// An op in none of these runs its reference evaluation.
void addElementwiseHandlers(llvm::DenseMap<mlir::TypeID, Handler> &Handlers);
void addShapeHandlers(llvm::DenseMap<mlir::TypeID, Handler> &Handlers);
void addTensorHandlers(llvm::DenseMap<mlir::TypeID, Handler> &Handlers);

class Engine : public EvalContext {
public:
  Engine();

  /// What reads and writes mean. A read is a view of this memory; writes happen
  /// when the function has ended, unless there was an error.
  std::function<Tensor(llvm::StringRef)> Read;
  std::function<void(llvm::StringRef, const Tensor &)> Write;
  /// Where ops are written down while it is set.
  Tape *Record = nullptr;
  /// Whether dropout drops.
  bool Training = true;
  RunInfo Info;

  /// Runs a function without calls and gives what it returns.
  TensorList run(FuncOp Function, llvm::ArrayRef<Tensor> Arguments);
  /// Runs the body of a scan once.
  TensorList runBody(mlir::Block &Body, llvm::ArrayRef<Tensor> Arguments);
  /// The current value of something that a region captures.
  Tensor lookup(mlir::Value Of) const { return Values->lookup(Of); }

  /// A tensor that an op makes only once: constants, as a module's buffers in
  /// PyTorch.
  Tensor &getBuffer(mlir::Operation *Op) { return Buffers[Op]; }

  /// The reference evaluation of an op.
  void runReference(mlir::Operation *Op, llvm::ArrayRef<Tensor> Operands,
                    llvm::MutableArrayRef<Tensor> Results);

  bool hasErrors() const { return !Errors.empty(); }
  std::vector<std::string> takeErrors() { return std::move(Errors); }
  /// What they were about.
  BadIndex Bad;

  HostType getFloatType() const override { return HostType::F32; }
  uint32_t getDropoutBits(int64_t Stream, int64_t Index) const override;
  std::optional<double> getRunSetting(RunSetting Setting) const override {
    return Info.Settings[static_cast<size_t>(Setting)];
  }
  void reportError(mlir::Location Loc, const llvm::Twine &Message) override;
  std::vector<HostTensor> evaluateRegion(mlir::Region &,
                                         std::vector<HostTensor>) override;

private:
  TensorList runBlock(mlir::Block &Block);

  llvm::DenseMap<mlir::TypeID, Handler> Handlers;
  llvm::DenseMap<mlir::Value, Tensor> *Values = nullptr;
  llvm::DenseMap<mlir::Operation *, Tensor> Buffers;
  llvm::SmallVector<std::pair<llvm::StringRef, Tensor>> Writes;
  LastUses Uses;
  std::vector<std::string> Errors;
};

/// A kernel on two tensors of one shape.
Tensor runBinary(Binary Kernel, Tensor X, Tensor Y);
inline Tensor add(Tensor X, Tensor Y) {
  return runBinary(Binary::Add, std::move(X), std::move(Y));
}

/// A row-major tensor for a result of an op.
Tensor makeResult(mlir::Value Result);

/// The shape of a value.
llvm::ArrayRef<int64_t> getShapeOf(mlir::Value Of);

} // namespace stator::eager

#endif // STATOR_RUNTIME_INTERPRETER_EAGER_ENGINE_H
