#include "tests/fuzz/FuzzCheckpoint.h"
#include "tests/fuzz/MemoryFile.h"

using namespace stator;

/// The input is a GGUF file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  runtime::MemoryFile Input(Data, Size);
  runtime::exercise(readGguf(Input.path()));
  return 0;
}
