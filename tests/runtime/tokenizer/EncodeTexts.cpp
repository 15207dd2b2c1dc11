//===- EncodeTexts.cpp - many texts through one tokenizer -----------------===//
//
// stator_encode_texts TOKENIZER [--bos] [--parse-special] <TEXTS >RESULTS
// stator_encode_texts TOKENIZER --measure <TEXTS
//
// What `stator tokenize` does with one text, for scripts/check-tokenizers to do
// with thousands without opening the tokenizer for each. Numbers are uint32,
// little-endian. A text is its size and its bytes. A result is the number of
// ids, the ids, and their text twice, without special tokens and with, each its
// size and its bytes; or ~0 and an error message, its size and its bytes.
//
// --measure says how many seconds of CPU time opening the tokenizer took and
// encoding each text, a line each, and then how many KiB of memory at most.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/tokenizer/Tokenizer.h"
#include <cstdio>
#include <ctime>
#include <sys/resource.h>

using namespace stator::runtime;

namespace {

void writeNumber(uint32_t Number) {
  std::fwrite(&Number, sizeof Number, 1, stdout);
}

void writeText(absl::string_view Text) {
  writeNumber(static_cast<uint32_t>(Text.size()));
  std::fwrite(Text.data(), 1, Text.size(), stdout);
}

bool readText(std::string &Text) {
  uint32_t Size;
  if (std::fread(&Size, sizeof Size, 1, stdin) != 1)
    return false;
  Text.resize(Size);
  return std::fread(Text.data(), 1, Size, stdin) == Size;
}

double cpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Encodes all texts of the input and prints what that takes.
absl::Status measure(const Tokenizer &Coder) {
  double Before = cpuSeconds();
  std::printf("%.3f\n", Before);
  for (std::string Text; readText(Text);) {
    Before = cpuSeconds();
    absl::Status Status =
        Coder.encodeTo(Text, {}, [](absl::Span<const int32_t>, size_t) {});
    if (!Status.ok())
      return Status;
    std::printf("%.3f\n", cpuSeconds() - Before);
  }
  rusage Usage{};
  getrusage(RUSAGE_SELF, &Usage);
  std::printf("%ld\n", Usage.ru_maxrss);
  return absl::OkStatus();
}

absl::Status encodeOne(const Tokenizer &Coder, absl::string_view Text,
                       EncodeOptions How) {
  absl::StatusOr<std::vector<int32_t>> Ids = Coder.encode(Text, How);
  if (!Ids.ok())
    return Ids.status();
  absl::StatusOr<std::string> Plain = Coder.decode(*Ids);
  absl::StatusOr<std::string> Shown = Coder.decode(*Ids, /*ShowSpecial=*/true);
  if (!Plain.ok())
    return Plain.status();
  if (!Shown.ok())
    return Shown.status();
  writeNumber(static_cast<uint32_t>(Ids->size()));
  std::fwrite(Ids->data(), sizeof(int32_t), Ids->size(), stdout);
  writeText(*Plain);
  writeText(*Shown);
  return absl::OkStatus();
}

} // namespace

int main(int Count, char **Arguments) {
  EncodeOptions How;
  How.AddSpecial = How.ParseSpecial = false;
  std::string Path;
  bool Measure = false;
  for (int I = 1; I < Count; ++I) {
    std::string Argument = Arguments[I];
    if (Argument == "--bos")
      How.AddSpecial = true;
    else if (Argument == "--parse-special")
      How.ParseSpecial = true;
    else if (Argument == "--measure")
      Measure = true;
    else
      Path = Argument;
  }
  absl::StatusOr<std::unique_ptr<Tokenizer>> Coder = openTokenizer(Path);
  if (!Coder.ok()) {
    std::fprintf(stderr, "error: %s\n",
                 std::string(Coder.status().message()).c_str());
    return 1;
  }
  if (Measure) {
    absl::Status Status = measure(**Coder);
    if (!Status.ok())
      std::fprintf(stderr, "error: %s\n",
                   std::string(Status.message()).c_str());
    return Status.ok() ? 0 : 1;
  }
  for (std::string Text; readText(Text);)
    if (absl::Status Status = encodeOne(**Coder, Text, How); !Status.ok()) {
      writeNumber(~uint32_t{0});
      writeText(Status.message());
    }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
