//===- TextStream.h - tokens to text as they come ---------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TEXTSTREAM_H
#define STATOR_RUNTIME_CORE_TEXTSTREAM_H

#include "absl/types/span.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <string>

namespace stator::runtime {

/// Turns tokens into UTF-8 that can be shown at once: a character whose bytes
/// are several tokens is held back until it is whole, and bytes that are no
/// character become U+FFFD. Without a text, ids become numbers.
class TextStream {
public:
  explicit TextStream(const Tokenizer &Ids, bool ShowSpecial = false)
      : Ids(Ids) {
    State.ShowSpecial = ShowSpecial;
  }

  /// Takes \p Seen, such as a prompt that the user knows, as having been
  /// pushed and shown: what follows is decoded in its place in the text.
  void skip(absl::Span<const int32_t> Seen);

  /// What can be shown after \p Id.
  std::string push(int32_t Id);
  /// What is left at the end.
  std::string finish();

private:
  std::string takeWhole(bool AtEnd);

  const Tokenizer &Ids;
  std::string Held;
  DecodeState State;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TEXTSTREAM_H
