//===- Frontend.h - From a model file to the stator dialect -----*- C++ -*-===//
//
// The one entry point of the frontend: reads a model file, checks it and
// writes it as a module of the stator dialect.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_FRONTEND_H
#define STATOR_FRONTEND_FRONTEND_H

#include "frontend/Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stator {

/// What a program is compiled for.
enum class FrontendMode {
  Train, ///< emits @loss, with dropout, and `stator.training`
  Infer  ///< emits @forward, without dropout
};

/// What the command line says about a model.
struct FrontendOptions {
  FrontendMode Mode = FrontendMode::Train;
  /// Sequences a batch; 0: `batch` of the train block when training (1 if it
  /// does not say), 1 when inferring.
  int64_t Batch = 0;
  /// Positions a sequence; 0: `time` of the train block when training, the
  /// config value `context` when inferring, each standing in for the other.
  int64_t Time = 0;
  /// `-D name=value`, in order; the last one of a name counts.
  std::vector<std::pair<std::string, std::string>> Defines;
  /// Colours in error messages.
  bool Color = false;
  Diagnostics::Warnings Warnings = Diagnostics::Warnings::Show;
};

/// Compiles the model in the file `Path`. Prints all errors (and warnings) to
/// `Errors`, each with file:line:col, the source line and a caret. Gives null
/// if there was an error; the module has been verified otherwise. Loads the
/// stator dialect into `Context`.
///
/// Attributes of the module: `stator.model` (the model's name, a string),
/// `stator.vocabulary`, `stator.batch`, `stator.time` (i64) and `stator.config`
/// (the config values as a JSON object, a string).
mlir::OwningOpRef<mlir::ModuleOp> compileModel(mlir::MLIRContext &Context,
                                               llvm::StringRef Path,
                                               const FrontendOptions &Options,
                                               llvm::raw_ostream &Errors);

/// The same for a model that is already in memory. `Name` stands in messages.
mlir::OwningOpRef<mlir::ModuleOp>
compileModelText(mlir::MLIRContext &Context, llvm::StringRef Text,
                 llvm::StringRef Name, const FrontendOptions &Options,
                 llvm::raw_ostream &Errors);

} // namespace stator

#endif // STATOR_FRONTEND_FRONTEND_H
