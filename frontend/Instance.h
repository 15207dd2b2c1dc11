//===- Instance.h - Modules with their hyper-parameters ---------*- C++ -*-===//

#ifndef STATOR_FRONTEND_INSTANCE_H
#define STATOR_FRONTEND_INSTANCE_H

#include "frontend/Datum.h"
#include "llvm/ADT/SmallVector.h"
#include <string>
#include <utility>

namespace stator {

/// A parameter of the model.
struct Parameter {
  std::string Path; ///< "h.0.attn.c_attn.weight"
  llvm::SMRange Range;
  llvm::SmallVector<Dim, 2> Dims;
  Initialiser Init;
  bool Frozen = false;
  bool Decay = false;
  bool Used = false;
  Parameter *TiedTo = nullptr; ///< `tie`: the parameter that it really is

  Parameter *resolve() {
    Parameter *P = this;
    while (P->TiedTo)
      P = P->TiedTo;
    return P;
  }
};

/// A member of a module: another module, a parameter, or none under a condition
/// that does not hold.
struct Member {
  Identifier Name;
  Instance *Module = nullptr;
  Parameter *Param = nullptr;
};

/// A module with its hyper-parameters: one node of the model. Has either a
/// declaration or, made by `repeat`, elements.
struct Instance {
  const ModuleDecl *Decl = nullptr;
  std::string Path;    ///< "h.0.attn"; "" for the model
  llvm::SMRange Range; ///< where it is made
  /// Hyper-parameters and the lets of the body.
  llvm::SmallVector<std::pair<llvm::StringRef, Datum>, 4> Statics;
  unsigned NumHyperParameters = 0;
  llvm::SmallVector<Member, 4> Members;
  llvm::SmallVector<Instance *, 0> Elements;
  bool IsRepeat = false;
  bool Failed = false;
  /// All parameters below, in the order of their declaration.
  llvm::SmallVector<Parameter *, 8> Parameters;
  /// Equal keys: equal functions.
  std::string Key;

  const Member *findMember(llvm::StringRef Name) const {
    for (const Member &M : Members)
      if (M.Name.Text == Name)
        return &M;
    return nullptr;
  }
  const Datum *findStatic(llvm::StringRef Name) const {
    for (auto &[Text, Value] : llvm::reverse(Statics))
      if (Text == Name)
        return &Value;
    return nullptr;
  }
  /// "Attention(width=128, heads=4)"
  std::string describe() const;
};

} // namespace stator

#endif // STATOR_FRONTEND_INSTANCE_H
