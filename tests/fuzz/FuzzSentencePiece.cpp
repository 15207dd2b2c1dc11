#include "tests/fuzz/FuzzTokenizer.h"

using namespace stator::runtime;

/// The input is a model of SentencePiece.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  std::string Text(reinterpret_cast<const char *>(Data), Size);
  readAndExercise({TokenizerKind::SentencePiece,
                   {{"tokenizer.model", std::move(Text)}},
                   "tokenizer.model"});
  return 0;
}
