#include "tests/fuzz/FuzzCheckpoint.h"
#include "tests/fuzz/MemoryFile.h"

using namespace stator;

/// The input is a checkpoint of llama2.c.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  runtime::MemoryFile Input(Data, Size);
  runtime::exercise(readLlama2c(Input.path()));
  return 0;
}
