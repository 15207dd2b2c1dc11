//===- StandardLibrary.h - The modules under frontend/std -------*- C++ -*-===//

#ifndef STATOR_FRONTEND_STANDARDLIBRARY_H
#define STATOR_FRONTEND_STANDARDLIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace stator {

/// A file of the standard library, as it was when Stator was built.
struct StandardFile {
  llvm::StringRef Name; ///< "std/linear.stator"
  llvm::StringRef Text;
};

llvm::ArrayRef<StandardFile> getStandardLibrary();

} // namespace stator

#endif // STATOR_FRONTEND_STANDARDLIBRARY_H
