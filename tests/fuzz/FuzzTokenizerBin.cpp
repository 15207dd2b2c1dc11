#include "tests/fuzz/FuzzTokenizer.h"

using namespace stator::runtime;

/// The input is a tokenizer.bin of llama2.c.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  std::string Text(reinterpret_cast<const char *>(Data), Size);
  readAndExercise({TokenizerKind::Llama2c,
                   {{"tokenizer.bin", std::move(Text)}},
                   "tokenizer.bin"});
  return 0;
}
