#include "runtime/core/tokenizer/ByteAlphabet.h"
#include "runtime/core/Utf8.h"
#include <array>

namespace stator::runtime {

namespace {

struct Alphabet {
  std::array<std::string, 256> Characters;
  std::array<int16_t, 0x144> Bytes; ///< by code point, -1 for none

  Alphabet() {
    Bytes.fill(-1);
    char32_t Next = 0x100;
    for (unsigned Byte = 0; Byte < 256; ++Byte) {
      bool Printable = (Byte >= 0x21 && Byte <= 0x7E) ||
                       (Byte >= 0xA1 && Byte <= 0xAC) || Byte >= 0xAE;
      char32_t CodePoint = Printable ? char32_t{Byte} : Next++;
      appendUtf8(Characters[Byte], CodePoint);
      Bytes[CodePoint] = static_cast<int16_t>(Byte);
    }
  }
};

} // namespace

static const Alphabet &alphabet() {
  static const Alphabet Result;
  return Result;
}

absl::string_view byteToCharacter(uint8_t Byte) {
  return alphabet().Characters[Byte];
}

std::optional<std::string> bytesOfToken(absl::string_view Token) {
  const Alphabet &Known = alphabet();
  std::string Result;
  for (size_t Position = 0; Position < Token.size();) {
    char32_t CodePoint;
    unsigned Length = decodeUtf8(Token, Position, CodePoint);
    if (Length == 0 || CodePoint >= Known.Bytes.size() ||
        Known.Bytes[CodePoint] < 0)
      return std::nullopt;
    Result.push_back(static_cast<char>(Known.Bytes[CodePoint]));
    Position += Length;
  }
  return Result;
}

std::string tokenOfBytes(absl::string_view Bytes) {
  std::string Result;
  for (char Byte : Bytes)
    Result += alphabet().Characters[static_cast<uint8_t>(Byte)];
  return Result;
}

} // namespace stator::runtime
