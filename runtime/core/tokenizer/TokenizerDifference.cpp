#include "runtime/core/tokenizer/TokenizerDifference.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace stator::runtime {

static std::string quote(const std::string &Token) {
  return Token.empty() ? "none"
                       : absl::StrCat("\"", absl::Utf8SafeCEscape(Token), "\"");
}

std::string describeDifference(const Tokenizer &Old, const Tokenizer &New) {
  if (Old.kind() == TokenizerKind::Tokens ||
      New.kind() == TokenizerKind::Tokens)
    return "";
  int64_t Size = Old.vocabularySize(), Count = 0, First = -1;
  for (int64_t Id = 0; Id < Size; ++Id) {
    auto Index = static_cast<int32_t>(Id);
    if (Old.token(Index) == New.token(Index))
      continue;
    ++Count;
    if (First < 0)
      First = Id;
  }
  if (!Count)
    return "";
  auto Index = static_cast<int32_t>(First);
  return absl::StrCat(Count, " of ", Size,
                      " ids stand for other tokens; the first is ", First,
                      ", which was ", quote(Old.token(Index)), " and is now ",
                      quote(New.token(Index)));
}

} // namespace stator::runtime
