//===- Frontend.cpp - From a model file to the stator dialect -------------===//

#include "frontend/Frontend.h"

using namespace mlir;

OwningOpRef<ModuleOp>
stator::compileModelText(MLIRContext &Context, llvm::StringRef Text,
                         llvm::StringRef Name, const FrontendOptions &Options,
                         llvm::raw_ostream &Errors) {
  Errors << Name << ": error: not supported yet\n";
  return nullptr;
}

OwningOpRef<ModuleOp> stator::compileModel(MLIRContext &Context,
                                           llvm::StringRef Path,
                                           const FrontendOptions &Options,
                                           llvm::raw_ostream &Errors) {
  return compileModelText(Context, "", Path, Options, Errors);
}
