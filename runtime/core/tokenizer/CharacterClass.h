//===- CharacterClass.h - letters, numbers, spaces --------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_CHARACTERCLASS_H
#define STATOR_RUNTIME_CORE_TOKENIZER_CHARACTERCLASS_H

#include "absl/strings/string_view.h"
#include <array>
#include <cstddef>
#include <cstdint>

namespace stator::runtime {

/// What patterns of pre-tokenizers tell apart: \p{L}, \p{N}, \s and the rest.
enum class CharacterClass : uint8_t { Other, Letter, Number, Space };

/// Class of a code point of 128 or more, by its Unicode category; Space is the
/// property White_Space.
CharacterClass classifyBeyondAscii(char32_t CodePoint);

extern const std::array<CharacterClass, 128> AsciiClasses;

inline CharacterClass classify(char32_t CodePoint) {
  return CodePoint < 128 ? AsciiClasses[CodePoint]
                         : classifyBeyondAscii(CodePoint);
}

/// Whether a code point is one of Rust's \w: alphabetic, a mark, a digit,
/// connector punctuation, or a joiner.
bool isWordCharacter(char32_t CodePoint);

/// The code point at \p Position of valid UTF-8, and its length in bytes.
inline unsigned nextCharacter(absl::string_view Text, size_t Position,
                              char32_t &CodePoint) {
  auto Byte = [&](size_t I) {
    return static_cast<char32_t>(
        static_cast<unsigned char>(Text[Position + I]));
  };
  char32_t First = Byte(0);
  if (First < 0x80) {
    CodePoint = First;
    return 1;
  }
  if (First < 0xE0) {
    CodePoint = (First & 0x1F) << 6 | (Byte(1) & 0x3F);
    return 2;
  }
  if (First < 0xF0) {
    CodePoint = (First & 0x0F) << 12 | (Byte(1) & 0x3F) << 6 | (Byte(2) & 0x3F);
    return 3;
  }
  CodePoint = (First & 0x07) << 18 | (Byte(1) & 0x3F) << 12 |
              (Byte(2) & 0x3F) << 6 | (Byte(3) & 0x3F);
  return 4;
}

/// How many bytes from \p Position on are valid UTF-8.
size_t validUtf8Length(absl::string_view Text, size_t Position);
/// How many bytes from \p Position on are not.
size_t invalidUtf8Length(absl::string_view Text, size_t Position);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_CHARACTERCLASS_H
