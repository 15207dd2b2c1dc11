//===- Lexer.h - From characters to tokens ----------------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_LEXER_H
#define STATOR_FRONTEND_LEXER_H

#include "frontend/Diagnostics.h"
#include "llvm/ADT/StringRef.h"
#include <vector>

namespace stator {

enum class TokenKind {
  End,
  Invalid, ///< reported already
  Identifier,
  Integer,
  Float,
  String,
#define STATOR_KEYWORD(NAME, TEXT) Kw##NAME,
#define STATOR_PUNCTUATION(NAME, TEXT) NAME,
#include "frontend/Tokens.def"
};

/// A token and where it stands.
struct Token {
  TokenKind Kind = TokenKind::End;
  llvm::StringRef Text; ///< as written; of a string without its quotes
  llvm::SMRange Range;
  /// The comment behind it on its line, from its "//" on; empty if there is
  /// none.
  llvm::StringRef Comment;
  bool StartsLine = false; ///< the first on its line
  bool AtColumnOne = false;
};

/// How a kind of token is called in messages: "'('", "a name".
std::string describe(TokenKind Kind);
/// How a token is called in messages: "'foo'", "the end of the file".
std::string describe(const Token &Tok);

/// All tokens of a text, the last one of kind End. Reports characters that
/// belong to none, which become Invalid tokens.
std::vector<Token> lex(llvm::StringRef Text, Diagnostics &Diags);

} // namespace stator

#endif // STATOR_FRONTEND_LEXER_H
