//===- Scope.h - What the names of a file mean ------------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_SCOPE_H
#define STATOR_FRONTEND_SCOPE_H

#include "frontend/AST.h"
#include "frontend/Diagnostics.h"
#include "llvm/ADT/StringMap.h"

namespace stator {

/// The declarations of the standard library and of the model file. The model
/// file sees both, its own first; std sees its own only.
struct Program {
  FileAST File;
  llvm::StringMap<const FnDecl *> Fns, StdFns;
  llvm::StringMap<const ModuleDecl *> Modules, StdModules;
  const ModuleDecl *Model = nullptr;

  const FnDecl *findFn(llvm::StringRef Name, bool FromStd) const {
    if (!FromStd)
      if (const FnDecl *Fn = Fns.lookup(Name))
        return Fn;
    return StdFns.lookup(Name);
  }
  const ModuleDecl *findModule(llvm::StringRef Name, bool FromStd) const {
    if (!FromStd)
      if (const ModuleDecl *Module = Modules.lookup(Name))
        return Module;
    return StdModules.lookup(Name);
  }
};

/// Checks what does not depend on shapes: that every name is declared, and
/// once; that there is one model, with a fn; that returns, nexts and emits
/// stand where they may. Fills in the maps of `P` from `P.File` and `Std`.
void analyse(Program &P, llvm::ArrayRef<FileAST> Std, Diagnostics &Diags);

} // namespace stator

#endif // STATOR_FRONTEND_SCOPE_H
