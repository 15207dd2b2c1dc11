#include "runtime/core/Safetensors.h"
#include "tests/fuzz/MemoryFile.h"

using namespace stator::runtime;

/// The input is a safetensors file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  MemoryFile Input(Data, Size);
  auto File = SafetensorsFile::open(Input.path());
  if (!File.ok()) {
    if (File.status().message().empty())
      std::abort();
    return 0;
  }
  for (const SafetensorsEntry &Entry : File->entries()) {
    if (File->find(Entry.Name) != &Entry || Entry.Elements > Size)
      std::abort();
    std::vector<float> Floats(Entry.Elements);
    File->readFloats(Entry, Floats.data()).IgnoreError();
  }
  return 0;
}
