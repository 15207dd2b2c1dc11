//===- Embed.h - Weights and tokenizer inside of a program ------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_EMBED_H
#define STATOR_TOOLS_DRIVER_EMBED_H

#include "mlir/Support/LLVM.h"
#include "runtime/core/program.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace stator::driver {

/// What --embed-weights and --embed-tokenizer name.
struct EmbedOptions {
  std::string Weights, Tokenizer;
  bool AllowExtra = false;
};

/// Files that a program is linked with so that it carries its weights along.
/// They are removed when this is destroyed.
class EmbeddedFiles {
public:
  EmbeddedFiles() = default;
  EmbeddedFiles(const EmbeddedFiles &) = delete;
  EmbeddedFiles &operator=(const EmbeddedFiles &) = delete;
  ~EmbeddedFiles();

  /// Loads the weights as the program would, so that whatever is wrong with
  /// them is said now, and writes the state that comes out with the tokenizer
  /// (runtime/core/Embedded.h).
  mlir::LogicalResult prepare(const StatorProgram &Program,
                              const EmbedOptions &Options, bool IsX86,
                              std::string &Error);
  /// The file to link: assembly that includes the others. Empty if nothing was
  /// prepared.
  llvm::StringRef getAssembly() const { return Assembly; }

private:
  /// Writes a temporary file and gives its path.
  mlir::FailureOr<std::string> write(llvm::StringRef Suffix,
                                     llvm::StringRef Bytes, std::string &Error);

  std::vector<std::string> Paths;
  std::string Assembly;
};

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_EMBED_H
