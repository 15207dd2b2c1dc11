//===- EagerInterpreter.h - The define-by-run program -----------*- C++ -*-===//

#ifndef STATOR_RUNTIME_INTERPRETER_EAGER_EAGERINTERPRETER_H
#define STATOR_RUNTIME_INTERPRETER_EAGER_EAGERINTERPRETER_H

#include "runtime/interpreter/ProgramTable.h"
#include "runtime/interpreter/eager/Tape.h"

namespace stator::eager {

/// A training step as PyTorch runs one: @loss op by op with a tape, the tape
/// backwards, then the optimizer.
class EagerInterpreter : public Interpreter {
public:
  /// See createInterpreter. Takes @update from `Module`, or cuts the part after
  /// the gradients out of its @train_step.
  static std::unique_ptr<Interpreter> create(mlir::ModuleOp Module,
                                             mlir::ModuleOp Loss,
                                             const InterpreterOptions &Options);

private:
  explicit EagerInterpreter(mlir::MLIRContext *Context)
      : Rules(Context), Steps(Rules) {}

  void cutUpdate(FuncOp TrainStep);
  /// Mean loss and gradients of a batch.
  float differentiate(const int32_t *Tokens, const int32_t *Targets);
  /// The optimizer, on the gradients in `Gradients`.
  void update(float *Result);
  void begin(uint8_t *State, uint8_t *Cache, int64_t *Info);
  /// Copies the one result of a function to Result.
  void runLogits(FuncOp Function, const int32_t *Tokens, const int32_t *Targets,
                 float *Result);
  TensorList callWithInputs(FuncOp Function, const int32_t *Tokens,
                            const int32_t *Targets);
  Tensor readState(llvm::StringRef Name);
  void writeState(llvm::StringRef Name, const Tensor &Value);
  /// The gradient of a parameter; zeros if nothing reached it.
  Tensor getGradient(ParameterOp Of);
  /// Ends a call: a value-dependent error makes its results NaN.
  void finish(llvm::MutableArrayRef<float> Result);

  static void runTrainStep(void *, uint8_t *, uint8_t *, uint8_t *,
                           const int32_t *, const int32_t *, int64_t *,
                           float *);
  static void runAccumulate(void *, uint8_t *, uint8_t *, uint8_t *,
                            const int32_t *, const int32_t *, int64_t *,
                            float *);
  static void runUpdate(void *, uint8_t *, uint8_t *, uint8_t *,
                        const int32_t *, const int32_t *, int64_t *, float *);
  static void runEvaluate(void *, uint8_t *, uint8_t *, uint8_t *,
                          const int32_t *, const int32_t *, int64_t *, float *);
  static void runForward(void *, uint8_t *, uint8_t *, uint8_t *,
                         const int32_t *, const int32_t *, int64_t *, float *);
  static void runGradients(void *, uint8_t *, uint8_t *, uint8_t *,
                           const int32_t *, const int32_t *, int64_t *,
                           float *);

  template <size_t Index>
  static void runBlock(void *, uint8_t *, uint8_t *, uint8_t *, const int32_t *,
                       const int32_t *, int64_t *, float *);

  ProgramTable Table;
  llvm::StringMap<StateTensor> ByName;
  Engine Runner;
  DerivativeRules Rules;
  Tape Steps;
  /// Copies of the functions that are run.
  mlir::OwningOpRef<mlir::ModuleOp> Functions;
  FuncOp Loss, Update, Forward;
  /// Those of the blocks, in their order.
  llvm::SmallVector<FuncOp> Decode;
  /// The parameters whose gradients the arguments of a cut update are.
  llvm::SmallVector<ParameterOp> UpdateArguments;
  uint8_t *State = nullptr, *Cache = nullptr;
  int64_t *Info = nullptr;
  llvm::StringMap<Tensor> Gradients;
};

} // namespace stator::eager

#endif // STATOR_RUNTIME_INTERPRETER_EAGER_EAGERINTERPRETER_H
