//===- PythonHints.h - What Python and PyTorch programs write ---*- C++ -*-===//
//
// Most people who write a model have written it in PyTorch. For the words of
// Python and the names of PyTorch that a model file does not have, messages say
// what it has instead.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_PYTHONHINTS_H
#define STATOR_FRONTEND_PYTHONHINTS_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator {

/// What stands for a name of Python or PyTorch, as a sentence that can follow a
/// ';'. "" for other names.
std::string getPythonHint(llvm::StringRef Name);

/// The same for a word that begins a statement of Python: `def`, `for`.
std::string getPythonStatementHint(llvm::StringRef Word);

/// The same for a method or attribute of a tensor: `x.shape`, `x.view(...)`.
std::string getMethodHint(llvm::StringRef Name);

/// Whether Python programs put this and a '.' in front of names: `torch`,
/// `self`.
bool isPythonPrefix(llvm::StringRef Name);

} // namespace stator

#endif // STATOR_FRONTEND_PYTHONHINTS_H
