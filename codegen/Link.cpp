//===- Link.cpp - From an object file to an executable --------------------===//

#include "codegen/Link.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include <cerrno>
#include <system_error>
#include <unistd.h>

using namespace mlir;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace stator {
namespace {

/// A C++ compiler as the driver of the linker: it knows where the C library and
/// its start files are.
std::string findLinkerDriver() {
  if (fs::can_execute(STATOR_LINKER_DRIVER))
    return STATOR_LINKER_DRIVER;
  for (StringRef Name : {"clang++-22", "clang++", "c++", "g++"})
    if (llvm::ErrorOr<std::string> Found = llvm::sys::findProgramByName(Name))
      return *Found;
  return "";
}

LogicalResult syncAndRename(StringRef From, StringRef To, std::string &Error) {
  int Descriptor;
  if (std::error_code Code = fs::openFileForRead(From, Descriptor)) {
    Error = ("cannot open " + From + ": " + Code.message()).str();
    return failure();
  }
  std::error_code Code;
  if (fsync(Descriptor) != 0)
    Code = std::error_code(errno, std::generic_category());
  std::error_code Closed =
      llvm::sys::Process::SafelyCloseFileDescriptor(Descriptor);
  if (!Code)
    Code = Closed;
  if (!Code)
    Code = fs::rename(From, To);
  if (Code) {
    Error = ("cannot write " + To + ": " + Code.message()).str();
    return failure();
  }
  return success();
}

} // namespace

std::string getRuntimeFile(StringRef CompilerPath, StringRef Name) {
  SmallString<128> File(path::parent_path(CompilerPath));
  path::append(File, "..", "lib", "stator", Name);
  path::remove_dots(File, /*remove_dot_dot=*/true);
  return std::string(File);
}

LogicalResult linkProgram(const LinkInputs &Inputs, StringRef Output,
                          StringRef CompilerPath, std::string &Error) {
  std::string Runtime = getRuntimeFile(
      CompilerPath, Inputs.Library ? "stator_library.o" : "stator_runtime.o");
  std::string Exports = getRuntimeFile(CompilerPath, "stator_library.map");
  if (!fs::exists(Runtime)) {
    Error = "the runtime library is not at " + Runtime +
            ", where it belongs beside the compiler";
    return failure();
  }
  std::string Driver = findLinkerDriver();
  if (Driver.empty()) {
    Error = "no C++ compiler to link with: install clang++-22, or g++";
    return failure();
  }

  // Not createUniqueFile: that would put digits for each % in `Output`.
  std::string Temporary =
      (Output + ".tmp-" + llvm::Twine(llvm::sys::Process::getProcessId()))
          .str();
  int Descriptor;
  std::error_code Code =
      fs::openFileForWrite(Temporary, Descriptor, fs::CD_CreateAlways);
  if (!Code)
    Code = llvm::sys::Process::SafelyCloseFileDescriptor(Descriptor);
  if (Code) {
    Error = ("cannot write " + Output + ": " + Code.message()).str();
    return failure();
  }
  llvm::FileRemover RemoveTemporary(Temporary);
  SmallString<128> Messages;
  Code = fs::createTemporaryFile("stator-link", "txt", Messages);
  if (Code) {
    Error = "cannot write a temporary file: " + Code.message();
    return failure();
  }
  llvm::FileRemover RemoveMessages(Messages);

  SmallVector<StringRef> Arguments = {Driver, "-o", Temporary, Inputs.Object,
                                      Runtime};
  for (StringRef Option : {"-static-libstdc++", "-static-libgcc",
                           "-Wl,--gc-sections", "-pthread", "-lm"})
    Arguments.push_back(Option);
  if (!Inputs.Data.empty())
    Arguments.push_back(Inputs.Data);
  std::string Script = "-Wl,--version-script=" + Exports;
  std::string Needs =
      "@" + getRuntimeFile(CompilerPath, "stator_library.needs");
  std::string Name = ("-Wl,-soname," + path::filename(Output)).str();
  if (Inputs.Library)
    // Its threads outlive what they are asked to do: it is never unloaded.
    for (StringRef Option :
         {StringRef("-shared"), StringRef("-Wl,-z,nodelete"), StringRef(Script),
          StringRef(Name), StringRef(Needs)})
      Arguments.push_back(Option);
  StringRef Sanitize = STATOR_SANITIZE_FLAGS;
  if (!Sanitize.empty())
    Arguments.push_back(Sanitize);
  std::string Why;
  int Status = llvm::sys::ExecuteAndWait(
      Driver, Arguments, /*Env=*/std::nullopt,
      {StringRef(""), StringRef(Messages), StringRef(Messages)},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &Why);
  if (Status != 0) {
    Error = "cannot link " + Output.str() + ": " + Driver + " failed";
    if (!Why.empty())
      Error += ": " + Why;
    if (auto Text = llvm::MemoryBuffer::getFile(Messages))
      Error += "\n" + (*Text)->getBuffer().rtrim().str();
    return failure();
  }
  if (failed(syncAndRename(Temporary, Output, Error)))
    return failure();
  RemoveTemporary.releaseFile();
  return success();
}

} // namespace stator
