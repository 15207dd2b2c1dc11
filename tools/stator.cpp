//===- stator.cpp - The driver --------------------------------------------===//

#include "frontend/Diagnostics.h"
#include "runtime/core/FileFaults.h"
#include "tools/driver/CommandLine.h"
#include "tools/driver/Commands.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace stator;
using namespace stator::driver;

namespace {

struct Subcommand {
  llvm::StringLiteral Name, Summary;
  int (*Run)(const Invocation &);
  llvm::StringLiteral Takes = "MODEL"; ///< what comes first after it
};

constexpr Subcommand Subcommands[] = {
    {"compile", "compile a model to a training or inference program",
     runCompile},
    {"ir", "print the IR after a stage of compilation", runIr},
    {"check", "check a model without compiling it", runCheck},
    {"interpret", "run a model without compiling it", runInterpret},
    {"bench", "measure how fast a model runs, kernel by kernel", runBench},
    {"import", "convert a published checkpoint to a model and weights",
     runImport, "CHECKPOINT"},
    {"export", "convert trained weights for other programs", runExport,
     "CHECKPOINT"},
    {"tokenize", "train tokenizers; encode and decode text", runTokenize,
     "FLAGS"},
};

void printHelp(llvm::raw_ostream &OS) {
  OS << "Stator compiles language models to native programs that train them "
        "and generate\ntext with them.\n\nusage: stator COMMAND MODEL "
        "[flags]\n\n";
  auto Row = [&](const llvm::Twine &Command, llvm::StringRef Summary) {
    OS << "  " << llvm::left_justify(Command.str(), 25) << Summary << "\n";
  };
  for (const Subcommand &Each : Subcommands)
    Row("stator " + Each.Name + " " + Each.Takes, Each.Summary);
  Row("stator version", "print the version");
  OS << "\nstator COMMAND --help shows the flags of a command.\n\n"
        "To train a model and generate text with it:\n"
        "  stator compile models/char_gpt.stator --mode train -o train\n"
        "  ./train --data input.txt --val-fraction 0.1 --out run\n"
        "  stator compile models/char_gpt.stator --mode infer -o infer\n"
        "  ./infer --weights run --prompt \"To be\" --tokens 300 --slide\n";
}

/// Runs the command that `Arguments` say; gives the exit code.
int run(const char *Program, const std::vector<std::string> &Arguments) {
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
      Program, reinterpret_cast<void *>(&printHelp));
  Call.Arguments.assign(Arguments.begin() + 1, Arguments.end());
  llvm::SmallVector<llvm::StringRef> Names;
  for (const Subcommand &Each : Subcommands) {
    if (Name == Each.Name)
      return Each.Run(Call);
    Names.push_back(Each.Name);
  }
  llvm::errs() << "error: unknown command " << Name << didYouMean(Name, Names)
               << "\n\n";
  printHelp(llvm::errs());
  return ExitUsage;
}

} // namespace

int main(int Count, char **Values) {
  llvm::InitLLVM Init(Count, Values);
  stator::runtime::handleFileFaults();
  int Code = run(Values[0], {Values + 1, Values + Count});
  // Otherwise the stream's destructor would end the process with a report of a
  // bug.
  llvm::outs().flush();
  if (!llvm::outs().has_error())
    return Code;
  std::string Why = llvm::outs().error().message();
  llvm::outs().clear_error();
  return fail("cannot write to standard output: " + Why);
}
