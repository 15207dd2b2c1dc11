//===- ProgramOptions.h - What a program says about its making --*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_PROGRAMOPTIONS_H
#define STATOR_TOOLS_DRIVER_PROGRAMOPTIONS_H

#include "runtime/interpreter/Interpreter.h"
#include "tools/driver/CommandLine.h"

namespace stator::driver {

/// Name of a model and the options it is compiled with, as one JSON object, for
/// the program's table. `Module` is the frontend's output.
InterpreterOptions describeModel(mlir::ModuleOp Module,
                                 const ModelOptions &Options);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_PROGRAMOPTIONS_H
