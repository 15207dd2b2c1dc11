//===- TextStream.h - tokens to text as they come ---------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TEXTSTREAM_H
#define STATOR_RUNTIME_CORE_TEXTSTREAM_H

#include "runtime/core/Vocabulary.h"
#include <string>

namespace stator::runtime {

/// Turns tokens into UTF-8 that can be shown at once: a character whose bytes
/// are several tokens is held back until it is whole, and bytes that are no
/// character become U+FFFD. Without a text, ids become numbers.
class TextStream {
public:
  explicit TextStream(const Vocabulary &Ids) : Ids(Ids) {}

  /// What can be shown after \p Id.
  std::string push(int32_t Id);
  /// What is left at the end.
  std::string finish();

private:
  std::string takeWhole(bool AtEnd);

  const Vocabulary &Ids;
  std::string Held;
  bool First = true;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TEXTSTREAM_H
