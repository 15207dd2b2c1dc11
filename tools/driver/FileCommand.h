//===- FileCommand.h - Commands that turn files into a folder ---*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_FILECOMMAND_H
#define STATOR_TOOLS_DRIVER_FILECOMMAND_H

#include "runtime/core/Flags.h"
#include "tools/driver/CommandLine.h"
#include <optional>
#include <string>
#include <vector>

namespace stator::driver {

/// The command line of `stator import` and `stator export`: one path, where the
/// result goes, and flags.
struct FileCommand {
  const char *Usage;       ///< the line after "stator "
  const char *Description; ///< a paragraph
  const char *InputName;   ///< what the path is called in errors
  std::string Input, Output;

  /// Reads the arguments; `Flags` are those of the command, without --output
  /// and --help. Gives an exit code if there is nothing more to do.
  std::optional<int> parse(runtime::Flags &Flags,
                           const std::vector<std::string> &Arguments);
};

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_FILECOMMAND_H
