//===- ParserExpr.cpp - Expressions ---------------------------------------===//

#include "frontend/Parser.h"
#include <cmath>
#include <optional>

using namespace llvm;
using namespace stator;

const Expr *Parser::invalid(SMRange Range) {
  return Context.create<InvalidExpr>(Range);
}

/// Chains (a + b + c + ...) are deep trees too.
const Expr *Parser::limitDepth(const Expr *E) {
  constexpr unsigned Limit = limits::ExpressionDepth;
  if (E->Depth <= Limit)
    return E;
  error(E->Range, "this expression is too long (more than " + Twine(Limit) +
                      " levels); give parts of it names with 'let'");
  return invalid(E->Range);
}

const Expr *Parser::parseExpr() { return parseBinary(0); }

/// `a` or `a, b, c`, which is a tuple.
const Expr *Parser::parseExprList() {
  const Expr *First = parseExpr();
  if (Panic || !at(TokenKind::Comma))
    return First;
  SmallVector<const Expr *, 4> Elements(1, First);
  while (!Panic && accept(TokenKind::Comma))
    Elements.push_back(parseExpr());
  return limitDepth(Context.create<TupleExpr>(
      rangeFrom(First->Range.Start), Context.copy<const Expr *>(Elements)));
}

namespace {
struct BinaryOperator {
  BinaryOp Op;
  unsigned Precedence;
};
} // namespace

static constexpr unsigned NotPrecedence = 2, ComparePrecedence = 3,
                          UnaryPrecedence = 5, PowPrecedence = 6;

static std::optional<BinaryOperator> getBinaryOperator(TokenKind Kind) {
  switch (Kind) {
  case TokenKind::KwOr:
    return BinaryOperator{BinaryOp::Or, 0};
  case TokenKind::KwAnd:
    return BinaryOperator{BinaryOp::And, 1};
  case TokenKind::EqualEqual:
    return BinaryOperator{BinaryOp::EQ, ComparePrecedence};
  case TokenKind::NotEqual:
    return BinaryOperator{BinaryOp::NE, ComparePrecedence};
  case TokenKind::Less:
    return BinaryOperator{BinaryOp::LT, ComparePrecedence};
  case TokenKind::LessEqual:
    return BinaryOperator{BinaryOp::LE, ComparePrecedence};
  case TokenKind::Greater:
    return BinaryOperator{BinaryOp::GT, ComparePrecedence};
  case TokenKind::GreaterEqual:
    return BinaryOperator{BinaryOp::GE, ComparePrecedence};
  case TokenKind::Plus:
    return BinaryOperator{BinaryOp::Add, 4};
  case TokenKind::Minus:
    return BinaryOperator{BinaryOp::Sub, 4};
  case TokenKind::Star:
    return BinaryOperator{BinaryOp::Mul, 5};
  case TokenKind::Slash:
    return BinaryOperator{BinaryOp::Div, 5};
  case TokenKind::Percent:
    return BinaryOperator{BinaryOp::Mod, 5};
  case TokenKind::At:
    return BinaryOperator{BinaryOp::MatMul, 5};
  case TokenKind::StarStar:
    return BinaryOperator{BinaryOp::Pow, PowPrecedence};
  default:
    return std::nullopt;
  }
}

const Expr *Parser::parseBinary(unsigned MinPrecedence) {
  Nesting Guard(*this);
  if (Guard.isTooDeep())
    return invalid(peek().Range);
  const Expr *Lhs = parseUnary();
  while (!Panic) {
    std::optional<BinaryOperator> Found = getBinaryOperator(peek().Kind);
    if (!Found || Found->Precedence < MinPrecedence)
      return Lhs;
    SMRange OpRange = advance().Range;
    // '**' groups to the right, all others to the left.
    const Expr *Rhs = parseBinary(
        Found->Op == BinaryOp::Pow ? Found->Precedence : Found->Precedence + 1);
    if (Panic)
      return invalid(rangeFrom(Lhs->Range.Start));
    Lhs = limitDepth(Context.create<BinaryExpr>(rangeFrom(Lhs->Range.Start),
                                                Found->Op, OpRange, Lhs, Rhs));
    std::optional<BinaryOperator> After = getBinaryOperator(peek().Kind);
    if (Found->Precedence == ComparePrecedence && After &&
        After->Precedence == ComparePrecedence)
      error(peek().Range, "comparisons do not chain; write 'a < b and b < c'");
  }
  return Lhs;
}

const Expr *Parser::parseUnary() {
  SMLoc Start = peek().Range.Start;
  if (accept(TokenKind::Minus)) {
    const Expr *Operand = parseBinary(UnaryPrecedence + 1);
    return limitDepth(
        Context.create<UnaryExpr>(rangeFrom(Start), UnaryOp::Minus, Operand));
  }
  if (accept(TokenKind::KwNot)) {
    const Expr *Operand = parseBinary(NotPrecedence);
    return limitDepth(
        Context.create<UnaryExpr>(rangeFrom(Start), UnaryOp::Not, Operand));
  }
  return parsePostfix();
}

const Expr *Parser::parsePostfix() {
  const Expr *E = parsePrimary();
  while (!Panic) {
    // A '(' or '[' on a new line begins something else.
    if (at(TokenKind::LeftParen) && !peek().StartsLine) {
      E = limitDepth(parseCall(E));
    } else if (at(TokenKind::LeftBracket) && !peek().StartsLine) {
      E = limitDepth(parseIndex(E));
    } else if (at(TokenKind::Dot)) {
      advance();
      Identifier Name;
      if (!expectIdentifier(Name, "the name of a member"))
        return invalid(rangeFrom(E->Range.Start));
      E = limitDepth(
          Context.create<MemberExpr>(rangeFrom(E->Range.Start), E, Name));
    } else {
      break;
    }
  }
  recordComment(E);
  return E;
}

/// What the comment behind a token says, if that reads as the operand of a
/// division: an expression, `IsWhole`: and nothing else, otherwise with what
/// may stand behind one. Null for prose.
const Expr *Parser::parseComment(const Token &Last, bool IsWhole) {
  constexpr size_t Longest = 120;
  if (IsInComment || Last.Comment.empty() || Last.Comment.size() > Longest)
    return nullptr;
  Diagnostics Silent = Diags.makeSilent();
  Parser Inner(Last.Comment.drop_front(2), IsStd, Context, Silent);
  Inner.IsInComment = true;
  const Expr *E = Inner.parseExpr();
  if (Inner.Panic || Silent.hasErrors())
    return nullptr;
  switch (Inner.peek().Kind) {
  case TokenKind::End:
    return E;
  case TokenKind::Comma:
  case TokenKind::Semicolon:
  case TokenKind::RightParen:
  case TokenKind::RightBracket:
  case TokenKind::LeftBrace:
  case TokenKind::RightBrace:
    return IsWhole ? nullptr : E;
  default:
    return nullptr;
  }
}

static SMRange getCommentRange(const Token &Last) {
  return SMRange(SMLoc::getFromPointer(Last.Comment.begin()),
                 SMLoc::getFromPointer(Last.Comment.end()));
}

/// Remembers a comment that may be meant as a division, for the analysis, which
/// knows the names.
void Parser::recordComment(const Expr *Before) {
  if (Panic || Position == 0 ||
      isa<StringExpr, BoolExpr, NoneExpr, TupleExpr, IfExpr, ScanExpr>(Before))
    return;
  const Token &Last = Tokens[Position - 1];
  const Expr *Inside = parseComment(Last, /*IsWhole=*/true);
  if (!Inside)
    return;
  // One word or number in a column of its own is a remark on the line.
  bool IsWord = isa<NameExpr, NumberExpr>(Inside);
  if (IsWord && Last.Comment.begin() - Last.Range.End.getPointer() > 1)
    return;
  OperandsInComments.push_back({Before, Inside, getCommentRange(Last)});
}

/// After an error at the end of a line: whether a comment is to blame.
void Parser::noteComment(const Token &Last) {
  if (parseComment(Last, /*IsWhole=*/false))
    Diags.note(getCommentRange(Last),
               "'//' begins a comment; the quotient rounded down is "
               "floordiv(a, b)");
}

const Expr *Parser::parseNumber() {
  const Token &Tok = advance();
  std::string Digits;
  for (char C : Tok.Text)
    if (C != '_')
      Digits += C;
  if (Tok.Kind == TokenKind::Integer) {
    int64_t Int;
    if (StringRef(Digits).getAsInteger(10, Int)) {
      Diags.error(Tok.Range, "this number is too large; the largest is "
                             "9223372036854775807");
      return invalid(Tok.Range);
    }
    return Context.create<NumberExpr>(Tok.Range, Int);
  }
  double Float;
  if (StringRef(Digits).getAsDouble(Float) || !std::isfinite(Float)) {
    Diags.error(Tok.Range, "this number is too large or too small");
    return invalid(Tok.Range);
  }
  return Context.create<NumberExpr>(Tok.Range, Float);
}

const Expr *Parser::parsePrimary() {
  const Token &Tok = peek();
  switch (Tok.Kind) {
  case TokenKind::Integer:
  case TokenKind::Float:
    return parseNumber();
  case TokenKind::String:
    advance();
    return Context.create<StringExpr>(Tok.Range, Tok.Text);
  case TokenKind::KwTrue:
  case TokenKind::KwFalse:
    advance();
    return Context.create<BoolExpr>(Tok.Range, Tok.Kind == TokenKind::KwTrue);
  case TokenKind::KwNone:
    advance();
    return Context.create<NoneExpr>(Tok.Range);
  case TokenKind::Identifier:
    advance();
    return Context.create<NameExpr>(Identifier{Tok.Text, Tok.Range});
  case TokenKind::LeftParen:
    return parseParens();
  case TokenKind::KwIf:
    return parseIf();
  case TokenKind::KwScan:
    return parseScan();
  default:
    unexpected("an expression");
    return invalid(Tok.Range);
  }
}

/// `(a)`, or a tuple: `()`, `(a,)`, `(a, b)`.
const Expr *Parser::parseParens() {
  SMLoc Start = advance().Range.Start;
  SmallVector<const Expr *, 4> Elements;
  bool IsTuple = at(TokenKind::RightParen);
  while (!at(TokenKind::RightParen) && !Panic) {
    Elements.push_back(parseExpr());
    if (Panic || !accept(TokenKind::Comma))
      break;
    IsTuple = true;
  }
  if (Panic || !expect(TokenKind::RightParen, "or an operator"))
    return invalid(rangeFrom(Start));
  if (!IsTuple)
    return Elements.front();
  return limitDepth(Context.create<TupleExpr>(
      rangeFrom(Start), Context.copy<const Expr *>(Elements)));
}

const Expr *Parser::parseIf() {
  Nesting Guard(*this);
  SMLoc Start = advance().Range.Start;
  if (Guard.isTooDeep())
    return invalid(rangeFrom(Start));
  auto Branch = [&](const Twine &When) -> const Expr * {
    if (Panic || !expect(TokenKind::LeftBrace, When))
      return invalid(peek().Range);
    if (at(TokenKind::KwLet) || at(TokenKind::KwReturn)) {
      error(peek().Range,
            "an 'if' that is an expression has one value in each branch, and "
            "no statements; put the " +
                describe(peek()) +
                " before it, or use 'if' as a statement, with a 'return' in "
                "each branch");
      // Go on behind the branch.
      for (unsigned Open = 1; Open && !at(TokenKind::End); advance())
        Open += at(TokenKind::LeftBrace)    ? 1
                : at(TokenKind::RightBrace) ? -1
                                            : 0;
      return invalid(peek().Range);
    }
    const Expr *E = parseExprList();
    if (!Panic)
      expect(TokenKind::RightBrace, "after the value");
    return E;
  };
  const Expr *Condition = parseExpr();
  const Expr *Then = Branch("and the value if the condition holds");
  if (Panic || !expect(TokenKind::KwElse, "and the value if the condition "
                                          "does not hold"))
    return invalid(rangeFrom(Start));
  const Expr *Else = at(TokenKind::KwIf)
                         ? parseIf()
                         : Branch("and the value if the condition does not "
                                  "hold");
  return limitDepth(
      Context.create<IfExpr>(rangeFrom(Start), Condition, Then, Else));
}

void Parser::parseBindings(const Twine &What,
                           SmallVectorImpl<Binding> &Bindings) {
  std::string Text = What.str();
  if (!expect(TokenKind::LeftParen, "and " + Text))
    return;
  while (!at(TokenKind::RightParen) && !Panic) {
    Binding B;
    if (!expectIdentifier(B.Name, Text) || !expect(TokenKind::Equal))
      return;
    B.Value = parseExpr();
    Bindings.push_back(B);
    if (!accept(TokenKind::Comma))
      break;
  }
  if (!Panic)
    expect(TokenKind::RightParen, "or ',' after " + Text);
}

const Expr *Parser::parseScan() {
  Nesting Guard(*this);
  SMLoc Start = advance().Range.Start;
  if (Guard.isTooDeep())
    return invalid(rangeFrom(Start));
  SmallVector<Binding, 2> Carries, Sequences;
  parseBindings("a carry (h = its first value)", Carries);
  if (Panic || !expect(TokenKind::KwOver, "and the sequences to go over"))
    return invalid(rangeFrom(Start));
  parseBindings("a sequence (x = xs)", Sequences);
  if (Panic)
    return invalid(rangeFrom(Start));
  // The settings stand among the sequences.
  const Expr *Axis = nullptr, *Reverse = nullptr;
  llvm::erase_if(Sequences, [&](const Binding &B) {
    bool IsAxis = B.Name.Text == "axis";
    if (!IsAxis && B.Name.Text != "reverse")
      return false;
    const Expr *&Setting = IsAxis ? Axis : Reverse;
    if (Setting)
      Diags.error(B.Name.Range, "'" + B.Name.Text + "' is given twice");
    Setting = B.Value;
    return true;
  });
  ArrayRef<const Stmt *> Body = parseBody("the body of the scan");
  unsigned BodyDepth = 0;
  for (const Stmt *S : Body)
    BodyDepth = std::max(BodyDepth, S->Depth);
  return limitDepth(Context.create<ScanExpr>(
      rangeFrom(Start), Context.copy<Binding>(Carries),
      Context.copy<Binding>(Sequences), Axis, Reverse, Body, BodyDepth));
}

const Expr *Parser::parseCall(const Expr *Callee) {
  advance();
  SmallVector<Argument, 4> Arguments;
  while (!at(TokenKind::RightParen) && !Panic) {
    Argument Arg;
    if (at(TokenKind::Identifier) && peek(1).Kind == TokenKind::Equal) {
      const Token &Name = advance();
      Arg.Name = {Name.Text, Name.Range};
      advance();
    }
    Arg.Value = parseExpr();
    Arguments.push_back(Arg);
    if (Panic || !accept(TokenKind::Comma))
      break;
  }
  if (!Panic)
    expect(TokenKind::RightParen, "or ',' after an argument");
  if (Panic)
    return invalid(rangeFrom(Callee->Range.Start));
  return Context.create<CallExpr>(rangeFrom(Callee->Range.Start), Callee,
                                  Context.copy<Argument>(Arguments));
}

const Expr *Parser::parseIndex(const Expr *Base) {
  advance();
  SmallVector<IndexItem, 4> Items;
  auto AtEndOfPart = [&] {
    return at(TokenKind::Colon) || at(TokenKind::Comma) ||
           at(TokenKind::RightBracket);
  };
  while (!at(TokenKind::RightBracket) && !Panic) {
    IndexItem Item;
    SMLoc Start = peek().Range.Start;
    if (accept(TokenKind::Ellipsis)) {
      Item.Kind = IndexItem::Ellipsis;
    } else {
      if (!at(TokenKind::Colon))
        Item.First = parseExpr();
      if (!Panic && accept(TokenKind::Colon)) {
        Item.Kind = IndexItem::Slice;
        if (!AtEndOfPart())
          Item.Last = parseExpr();
        if (!Panic && accept(TokenKind::Colon) && !AtEndOfPart())
          Item.Step = parseExpr();
      }
    }
    Item.Range = rangeFrom(Start);
    Items.push_back(Item);
    if (Panic || !accept(TokenKind::Comma))
      break;
  }
  if (!Panic && Items.empty())
    unexpected("an index");
  if (!Panic)
    expect(TokenKind::RightBracket, "or ',' after an index");
  if (Panic)
    return invalid(rangeFrom(Base->Range.Start));
  return Context.create<IndexExpr>(rangeFrom(Base->Range.Start), Base,
                                   Context.copy<IndexItem>(Items));
}
