//===- ParserStmt.cpp - Statements ----------------------------------------===//

#include "frontend/Parser.h"

using namespace llvm;
using namespace stator;

ArrayRef<const Stmt *> Parser::parseBody(const Twine &What) {
  std::string Text = What.str();
  SmallVector<const Stmt *> Body;
  parseBlock(Text, [&] {
    if (const Stmt *S = parseStmt())
      Body.push_back(S);
    finishLine("this statement");
  });
  return Context.copy<const Stmt *>(Body);
}

const Stmt *Parser::parseIfStmt() {
  Nesting Guard(*this);
  SMLoc Start = advance().Range.Start;
  if (Guard.isTooDeep())
    return nullptr;
  const Expr *Condition = parseExpr();
  if (Panic)
    return nullptr;
  ArrayRef<const Stmt *> Then = parseBody("the statements under 'if'"), Else;
  if (!Panic && accept(TokenKind::KwElse)) {
    if (at(TokenKind::KwIf)) {
      if (const Stmt *Nested = parseIfStmt())
        Else = Context.copy<const Stmt *>(Nested);
    } else {
      Else = parseBody("the statements under 'else'");
    }
  }
  return Context.create<IfStmt>(rangeFrom(Start), Condition, Then, Else);
}

const Stmt *Parser::parseStmt() {
  SMLoc Start = peek().Range.Start;
  switch (peek().Kind) {
  case TokenKind::KwLet: {
    advance();
    SmallVector<Identifier, 2> Names;
    do {
      Identifier Name;
      if (!expectIdentifier(Name, "a name"))
        return nullptr;
      Names.push_back(Name);
    } while (accept(TokenKind::Comma));
    const TypeExpr *Type = nullptr;
    if (Names.size() == 1 && accept(TokenKind::Colon)) {
      TypeExpr Parsed;
      if (!parseType(Parsed))
        return nullptr;
      Type = Context.create<TypeExpr>(Parsed);
    }
    if (!expect(TokenKind::Equal, "and the value"))
      return nullptr;
    const Expr *Value = parseExprList();
    return Context.create<LetStmt>(
        rangeFrom(Start), Context.copy<Identifier>(Names), Type, Value);
  }
  case TokenKind::KwReturn: {
    advance();
    const Expr *Value = parseExprList();
    return Context.create<ReturnStmt>(rangeFrom(Start), Value);
  }
  case TokenKind::KwIf:
    return parseIfStmt();
  case TokenKind::KwNext: {
    advance();
    Identifier Name;
    if (!expectIdentifier(Name, "the name of a carry of the scan") ||
        !expect(TokenKind::Equal, "and the next value of '" + Name.Text + "'"))
      return nullptr;
    const Expr *Value = parseExpr();
    return Context.create<NextStmt>(rangeFrom(Start), Name, Value);
  }
  case TokenKind::KwEmit: {
    advance();
    SmallVector<const Expr *, 2> Values;
    do
      Values.push_back(parseExpr());
    while (!Panic && accept(TokenKind::Comma));
    return Context.create<EmitStmt>(rangeFrom(Start),
                                    Context.copy<const Expr *>(Values));
  }
  case TokenKind::Identifier: {
    StringRef Name = peek().Text;
    if (peek(1).Kind == TokenKind::Equal) {
      error(peek().Range, "names cannot be reassigned; declare the value by "
                          "'let " +
                              Name + " = ...', which hides the one before");
      return nullptr;
    }
    // `x += y`, in two tokens.
    const Token &Operator = peek(1);
    bool IsAssignment = (Operator.Kind == TokenKind::Plus ||
                         Operator.Kind == TokenKind::Minus ||
                         Operator.Kind == TokenKind::Star ||
                         Operator.Kind == TokenKind::Slash) &&
                        peek(2).Kind == TokenKind::Equal &&
                        peek(2).Range.Start == Operator.Range.End;
    if (IsAssignment) {
      error(SMRange(peek().Range.Start, peek(2).Range.End),
            "names cannot be reassigned; write 'let " + Name + " = " + Name +
                " " + Operator.Text + " ...'");
      return nullptr;
    }
    [[fallthrough]];
  }
  default:
    error(peek().Range, "expected a statement (let, return, if), found " +
                            describe(peek()) + getHint(peek(), ""));
    return nullptr;
  }
}
