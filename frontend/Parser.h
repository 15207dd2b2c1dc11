//===- Parser.h - From tokens to the syntax tree ----------------*- C++ -*-===//
//
// Recursive descent with recovery: after an error the parser goes on at the
// next statement, so that one run reports all of them.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_PARSER_H
#define STATOR_FRONTEND_PARSER_H

#include "frontend/AST.h"
#include "frontend/Lexer.h"
#include "frontend/Limits.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace stator {

class Parser {
public:
  /// `IsStd` marks the declarations of the standard library.
  Parser(llvm::StringRef Text, bool IsStd, ASTContext &Context,
         Diagnostics &Diags);

  FileAST parseFile();

private:
  // Tokens.
  const Token &peek(size_t Ahead = 0) const;
  bool at(TokenKind Kind) const { return peek().Kind == Kind; }
  const Token &advance();
  bool accept(TokenKind Kind);
  /// Takes a token of this kind, or reports that `What` was expected.
  bool expect(TokenKind Kind, const llvm::Twine &What = "");
  bool expectIdentifier(Identifier &Name, const llvm::Twine &What);
  llvm::SMRange rangeFrom(llvm::SMLoc Start) const;

  // Errors and recovery.
  void error(llvm::SMRange Range, const llvm::Twine &Message);
  void unexpected(const llvm::Twine &Expected);
  static std::string getHint(const Token &Found, llvm::StringRef Expected);
  bool atTopLevel() const;
  void synchronise();
  void finishLine(const llvm::Twine &What);
  void parseBlock(const llvm::Twine &What,
                  llvm::function_ref<void()> ParseLine);

  // Declarations (Parser.cpp).
  void parseTopLevel();
  BlockDecl parseSettings(llvm::StringRef What);
  const FnDecl *parseFn(bool Named);
  const ModuleDecl *parseModule();
  llvm::ArrayRef<const ModuleItem *> parseItems(const llvm::Twine &What,
                                                ModuleDecl &Module);
  const ModuleItem *parseItem(ModuleDecl &Module);
  Modifier parseModifier();
  llvm::ArrayRef<ParamDecl> parseParams(bool WithTypes);
  bool parseType(TypeExpr &Type);

  // Statements (ParserStmt.cpp).
  llvm::ArrayRef<const Stmt *> parseBody(const llvm::Twine &What);
  const Stmt *parseStmt();
  const Stmt *parseIfStmt();

  // Expressions (ParserExpr.cpp).
  const Expr *parseExpr();
  const Expr *parseExprList();
  const Expr *parseBinary(unsigned MinPrecedence);
  const Expr *parseUnary();
  const Expr *parsePostfix();
  const Expr *parsePrimary();
  const Expr *parseNumber();
  const Expr *parseParens();
  const Expr *parseIf();
  const Expr *parseScan();
  void parseBindings(const llvm::Twine &What,
                     llvm::SmallVectorImpl<Binding> &Bindings);
  const Expr *parseCall(const Expr *Callee);
  const Expr *parseIndex(const Expr *Base);
  const Expr *parseComment(const Token &Last, bool IsWhole);
  void recordComment(const Expr *Before);
  void noteComment(const Token &Last);
  const Expr *invalid(llvm::SMRange Range);
  const Expr *limitDepth(const Expr *E);

  /// Counts the levels of recursion; false (and an error) if there are too
  /// many.
  class Nesting;
  unsigned Level = 0;

  ASTContext &Context;
  Diagnostics &Diags;
  bool IsStd;
  llvm::SMLoc Begin; ///< of the text
  /// An error was reported and the parser has not synchronised since.
  bool Panic = false;
  bool IsInComment = false; ///< what is parsed is the text of a comment
  std::vector<Token> Tokens;
  size_t Position = 0;

  llvm::SmallVector<BlockDecl, 1> Configs, Trains;
  llvm::SmallVector<const FnDecl *> Fns;
  llvm::SmallVector<const ModuleDecl *> Modules;
  llvm::SmallVector<OperandInComment> OperandsInComments;
};

/// Guards a level of recursion.
class Parser::Nesting {
public:
  explicit Nesting(Parser &P) : P(P) {
    if (++P.Level <= Limit)
      return;
    P.error(P.peek().Range, "this is nested too deeply (more than " +
                                llvm::Twine(Limit) + " levels)");
  }
  ~Nesting() { --P.Level; }
  bool isTooDeep() const { return P.Level > Limit; }

  static constexpr unsigned Limit = limits::Nesting;

private:
  Parser &P;
};

} // namespace stator

#endif // STATOR_FRONTEND_PARSER_H
