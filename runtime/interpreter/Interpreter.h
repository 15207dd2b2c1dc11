//===- Interpreter.h - Programs that are interpreted ------------*- C++ -*-===//
//
// A StatorProgram whose entry points evaluate a module op by op, so that the
// training loop and the generator run an interpreter as they run a compiled
// program.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_INTERPRETER_H
#define STATOR_RUNTIME_INTERPRETER_INTERPRETER_H

#include "ir/Dialect.h"
#include "runtime/core/program.h"
#include <memory>
#include <string>

namespace stator {

enum class InterpreterKind {
  ReferenceF32, ///< plain loops
  ReferenceF64, ///< plain loops; keeps a shadow of the state in f64
  Eager         ///< define-by-run with a tape; see eager/EagerInterpreter.h
};

struct InterpreterOptions {
  std::string ModelName = "model";
  /// What the program says it was made with, one JSON object.
  std::string OptionsJson = "{}";
};

/// Owns a program. The modules must outlive it.
class Interpreter {
public:
  virtual ~Interpreter();
  const StatorProgram &getProgram() const { return Program; }

protected:
  StatorProgram Program{};
};

/// Makes a program of `Module`, whose entry points are the functions of the
/// names in docs/architecture.md (after stator-build-training-step, or with
/// @forward alone); kernels and launches are evaluated as well.
///
/// The eager interpreter differentiates by a tape, so that it needs @loss
/// besides: `Loss` is the module that holds it, inlined, with its dropout
/// streams, and without attention fusion (`Module` itself if null). From
/// `Module` it takes the state, @evaluate, @forward, @update, and of
/// @train_step only what comes after the gradients.
///
/// Null and a diagnostic at the module if there is nothing that can be run.
std::unique_ptr<Interpreter>
createInterpreter(mlir::ModuleOp Module, InterpreterKind Kind,
                  const InterpreterOptions &Options = {},
                  mlir::ModuleOp Loss = {});

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_INTERPRETER_H
