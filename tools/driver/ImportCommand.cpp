//===- ImportCommand.cpp - stator import: checkpoints of others -----------===//

#include "frontend/import/Import.h"
#include "runtime/core/Format.h"
#include "tools/driver/Commands.h"
#include "tools/driver/FileCommand.h"
#include "llvm/Support/raw_ostream.h"

namespace stator::driver {

static const char Description[] =
    "Converts a checkpoint to a model file with weights and a tokenizer.\n"
    "CHECKPOINT is a Hugging Face folder (config.json, safetensors,\n"
    "tokenizer), a config.json alone (which gives only the model file), a "
    "GGUF\n"
    "file, or a .bin file of llama2.c. docs/import.md lists the supported\n"
    "families and features.";

int runImport(const Invocation &Call) {
  ImportOptions Options;
  FileCommand Command{.Usage = "import CHECKPOINT -o FOLDER [flags]",
                      .Description = Description,
                      .InputName = "checkpoint",
                      .Input = "",
                      .Output = ""};
  runtime::Flags Flags;
  Flags.section("Import");
  Flags.text("tokenizer", "PATH",
             "The tokenizer to use: a tokenizer.json, tokenizer.model or "
             "tokenizer.bin, or a folder with one.",
             &Options.Tokenizer, "the checkpoint's");
  if (std::optional<int> Code = Command.parse(Flags, Call.Arguments))
    return *Code;
  Options.Path = Command.Input;
  Options.Output = Command.Output;
  absl::StatusOr<ImportReport> Report = importCheckpoint(Options);
  if (!Report.ok())
    return fail(std::string(Report.status().message()));
  for (const std::string &Warning : Report->Warnings)
    llvm::errs() << "warning: " << Warning << "\n";

  llvm::outs() << Options.Output << ": " << Report->Family << ", "
               << runtime::formatCount(static_cast<double>(Report->Parameters))
               << " parameters; model.stator"
               << (Report->HasWeights ? ", model.safetensors" : "")
               << (Report->HasTokenizer ? ", tokenizer" : "") << "\n";
  if (!Report->Dropped.empty())
    llvm::outs() << "skipped tensors that are not parameters: "
                 << Report->Dropped.front()
                 << (Report->Dropped.size() > 1
                         ? " and " +
                               std::to_string(Report->Dropped.size() - 1) +
                               " more"
                         : "")
                 << "\n";
  for (const std::string &Note : Report->Notes)
    llvm::outs() << "note: " << Note << "\n";
  return ExitSuccess;
}

} // namespace stator::driver
