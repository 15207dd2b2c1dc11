//===- CompileCommand.cpp - stator compile: from model to program ---------===//

#include "codegen/CodegenStages.h"
#include "codegen/IndexChecks.h"
#include "codegen/LaunchTable.h"
#include "codegen/Link.h"
#include "codegen/LlvmBackend.h"
#include "codegen/ProgramConstant.h"
#include "codegen/Target.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/interpreter/ProgramTable.h"
#include "tools/driver/Commands.h"
#include "tools/driver/Embed.h"
#include "tools/driver/OutputFile.h"
#include "tools/driver/ProgramOptions.h"
#include "tools/driver/Session.h"
#include "tools/driver/Summary.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;

namespace stator::driver {
namespace {

const char Description[] =
    "Compiles a model to a standalone program: one that trains it, or one "
    "that\n"
    "loads trained weights and generates text. Prints what the program needs.";

struct CompileOptions {
  ModelOptions Model;
  std::string Output, DumpFolder, Emit = "exe", Json;
  EmbedOptions Embed;
  bool Timing = false, Quiet = false;

  /// Whether the result is linked.
  bool links() const { return Emit == "exe" || Emit == "lib"; }
  /// What a library is used with, beside it.
  std::string getHeader() const {
    llvm::SmallString<128> Path(Output);
    llvm::sys::path::replace_extension(Path, "h");
    return std::string(Path);
  }
};

std::optional<int> parseOptions(const Invocation &Call,
                                CompileOptions &Options) {
  CommandLine Line("compile MODEL [--mode train|infer] [-o OUT] [flags]",
                   Description);
  Line.addModelFlags(Options.Model);
  Line.addFrom();
  Line.flags().section("Output");
  Line.allowOutput(Options.Output);
  Line.flags().choice(
      "emit",
      "The kind of output: Stator's IR with its memory plan, LLVM "
      "IR, assembly, an object file, an executable, or a "
      "shared library with a C header.",
      &Options.Emit, {"ir", "llvm", "asm", "obj", "exe", "lib"}, "exe");
  Line.flags().text("embed-weights", "PATH",
                    "Embed these weights, and the tokenizer beside them, in "
                    "the program, which then needs no other file: a "
                    ".safetensors file, a folder with one, a checkpoint or a "
                    "training run.",
                    &Options.Embed.Weights, "none");
  Line.flags().text("embed-tokenizer", "PATH",
                    "Embed this tokenizer instead: a tokenizer file, or a "
                    "folder, checkpoint or training run with one.",
                    &Options.Embed.Tokenizer, "the one beside the weights");
  Line.flags().toggle("allow-extra",
                      "Accept tensors among the embedded weights that the "
                      "model does not have.",
                      &Options.Embed.AllowExtra);
  Line.addCompilerFlags();
  Line.flags().toggle("gradients",
                      "Keep an entry point that returns the gradients.",
                      &Options.Model.Gradients);
  Line.flags().toggle(
      "profile",
      "Add hooks that measure each kernel: the training "
      "program then has --profile FILE, and is slightly slower.",
      &Options.Model.Codegen.Profile);
  Line.flags().section("Reports");
  Line.flags().text("dump-ir", "DIR",
                    "Write the IR of every stage to a file in DIR, which "
                    "begins with the command that makes the next one. The "
                    "files of an earlier dump are removed.",
                    &Options.DumpFolder);
  Line.flags().toggle("remarks",
                      "Report for each softmax whether it was fused into "
                      "attention, and what a memory budget recomputes.",
                      &Options.Model.Remarks);
  Line.flags().toggle("timing", "Show how long each stage and pass took.",
                      &Options.Timing);
  Line.flags().text("json", "FILE", "Write what the program needs as JSON.",
                    &Options.Json);
  Line.flags().toggle("quiet", "Print nothing but errors.", &Options.Quiet);
  std::optional<int> Code = Line.parse(Call.Arguments);
  Options.Model.HideWarnings |= Options.Quiet;
  return Code;
}

std::string getDefaultOutput(const CompileOptions &Options) {
  std::string Stem =
      (llvm::sys::path::stem(Options.Model.Model) + "-" + Options.Model.Mode)
          .str();
  if (Options.Emit == "exe")
    return Stem;
  if (Options.Emit == "lib")
    return "lib" + llvm::sys::path::stem(Options.Model.Model).str() + ".so";
  return Stem + (Options.Emit == "ir"     ? ".mlir"
                 : Options.Emit == "llvm" ? ".ll"
                 : Options.Emit == "asm"  ? ".s"
                                          : ".o");
}

/// Finds out before the work is done whether all that a compilation writes can
/// be written, and that none of it replaces the model or another.
LogicalResult checkOutputs(const CompileOptions &Options, std::string &Error) {
  if (Options.Output == "-" && Options.links())
    Error = Options.Emit == "exe"
                ? "an executable cannot be written to standard output"
                : "a library cannot be written to standard output";
  else if (Options.Emit == "lib" && Options.getHeader() == Options.Output)
    Error = "the library cannot be " + Options.Output +
            ", which is the name of its header";
  else if (Options.links() && llvm::sys::fs::exists(Options.Output) &&
           !llvm::sys::fs::is_regular_file(Options.Output) &&
           !llvm::sys::fs::is_directory(Options.Output))
    Error = "cannot write " + Options.Output + ": it is not a regular file";
  else if (!Options.Json.empty() && Options.Json == Options.Output)
    Error = "--output and --json are the same file, " + Options.Json;
  for (const std::string &Path :
       {Options.Output, Options.Json,
        Options.Emit == "lib" ? Options.getHeader() : ""}) {
    if (!Error.empty())
      break;
    if (Path.empty() || Path == "-")
      continue;
    if (llvm::sys::fs::equivalent(Path, Options.Model.Model) &&
        llvm::sys::fs::is_regular_file(Path))
      Error = "cannot write " + Path + ": it is the model";
    else
      Error = findWhyUnwritable(Path);
  }
  return success(Error.empty());
}

class Compilation {
public:
  Compilation(const Invocation &Call, const CompileOptions &Options,
              CpuTarget Target)
      : Call(Call), Options(Options), Target(std::move(Target)),
        S(Options.Model) {}

  int run();

private:
  int emitMachineCode(ModuleOp Module);
  int writeText(StringRef Text);
  int writeHeader();

  const Invocation &Call;
  const CompileOptions &Options;
  CpuTarget Target;
  Session S;
  ProgramTable Table;
  LaunchTable Launches;
  IndexCheckTable IndexChecks;
  StatorProgram Program{};
  EmbeddedFiles Embedded;
};

int Compilation::writeText(StringRef Text) {
  if (Options.Output == "-") {
    llvm::outs() << Text;
    return ExitSuccess;
  }
  absl::Status Status = runtime::writeFileAtomically(
      Options.Output, absl::string_view(Text.data(), Text.size()));
  return Status.ok() ? ExitSuccess : fail(std::string(Status.message()));
}

int Compilation::run() {
  if (Options.Timing)
    S.enableTiming();
  if (failed(S.checkFrom()))
    return ExitUsage;
  if (failed(S.dump().open(Options.DumpFolder, Options.Model.Model)))
    return ExitFailure;
  OwningOpRef<ModuleOp> Module = S.load();
  if (!Module)
    return ExitFailure;
  InterpreterOptions About = describeModel(*Module, Options.Model);
  if (failed(S.run(*Module, S.getRemaining(S.getGraphStages()))) ||
      failed(Table.fill(*Module, {}, "stator " STATOR_VERSION, About, Program)))
    return ExitFailure;
  if (!Options.Embed.Weights.empty()) {
    std::string Error;
    bool IsX86 = llvm::Triple(Target.Triple).isX86();
    if (failed(Embedded.prepare(Program, Options.Embed, IsX86, Error)))
      return fail(Error);
  }

  Summary Needs;
  CodegenOptions Codegen = Options.Model.Codegen;
  Codegen.Remarks = Options.Model.Remarks;
  Codegen.Vocabulary = Program.Vocabulary;
  StringRef Made = Options.Model.From;
  SmallVector<Stage> Rest = S.getRemaining(getCodegenStages(Codegen));
  for (const Stage *Next = Rest.begin();; ++Next) {
    if (Made == "planned") {
      Needs = summarize(*Module, Program);
      Program.ArenaBytes = Needs.ArenaBytes;
      IndexChecks.fill(*Module, Program);
      if (Options.Model.Codegen.Profile) {
        Launches.fill(*Module, Program);
        Needs.Buffers = listBuffers(*Module);
      }
      if (Options.Emit == "ir")
        break;
    }
    if (Next == Rest.end())
      break;
    if (failed(S.run(*Module, *Next)))
      return ExitFailure;
    Made = Next->Name;
  }
  int Code = Options.Emit == "ir" ? writeText(S.print(*Module))
                                  : emitMachineCode(*Module);
  if (Code != ExitSuccess)
    return Code;
  if (!Options.Json.empty()) {
    absl::Status Status =
        runtime::writeFileAtomically(Options.Json, Needs.toJson());
    if (!Status.ok())
      return fail(std::string(Status.message()));
  }
  if (!Options.Quiet) {
    llvm::raw_ostream &OS = Options.Output == "-" ? llvm::errs() : llvm::outs();
    OS << Options.Output << ": " << Program.Name << ", batch " << Program.Batch
       << ", time " << Program.Time << "\n";
    Needs.print(OS);
  }
  return ExitSuccess;
}

int Compilation::emitMachineCode(ModuleOp Module) {
  std::string Error;
  std::unique_ptr<llvm::TargetMachine> Machine =
      Target.createTargetMachine(Error);
  if (!Machine)
    return fail(Error);
  llvm::LLVMContext Context;
  auto Print = [](const llvm::Module &M) {
    std::string Text;
    llvm::raw_string_ostream(Text) << M;
    return Text;
  };

  TimingScope Timing = S.timing().nest("translation");
  std::unique_ptr<llvm::Module> Code =
      translateToLlvm(Module, Context, *Machine);
  if (!Code)
    return fail("the program could not be translated to LLVM IR");
  emitProgramConstant(*Code, Program);
  if (S.dump() &&
      failed(S.dump().write(
          "translated", "ll",
          {"llvm", "ll",
           "opt -S -O3 --opt-disable=called-value-propagation,argpromotion",
           "Its names of values may differ in their numbers."},
          Print(*Code))))
    return ExitFailure;

  Timing = S.timing().nest("optimization");
  optimizeLlvm(*Code, *Machine);
  if (S.dump() &&
      failed(S.dump().write(
          "llvm", "ll",
          {"asm", "s", "llc -O3 --relocation-model=pic --asm-verbose=0", ""},
          Print(*Code))))
    return ExitFailure;
  if (Options.Emit == "llvm")
    return writeText(Print(*Code));

  Timing = S.timing().nest("machine code");
  llvm::SmallVector<char, 0> Bytes;
  if (S.dump() || Options.Emit == "asm") {
    std::unique_ptr<llvm::Module> Copy = llvm::CloneModule(*Code);
    if (failed(
            generateCode(*Copy, *Machine, MachineCode::Assembly, Bytes, Error)))
      return fail(Error);
    StringRef Text(Bytes.data(), Bytes.size());
    if (failed(S.dump().write("asm", "s", {}, Text)))
      return ExitFailure;
    if (Options.Emit == "asm")
      return writeText(Text);
    Bytes.clear();
  }
  if (failed(generateCode(*Code, *Machine, MachineCode::Object, Bytes, Error)))
    return fail(Error);
  if (Options.Emit == "obj")
    return writeText(StringRef(Bytes.data(), Bytes.size()));

  Timing = S.timing().nest("link");
  llvm::SmallString<128> Object;
  int Descriptor;
  if (std::error_code Failed =
          llvm::sys::fs::createTemporaryFile("stator", "o", Descriptor, Object))
    return fail("cannot write a temporary file: " + Failed.message());
  llvm::scope_exit Remove([&] { (void)llvm::sys::fs::remove(Object); });
  {
    llvm::raw_fd_ostream OS(Descriptor, /*shouldClose=*/true);
    OS.write(Bytes.data(), Bytes.size());
    OS.close();
    if (OS.has_error()) {
      std::string Why = OS.error().message();
      OS.clear_error();
      return fail("cannot write " + Object.str().str() + ": " + Why);
    }
  }
  LinkInputs Inputs;
  Inputs.Object = Object;
  Inputs.Data = Embedded.getAssembly();
  Inputs.Library = Options.Emit == "lib";
  if (failed(linkProgram(Inputs, Options.Output, Call.CompilerPath, Error)))
    return fail(Error);
  return Inputs.Library ? writeHeader() : ExitSuccess;
}

int Compilation::writeHeader() {
  std::string From = getRuntimeFile(Call.CompilerPath, "stator.h");
  auto Text = llvm::MemoryBuffer::getFile(From);
  if (!Text)
    return fail("cannot read " + From + ": " + Text.getError().message());
  absl::Status Status = runtime::writeFileAtomically(
      Options.getHeader(),
      absl::string_view((*Text)->getBufferStart(), (*Text)->getBufferSize()));
  return Status.ok() ? ExitSuccess : fail(std::string(Status.message()));
}

/// Flags that make no sense together.
int checkFlags(const CompileOptions &Options) {
  std::string Error;
  const EmbedOptions &Embed = Options.Embed;
  if (!Embed.Tokenizer.empty() && Embed.Weights.empty())
    Error = "--embed-tokenizer requires --embed-weights";
  else if (Embed.AllowExtra && Embed.Weights.empty())
    Error = "--allow-extra requires --embed-weights";
  else if (Options.Model.isTraining() && !Embed.Weights.empty())
    Error = "--embed-weights requires --mode infer; training starts from "
            "--init-from";
  else if (Options.Model.isTraining() && Options.Emit == "lib")
    Error = "--emit lib requires --mode infer";
  else if (!Embed.Weights.empty() && !Options.links())
    Error = "--embed-weights requires --emit exe or lib";
  if (Error.empty())
    return ExitSuccess;
  fail(Error);
  return ExitUsage;
}

} // namespace

int runCompile(const Invocation &Call) {
  CompileOptions Options;
  if (std::optional<int> Code = parseOptions(Call, Options))
    return *Code;
  if (int Code = checkFlags(Options))
    return Code;
  if (Options.Output.empty())
    Options.Output = getDefaultOutput(Options);
  std::string Error;
  FailureOr<CpuTarget> Target = CpuTarget::get(Options.Model.Codegen.Cpu, Error,
                                               Options.Model.Codegen.Platform);
  if (failed(Target))
    return fail(Error);
  if (Options.links() &&
      llvm::Triple(Target->Triple).getArch() !=
          llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArch())
    return fail(
        (Options.Emit == "exe" ? "an executable for " : "a library for ") +
        Target->Triple +
        " cannot be linked here; --emit obj gives the object file");
  if (failed(checkOutputs(Options, Error)))
    return fail(Error);
  return Compilation(Call, Options, *Target).run();
}

} // namespace stator::driver
