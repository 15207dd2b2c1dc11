//===- Utf8.h - code points in and out of UTF-8 -----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_UTF8_H
#define STATOR_RUNTIME_CORE_UTF8_H

#include "absl/strings/string_view.h"
#include <cstddef>
#include <string>

namespace stator::runtime {

/// Code points are below this.
constexpr char32_t CodePointLimit = 0x110000;

/// Decodes the code point at \p Position. Returns its length in bytes, 1 to 4,
/// or 0 where there is none: a stray or missing continuation byte, an overlong
/// form, a surrogate, or a value of CodePointLimit or more (RFC 3629).
unsigned decodeUtf8(absl::string_view Text, size_t Position,
                    char32_t &CodePoint);

void appendUtf8(std::string &Text, char32_t CodePoint);

/// How many bytes at the end of \p Text begin a code point whose rest may
/// still come; 0 if the text ends on a boundary or in something invalid.
size_t incompleteUtf8Suffix(absl::string_view Text);

/// A character for messages: 'x', '\n', or U+200B where it cannot be seen.
std::string describeCharacter(char32_t CodePoint);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_UTF8_H
