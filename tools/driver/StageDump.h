//===- StageDump.h - The files of --dump-ir ---------------------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_STAGEDUMP_H
#define STATOR_TOOLS_DRIVER_STAGEDUMP_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator::driver {

/// How the next file of a dump is made from one.
struct NextStage {
  std::string Stage;     ///< empty if the file is the last one
  std::string Extension; ///< of the next file
  /// A command line up to the names of the files, or, if no command of a tool
  /// does exactly the same, empty.
  std::string Command;
  std::string Note; ///< what else there is to say, a sentence
};

/// Writes one numbered file a stage into a directory.
class StageDump {
public:
  /// Does nothing if `Folder` is empty. Creates the directory, or removes what
  /// an earlier dump has left in it. Says so if that cannot be done, or if a
  /// file in it is in the way: one that has the name of a stage's dump and is
  /// none, or `Model`, which is about to be read.
  mlir::LogicalResult open(std::string Folder, llvm::StringRef Model);
  explicit operator bool() const { return !Folder.empty(); }
  /// Writes NN-<Stage>.<Extension>, or says why it cannot. The file begins with
  /// a comment that says what it is and how the next one is made.
  mlir::LogicalResult write(llvm::StringRef Stage, llvm::StringRef Extension,
                            const NextStage &Next, llvm::StringRef Text);

private:
  std::string Folder;
  unsigned Count = 0;
};

/// The stage that the file at `Path` is a dump of, by its first line; or "".
std::string getDumpedStage(llvm::StringRef Path);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_STAGEDUMP_H
