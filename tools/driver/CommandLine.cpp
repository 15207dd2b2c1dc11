//===- CommandLine.cpp - What the subcommands of stator share -------------===//

#include "tools/driver/CommandLine.h"
#include "passes/Recompute.h"
#include "tools/driver/Optimizations.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

using llvm::StringRef;

namespace stator::driver {

int fail(const std::string &Message) {
  llvm::errs() << "error: " << Message << "\n";
  return ExitFailure;
}

FrontendOptions ModelOptions::getFrontendOptions() const {
  FrontendOptions Options;
  Options.Mode = isTraining() ? FrontendMode::Train : FrontendMode::Infer;
  Options.Batch = Batch;
  Options.Time = Time;
  Options.Defines = Defines;
  Options.Color = llvm::errs().has_colors();
  Options.Warnings = WarningsAreErrors ? Diagnostics::Warnings::AreErrors
                     : HideWarnings    ? Diagnostics::Warnings::Hide
                                       : Diagnostics::Warnings::Show;
  return Options;
}

CommandLine::CommandLine(std::string Usage, std::string Description)
    : Usage(std::move(Usage)), Description(std::move(Description)) {}

void CommandLine::addModelFlags(ModelOptions &Options) {
  Model = &Options;
  Flags.section("Model");
  Flags.choice("mode", "What the program is for.", &Options.Mode,
               {"train", "infer"}, "train");
  // Far beyond what fits into memory, and far below what would overflow.
  Flags.integer("batch", "Sequences per batch.", &Options.Batch, 1, 1 << 20,
                "the model's, or 1");
  Flags.integer("time", "Positions per sequence.", &Options.Time, 1, 1 << 24,
                "the model's");
  Flags.toggle("werror", "Treat warnings about the model as errors.",
               &Options.WarningsAreErrors);
  Flags.toggle("no-warnings", "Do not print warnings about the model.",
               &Options.HideWarnings);
}

void CommandLine::addCompilerFlags() {
  Flags.text("cpu", "NAME",
             "The CPU to compile for, by its LLVM name: native, x86-64-v3, "
             "znver4.",
             &Model->Codegen.Cpu);
  Flags.text("target", "PLATFORM",
             "The platform to compile for: x86_64-linux-gnu or "
             "aarch64-linux-gnu. For a platform other than this machine's, and "
             "without --cpu, the program runs on any of its CPUs.",
             &Model->Codegen.Platform, "this machine's");
  Flags.choice("weight-type",
               "The type in which a program of --mode infer stores its "
               "weights. bf16 and int8 take a half and about a quarter of the "
               "memory bandwidth, which bounds decoding, at lower precision. "
               "Weight files stay the same.",
               &Model->WeightType, {"f32", "bf16", "int8"}, "f32");
  Model->WeightType = "f32";
  Flags.text("disable", "NAME,...",
             "Optimizations to disable: " + listOptimizations() + ".",
             &Disabled, "none");
  Flags.text("memory-budget", "BYTES",
             "The most memory that a step may take, such as 3.5GB or 3338MiB: "
             "activations that do not fit are recomputed in the backward "
             "pass. A hundredth of it, at most 32 MiB, is reserved for the "
             "program itself.",
             &Budget, "unlimited");
  Flags.toggle("no-fuse-attention", "The same as --disable attention-fusion.",
               &Model->NoFusion);
}

void CommandLine::addFrom() {
  Flags.text("from", "STAGE",
             "The model is a file of IR after this stage, as --dump-ir writes "
             "it; compilation continues with the next one. Needs the same "
             "flags as the compilation that has written it.",
             &Model->From, "none");
}

void CommandLine::allowOutput(std::string &Output) {
  Flags.text("output", "FILE",
             "The output file; -o is a short form. - is standard output.",
             &Output, "named after the model");
}

int CommandLine::usageError(const std::string &Message) const {
  llvm::errs() << "error: " << Message << "\nusage: stator " << Usage << "\n";
  return ExitUsage;
}

std::optional<int> CommandLine::parseDefine(const std::string &Text) {
  auto [Name, Value] = StringRef(Text).split('=');
  if (Name.empty() || Name.size() == Text.size() || Value.empty())
    return usageError("-D " + Text + ": expected -D name=value");
  Model->Defines.emplace_back(Name.str(), Value.str());
  return std::nullopt;
}

std::optional<int>
CommandLine::parse(const std::vector<std::string> &Arguments) {
  Flags.section("Other");
  Flags.toggle("help", "Show this text.", &Help);
  std::vector<std::string> ForFlags;
  bool MissingModel = true;
  for (size_t I = 0; I < Arguments.size(); ++I) {
    const std::string &Argument = Arguments[I];
    StringRef Text = Argument;
    if (I == 0 && !Text.starts_with("-")) {
      Model->Model = Argument;
      MissingModel = false;
      continue;
    }
    if (Text.starts_with("-D")) {
      if (Text.size() == 2 && I + 1 == Arguments.size())
        return usageError("-D needs a value: -D name=value");
      std::string Define =
          Text.size() == 2 ? Arguments[++I] : Text.drop_front(2).str();
      if (std::optional<int> Code = parseDefine(Define))
        return Code;
      continue;
    }
    if (Text == "-o" || Text == "-h") {
      ForFlags.push_back(Text == "-o" ? "--output" : "--help");
      if (Text == "-o" && I + 1 < Arguments.size())
        ForFlags.push_back(Arguments[++I]);
      continue;
    }
    StringRef Name = Text;
    bool Known = Name.consume_front("--") &&
                 Flags.knows(std::string(Name.split('=').first));
    if (Unknown && !Known) {
      Unknown->push_back(Argument);
      continue;
    }
    ForFlags.push_back(Argument);
    // The value of a flag is taken along, whatever it looks like.
    if (Known && !Text.contains('=') && Flags.takesValue(std::string(Name)) &&
        I + 1 < Arguments.size())
      ForFlags.push_back(Arguments[++I]);
  }
  absl::Status Status = Flags.parse(ForFlags);
  if (Help) {
    llvm::outs() << "usage: stator " << Usage << "\n\n"
                 << Description << "\n"
                 << Flags.help();
    llvm::outs() << "  -D name=value\n      Sets a config value of the model. "
                    "May be given several times.\n";
    return ExitSuccess;
  }
  if (!Status.ok())
    return usageError(std::string(Status.message()) +
                      (MissingModel
                           ? "\nhint: the model comes first, before all flags"
                           : ""));
  if (Model->isTraining() && Flags.given("weight-type") &&
      Model->WeightType != "f32")
    return usageError(
        "--weight-type " + Model->WeightType +
        " requires --mode infer: the updates of training are smaller "
        "than the rounding error of narrow weights");
  // "native" is what it is without flags.
  if (!Model->Codegen.Platform.empty() && !Flags.given("cpu"))
    Model->Codegen.Cpu.clear();
  if (std::string Error; !disableOptimizations(Disabled, *Model, Error))
    return usageError(Error);
  if (Flags.given("memory-budget")) {
    std::string Error;
    std::optional<int64_t> Bytes = parseByteCount(Budget, Error);
    if (!Bytes)
      return usageError("--memory-budget " + Error);
    Model->Codegen.MemoryBudget = *Bytes;
  }
  if (MissingModel)
    return usageError("no model file given; it comes first, before all flags");
  return std::nullopt;
}

} // namespace stator::driver
