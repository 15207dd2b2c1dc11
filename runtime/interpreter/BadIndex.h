//===- BadIndex.h - The look-up that was out of range -----------*- C++ -*-===//
//
// What the kernels of compiled programs note while they run (StatorIndexCheck
// in runtime/core/program.h), for the interpreters.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_BADINDEX_H
#define STATOR_RUNTIME_INTERPRETER_BADINDEX_H

#include "ir/Dialect.h"
#include "runtime/core/program.h"
#include <string>

namespace stator {

/// The first look-up of a call whose indices are out of range.
class BadIndex {
public:
  /// Notes the bad index of a look-up that a compiled program would note.
  void note(mlir::Operation *Op, llvm::ArrayRef<int32_t> Indices);
  /// Ends a call: makes what was noted the one check of the program, writes it
  /// into the Info, and forgets it. False if nothing was noted.
  bool finish(StatorProgram &Program, int64_t *Info);

private:
  mlir::Operation *Of = nullptr;
  uint32_t Index = 0;
  StatorIndexCheck Check = {};
  std::string Path, Source;
};

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_BADINDEX_H
