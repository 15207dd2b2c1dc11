//===- BenchPerplexity.cpp - What a weight type costs ---------------------===//

#include "tools/driver/BenchPerplexity.h"
#include "tools/driver/BenchWorkers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

namespace stator::driver {

void addPerplexityFlags(runtime::Flags &Flags, PerplexityOptions &Options) {
  Flags.section("What a weight type costs");
  Flags.text("perplexity", "FILE",
             "With --mode infer and --weight-type bf16 or int8: also the "
             "perplexity over FILE, with f32 and with the type.",
             &Options.File);
  Flags.text("weights", "FILE",
             "Weights for it: a .safetensors file, a folder, a checkpoint.",
             &Options.Weights);
  Flags.text("tokenizer", "PATH", "Tokenizer for it.", &Options.Tokenizer,
             "beside the weights");
  Flags.choice("format", "What FILE holds.", &Options.Format,
               {"text", "bytes", "uint16", "uint32"},
               "by the tokenizer, else uint16 for .bin");
}

std::string checkPerplexityFlags(const runtime::Flags &Flags,
                                 const PerplexityOptions &Options,
                                 const ModelOptions &Model) {
  if (!Flags.given("perplexity")) {
    for (const char *Flag : {"weights", "tokenizer", "format"})
      if (Flags.given(Flag))
        return std::string("--") + Flag +
               " is about --perplexity, which is not given";
    return "";
  }
  if (Model.isTraining())
    return "--perplexity is for --mode infer";
  if (Model.WeightType == "f32")
    return "--perplexity compares a weight type with f32; give --weight-type "
           "bf16 or int8";
  if (Options.Weights.empty())
    return "--perplexity needs --weights, the weights of the model";
  if (!llvm::sys::fs::exists(Options.Weights))
    return "--weights " + Options.Weights + ": there is no such file or folder";
  if (!llvm::sys::fs::exists(Options.File))
    return "--perplexity " + Options.File + ": there is no such file";
  if (llvm::sys::fs::is_directory(Options.File))
    return "--perplexity " + Options.File + ": it is a directory";
  return "";
}

bool measurePerplexity(const std::string &Program,
                       const std::string &WeightType,
                       const PerplexityOptions &Options, int Threads,
                       BenchLoss &Found, std::string &Error) {
  using Json = nlohmann::ordered_json;
  std::vector<std::string> Command = {
      Program,        "--json",     "--weights", Options.Weights,
      "--perplexity", Options.File, "--threads", std::to_string(Threads)};
  if (!Options.Tokenizer.empty())
    llvm::append_values(Command, "--tokenizer", Options.Tokenizer);
  if (!Options.Format.empty())
    llvm::append_values(Command, "--format", Options.Format);
  std::string Name = "the program with " + WeightType + " weights";
  std::optional<std::string> Text = readCommand(Name, Command, Error);
  if (!Text)
    return false;
  Json Answer = Json::parse(*Text, nullptr, /*allow_exceptions=*/false);
  if (!Answer.is_object() || !Answer["loss"].is_number() ||
      !Answer["tokens"].is_number_integer()) {
    Error = Name + " gave an answer that is not understood";
    return false;
  }
  Found.Loss = Answer["loss"].get<double>();
  Found.Tokens = Answer["tokens"].get<int64_t>();
  return true;
}

} // namespace stator::driver
