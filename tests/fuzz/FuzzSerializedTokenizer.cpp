#include "tests/fuzz/FuzzTokenizer.h"

using namespace stator::runtime;

/// The input is what serializeTokenizer writes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  absl::string_view Text(reinterpret_cast<const char *>(Data), Size);
  auto Files = deserializeTokenizer(Text, "input");
  if (!Files.ok())
    return 0;
  // What could be read is written as it was.
  require(serializeTokenizer(*Files) == Text);
  readAndExercise(*std::move(Files));
  return 0;
}
