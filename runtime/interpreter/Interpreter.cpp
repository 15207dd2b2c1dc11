//===- Interpreter.cpp - Programs that are interpreted --------------------===//

#include "runtime/interpreter/Interpreter.h"
#include "runtime/interpreter/ReferenceInterpreter.h"
#include "runtime/interpreter/eager/EagerInterpreter.h"

using namespace mlir;

namespace stator {

Interpreter::~Interpreter() = default;

std::unique_ptr<Interpreter>
createInterpreter(ModuleOp Module, InterpreterKind Kind,
                  const InterpreterOptions &Options, ModuleOp Loss) {
  switch (Kind) {
  case InterpreterKind::ReferenceF32:
    return ReferenceInterpreter::create(Module, HostType::F32, Options);
  case InterpreterKind::ReferenceF64:
    return ReferenceInterpreter::create(Module, HostType::F64, Options);
  case InterpreterKind::Eager:
    return eager::EagerInterpreter::create(Module, Loss, Options);
  }
  llvm_unreachable("all kinds are above");
}

} // namespace stator
