//===- StageDump.cpp - The files of --dump-ir -----------------------------===//

#include "tools/driver/StageDump.h"
#include "runtime/core/AtomicFile.h"
#include "tools/driver/CommandLine.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

static constexpr llvm::StringLiteral FirstWords =
    "Written by stator compile --dump-ir after the stage ";

/// What a comment starts with in a file with this extension, which is one of a
/// dump's; or "".
static StringRef getCommentMark(StringRef Extension) {
  return llvm::StringSwitch<StringRef>(Extension)
      .Case("mlir", "//")
      .Case("ll", ";")
      .Case("s", "#")
      .Default("");
}

static std::string getFileName(unsigned Number, StringRef Stage,
                               StringRef Extension) {
  std::string Name;
  llvm::raw_string_ostream(Name)
      << llvm::format("%02u-", Number) << Stage << "." << Extension;
  return Name;
}

/// Whether a dump could write a file of this name: NN-<stage>.<extension>.
static bool isDumpName(StringRef Name) {
  auto [Stem, Extension] = Name.rsplit('.');
  auto [Number, Stage] = Stem.split('-');
  return !getCommentMark(Extension).empty() && Number.size() == 2 &&
         llvm::all_of(Number, llvm::isDigit) && !Stage.empty() &&
         llvm::all_of(Stage, llvm::isAlpha);
}

std::string getDumpedStage(StringRef Path) {
  auto File = llvm::MemoryBuffer::getFileSlice(Path, 256, 0);
  if (!File)
    return "";
  StringRef Line = (*File)->getBuffer().split('\n').first;
  StringRef Extension = llvm::sys::path::extension(Path);
  Extension.consume_front(".");
  StringRef Mark = getCommentMark(Extension);
  if (Mark.empty() || !Line.consume_front(Mark) || !Line.consume_front(" ") ||
      !Line.consume_front(FirstWords) || !Line.consume_back("."))
    return "";
  return Line.str();
}

/// Removes the files of an earlier dump. A later one need not write them all:
/// the stages depend on the flags.
static LogicalResult clear(StringRef Folder, StringRef Model) {
  std::error_code Code;
  SmallVector<std::string> Old;
  for (llvm::sys::fs::directory_iterator It(Folder, Code), End;
       !Code && It != End; It.increment(Code)) {
    StringRef Path = It->path();
    if (!isDumpName(llvm::sys::path::filename(Path)))
      continue;
    if (llvm::sys::fs::equivalent(Path, Model)) {
      fail(("--dump-ir would replace the model, " + Path +
            "; choose another directory")
               .str());
      return failure();
    }
    if (getDumpedStage(Path).empty()) {
      fail(("--dump-ir would replace " + Path +
            ", which it did not write; choose another directory, or remove "
            "the file")
               .str());
      return failure();
    }
    Old.push_back(Path.str());
  }
  for (const std::string &Path : Old)
    if (!Code)
      Code = llvm::sys::fs::remove(Path);
  if (!Code)
    return success();
  fail(("cannot remove the earlier dump in " + Folder + ": " + Code.message())
           .str());
  return failure();
}

LogicalResult StageDump::open(std::string Path, StringRef Model) {
  if (Path.empty())
    return success();
  if (std::error_code Code = llvm::sys::fs::create_directories(Path)) {
    fail("cannot create the directory " + Path + ": " + Code.message());
    return failure();
  }
  Folder = std::move(Path);
  return clear(Folder, Model);
}

LogicalResult StageDump::write(StringRef Stage, StringRef Extension,
                               const NextStage &Next, StringRef Text) {
  if (Folder.empty())
    return success();
  const std::string Name = getFileName(++Count, Stage, Extension);
  StringRef Mark = getCommentMark(Extension);
  std::string Contents;
  llvm::raw_string_ostream OS(Contents);
  OS << Mark << " " << FirstWords << Stage << ".\n";
  if (!Next.Stage.empty()) {
    std::string NextName = getFileName(Count + 1, Next.Stage, Next.Extension);
    if (Next.Command.empty())
      OS << Mark << " No command makes exactly " << NextName
         << " from this file.\n";
    else
      OS << Mark << " In this directory, " << NextName << " is made by\n"
         << Mark << "   " << Next.Command << " " << Name << " -o " << NextName
         << "\n";
    if (!Next.Note.empty())
      OS << Mark << " " << Next.Note << "\n";
  }
  OS << Text;
  absl::Status Status = runtime::writeFileAtomically(
      Folder + "/" + Name, absl::string_view(Contents.data(), Contents.size()));
  if (Status.ok())
    return success();
  fail(std::string(Status.message()));
  return failure();
}

} // namespace stator::driver
