#include "tests/fuzz/FuzzTokenizer.h"

using namespace stator::runtime;

/// The input is, with NULs between: vocabulary, merges, and
/// tokenizer_config.json and generation_config.json if they are there.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  std::string Text(reinterpret_cast<const char *>(Data), Size);
  TokenizerFiles Files{TokenizerKind::VocabMerges, {}, "vocab.json"};
  for (const char *Name : {"vocab.json", "merges.txt", "tokenizer_config.json",
                           "generation_config.json"}) {
    size_t End = std::min(Text.find(char(0)), Text.size());
    Files.Files.push_back({Name, Text.substr(0, End)});
    if (End == Text.size())
      break;
    Text.erase(0, End + 1);
  }
  readAndExercise(std::move(Files));
  return 0;
}
