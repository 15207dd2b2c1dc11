//===- Scope.cpp - What the names of a file mean --------------------------===//

#include "frontend/Scope.h"
#include "frontend/Builtins.h"
#include "frontend/DeclaredNames.h"
#include "frontend/PythonHints.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace stator;

namespace {

/// What may be named where.
enum class Place { Config, Train, Body, Code };

class Analyser {
public:
  using NameKind = DeclaredNames::Kind;

  Analyser(const Program &P, Diagnostics &Diags) : P(P), Diags(Diags) {}

  /// Comments of a file that is going to be checked.
  void addComments(const FileAST &File) {
    for (const OperandInComment &Each : File.OperandsInComments)
      Comments[Each.Before] = &Each;
  }

  void checkSettings(ArrayRef<BlockDecl> Blocks, Place Where);
  void checkModule(const ModuleDecl &Module);
  void checkFn(const FnDecl &Fn);
  void warnOfUnused() { Names.warn(Diags); }

private:
  // Names.
  void use(StringRef Name, SMRange Range);
  bool isValue(StringRef Name) const;
  bool isDeclared(StringRef Name) const;
  static void collectMembers(ArrayRef<const ModuleItem *> Items,
                             SmallVectorImpl<Identifier> &Names);
  void usePath(const Expr *E);

  // What Python programs have that a model file does not.
  bool isArithmetic(const Expr *E) const;
  void warnOfComment(const Expr *Before);
  bool checkPrefix(const MemberExpr &E);

  // Expressions and statements.
  void check(const Expr *E);
  void check(const TypeExpr &Type);
  void check(const Modifier &Mod);
  void checkItems(ArrayRef<const ModuleItem *> Items,
                  StringMap<SMRange> &Declared);
  /// Whether the statements always return.
  bool checkBody(ArrayRef<const Stmt *> Body, const ScanExpr *Scan);

  const Program &P;
  Diagnostics &Diags;
  Place Where = Place::Config;
  bool IsStd = false;
  DeclaredNames Names;
  /// Of the module whose body is checked.
  SmallVector<Identifier, 16> Members;
  DenseMap<const Expr *, const OperandInComment *> Comments;
};

} // namespace

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// Whether nothing of this name was declared in the same place before; reports
/// it otherwise. `What` says what is declared, with a space behind it.
static bool declareOnce(StringMap<SMRange> &Declared, Identifier Name,
                        Diagnostics &Diags, StringRef What = "") {
  auto [It, New] = Declared.try_emplace(Name.Text, Name.Range);
  if (!New) {
    Diags.error(Name.Range, What + "'" + Name.Text + "' is declared twice");
    Diags.note(It->second, "the first is here");
  }
  return New;
}

bool Analyser::isValue(StringRef Name) const {
  if (Names.contains(Name))
    return true;
  if (IsStd)
    return false;
  for (const BlockDecl &Block : P.File.Configs)
    for (const SettingDecl &Setting : Block.Settings)
      if (Where != Place::Config && Setting.Name.Text == Name)
        return true;
  return false;
}

bool Analyser::isDeclared(StringRef Name) const {
  return isValue(Name) || P.findFn(Name, IsStd) || P.findModule(Name, IsStd) ||
         findBuiltin(Name, Where == Place::Train) || Name == "inf" ||
         Name == "pi";
}

void Analyser::use(StringRef Name, SMRange Range) {
  bool InTrain = Where == Place::Train;
  Names.use(Name);
  if (isDeclared(Name))
    return;
  if (std::string Hint = getPythonHint(Name); !Hint.empty()) {
    Diags.error(Range, "'" + Name + "' is not declared; " + Hint);
    return;
  }
  SmallVector<StringRef, 64> Candidates;
  Names.appendTo(Candidates);
  if (!IsStd) {
    if (Where != Place::Config)
      for (const BlockDecl &Block : P.File.Configs)
        for (const SettingDecl &Setting : Block.Settings)
          Candidates.push_back(Setting.Name.Text);
    for (auto &Entry : P.Fns)
      Candidates.push_back(Entry.getKey());
    for (auto &Entry : P.Modules)
      Candidates.push_back(Entry.getKey());
  }
  for (auto &Entry : P.StdFns)
    Candidates.push_back(Entry.getKey());
  for (auto &Entry : P.StdModules)
    Candidates.push_back(Entry.getKey());
  // Maps have no order; suggestions must.
  llvm::sort(Candidates);
  append_range(Candidates, getBuiltinNames(false));
  if (InTrain)
    append_range(Candidates, getBuiltinNames(true));
  std::string Hint = didYouMean(Name, Candidates);
  if (Hint.empty() && findBuiltin(Name, true))
    Hint = "; it belongs into the train block";
  else if (Hint.empty() && Where == Place::Config &&
           any_of(P.File.Configs, [&](const BlockDecl &Block) {
             return any_of(Block.Settings, [&](const SettingDecl &Setting) {
               return Setting.Name.Text == Name;
             });
           }))
    Hint = " yet; config values see those above them";
  if (Hint.empty() && Where == Place::Body &&
      any_of(Members, [&](Identifier M) { return M.Text == Name; }))
    Hint = " here; members exist inside the fn only";
  Diags.error(Range, "'" + Name + "' is not declared" + Hint);
}

//===----------------------------------------------------------------------===//
// What Python programs have
//===----------------------------------------------------------------------===//

/// Whether what a comment says could be a divisor: numbers and values that
/// exist here, and arithmetic of them. Prose hardly ever is.
bool Analyser::isArithmetic(const Expr *E) const {
  switch (E->Kind) {
  case ExprKind::Number:
    return true;
  case ExprKind::Name:
    return isValue(cast<NameExpr>(E)->Name);
  case ExprKind::Member:
    return isArithmetic(cast<MemberExpr>(E)->Base);
  case ExprKind::Index:
    return isArithmetic(cast<IndexExpr>(E)->Base);
  case ExprKind::Call: {
    const auto *Call = cast<CallExpr>(E);
    const auto *Callee = dyn_cast<NameExpr>(Call->Callee);
    return (Callee ? isDeclared(Callee->Name) : isArithmetic(Call->Callee)) &&
           all_of(Call->Arguments,
                  [&](const Argument &Arg) { return isArithmetic(Arg.Value); });
  }
  case ExprKind::Unary:
    return cast<UnaryExpr>(E)->Op == UnaryOp::Minus &&
           isArithmetic(cast<UnaryExpr>(E)->Operand);
  case ExprKind::Binary:
    return cast<BinaryExpr>(E)->Op <= BinaryOp::MatMul &&
           isArithmetic(cast<BinaryExpr>(E)->Lhs) &&
           isArithmetic(cast<BinaryExpr>(E)->Rhs);
  default:
    return false;
  }
}

/// `width // heads` is `width`, and says nothing of it.
void Analyser::warnOfComment(const Expr *Before) {
  const OperandInComment *Found = Comments.lookup(Before);
  if (Found && isArithmetic(Found->Inside))
    Diags.warning(Found->Range,
                  "'//' begins a comment, so the value is not divided by what "
                  "follows; write floordiv(a, b) for the quotient rounded "
                  "down, or put the comment on a line of its own");
}

/// `torch.softmax`, `nn.Linear`, `self.head`: reports the prefix, and gives
/// true.
bool Analyser::checkPrefix(const MemberExpr &E) {
  const Expr *Root = E.Base;
  while (const auto *Member = dyn_cast<MemberExpr>(Root))
    Root = Member->Base;
  const auto *Name = dyn_cast<NameExpr>(Root);
  if (!Name || isDeclared(Name->Name) || !isPythonPrefix(Name->Name))
    return false;
  std::string Hint = getPythonHint(E.Name.Text);
  if (Hint.empty())
    Hint = (Name->Name == "self" ? "members are named without 'self'"
                                 : "functions and modules are named without a "
                                   "prefix") +
           (": write '" + E.Name.Text + "'").str();
  Diags.error(E.Range, "'" + Name->Name + "' is not declared; " + Hint);
  return true;
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

void Analyser::check(const Expr *E) {
  if (!E)
    return;
  warnOfComment(E);
  switch (E->Kind) {
  case ExprKind::Invalid:
  case ExprKind::Number:
  case ExprKind::String:
  case ExprKind::Bool:
  case ExprKind::None:
    return;
  case ExprKind::Name:
    return use(cast<NameExpr>(E)->Name, E->Range);
  case ExprKind::Member:
    Names.useAsMember(cast<MemberExpr>(E)->Name.Text);
    if (!checkPrefix(*cast<MemberExpr>(E)))
      check(cast<MemberExpr>(E)->Base);
    return;
  case ExprKind::Index:
    check(cast<IndexExpr>(E)->Base);
    for (const IndexItem &Item : cast<IndexExpr>(E)->Items) {
      const auto *Name = dyn_cast_or_null<NameExpr>(Item.First);
      if (Item.Kind == IndexItem::Element &&
          (isa<NoneExpr>(Item.First) || (Name && Name->Name == "None"))) {
        Diags.error(Item.Range,
                    "an index cannot add a dimension; rearrange(x, \"b t -> b "
                    "1 t\") does");
        continue;
      }
      check(Item.First);
      check(Item.Last);
      check(Item.Step);
    }
    return;
  case ExprKind::Call: {
    const auto *Call = cast<CallExpr>(E);
    check(Call->Callee);
    StringSet<> Given;
    for (const Argument &Arg : Call->Arguments) {
      check(Arg.Value);
      if (!Arg.Name.Text.empty() && !Given.insert(Arg.Name.Text).second)
        Diags.error(Arg.Name.Range, "'" + Arg.Name.Text + "' is given twice");
    }
    return;
  }
  case ExprKind::Unary:
    return check(cast<UnaryExpr>(E)->Operand);
  case ExprKind::Binary:
    check(cast<BinaryExpr>(E)->Lhs);
    return check(cast<BinaryExpr>(E)->Rhs);
  case ExprKind::If:
    check(cast<IfExpr>(E)->Condition);
    check(cast<IfExpr>(E)->Then);
    return check(cast<IfExpr>(E)->Else);
  case ExprKind::Tuple:
    for (const Expr *Element : cast<TupleExpr>(E)->Elements)
      check(Element);
    return;
  case ExprKind::Scan: {
    const auto *Scan = cast<ScanExpr>(E);
    for (const Binding &B : Scan->Carries)
      check(B.Value);
    for (const Binding &B : Scan->Sequences)
      check(B.Value);
    check(Scan->Axis);
    check(Scan->Reverse);
    size_t NumNames = Names.size();
    StringSet<> Seen;
    for (ArrayRef<Binding> Bindings : {Scan->Carries, Scan->Sequences})
      for (const Binding &B : Bindings) {
        if (!Seen.insert(B.Name.Text).second)
          Diags.error(B.Name.Range,
                      "'" + B.Name.Text + "' is declared twice in this scan");
        Names.declare(B.Name, NameKind::Value);
      }
    checkBody(Scan->Body, Scan);
    Names.truncate(NumNames);
    return;
  }
  }
}

void Analyser::check(const Modifier &Mod) { check(Mod.Condition); }

/// A dimension that is a name without a value is a symbol, and declares it.
void Analyser::check(const TypeExpr &Type) {
  bool SawEllipsis = false;
  for (const DimExpr &D : Type.Dims) {
    if (D.IsEllipsis) {
      if (SawEllipsis)
        Diags.error(D.Range, "'...' can stand only once in a shape");
      SawEllipsis = true;
      continue;
    }
    const auto *Name = dyn_cast<NameExpr>(D.Size);
    if (!Name)
      check(D.Size);
    else if (isValue(Name->Name))
      Names.use(Name->Name);
    else
      Names.declare({Name->Name, Name->Range}, NameKind::Symbol);
  }
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

bool Analyser::checkBody(ArrayRef<const Stmt *> Body, const ScanExpr *Scan) {
  size_t NumNames = Names.size();
  bool Returns = false;
  for (const Stmt *S : Body) {
    if (Returns) {
      Diags.error(S->Range, "this is never reached; the fn has returned");
      break;
    }
    switch (S->Kind) {
    case StmtKind::Let: {
      const auto *Let = cast<LetStmt>(S);
      check(Let->Value);
      if (Let->Type)
        check(*Let->Type);
      StringSet<> Seen;
      for (const Identifier &Name : Let->Names) {
        if (Name.Text != "_" && !Seen.insert(Name.Text).second)
          Diags.error(Name.Range, "'" + Name.Text + "' is declared twice here");
        Names.declare(Name, NameKind::Value);
      }
      break;
    }
    case StmtKind::Return:
      check(cast<ReturnStmt>(S)->Value);
      if (Scan)
        Diags.error(S->Range, "a scan does not return; it says the next "
                              "carries by 'next' and its outputs by 'emit'");
      Returns = true;
      break;
    case StmtKind::If: {
      const auto *If = cast<IfStmt>(S);
      check(If->Condition);
      bool ThenReturns = checkBody(If->Then, Scan);
      bool ElseReturns = checkBody(If->Else, Scan);
      Returns = ThenReturns && ElseReturns && !If->Else.empty();
      break;
    }
    case StmtKind::Next: {
      const auto *Next = cast<NextStmt>(S);
      check(Next->Value);
      if (!Scan) {
        Diags.error(S->Range, "'next' stands in the body of a scan");
        break;
      }
      SmallVector<StringRef> Carries;
      for (const Binding &B : Scan->Carries)
        Carries.push_back(B.Name.Text);
      if (!is_contained(Carries, Next->Name.Text))
        Diags.error(Next->Name.Range, "this scan does not carry '" +
                                          Next->Name.Text + "'" +
                                          didYouMean(Next->Name.Text, Carries));
      break;
    }
    case StmtKind::Emit:
      for (const Expr *E : cast<EmitStmt>(S)->Values)
        check(E);
      if (!Scan)
        Diags.error(S->Range, "'emit' stands in the body of a scan");
      break;
    }
  }
  Names.truncate(NumNames);
  return Returns;
}

static bool hasReturn(ArrayRef<const Stmt *> Body) {
  return any_of(Body, [](const Stmt *S) {
    if (const auto *If = dyn_cast<IfStmt>(S))
      return hasReturn(If->Then) || hasReturn(If->Else);
    return S->Kind == StmtKind::Return;
  });
}

void Analyser::checkFn(const FnDecl &Fn) {
  Where = Place::Code;
  IsStd = Fn.IsStd;
  size_t NumNames = Names.size();
  StringMap<SMRange> Declared;
  for (const ParamDecl &Param : Fn.Params) {
    check(Param.Default);
    if (Param.Type)
      check(*Param.Type);
    // The types of the parameters before it can have declared it as a symbol.
    if (declareOnce(Declared, Param.Name, Diags, "parameter ") &&
        Names.contains(Param.Name.Text, NumNames))
      Diags.error(Param.Name.Range, "'" + Param.Name.Text +
                                        "' is a dimension of a parameter "
                                        "before it; give one of them another "
                                        "name");
    Names.declare(Param.Name, NameKind::Parameter);
  }
  size_t NumSymbols = Names.size();
  for (const TypeExpr &Type : Fn.Results)
    check(Type);
  // Symbols of the results are bound when the fn has returned.
  Names.truncate(NumSymbols);
  checkBody(Fn.Body, nullptr);
  if (!hasReturn(Fn.Body))
    Diags.error(Fn.Name.Range, "this fn has no 'return'");
  Names.truncate(NumNames);
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

void Analyser::collectMembers(ArrayRef<const ModuleItem *> Items,
                              SmallVectorImpl<Identifier> &Names) {
  for (const ModuleItem *Item : Items) {
    if (Item->Kind == ItemKind::If) {
      collectMembers(Item->Then, Names);
      collectMembers(Item->Else, Names);
    } else if (Item->Kind != ItemKind::Tie && Item->Kind != ItemKind::Let) {
      Names.push_back(Item->Name);
    }
  }
}

/// A tie uses what it names; elaboration follows the path.
void Analyser::usePath(const Expr *E) {
  if (const auto *Name = dyn_cast<NameExpr>(E))
    return Names.useAsMember(Name->Name);
  if (const auto *Index = dyn_cast<IndexExpr>(E))
    return usePath(Index->Base);
  if (const auto *Member = dyn_cast<MemberExpr>(E)) {
    Names.useAsMember(Member->Name.Text);
    usePath(Member->Base);
  }
}

void Analyser::checkItems(ArrayRef<const ModuleItem *> Items,
                          StringMap<SMRange> &Declared) {
  for (const ModuleItem *Item : Items) {
    check(Item->Frozen);
    check(Item->NoDecay);
    switch (Item->Kind) {
    case ItemKind::Tie:
      usePath(Item->Target);
      usePath(Item->Value);
      continue;
    case ItemKind::If: {
      check(Item->Value);
      StringMap<SMRange> Then(Declared), Else(Declared);
      checkItems(Item->Then, Then);
      checkItems(Item->Else, Else);
      for (auto *Branch : {&Then, &Else})
        for (auto &Entry : *Branch)
          Declared.try_emplace(Entry.getKey(), Entry.getValue());
      continue;
    }
    case ItemKind::Param:
      check(Item->Value);
      for (const DimExpr &D : Item->Type->Dims)
        check(D.Size);
      break;
    case ItemKind::Member:
    case ItemKind::Let:
      check(Item->Value);
      break;
    }
    declareOnce(Declared, Item->Name, Diags);
    if (Item->Kind == ItemKind::Let)
      Names.declare(Item->Name, NameKind::BodyValue);
  }
}

void Analyser::checkModule(const ModuleDecl &Module) {
  Where = Place::Body;
  IsStd = Module.IsStd;
  size_t NumNames = Names.size();
  StringMap<SMRange> Params;
  for (const ParamDecl &Param : Module.Params) {
    check(Param.Default);
    declareOnce(Params, Param.Name, Diags, "hyper-parameter ");
    Names.declare(Param.Name, NameKind::HyperParameter);
  }
  StringMap<SMRange> Declared;
  Members.clear();
  collectMembers(Module.Items, Members);
  checkItems(Module.Items, Declared);
  if (Module.Fn) {
    for (Identifier Name : Members)
      Names.declare(Name, NameKind::Member);
    checkFn(*Module.Fn);
  } else {
    Diags.error(Module.Name.Range, "'" + Module.Name.Text +
                                       "' has no fn, so it cannot be applied");
  }
  Names.truncate(NumNames);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static constexpr StringLiteral TrainNames[] = {
    "loss", "optimizer",     "schedule", "clip",      "batch",
    "time", "micro_batches", "steps",    "non_causal"};

void Analyser::checkSettings(ArrayRef<BlockDecl> Blocks, Place Where) {
  this->Where = Where;
  IsStd = false;
  size_t NumNames = Names.size();
  StringRef Word = Where == Place::Train ? "train" : "config";
  for (const BlockDecl &Block : Blocks.drop_front(!Blocks.empty())) {
    Diags.error(Block.Range, "there is a '" + Word + "' block already");
    Diags.note(Blocks[0].Range, "it is here");
  }
  StringMap<SMRange> Declared;
  for (const BlockDecl &Block : Blocks.take_front(1))
    for (const SettingDecl &Setting : Block.Settings) {
      StringRef Name = Setting.Name.Text;
      check(Setting.Value);
      declareOnce(Declared, Setting.Name, Diags);
      if (Where == Place::Config) {
        Names.declare(Setting.Name, NameKind::Symbol);
      } else if (!is_contained(TrainNames, Name)) {
        SmallVector<StringRef> Known(std::begin(TrainNames),
                                     std::end(TrainNames));
        std::string Hint = didYouMean(Name, Known);
        if (Hint.empty())
          Hint = "; there are loss, optimizer, schedule, clip, batch, time, "
                 "micro_batches, steps and non_causal";
        Diags.error(Setting.Name.Range,
                    "the train block knows no '" + Name + "'" + Hint);
      }
    }
  Names.truncate(NumNames);
}

void stator::analyse(Program &P, ArrayRef<FileAST> Std, Diagnostics &Diags) {
  for (const FileAST &File : Std) {
    for (const FnDecl *Fn : File.Fns)
      P.StdFns[Fn->Name.Text] = Fn;
    for (const ModuleDecl *Module : File.Modules)
      P.StdModules[Module->Name.Text] = Module;
  }
  StringMap<SMRange> Declared;
  for (const BlockDecl &Block : P.File.Configs)
    for (const SettingDecl &Setting : Block.Settings)
      Declared.try_emplace(Setting.Name.Text, Setting.Name.Range);
  for (const FnDecl *Fn : P.File.Fns)
    if (declareOnce(Declared, Fn->Name, Diags))
      P.Fns[Fn->Name.Text] = Fn;
  for (const ModuleDecl *Module : P.File.Modules) {
    if (!declareOnce(Declared, Module->Name, Diags))
      continue;
    if (!Module->IsModel) {
      P.Modules[Module->Name.Text] = Module;
    } else if (P.Model) {
      Diags.error(Module->Name.Range, "there is a model already");
      Diags.note(P.Model->Name.Range, "it is here");
    } else {
      P.Model = Module;
    }
  }

  Analyser A(P, Diags);
  A.addComments(P.File);
  for (const FileAST &File : Std) {
    A.addComments(File);
    for (const FnDecl *Fn : File.Fns)
      A.checkFn(*Fn);
    for (const ModuleDecl *Module : File.Modules)
      A.checkModule(*Module);
  }
  A.checkSettings(P.File.Configs, Place::Config);
  A.checkSettings(P.File.Trains, Place::Train);
  for (const FnDecl *Fn : P.File.Fns)
    A.checkFn(*Fn);
  for (const ModuleDecl *Module : P.File.Modules)
    A.checkModule(*Module);
  // What is not used after an error may be what the error is about.
  if (!Diags.hasErrorsByThemselves())
    A.warnOfUnused();
  if (!P.Model && !Diags.hasErrors())
    Diags.error(P.File.Begin, "this file has no model; a model is declared by "
                              "'model Name { ... }'");
}
