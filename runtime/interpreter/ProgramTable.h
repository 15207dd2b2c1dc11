//===- ProgramTable.h - What a program says about itself --------*- C++ -*-===//
//
// Fills in the part of a StatorProgram that does not run: sizes and the table
// of tensors.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_PROGRAMTABLE_H
#define STATOR_RUNTIME_INTERPRETER_PROGRAMTABLE_H

#include "ir/StateLayout.h"
#include "runtime/interpreter/Interpreter.h"
#include <list>

namespace stator {

/// The memory behind the pointers of a StatorProgram.
class ProgramTable {
public:
  /// Fills in everything but Self and the entry points. A diagnostic at the
  /// module and failure if batch, time or vocabulary cannot be told.
  mlir::LogicalResult fill(mlir::ModuleOp Module, mlir::ModuleOp Loss,
                           llvm::StringRef Compiler,
                           const InterpreterOptions &Options,
                           StatorProgram &Program);

  llvm::ArrayRef<StateTensor> getLayout() const { return Layout; }

private:
  std::vector<StateTensor> Layout;
  std::vector<StatorTensor> Tensors;
  std::list<std::string> Names;
  std::list<std::vector<int64_t>> Shapes;
};

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_PROGRAMTABLE_H
