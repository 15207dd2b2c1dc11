//===- ByteAlphabet.h - bytes as characters that can be seen ----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_BYTEALPHABET_H
#define STATOR_RUNTIME_CORE_TOKENIZER_BYTEALPHABET_H

#include "absl/strings/string_view.h"
#include <cstdint>
#include <optional>
#include <string>

namespace stator::runtime {

// GPT-2's `bytes_to_unicode`: files of byte-level tokenizers write each byte as
// a character: printable ones of Latin-1 as themselves, the others, in their
// order, as U+0100 and on ("Ġ" is a space, "Ċ" a newline).

/// The character for \p Byte, as UTF-8.
absl::string_view byteToCharacter(uint8_t Byte);

/// The bytes that \p Token stands for; nothing where one of its characters is
/// no byte, or it is not UTF-8.
std::optional<std::string> bytesOfToken(absl::string_view Token);

/// \p Bytes in this alphabet.
std::string tokenOfBytes(absl::string_view Bytes);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_BYTEALPHABET_H
