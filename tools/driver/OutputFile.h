//===- OutputFile.h - Whether a result can be written -----------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_OUTPUTFILE_H
#define STATOR_TOOLS_DRIVER_OUTPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator::driver {

/// Why no file can be written at \p Path: an error message, or "" if nothing
/// speaks against it. Commands ask before the work is done, not after.
std::string findWhyUnwritable(llvm::StringRef Path);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_OUTPUTFILE_H
