#include "runtime/core/TextStream.h"
#include "runtime/core/Utf8.h"

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

void TextStream::skip(absl::Span<const int32_t> Seen) {
  std::string Shown;
  for (int32_t Id : Seen)
    Ids.append(Id, State, Shown);
  // A character that has only begun is shown when it is whole.
  Held = Shown.substr(Shown.size() - incompleteUtf8Suffix(Shown));
}

std::string TextStream::push(int32_t Id) {
  Ids.append(Id, State, Held);
  return takeWhole(/*AtEnd=*/false);
}

std::string TextStream::finish() { return takeWhole(/*AtEnd=*/true); }

} // namespace stator::runtime
