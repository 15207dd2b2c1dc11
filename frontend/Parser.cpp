//===- Parser.cpp - Declarations ------------------------------------------===//

#include "frontend/Parser.h"
#include "frontend/PythonHints.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace stator;

Parser::Parser(StringRef Text, bool IsStd, ASTContext &Context,
               Diagnostics &Diags)
    : Context(Context), Diags(Diags), IsStd(IsStd),
      Begin(SMLoc::getFromPointer(Text.begin())), Tokens(lex(Text, Diags)) {}

//===----------------------------------------------------------------------===//
// Tokens, errors and recovery
//===----------------------------------------------------------------------===//

const Token &Parser::peek(size_t Ahead) const {
  return Tokens[std::min(Position + Ahead, Tokens.size() - 1)];
}

const Token &Parser::advance() {
  const Token &Tok = peek();
  if (Position + 1 < Tokens.size())
    ++Position;
  return Tok;
}

bool Parser::accept(TokenKind Kind) {
  if (!at(Kind))
    return false;
  advance();
  return true;
}

bool Parser::expect(TokenKind Kind, const Twine &What) {
  if (accept(Kind))
    return true;
  std::string Text = What.str();
  unexpected(Text.empty() ? describe(Kind) : describe(Kind) + " " + Text);
  return false;
}

bool Parser::expectIdentifier(Identifier &Name, const Twine &What) {
  if (at(TokenKind::Identifier)) {
    const Token &Tok = advance();
    Name = {Tok.Text, Tok.Range};
    return true;
  }
  Name = {"", peek().Range};
  std::string Found = describe(peek());
  if (StringRef(peek().Text).size() > 1 && isalpha(peek().Text[0]))
    error(peek().Range, "expected " + What + ", found " + Found +
                            ", which is a word of the language and cannot be "
                            "a name");
  else
    error(peek().Range, "expected " + What + ", found " + Found);
  return false;
}

SMRange Parser::rangeFrom(SMLoc Start) const {
  SMLoc End = Position ? Tokens[Position - 1].Range.End : Start;
  if (End.getPointer() < Start.getPointer())
    End = Start;
  return SMRange(Start, End);
}

void Parser::error(SMRange Range, const Twine &Message) {
  // A token that the lexer reported is no news.
  if (!Panic && !at(TokenKind::Invalid))
    Diags.error(Range, Message);
  Panic = true;
}

/// "; ..." where a word of Python stands, or what Python has in place of what
/// is expected.
std::string Parser::getHint(const Token &Found, StringRef Expected) {
  std::string Hint;
  if (Found.Kind == TokenKind::Identifier)
    Hint = getPythonStatementHint(Found.Text);
  else if (Found.Kind == TokenKind::Colon && Expected.starts_with("'{'"))
    Hint = "a block stands in braces, '{ ... }'";
  else if (Found.Kind == TokenKind::LeftBracket && Expected == "an expression")
    Hint = "there are no lists; a tuple is written (a, b, c)";
  else if (Found.Kind == TokenKind::KwIf)
    Hint = "a choice is written 'if condition { a } else { b }'";
  return Hint.empty() ? Hint : "; " + Hint;
}

void Parser::unexpected(const Twine &What) {
  const Token &Found = peek();
  std::string Expected = What.str();
  bool IsOnNextLine = Found.StartsLine && Position != 0 &&
                      Found.Kind != TokenKind::RightBrace && !atTopLevel();
  if (!IsOnNextLine)
    return error(Found.Range, "expected " + Expected + ", found " +
                                  describe(Found) + getHint(Found, Expected));
  // What is missing is missing at the end of the line before.
  const Token &Last = Tokens[Position - 1];
  SMLoc End = Last.Range.End;
  bool WasPanic = Panic;
  error(SMRange(End, End),
        "expected " + Expected + ", found the end of the line");
  if (!WasPanic)
    noteComment(Last);
}

/// Whether a top-level declaration starts here, whatever block is open: such a
/// block lacks its '}'.
bool Parser::atTopLevel() const {
  const Token &Tok = peek();
  if (!Tok.AtColumnOne)
    return false;
  if (Tok.Kind == TokenKind::KwFn)
    return peek(1).Kind == TokenKind::Identifier;
  if (Tok.Kind != TokenKind::Identifier)
    return false;
  if (Tok.Text == "config" || Tok.Text == "train")
    return peek(1).Kind == TokenKind::LeftBrace;
  return (Tok.Text == "module" || Tok.Text == "model") &&
         peek(1).Kind == TokenKind::Identifier;
}

static bool startsStatement(TokenKind Kind) {
  switch (Kind) {
  case TokenKind::KwLet:
  case TokenKind::KwReturn:
  case TokenKind::KwNext:
  case TokenKind::KwEmit:
  case TokenKind::KwParam:
  case TokenKind::KwTie:
  case TokenKind::KwFn:
    return true;
  default:
    return false;
  }
}

/// Skips to the next line or ';' of the open block, or to its '}'.
void Parser::synchronise() {
  Panic = false;
  unsigned Open = 0;
  bool First = true;
  for (; !at(TokenKind::End); advance(), First = false) {
    const Token &Tok = peek();
    if (atTopLevel())
      return;
    if (Tok.StartsLine && !First && (Open == 0 || startsStatement(Tok.Kind)))
      return;
    switch (Tok.Kind) {
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
    case TokenKind::LeftBrace:
      ++Open;
      break;
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
      Open -= Open != 0;
      break;
    case TokenKind::RightBrace:
      if (Open == 0)
        return;
      --Open;
      break;
    case TokenKind::Semicolon:
      if (Open == 0) {
        advance();
        return;
      }
      break;
    default:
      break;
    }
  }
}

/// After a line of a block: a new line, ';' or the end of the block.
void Parser::finishLine(const Twine &What) {
  if (!Panic && (accept(TokenKind::Semicolon) || at(TokenKind::RightBrace) ||
                 at(TokenKind::End) || peek().StartsLine))
    return;
  if (!Panic)
    unexpected("a new line or ';' after " + What);
  synchronise();
}

/// `{ lines }`, with recovery. The '{' is still to come.
void Parser::parseBlock(const Twine &What,
                        llvm::function_ref<void()> ParseLine) {
  SMRange Open = peek().Range;
  size_t OpenPosition = Position;
  if (!expect(TokenKind::LeftBrace, "to begin " + What))
    return;
  while (!at(TokenKind::RightBrace)) {
    if (at(TokenKind::End) || atTopLevel()) {
      bool WasPanic = Panic;
      unexpected("'}' to end " + What);
      if (!WasPanic) {
        Diags.note(Open, "it begins here");
        for (size_t I = OpenPosition; I != Position; ++I)
          if (Tokens[I].Comment.contains('}'))
            noteComment(Tokens[I]);
      }
      // The block is over all the same.
      Panic = false;
      return;
    }
    if (accept(TokenKind::Semicolon))
      continue;
    size_t Before = Position;
    ParseLine();
    if (Position == Before && !at(TokenKind::RightBrace) && !atTopLevel())
      advance();
  }
  advance();
}

//===----------------------------------------------------------------------===//
// Top level
//===----------------------------------------------------------------------===//

FileAST Parser::parseFile() {
  while (!at(TokenKind::End)) {
    if (accept(TokenKind::Semicolon))
      continue;
    parseTopLevel();
    if (!Panic)
      continue;
    // Go on at the next declaration.
    Panic = false;
    while (!at(TokenKind::End) && !atTopLevel())
      advance();
  }
  FileAST File;
  File.Begin = SMRange(Begin, Begin);
  File.Configs = Context.copy<BlockDecl>(Configs);
  File.Trains = Context.copy<BlockDecl>(Trains);
  File.Fns = Context.copy<const FnDecl *>(Fns);
  File.Modules = Context.copy<const ModuleDecl *>(Modules);
  File.OperandsInComments = Context.copy<OperandInComment>(OperandsInComments);
  return File;
}

void Parser::parseTopLevel() {
  const Token &Tok = peek();
  if (Tok.Kind == TokenKind::KwFn) {
    if (const FnDecl *Fn = parseFn(/*Named=*/true))
      Fns.push_back(Fn);
    return;
  }
  if (Tok.Kind == TokenKind::Identifier) {
    if (Tok.Text == "config")
      return Configs.push_back(parseSettings("config"));
    if (Tok.Text == "train")
      return Trains.push_back(parseSettings("train"));
    if (Tok.Text == "module" || Tok.Text == "model") {
      if (const ModuleDecl *Module = parseModule())
        Modules.push_back(Module);
      return;
    }
  }
  StringRef Words[] = {"config", "module", "model", "fn", "train"};
  std::string Hint = getHint(Tok, "a declaration");
  if (Hint.empty() && Tok.Kind == TokenKind::Identifier)
    Hint = didYouMean(Tok.Text, Words);
  error(Tok.Range,
        "expected 'config', 'module', 'model', 'fn' or 'train', found " +
            describe(Tok) + Hint);
}

BlockDecl Parser::parseSettings(StringRef What) {
  BlockDecl Block;
  Block.Range = advance().Range;
  SmallVector<SettingDecl> Settings;
  parseBlock("the " + What + " block", [&] {
    SettingDecl Setting;
    if (expectIdentifier(Setting.Name, "the name of a value") &&
        expect(TokenKind::Equal,
               "and the value of '" + Setting.Name.Text + "'")) {
      Setting.Value = parseExpr();
      Settings.push_back(Setting);
    }
    finishLine("this value");
  });
  Block.Settings = Context.copy<SettingDecl>(Settings);
  return Block;
}

//===----------------------------------------------------------------------===//
// Functions and modules
//===----------------------------------------------------------------------===//

ArrayRef<ParamDecl> Parser::parseParams(bool WithTypes) {
  SmallVector<ParamDecl> Params;
  if (!expect(TokenKind::LeftParen))
    return {};
  while (!at(TokenKind::RightParen) && !Panic) {
    ParamDecl Param;
    if (!expectIdentifier(Param.Name, "the name of a parameter"))
      break;
    if (WithTypes && accept(TokenKind::Colon)) {
      TypeExpr Type;
      if (!parseType(Type))
        break;
      Param.Type = Context.create<TypeExpr>(Type);
    }
    if (accept(TokenKind::Equal))
      Param.Default = parseExpr();
    Params.push_back(Param);
    if (!accept(TokenKind::Comma))
      break;
  }
  if (!Panic)
    expect(TokenKind::RightParen, "or ',' after a parameter");
  return Context.copy<ParamDecl>(Params);
}

bool Parser::parseType(TypeExpr &Type) {
  SMLoc Start = peek().Range.Start;
  Identifier Name;
  if (!expectIdentifier(Name, "a type (f32, i32 or bool, and a shape)"))
    return false;
  int Element = StringSwitch<int>(Name.Text)
                    .Case("f32", static_cast<int>(ElementKind::F32))
                    .Case("i32", static_cast<int>(ElementKind::I32))
                    .Case("bool", static_cast<int>(ElementKind::Bool))
                    .Default(-1);
  if (Element < 0) {
    error(Name.Range, "'" + Name.Text +
                          "' is no element type; there are f32, i32 and bool");
    return false;
  }
  Type.Element = static_cast<ElementKind>(Element);
  SmallVector<DimExpr> Dims;
  if (accept(TokenKind::LeftBracket)) {
    while (!at(TokenKind::RightBracket) && !Panic) {
      DimExpr Dim;
      Dim.Range = peek().Range;
      if (accept(TokenKind::Ellipsis)) {
        Dim.IsEllipsis = true;
      } else {
        Dim.Size = parseExpr();
        Dim.Range = Dim.Size->Range;
      }
      Dims.push_back(Dim);
      if (!accept(TokenKind::Comma))
        break;
    }
    if (!Panic)
      expect(TokenKind::RightBracket, "or ',' after a dimension");
  }
  Type.Dims = Context.copy<DimExpr>(Dims);
  Type.Range = rangeFrom(Start);
  return !Panic;
}

const FnDecl *Parser::parseFn(bool Named) {
  FnDecl Fn;
  Fn.IsStd = IsStd;
  Fn.Name = {"", advance().Range};
  if (Named) {
    if (!expectIdentifier(Fn.Name, "the name of the function"))
      return nullptr;
  } else if (at(TokenKind::Identifier)) {
    error(peek().Range, "the fn of a module has no name; it is called by the "
                        "name of the member");
    Panic = false;
    advance();
  }
  Fn.Params = parseParams(/*WithTypes=*/true);
  SmallVector<TypeExpr> Results;
  if (!Panic && accept(TokenKind::Arrow)) {
    SMLoc Start = peek().Range.Start;
    bool Several = accept(TokenKind::LeftParen);
    do {
      TypeExpr Type;
      if (!parseType(Type))
        break;
      Results.push_back(Type);
    } while (Several && accept(TokenKind::Comma));
    if (Several && !Panic)
      expect(TokenKind::RightParen, "or ',' after a result");
    Fn.ResultRange = rangeFrom(Start);
  }
  Fn.Results = Context.copy<TypeExpr>(Results);
  if (Panic) {
    // The signature is broken, but the body can be read all the same.
    while (!at(TokenKind::End) && !at(TokenKind::LeftBrace) && !atTopLevel())
      advance();
    if (!at(TokenKind::LeftBrace))
      return nullptr;
    Panic = false;
  }
  Fn.Body = parseBody("the fn");
  return Context.create<FnDecl>(Fn);
}

const ModuleDecl *Parser::parseModule() {
  ModuleDecl Module;
  Module.IsStd = IsStd;
  Module.IsModel = advance().Text == "model";
  if (!expectIdentifier(Module.Name, Module.IsModel ? "the name of the model"
                                                    : "the name of the module"))
    return nullptr;
  if (at(TokenKind::LeftParen)) {
    if (Module.IsModel)
      error(peek().Range, "a model has no hyper-parameters; they stand in "
                          "'config', where -D can change them");
    Panic = false;
    Module.Params = parseParams(/*WithTypes=*/false);
    if (Panic) {
      while (!at(TokenKind::End) && !at(TokenKind::LeftBrace) && !atTopLevel())
        advance();
      Panic = false;
    }
  }
  Module.Items = parseItems((Module.IsModel ? "model '" : "module '") +
                                Module.Name.Text + "'",
                            Module);
  return Context.create<ModuleDecl>(Module);
}

ArrayRef<const ModuleItem *> Parser::parseItems(const Twine &What,
                                                ModuleDecl &Module) {
  std::string Text = What.str();
  SmallVector<const ModuleItem *> Items;
  parseBlock(Text, [&] {
    if (const ModuleItem *Item = parseItem(Module))
      Items.push_back(Item);
    finishLine("this line of " + Text);
  });
  return Context.copy<const ModuleItem *>(Items);
}

Modifier Parser::parseModifier() {
  Modifier Mod;
  Mod.Present = true;
  Mod.Range = advance().Range;
  if (accept(TokenKind::LeftParen)) {
    Mod.Condition = parseExpr();
    expect(TokenKind::RightParen, "after the condition");
  }
  return Mod;
}

const ModuleItem *Parser::parseItem(ModuleDecl &Module) {
  Nesting Guard(*this);
  if (Guard.isTooDeep())
    return nullptr;
  ModuleItem Item{};
  SMLoc Start = peek().Range.Start;
  auto Finish = [&](ItemKind Kind) -> const ModuleItem * {
    Item.Kind = Kind;
    Item.Range = rangeFrom(Start);
    return Context.create<ModuleItem>(Item);
  };
  if (at(TokenKind::KwFn)) {
    SMRange Range = peek().Range;
    const FnDecl *Fn = parseFn(/*Named=*/false);
    if (Module.Fn && Fn) {
      error(Range, "module '" + Module.Name.Text + "' has a fn already");
      Diags.note(Module.Fn->Name.Range, "it is here");
      Panic = false;
    } else if (Fn) {
      Module.Fn = Fn;
    }
    return nullptr;
  }
  if (accept(TokenKind::KwLet)) {
    if (!expectIdentifier(Item.Name, "a name after 'let'") ||
        !expect(TokenKind::Equal))
      return nullptr;
    Item.Value = parseExpr();
    return Finish(ItemKind::Let);
  }
  if (accept(TokenKind::KwTie)) {
    Item.Target = parsePostfix();
    if (Panic || !expect(TokenKind::Equal, "and what it is tied to"))
      return nullptr;
    Item.Value = parsePostfix();
    return Finish(ItemKind::Tie);
  }
  if (accept(TokenKind::KwIf)) {
    Item.Value = parseExpr();
    Item.Then = parseItems("the members under 'if'", Module);
    if (!Panic && accept(TokenKind::KwElse)) {
      if (at(TokenKind::KwIf)) {
        if (const ModuleItem *Else = parseItem(Module))
          Item.Else = Context.copy<const ModuleItem *>(Else);
      } else {
        Item.Else = parseItems("the members under 'else'", Module);
      }
    }
    return Finish(ItemKind::If);
  }
  while (at(TokenKind::KwFrozen) || at(TokenKind::KwNoDecay)) {
    Modifier &Mod = at(TokenKind::KwFrozen) ? Item.Frozen : Item.NoDecay;
    Mod = parseModifier();
  }
  if (accept(TokenKind::KwParam)) {
    if (!expectIdentifier(Item.Name, "the name of the parameter") ||
        !expect(TokenKind::Colon,
                "and the type of parameter '" + Item.Name.Text + "'"))
      return nullptr;
    TypeExpr Type;
    if (!parseType(Type))
      return nullptr;
    Item.Type = Context.create<TypeExpr>(Type);
    if (accept(TokenKind::Equal))
      Item.Value = parseExpr();
    return Finish(ItemKind::Param);
  }
  constexpr StringLiteral Expected = "a member, 'param', 'let', 'tie', 'if' or "
                                     "'fn'";
  if (at(TokenKind::Identifier) && peek(1).Kind != TokenKind::Equal) {
    bool IsSelf = peek().Text == "self" && peek(1).Kind == TokenKind::Dot;
    std::string Hint = IsSelf ? "; members are declared without 'self', as in "
                                "'head = Linear(width, vocab)'"
                              : getHint(peek(), Expected);
    if (!Hint.empty()) {
      error(peek().Range,
            "expected " + Expected + ", found " + describe(peek()) + Hint);
      return nullptr;
    }
  }
  if (!expectIdentifier(Item.Name, Expected) ||
      !expect(TokenKind::Equal,
              "and the module that member '" + Item.Name.Text + "' is"))
    return nullptr;
  Item.Value = parseExpr();
  return Finish(ItemKind::Member);
}
