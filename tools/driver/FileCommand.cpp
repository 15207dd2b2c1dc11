//===- FileCommand.cpp - Commands that turn files into a folder -----------===//

#include "tools/driver/FileCommand.h"
#include "llvm/Support/raw_ostream.h"

namespace stator::driver {

std::optional<int>
FileCommand::parse(runtime::Flags &Flags,
                   const std::vector<std::string> &Arguments) {
  auto UsageError = [&](const std::string &Message) {
    llvm::errs() << "error: " << Message << "\nusage: stator " << Usage << "\n";
    return ExitUsage;
  };
  bool Help = false;
  Flags.text("output", "PATH", "Where the result goes; -o is the same.",
             &Output);
  Flags.toggle("help", "Show this text.", &Help);
  std::vector<std::string> ForFlags, Paths;
  for (const std::string &Argument : Arguments) {
    bool IsValue = !ForFlags.empty() &&
                   llvm::StringRef(ForFlags.back()).starts_with("--") &&
                   Flags.takesValue(ForFlags.back().substr(2));
    if (IsValue || llvm::StringRef(Argument).starts_with("-")) {
      ForFlags.push_back(!IsValue && Argument == "-o"   ? "--output"
                         : !IsValue && Argument == "-h" ? "--help"
                                                        : Argument);
      continue;
    }
    Paths.push_back(Argument);
  }
  absl::Status Status = Flags.parse(ForFlags);
  if (Help) {
    llvm::outs() << "usage: stator " << Usage << "\n\n"
                 << Description << "\n"
                 << Flags.help();
    return ExitSuccess;
  }
  if (!Status.ok())
    return UsageError(std::string(Status.message()));
  if (Paths.empty())
    return UsageError(std::string("no ") + InputName);
  if (Paths.size() > 1)
    return UsageError("two paths, " + Paths[0] + " and " + Paths[1] +
                      "; one was expected");
  Input = Paths[0];
  if (Output.empty())
    return UsageError("-o is missing: where should the result go?");
  return std::nullopt;
}

} // namespace stator::driver
