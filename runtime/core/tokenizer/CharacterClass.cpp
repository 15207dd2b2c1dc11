#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/Utf8.h"
#include "utf8proc.h"
#include <cstring>

namespace stator::runtime {

static constexpr std::array<CharacterClass, 128> makeAsciiClasses() {
  std::array<CharacterClass, 128> Result{};
  for (unsigned char C = 'a'; C <= 'z'; ++C)
    Result[C] = Result[C - 'a' + 'A'] = CharacterClass::Letter;
  for (unsigned char C = '0'; C <= '9'; ++C)
    Result[C] = CharacterClass::Number;
  for (unsigned char C : {'\t', '\n', '\v', '\f', '\r', ' '})
    Result[C] = CharacterClass::Space;
  return Result;
}

constexpr std::array<CharacterClass, 128> AsciiClasses = makeAsciiClasses();

CharacterClass classifyBeyondAscii(char32_t CodePoint) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(CodePoint))) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
    return CharacterClass::Letter;
  case UTF8PROC_CATEGORY_ND:
  case UTF8PROC_CATEGORY_NL:
  case UTF8PROC_CATEGORY_NO:
    return CharacterClass::Number;
  case UTF8PROC_CATEGORY_ZS:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP:
    return CharacterClass::Space;
  default:
    return CodePoint == 0x85 ? CharacterClass::Space : CharacterClass::Other;
  }
}

bool isWordCharacter(char32_t CodePoint) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(CodePoint))) {
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_MC:
  case UTF8PROC_CATEGORY_ME:
  case UTF8PROC_CATEGORY_ND:
  case UTF8PROC_CATEGORY_NL:
  case UTF8PROC_CATEGORY_PC:
    return true;
  case UTF8PROC_CATEGORY_CF: // the property Join_Control
    return CodePoint == 0x200C || CodePoint == 0x200D;
  case UTF8PROC_CATEGORY_SO: // letters in circles and squares
    return (CodePoint >= 0x24B6 && CodePoint <= 0x24E9) ||
           (CodePoint >= 0x1F130 && CodePoint <= 0x1F149) ||
           (CodePoint >= 0x1F150 && CodePoint <= 0x1F169) ||
           (CodePoint >= 0x1F170 && CodePoint <= 0x1F189);
  default:
    return classify(CodePoint) == CharacterClass::Letter;
  }
}

size_t validUtf8Length(absl::string_view Text, size_t Position) {
  size_t Begin = Position;
  while (Position < Text.size()) {
    // Eight bytes of ASCII at a time.
    uint64_t Block;
    if (Position + sizeof Block <= Text.size()) {
      std::memcpy(&Block, Text.data() + Position, sizeof Block);
      if ((Block & 0x8080808080808080u) == 0) {
        Position += sizeof Block;
        continue;
      }
    }
    char32_t CodePoint;
    unsigned Length = decodeUtf8(Text, Position, CodePoint);
    if (Length == 0)
      break;
    Position += Length;
  }
  return Position - Begin;
}

size_t invalidUtf8Length(absl::string_view Text, size_t Position) {
  size_t Begin = Position;
  char32_t CodePoint;
  while (Position < Text.size() && decodeUtf8(Text, Position, CodePoint) == 0)
    ++Position;
  return Position - Begin;
}

} // namespace stator::runtime
