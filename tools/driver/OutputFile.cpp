//===- OutputFile.cpp - Whether a result can be written -------------------===//

#include "tools/driver/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace stator::driver {

std::string findWhyUnwritable(llvm::StringRef Path) {
  llvm::StringRef Folder = llvm::sys::path::parent_path(Path);
  if (Folder.empty())
    Folder = ".";
  if (llvm::sys::fs::is_directory(Path))
    return ("cannot write " + Path + ": it is a directory").str();
  if (!llvm::sys::fs::is_directory(Folder))
    return ("cannot write " + Path + ": there is no directory " + Folder).str();
  if (llvm::sys::fs::access(Folder, llvm::sys::fs::AccessMode::Write))
    return ("cannot write " + Path + ": no permission to write in " + Folder)
        .str();
  return "";
}

} // namespace stator::driver
