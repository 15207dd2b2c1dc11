#include "runtime/core/tokenizer/AddedTokens.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include <algorithm>

namespace stator::runtime {

AddedTokens::AddedTokens(std::vector<AddedToken> List)
    : Tokens(std::move(List)) {
  std::vector<std::pair<absl::string_view, int32_t>> Entries;
  Entries.reserve(Tokens.size());
  for (size_t I = 0; I < Tokens.size(); ++I)
    Entries.emplace_back(Tokens[I].Content, static_cast<int32_t>(I));
  Trie = ByteTrie(std::move(Entries));
}

/// Where the character in front of \p Position, which is not 0, begins.
static size_t previousCharacter(absl::string_view Text, size_t Position) {
  do
    --Position;
  while (Position > 0 &&
         (static_cast<unsigned char>(Text[Position]) & 0xC0) == 0x80);
  return Position;
}

static bool isAlone(absl::string_view Text, size_t Begin, size_t End) {
  char32_t Character;
  if (Begin > 0) {
    nextCharacter(Text, previousCharacter(Text, Begin), Character);
    if (isWordCharacter(Character))
      return false;
  }
  if (End < Text.size()) {
    nextCharacter(Text, End, Character);
    if (isWordCharacter(Character))
      return false;
  }
  return true;
}

void AddedTokens::split(
    absl::string_view Text, bool ParseSpecial,
    absl::FunctionRef<void(absl::string_view)> OnText,
    absl::FunctionRef<void(const AddedToken &)> OnToken) const {
  size_t Done = 0, Position = 0;
  while (true) {
    Position = Trie.findStart(Text, Position);
    if (Position >= Text.size())
      break;
    ByteTrie::Found Found = Trie.longest(Text, Position);
    const AddedToken &Token = Tokens[static_cast<size_t>(Found.Value)];
    size_t Begin = Position, End = Position + Found.Size;
    Position = End;
    if ((Token.Special && !ParseSpecial) ||
        (Token.SingleWord && !isAlone(Text, Begin, End)))
      continue;
    char32_t Character;
    if (Token.LeftStrip)
      while (Begin > Done) {
        size_t Previous = previousCharacter(Text, Begin);
        nextCharacter(Text, Previous, Character);
        if (classify(Character) != CharacterClass::Space)
          break;
        Begin = Previous;
      }
    if (Token.RightStrip)
      while (End < Text.size()) {
        unsigned Length = nextCharacter(Text, End, Character);
        if (classify(Character) != CharacterClass::Space)
          break;
        End += Length;
      }
    if (Begin > Done)
      OnText(Text.substr(Done, Begin - Done));
    OnToken(Token);
    Done = Position = End;
  }
  if (Done < Text.size())
    OnText(Text.substr(Done));
}

} // namespace stator::runtime
