//===- ProgramCall.h - A program and its state, for tests -------*- C++ -*-===//

#ifndef STATOR_TESTS_INTERPRETER_PROGRAMCALL_H
#define STATOR_TESTS_INTERPRETER_PROGRAMCALL_H

#include "runtime/interpreter/Interpreter.h"
#include "llvm/ADT/StringRef.h"
#include <vector>

namespace stator::test {

mlir::MLIRContext &getTestContext();

/// An interpreter of a module in text, with a state of zeros.
class LoadedProgram {
public:
  /// With Loss, the module that holds @loss for the eager interpreter.
  LoadedProgram(const std::string &Text, InterpreterKind Kind,
                const std::string &Loss = "");
  LoadedProgram(mlir::OwningOpRef<mlir::ModuleOp> Module, InterpreterKind Kind,
                mlir::OwningOpRef<mlir::ModuleOp> Loss);

  const StatorProgram &get() const { return Program->getProgram(); }
  /// A tensor of the state.
  float *tensor(llvm::StringRef Name);
  std::vector<float> copy(llvm::StringRef Name);
  /// Every element of the state becomes a different small number.
  void fillState();
  void call(StatorEntry Entry, std::vector<int32_t> Tokens,
            std::vector<int32_t> Targets, float *Result);
  /// What the last call noted, such as "index 3 of 3"; "" if all was in range.
  std::string getBadIndex() const;

  int64_t Info[STATOR_INFO_COUNT] = {0, 1, 42, 0};
  std::vector<uint8_t> State, Cache;

private:
  void prepare(InterpreterKind Kind);

  mlir::OwningOpRef<mlir::ModuleOp> Module, Loss;
  std::unique_ptr<Interpreter> Program;
};

/// What is said when no program can be made of a module.
std::string getCreationError(const std::string &Text, InterpreterKind Kind);

} // namespace stator::test

#endif // STATOR_TESTS_INTERPRETER_PROGRAMCALL_H
