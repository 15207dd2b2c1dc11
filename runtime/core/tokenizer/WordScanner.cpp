//===- WordScanner.cpp - the usual patterns, written out ------------------===//
//
// Nearly all byte-level tokenizers divide text by one of three patterns. Their
// scanners are as fast as PCRE2's machine code, and make encoding twice as fast
// where a system does not let programs make any and PCRE2 interprets; and each
// of the two is a test of the other.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/tokenizer/WordScanner.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/Pattern.h"

namespace stator::runtime {

static constexpr absl::string_view Llama3Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
static constexpr absl::string_view Qwen2Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

/// Reads valid UTF-8 and knows the class of the character that is next.
class Scanner {
public:
  Scanner(absl::string_view Text, size_t Position)
      : Text(Text), Position(Position) {
    look();
  }

  bool atEnd() const { return Position >= Text.size(); }
  size_t position() const { return Position; }
  char32_t character() const { return Character; }
  bool is(CharacterClass Wanted) const { return !atEnd() && Class == Wanted; }
  bool isNewline() const {
    return !atEnd() && (Character == '\r' || Character == '\n');
  }

  void step() {
    Position += Length;
    look();
  }
  void skip(CharacterClass Wanted) {
    while (is(Wanted))
      step();
  }

private:
  void look() {
    if (atEnd())
      return;
    Length = nextCharacter(Text, Position, Character);
    Class = classify(Character);
  }

  absl::string_view Text;
  size_t Position;
  char32_t Character = 0;
  unsigned Length = 0;
  CharacterClass Class = CharacterClass::Other;
};

} // namespace

/// The size of 's, 't, 're, 've, 'm, 'll or 'd at \p Position, or 0.
static size_t contraction(absl::string_view Text, size_t Position,
                          bool AnyCase) {
  if (Text[Position] != '\'')
    return 0;
  auto Letter = [&](size_t I) {
    char C = Position + I < Text.size() ? Text[Position + I] : '\0';
    return AnyCase && C >= 'A' && C <= 'Z' ? static_cast<char>(C - 'A' + 'a')
                                           : C;
  };
  switch (Letter(1)) {
  case 's':
  case 't':
  case 'm':
  case 'd':
    return 2;
  case 'r':
  case 'v':
    return Letter(2) == 'e' ? 3 : 0;
  case 'l':
    return Letter(2) == 'l' ? 3 : 0;
  default:
    // U+017F is an s to which upper case does not matter.
    return AnyCase && Text.substr(Position + 1, 2) == "\xc5\xbf" ? 3 : 0;
  }
}

/// `\s+(?!\S)|\s+`: spaces, but the last one is left to the word behind them.
static size_t spaces(absl::string_view Text, size_t Position) {
  Scanner S(Text, Position);
  size_t Last = Position;
  while (S.is(CharacterClass::Space)) {
    Last = S.position();
    S.step();
  }
  return S.atEnd() || Last == Position ? S.position() : Last;
}

static size_t scanGpt2(absl::string_view Text, size_t Position) {
  if (size_t Size = contraction(Text, Position, /*AnyCase=*/false))
    return Position + Size;
  Scanner S(Text, Position);
  if (S.character() == ' ')
    S.step();
  for (CharacterClass Class :
       {CharacterClass::Letter, CharacterClass::Number, CharacterClass::Other})
    if (S.is(Class)) {
      S.skip(Class);
      return S.position();
    }
  return spaces(Text, Position);
}

/// Llama 3's and Qwen's, which differ in the digits of a number.
static size_t scanCased(absl::string_view Text, size_t Position,
                        int MaxDigits) {
  if (size_t Size = contraction(Text, Position, /*AnyCase=*/true))
    return Position + Size;
  Scanner First(Text, Position);
  if (First.is(CharacterClass::Number)) {
    for (int I = 0; I < MaxDigits && First.is(CharacterClass::Number); ++I)
      First.step();
    return First.position();
  }
  Scanner S = First;
  if (!S.is(CharacterClass::Letter) && !S.isNewline())
    S.step();
  if (S.is(CharacterClass::Letter)) {
    S.skip(CharacterClass::Letter);
    return S.position();
  }
  S = First;
  if (S.character() == ' ')
    S.step();
  if (S.is(CharacterClass::Other)) {
    S.skip(CharacterClass::Other);
    while (S.isNewline())
      S.step();
    return S.position();
  }
  size_t BehindNewline = Position;
  for (S = First; S.is(CharacterClass::Space);) {
    bool Newline = S.isNewline();
    S.step();
    if (Newline)
      BehindNewline = S.position();
  }
  return BehindNewline > Position ? BehindNewline : spaces(Text, Position);
}

namespace {

class ScannedPattern final : public Pattern {
public:
  enum class Kind { Gpt2, Llama3, Qwen2 };
  explicit ScannedPattern(Kind Which) : Which(Which) {}

  Outcome find(absl::string_view Text, size_t From, size_t &Begin,
               size_t &End) const override {
    if (From >= Text.size())
      return Outcome::None;
    Begin = From;
    switch (Which) {
    case Kind::Gpt2:
      End = scanGpt2(Text, From);
      break;
    case Kind::Llama3:
      End = scanCased(Text, From, /*MaxDigits=*/3);
      break;
    case Kind::Qwen2:
      End = scanCased(Text, From, /*MaxDigits=*/1);
      break;
    }
    return Outcome::Found;
  }

private:
  Kind Which;
};

} // namespace

std::unique_ptr<Pattern> scannedPattern(absl::string_view Regex) {
  using Kind = ScannedPattern::Kind;
  if (Regex == Gpt2Words)
    return std::make_unique<ScannedPattern>(Kind::Gpt2);
  if (Regex == Llama3Words)
    return std::make_unique<ScannedPattern>(Kind::Llama3);
  if (Regex == Qwen2Words)
    return std::make_unique<ScannedPattern>(Kind::Qwen2);
  return nullptr;
}

} // namespace stator::runtime
