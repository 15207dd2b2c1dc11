#include "runtime/core/TextStream.h"
#include "runtime/core/Utf8.h"
#include <utility>

namespace stator::runtime {

std::string TextStream::takeWhole(bool AtEnd) {
  size_t Kept = AtEnd ? 0 : incompleteUtf8Suffix(Held);
  absl::string_view Text(Held.data(), Held.size() - Kept);
  std::string Result;
  for (size_t Position = 0; Position < Text.size();) {
    char32_t CodePoint;
    unsigned Length = decodeUtf8(Text, Position, CodePoint);
    appendUtf8(Result, Length ? CodePoint : 0xFFFD);
    Position += Length ? Length : 1;
  }
  Held.erase(0, Text.size());
  return Result;
}

std::string TextStream::push(int32_t Id) {
  if (Ids.kind() == Vocabulary::Kind::Tokens)
    return (std::exchange(First, false) ? "" : " ") + std::to_string(Id);
  Ids.decode(Id, Held);
  return takeWhole(/*AtEnd=*/false);
}

std::string TextStream::finish() { return takeWhole(/*AtEnd=*/true); }

} // namespace stator::runtime
