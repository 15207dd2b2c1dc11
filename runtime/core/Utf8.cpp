#include "runtime/core/Utf8.h"
#include "absl/strings/str_format.h"

namespace stator::runtime {

/// Length that a leading byte announces; 0 for a byte that cannot lead.
static unsigned announcedLength(unsigned char Lead) {
  if (Lead < 0x80)
    return 1;
  if (Lead >= 0xC2 && Lead < 0xE0)
    return 2;
  if (Lead >= 0xE0 && Lead < 0xF0)
    return 3;
  if (Lead >= 0xF0 && Lead < 0xF5)
    return 4;
  return 0;
}

static bool isContinuation(unsigned char Byte) { return (Byte & 0xC0) == 0x80; }

unsigned decodeUtf8(absl::string_view Text, size_t Position,
                    char32_t &CodePoint) {
  auto Byte = [&](unsigned I) {
    return static_cast<unsigned char>(Text[Position + I]);
  };
  unsigned Length = announcedLength(Byte(0));
  if (Length == 1) {
    CodePoint = Byte(0);
    return 1;
  }
  if (Length == 0 || Length > Text.size() - Position)
    return 0;
  CodePoint = Byte(0) & (0x7Fu >> Length);
  for (unsigned I = 1; I < Length; ++I) {
    if (!isContinuation(Byte(I)))
      return 0;
    CodePoint = CodePoint << 6 | (Byte(I) & 0x3Fu);
  }
  static const char32_t Smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool Surrogate = CodePoint >= 0xD800 && CodePoint < 0xE000;
  if (CodePoint < Smallest[Length] || Surrogate || CodePoint >= CodePointLimit)
    return 0;
  return Length;
}

void appendUtf8(std::string &Text, char32_t CodePoint) {
  auto Append = [&](char32_t Byte) { Text.push_back(static_cast<char>(Byte)); };
  if (CodePoint < 0x80) {
    Append(CodePoint);
    return;
  }
  if (CodePoint < 0x800) {
    Append(0xC0 | CodePoint >> 6);
  } else {
    if (CodePoint < 0x10000) {
      Append(0xE0 | CodePoint >> 12);
    } else {
      Append(0xF0 | CodePoint >> 18);
      Append(0x80 | (CodePoint >> 12 & 0x3F));
    }
    Append(0x80 | (CodePoint >> 6 & 0x3F));
  }
  Append(0x80 | (CodePoint & 0x3F));
}

size_t incompleteUtf8Suffix(absl::string_view Text) {
  for (size_t Length = 1; Length <= 3 && Length <= Text.size(); ++Length) {
    auto Byte = static_cast<unsigned char>(Text[Text.size() - Length]);
    if (isContinuation(Byte))
      continue;
    return announcedLength(Byte) > Length ? Length : 0;
  }
  return 0;
}

std::string describeCharacter(char32_t CodePoint) {
  switch (CodePoint) {
  case '\n':
    return "'\\n'";
  case '\t':
    return "'\\t'";
  case '\r':
    return "'\\r'";
  case '\'':
    return "\"'\"";
  default:
    break;
  }
  std::string Number =
      absl::StrFormat("U+%04X", static_cast<unsigned>(CodePoint));
  // Controls, and the blocks of spaces and directional marks.
  if (CodePoint < 0x20 || (CodePoint >= 0x7F && CodePoint <= 0xA0) ||
      (CodePoint >= 0x2000 && CodePoint <= 0x200F) ||
      (CodePoint >= 0x2028 && CodePoint <= 0x202F) || CodePoint == 0xFEFF)
    return Number;
  std::string Text = "'";
  appendUtf8(Text, CodePoint);
  Text += "'";
  return CodePoint < 0x80 ? Text : Text + " (" + Number + ")";
}

} // namespace stator::runtime
