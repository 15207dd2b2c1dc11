//===- DeclaredNames.h - Names in scope, and whether they are used -*- C++ -*-//

#ifndef STATOR_FRONTEND_DECLAREDNAMES_H
#define STATOR_FRONTEND_DECLAREDNAMES_H

#include "frontend/AST.h"
#include "frontend/Diagnostics.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"

namespace stator {

/// The names that are declared where the analysis stands, from the outermost to
/// the innermost. Names that go out of scope unused are warned of.
class DeclaredNames {
public:
  enum class Kind {
    Symbol,    ///< a dimension, a config value: never warned of
    Value,     ///< by `let` in a fn, or in the head of a scan
    Parameter, ///< of a fn
    HyperParameter,
    Member,
    BodyValue ///< by `let` in the body of a module
  };

  void declare(Identifier Name, Kind What) {
    Names.push_back({Name, What, false});
  }
  size_t size() const { return Names.size(); }
  /// Ends the scope of all names but the first `Size`.
  void truncate(size_t Size);
  bool contains(llvm::StringRef Name, size_t From = 0) const;
  /// Notes a use of the innermost of this name.
  void use(llvm::StringRef Name);
  /// Notes a use in `base.name`, which may be of any module's member.
  void useAsMember(llvm::StringRef Name) { UsedAsMember.insert(Name); }
  void appendTo(llvm::SmallVectorImpl<llvm::StringRef> &Result) const;

  /// Warns, in the order of the file, of what was not used.
  void warn(Diagnostics &Diags);

private:
  struct Entry {
    Identifier Name;
    Kind What;
    bool IsUsed;
  };
  llvm::SmallVector<Entry, 32> Names;
  llvm::SmallVector<Entry, 8> Unused;
  llvm::StringSet<> UsedAsMember;
};

} // namespace stator

#endif // STATOR_FRONTEND_DECLAREDNAMES_H
