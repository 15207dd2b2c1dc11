#include "tests/fuzz/FuzzTokenizer.h"
#include "tests/runtime/tokenizer/SmallTokenizers.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;

static std::unique_ptr<Tokenizer> make(TokenizerKind Kind, std::string Text) {
  auto Result = makeTokenizer({Kind, {{"file", std::move(Text)}}, "file"});
  require(Result.ok());
  return *std::move(Result);
}

/// The first byte chooses one of three tokenizers, the rest is a text. Those
/// that have a token for each byte give it back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  static const std::unique_ptr<Tokenizer> Coders[] = {
      make(TokenizerKind::HuggingFace, smallByteLevelJson()),
      make(TokenizerKind::HuggingFace, smallMetaspaceJson()),
      make(TokenizerKind::Llama2c, smallLlama2c())};
  if (Size == 0)
    return 0;
  const Tokenizer &Coder = *Coders[Data[0] % std::size(Coders)];
  absl::string_view Text(reinterpret_cast<const char *>(Data) + 1, Size - 1);
  exercise(Coder, Text);
  EncodeOptions Plain;
  Plain.ParseSpecial = false;
  auto Ids = Coder.encode(Text, Plain);
  require(Ids.ok());
  // "▁" in a text is a space to tokenizers that write spaces so.
  bool Ambiguous = Text.find("\xe2\x96\x81") != absl::string_view::npos &&
                   Coder.kind() == TokenizerKind::HuggingFace;
  require(Ambiguous || *Coder.decode(*Ids) == Text);
  return 0;
}
