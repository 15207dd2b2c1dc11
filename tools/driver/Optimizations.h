//===- Optimizations.h - What can be switched off ---------------*- C++ -*-===//
//
// The table behind `--disable`, and of what `stator bench --ablate` does
// without, one after the other.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TOOLS_DRIVER_OPTIMIZATIONS_H
#define STATOR_TOOLS_DRIVER_OPTIMIZATIONS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator::driver {

struct ModelOptions;

struct Optimization {
  llvm::StringLiteral Name, Summary;
  /// Changes the options so that a model is compiled without it. A model that
  /// is compiled for another CPU than this one may have it off anyway.
  void (*Disable)(ModelOptions &Options);
};

/// All that can be switched off, in the order in which they come to bear.
llvm::ArrayRef<Optimization> getOptimizations();

/// Their names, with commas.
std::string listOptimizations();

/// Switches off those in `Names`, a list with commas. On failure `Error` says
/// which name is none.
bool disableOptimizations(llvm::StringRef Names, ModelOptions &Options,
                          std::string &Error);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_OPTIMIZATIONS_H
