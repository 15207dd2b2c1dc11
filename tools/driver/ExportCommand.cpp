//===- ExportCommand.cpp - stator export: checkpoints for others ----------===//

#include "frontend/export/Export.h"
#include "tools/driver/Commands.h"
#include "tools/driver/FileCommand.h"
#include "llvm/Support/raw_ostream.h"

namespace stator::driver {

static const char Description[] =
    "Writes what Stator trained as other programs read it: a folder of "
    "Hugging\n"
    "Face, or a GGUF file. CHECKPOINT is the --out folder of a training, one "
    "of\n"
    "the checkpoints in it, or a folder that `stator import` wrote, of\n"
    "models/gpt2.stator, models/char_gpt.stator or models/llama.stator.";

int runExport(const Invocation &Call) {
  ExportOptions Options;
  std::string Format = "huggingface";
  FileCommand Command{.Usage = "export CHECKPOINT -o PATH [flags]",
                      .Description = Description,
                      .InputName = "checkpoint",
                      .Input = "",
                      .Output = ""};
  runtime::Flags Flags;
  Flags.section("Export");
  Flags.choice("format", "What to write.", &Format, {"huggingface", "gguf"},
               "huggingface");
  Flags.text(
      "tokenizer", "PATH",
      "The tokenizer to export: a file of one, or a folder, checkpoint or "
      "training run with one.",
      &Options.Tokenizer, "the one beside the weights");
  if (std::optional<int> Code = Command.parse(Flags, Call.Arguments))
    return *Code;
  Options.Path = Command.Input;
  Options.Output = Command.Output;
  Options.Gguf = Format == "gguf";
  absl::StatusOr<ExportReport> Report = exportCheckpoint(Options);
  if (!Report.ok())
    return fail(std::string(Report.status().message()));
  llvm::outs() << Options.Output << ": " << Report->Family << " as "
               << (Options.Gguf ? "GGUF" : "a folder of Hugging Face") << "\n";
  for (const std::string &Note : Report->Notes)
    llvm::outs() << "note: " << Note << "\n";
  return ExitSuccess;
}

} // namespace stator::driver
