//===- Commands.h - The subcommands of stator -------------------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_COMMANDS_H
#define STATOR_TOOLS_DRIVER_COMMANDS_H

#include <string>
#include <vector>

namespace stator::driver {

/// What a subcommand is started with.
struct Invocation {
  std::string CompilerPath; ///< of this executable
  std::vector<std::string> Arguments;
};

/// Each gives the exit code.
int runCompile(const Invocation &Call);
int runIr(const Invocation &Call);
int runCheck(const Invocation &Call);
int runInterpret(const Invocation &Call);
int runBench(const Invocation &Call);
int runImport(const Invocation &Call);
int runExport(const Invocation &Call);
int runTokenize(const Invocation &Call);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_COMMANDS_H
