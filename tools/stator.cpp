//===- stator.cpp - The driver --------------------------------------------===//

#include "frontend/Diagnostics.h"
#include "tools/driver/CommandLine.h"
#include "tools/driver/Commands.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace stator;
using namespace stator::driver;

namespace {

struct Subcommand {
  llvm::StringLiteral Name, Summary;
  int (*Run)(const Invocation &);
};

constexpr Subcommand Subcommands[] = {
    {"compile", "MODEL  make a training or inference program of a model",
     runCompile},
    {"ir", "     MODEL  print the program at a stage of compilation", runIr},
    {"check", "  MODEL  check a model without compiling it", runCheck},
    {"interpret", "MODEL  run a model without compiling it", runInterpret},
};

void printHelp(llvm::raw_ostream &OS) {
  OS << "Stator compiles models of language to programs that train and run "
        "them.\n\nusage: stator COMMAND MODEL [flags]\n\n";
  for (const Subcommand &Each : Subcommands)
    OS << "  stator " << Each.Name << " " << Each.Summary << "\n";
  OS << "  stator version       print the version\n\n"
        "stator COMMAND --help shows the flags of a command.\n";
}

} // namespace

int main(int Count, char **Values) {
  llvm::InitLLVM Init(Count, Values);
  std::vector<std::string> Arguments(Values + 1, Values + Count);
  if (Arguments.empty()) {
    printHelp(llvm::errs());
    return ExitUsage;
  }
  llvm::StringRef Name = Arguments[0];
  if (Name == "help" || Name == "--help" || Name == "-h") {
    printHelp(llvm::outs());
    return ExitSuccess;
  }
  if (Name == "version" || Name == "--version") {
    llvm::outs() << "stator " STATOR_VERSION ", LLVM " LLVM_VERSION_STRING "\n";
    return ExitSuccess;
  }

  Invocation Call;
  Call.CompilerPath = llvm::sys::fs::getMainExecutable(
      Values[0], reinterpret_cast<void *>(&printHelp));
  Call.Arguments.assign(Arguments.begin() + 1, Arguments.end());
  llvm::SmallVector<llvm::StringRef> Names;
  for (const Subcommand &Each : Subcommands) {
    if (Name == Each.Name)
      return Each.Run(Call);
    Names.push_back(Each.Name);
  }
  llvm::errs() << "error: there is no command " << Name
               << didYouMean(Name, Names) << "\n\n";
  printHelp(llvm::errs());
  return ExitUsage;
}
