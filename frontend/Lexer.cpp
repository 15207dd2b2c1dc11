//===- Lexer.cpp - From characters to tokens ------------------------------===//

#include "frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace stator;

std::string stator::describe(TokenKind Kind) {
  switch (Kind) {
  case TokenKind::End:
    return "the end of the file";
  case TokenKind::Invalid:
    return "this";
  case TokenKind::Identifier:
    return "a name";
  case TokenKind::Integer:
  case TokenKind::Float:
    return "a number";
  case TokenKind::String:
    return "a string";
#define STATOR_KEYWORD(NAME, TEXT)                                             \
  case TokenKind::Kw##NAME:                                                    \
    return "'" TEXT "'";
#define STATOR_PUNCTUATION(NAME, TEXT)                                         \
  case TokenKind::NAME:                                                        \
    return "'" TEXT "'";
#include "frontend/Tokens.def"
  }
  return "";
}

std::string stator::describe(const Token &Tok) {
  switch (Tok.Kind) {
  case TokenKind::Identifier:
  case TokenKind::Integer:
  case TokenKind::Float:
    return ("'" + Tok.Text.take_front(40) + "'").str();
  default:
    return describe(Tok.Kind);
  }
}

namespace {

class Lexer {
public:
  Lexer(StringRef Text, Diagnostics &Diags)
      : Cursor(Text.begin()), Begin(Text.begin()), Limit(Text.end()),
        Diags(Diags) {}

  std::vector<Token> run();

private:
  bool atEnd() const { return Cursor == Limit; }
  char peek(size_t Ahead = 0) const {
    return static_cast<size_t>(Limit - Cursor) > Ahead ? Cursor[Ahead] : '\0';
  }
  StringRef rest() const { return StringRef(Cursor, Limit - Cursor); }

  void skipSpace();
  void add(TokenKind Kind, const char *From, StringRef Text);
  void lexName();
  void lexNumber();
  void lexString();
  bool lexPunctuation();
  void skipUnknown();

  const char *Cursor, *Begin, *Limit;
  bool StartsLine = true;
  std::vector<Token> Tokens;
  Diagnostics &Diags;
};

} // namespace

static SMRange makeRange(const char *From, const char *To) {
  return SMRange(SMLoc::getFromPointer(From), SMLoc::getFromPointer(To));
}

static bool isNameStart(char C) { return isAlpha(C) || C == '_'; }
static bool isNamePart(char C) { return isAlnum(C) || C == '_'; }

void Lexer::add(TokenKind Kind, const char *From, StringRef Text) {
  Token Tok;
  Tok.Kind = Kind;
  Tok.Text = Text;
  Tok.Range = makeRange(From, Cursor);
  Tok.StartsLine = StartsLine;
  Tok.AtColumnOne = From == Begin || From[-1] == '\n';
  Tokens.push_back(Tok);
  StartsLine = false;
}

void Lexer::skipSpace() {
  while (!atEnd()) {
    if (*Cursor == '\n') {
      StartsLine = true;
      ++Cursor;
    } else if (isSpace(*Cursor)) {
      ++Cursor;
    } else if (rest().starts_with("//")) {
      const char *From = Cursor;
      while (!atEnd() && *Cursor != '\n')
        ++Cursor;
      if (!StartsLine && !Tokens.empty())
        Tokens.back().Comment = StringRef(From, Cursor - From).rtrim();
    } else {
      return;
    }
  }
}

void Lexer::lexName() {
  const char *From = Cursor;
  while (!atEnd() && isNamePart(*Cursor))
    ++Cursor;
  StringRef Text(From, Cursor - From);
  TokenKind Kind = StringSwitch<TokenKind>(Text)
#define STATOR_KEYWORD(NAME, TEXT) .Case(TEXT, TokenKind::Kw##NAME)
#include "frontend/Tokens.def"
                       .Default(TokenKind::Identifier);
  add(Kind, From, Text);
}

void Lexer::lexNumber() {
  const char *From = Cursor;
  TokenKind Kind = TokenKind::Integer;
  auto SkipDigits = [&] {
    while (isDigit(peek()) || peek() == '_')
      ++Cursor;
  };
  SkipDigits();
  if (peek() == '.' && isDigit(peek(1))) {
    Kind = TokenKind::Float;
    ++Cursor;
    SkipDigits();
  }
  if (peek() == 'e' || peek() == 'E') {
    size_t Sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (isDigit(peek(1 + Sign))) {
      Kind = TokenKind::Float;
      Cursor += 1 + Sign;
      SkipDigits();
    }
  }
  if (isNamePart(peek())) {
    while (isNamePart(peek()))
      ++Cursor;
    Diags.error(makeRange(From, Cursor),
                "'" + StringRef(From, Cursor - From).take_front(40) +
                    "' is neither a number nor a name; a name starts with a "
                    "letter");
    add(TokenKind::Invalid, From, "");
    return;
  }
  add(Kind, From, StringRef(From, Cursor - From));
}

/// Strings in single quotes are read too, so that it is the only error.
void Lexer::lexString() {
  const char *From = Cursor++;
  const char *TextBegin = Cursor;
  while (!atEnd() && *Cursor != *From && *Cursor != '\n')
    ++Cursor;
  StringRef Text(TextBegin, Cursor - TextBegin);
  bool Ends = peek() == *From;
  if (Ends)
    ++Cursor;
  if (*From == '\'')
    Diags.error(makeRange(From, Ends ? Cursor : From + 1),
                "strings are written in double quotes, \"...\"");
  else if (!Ends)
    Diags.error(makeRange(From, Cursor),
                "this string does not end on its line; put a '\"' at its end");
  if (!Ends) {
    add(TokenKind::Invalid, From, "");
    return;
  }
  add(TokenKind::String, From, Text);
}

bool Lexer::lexPunctuation() {
  // Longer ones come first in Tokens.def.
#define STATOR_PUNCTUATION(NAME, TEXT)                                         \
  if (rest().starts_with(TEXT)) {                                              \
    const char *From = Cursor;                                                 \
    Cursor += sizeof(TEXT) - 1;                                                \
    add(TokenKind::NAME, From, TEXT);                                          \
    return true;                                                               \
  }
#include "frontend/Tokens.def"
  return false;
}

void Lexer::skipUnknown() {
  const char *From = Cursor++;
  // The rest of a UTF-8 sequence, and more of its kind.
  while (!atEnd() &&
         (static_cast<unsigned char>(*Cursor) >= 0x80 || *Cursor == *From))
    ++Cursor;
  unsigned char First = static_cast<unsigned char>(*From);
  if (First == '#') {
    Diags.error(makeRange(From, From + 1),
                "comments begin with '//', not with '#'");
    while (!atEnd() && *Cursor != '\n')
      ++Cursor;
    return;
  }
  if (First == '!' || First == '~')
    Diags.error(makeRange(From, From + 1), Twine("unexpected '") +
                                               Twine(*From) +
                                               "'; the negation is 'not'");
  else if (First == '&' || First == '|')
    Diags.error(makeRange(From, Cursor),
                "unexpected '" + StringRef(From, Cursor - From) + "'; write '" +
                    (First == '&' ? "and" : "or") + "'");
  else if (isPrint(static_cast<char>(First)))
    Diags.error(makeRange(From, Cursor),
                Twine("unexpected character '") + Twine(*From) + "'");
  else if (First >= 0x80)
    Diags.error(makeRange(From, Cursor),
                "unexpected character; names and operators are ASCII, other "
                "characters may only stand in comments and strings");
  else
    Diags.error(makeRange(From, Cursor),
                Twine("unexpected control character (byte ") +
                    Twine(unsigned(First)) + ")");
  add(TokenKind::Invalid, From, "");
}

std::vector<Token> Lexer::run() {
  while (true) {
    skipSpace();
    if (atEnd())
      break;
    if (isNameStart(*Cursor))
      lexName();
    else if (isDigit(*Cursor))
      lexNumber();
    else if (*Cursor == '"' || *Cursor == '\'')
      lexString();
    else if (!lexPunctuation())
      skipUnknown();
  }
  StartsLine = true;
  add(TokenKind::End, Cursor, "");
  return std::move(Tokens);
}

std::vector<Token> stator::lex(StringRef Text, Diagnostics &Diags) {
  return Lexer(Text, Diags).run();
}
