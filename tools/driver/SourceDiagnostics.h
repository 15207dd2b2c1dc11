//===- SourceDiagnostics.h - Pass errors in the model file ------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_SOURCEDIAGNOSTICS_H
#define STATOR_TOOLS_DRIVER_SOURCEDIAGNOSTICS_H

#include "frontend/Diagnostics.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/SourceMgr.h"

namespace stator::driver {

/// Prints what passes report as the frontend prints its errors: at the place in
/// the model that the op comes from, with the source line and a caret, and with
/// the module path of the op.
class SourceDiagnostics : public mlir::ScopedDiagnosticHandler {
public:
  SourceDiagnostics(mlir::MLIRContext &Context, llvm::raw_ostream &OS);

private:
  template <typename DiagnosticType> void print(DiagnosticType &Diagnostic);
  /// The word at a place; an invalid range if there is no such file or line.
  llvm::SMRange find(mlir::FileLineColLoc Place);

  llvm::SourceMgr Sources;
  llvm::raw_ostream &OS;
  Diagnostics Printer;
  llvm::StringMap<unsigned> Buffers; ///< by file name; 0: cannot be read
};

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_SOURCEDIAGNOSTICS_H
