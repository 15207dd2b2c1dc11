#include "tests/fuzz/FuzzTokenizer.h"

using namespace stator::runtime;

/// The input is a tokenizer.json.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  std::string Text(reinterpret_cast<const char *>(Data), Size);
  readAndExercise({TokenizerKind::HuggingFace,
                   {{"tokenizer.json", std::move(Text)}},
                   "tokenizer.json"});
  return 0;
}
