//===- Embed.cpp - Weights and tokenizer inside of a program --------------===//

#include "tools/driver/Embed.h"
#include "runtime/core/Model.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator::driver {

EmbeddedFiles::~EmbeddedFiles() {
  for (const std::string &Path : Paths) {
    [[maybe_unused]] std::error_code Failed = llvm::sys::fs::remove(Path);
  }
}

FailureOr<std::string> EmbeddedFiles::write(StringRef Suffix, StringRef Bytes,
                                            std::string &Error) {
  llvm::SmallString<128> Path;
  int Descriptor;
  if (std::error_code Failed = llvm::sys::fs::createTemporaryFile(
          "stator-embed", Suffix, Descriptor, Path)) {
    Error = "cannot write a temporary file: " + Failed.message();
    return failure();
  }
  Paths.push_back(std::string(Path));
  llvm::raw_fd_ostream OS(Descriptor, /*shouldClose=*/true);
  OS.write(Bytes.data(), Bytes.size());
  OS.close();
  if (OS.has_error()) {
    Error = "cannot write " + Paths.back() + ": " + OS.error().message();
    OS.clear_error();
    return failure();
  }
  return Paths.back();
}

LogicalResult EmbeddedFiles::prepare(const StatorProgram &Program,
                                     const EmbedOptions &Options, bool IsX86,
                                     std::string &Error) {
  runtime::ModelOptions Wanted;
  Wanted.Weights = Options.Weights;
  Wanted.Tokenizer = Options.Tokenizer;
  Wanted.AllowExtra = Options.AllowExtra;
  absl::StatusOr<runtime::Model> Model =
      runtime::Model::load(Program, /*Embedded=*/nullptr, Wanted);
  if (!Model.ok()) {
    Error = std::string(Model.status().message());
    return failure();
  }
  std::string Tokenizer;
  if (Model->tokenizer())
    Tokenizer = runtime::serializeTokenizer(Model->tokenizer()->files());
  std::string Generation = Model->settings().toJson();

  // Of what is larger than code can reach, x86 has sections of its own, which
  // linkers put behind everything else.
  std::string Text, Table;
  llvm::raw_string_ostream OS(Text), Fields(Table);
  auto Section = [&](StringRef Name) {
    OS << "\t.section " << (IsX86 ? ".lrodata." : ".rodata.") << Name
       << (IsX86 ? ",\"al\"" : ",\"a\"") << ",@progbits\n";
  };
  auto Include = [&](StringRef Name, StringRef Bytes) {
    FailureOr<std::string> Path = write("bin", Bytes, Error);
    if (failed(Path))
      return failure();
    Section(("stator_" + Name).str());
    OS << "\t.balign 4096\nstator_embedded_" << Name << ":\n\t.incbin \"";
    OS.write_escaped(*Path) << "\"\n\t.byte 0\n";
    Fields << "\t.quad stator_embedded_" << Name << "\n\t.quad " << Bytes.size()
           << "\n";
    return success();
  };
  StringRef State(reinterpret_cast<const char *>(Model->state()),
                  Program.StateBytes);
  if (failed(Include("state", State)) ||
      failed(Include("tokenizer", Tokenizer)) ||
      failed(Include("generation", Generation)))
    return failure();
  OS << "\t.section .data.rel.ro.stator_embedded,\"aw\",@progbits\n"
        "\t.balign 8\n\t.globl stator_embedded\n\t.hidden stator_embedded\n"
        "\t.type stator_embedded,@object\nstator_embedded:\n"
     << Table
     << "\t.size stator_embedded, . - stator_embedded\n"
        "\t.section .note.GNU-stack,\"\",@progbits\n";
  FailureOr<std::string> Path = write("s", Text, Error);
  if (failed(Path))
    return failure();
  Assembly = *Path;
  return success();
}

} // namespace stator::driver
