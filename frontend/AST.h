//===- AST.h - What a model file says ---------------------------*- C++ -*-===//
//
// The syntax tree. Nodes live in the allocator of their ASTContext and are
// never freed one by one; every node knows its range in the source.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_AST_H
#define STATOR_FRONTEND_AST_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/SMLoc.h"
#include <algorithm>
#include <cstdint>

namespace stator {

/// Owns the nodes.
class ASTContext {
public:
  template <typename T, typename... Args> T *create(Args &&...As) {
    return new (Allocator.Allocate<T>()) T(std::forward<Args>(As)...);
  }
  template <typename T> llvm::ArrayRef<T> copy(llvm::ArrayRef<T> Elements) {
    if (Elements.empty())
      return {};
    T *Memory = Allocator.Allocate<T>(Elements.size());
    std::uninitialized_copy(Elements.begin(), Elements.end(), Memory);
    return llvm::ArrayRef<T>(Memory, Elements.size());
  }

private:
  llvm::BumpPtrAllocator Allocator;
};

/// A name and where it stands.
struct Identifier {
  llvm::StringRef Text;
  llvm::SMRange Range;
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

enum class ExprKind {
  Invalid, ///< reported already; gives no further errors
  Number,
  String,
  Bool,
  None,
  Name,
  Member,
  Index,
  Call,
  Unary,
  Binary,
  If,
  Tuple,
  Scan
};

struct Expr {
  ExprKind Kind;
  unsigned Depth = 1; ///< nodes on the longest way down
  llvm::SMRange Range;

protected:
  Expr(ExprKind Kind, llvm::SMRange Range) : Kind(Kind), Range(Range) {}
  void contain(const Expr *Child) {
    if (Child)
      Depth = std::max(Depth, Child->Depth + 1);
  }
};

template <ExprKind K> struct ExprBase : Expr {
  static bool classof(const Expr *E) { return E->Kind == K; }

protected:
  explicit ExprBase(llvm::SMRange Range) : Expr(K, Range) {}
};

struct InvalidExpr : ExprBase<ExprKind::Invalid> {
  explicit InvalidExpr(llvm::SMRange Range) : ExprBase(Range) {}
};

struct NumberExpr : ExprBase<ExprKind::Number> {
  NumberExpr(llvm::SMRange Range, int64_t Int)
      : ExprBase(Range), IsInt(true), Int(Int) {}
  NumberExpr(llvm::SMRange Range, double Float)
      : ExprBase(Range), IsInt(false), Float(Float) {}
  bool IsInt;
  int64_t Int = 0;
  double Float = 0;
};

struct StringExpr : ExprBase<ExprKind::String> {
  StringExpr(llvm::SMRange Range, llvm::StringRef Text)
      : ExprBase(Range), Text(Text) {}
  llvm::StringRef Text;
};

struct BoolExpr : ExprBase<ExprKind::Bool> {
  BoolExpr(llvm::SMRange Range, bool Value) : ExprBase(Range), Value(Value) {}
  bool Value;
};

struct NoneExpr : ExprBase<ExprKind::None> {
  explicit NoneExpr(llvm::SMRange Range) : ExprBase(Range) {}
};

struct NameExpr : ExprBase<ExprKind::Name> {
  explicit NameExpr(Identifier Name) : ExprBase(Name.Range), Name(Name.Text) {}
  llvm::StringRef Name;
};

/// `base.name`
struct MemberExpr : ExprBase<ExprKind::Member> {
  MemberExpr(llvm::SMRange Range, const Expr *Base, Identifier Name)
      : ExprBase(Range), Base(Base), Name(Name) {
    contain(Base);
  }
  const Expr *Base;
  Identifier Name;
};

/// One place between the brackets of an index: an element, `from:to:step` or
/// `...`.
struct IndexItem {
  enum Form { Element, Slice, Ellipsis } Kind = Element;
  llvm::SMRange Range;
  const Expr *First = nullptr; ///< the element, or from
  const Expr *Last = nullptr;
  const Expr *Step = nullptr;
};

/// `base[items]`
struct IndexExpr : ExprBase<ExprKind::Index> {
  IndexExpr(llvm::SMRange Range, const Expr *Base,
            llvm::ArrayRef<IndexItem> Items)
      : ExprBase(Range), Base(Base), Items(Items) {
    contain(Base);
    for (const IndexItem &Item : Items) {
      contain(Item.First);
      contain(Item.Last);
      contain(Item.Step);
    }
  }
  const Expr *Base;
  llvm::ArrayRef<IndexItem> Items;
};

struct Argument {
  Identifier Name; ///< empty for a positional one
  const Expr *Value = nullptr;
};

/// `callee(arguments)`
struct CallExpr : ExprBase<ExprKind::Call> {
  CallExpr(llvm::SMRange Range, const Expr *Callee,
           llvm::ArrayRef<Argument> Arguments)
      : ExprBase(Range), Callee(Callee), Arguments(Arguments) {
    contain(Callee);
    for (const Argument &Arg : Arguments)
      contain(Arg.Value);
  }
  const Expr *Callee;
  llvm::ArrayRef<Argument> Arguments;
};

enum class UnaryOp { Minus, Not };

struct UnaryExpr : ExprBase<ExprKind::Unary> {
  UnaryExpr(llvm::SMRange Range, UnaryOp Op, const Expr *Operand)
      : ExprBase(Range), Op(Op), Operand(Operand) {
    contain(Operand);
  }
  UnaryOp Op;
  const Expr *Operand;
};

enum class BinaryOp {
  Add,
  Sub,
  Mul,
  Div,
  Mod,
  Pow,
  MatMul,
  EQ,
  NE,
  LT,
  LE,
  GT,
  GE,
  And,
  Or
};

struct BinaryExpr : ExprBase<ExprKind::Binary> {
  BinaryExpr(llvm::SMRange Range, BinaryOp Op, llvm::SMRange OpRange,
             const Expr *Lhs, const Expr *Rhs)
      : ExprBase(Range), Op(Op), OpRange(OpRange), Lhs(Lhs), Rhs(Rhs) {
    contain(Lhs);
    contain(Rhs);
  }
  BinaryOp Op;
  llvm::SMRange OpRange;
  const Expr *Lhs, *Rhs;
};

/// `if condition { a } else { b }`
struct IfExpr : ExprBase<ExprKind::If> {
  IfExpr(llvm::SMRange Range, const Expr *Condition, const Expr *Then,
         const Expr *Else)
      : ExprBase(Range), Condition(Condition), Then(Then), Else(Else) {
    contain(Condition);
    contain(Then);
    contain(Else);
  }
  const Expr *Condition, *Then, *Else;
};

struct TupleExpr : ExprBase<ExprKind::Tuple> {
  TupleExpr(llvm::SMRange Range, llvm::ArrayRef<const Expr *> Elements)
      : ExprBase(Range), Elements(Elements) {
    for (const Expr *Element : Elements)
      contain(Element);
  }
  llvm::ArrayRef<const Expr *> Elements;
};

struct Stmt;

/// `name = value` in the head of a scan.
struct Binding {
  Identifier Name;
  const Expr *Value = nullptr;
};

/// `scan (carries) over (sequences, axis = 1) { body }`
struct ScanExpr : ExprBase<ExprKind::Scan> {
  ScanExpr(llvm::SMRange Range, llvm::ArrayRef<Binding> Carries,
           llvm::ArrayRef<Binding> Sequences, const Expr *Axis,
           const Expr *Reverse, llvm::ArrayRef<const Stmt *> Body,
           unsigned BodyDepth)
      : ExprBase(Range), Carries(Carries), Sequences(Sequences), Axis(Axis),
        Reverse(Reverse), Body(Body) {
    for (const Binding &B : Carries)
      contain(B.Value);
    for (const Binding &B : Sequences)
      contain(B.Value);
    contain(Axis);
    contain(Reverse);
    Depth = std::max(Depth, BodyDepth + 1);
  }
  llvm::ArrayRef<Binding> Carries, Sequences;
  const Expr *Axis, *Reverse; ///< may be null
  llvm::ArrayRef<const Stmt *> Body;
};

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

enum class ElementKind { F32, I32, Bool };

/// A dimension in a type: an expression or `...`.
struct DimExpr {
  bool IsEllipsis = false;
  llvm::SMRange Range;
  const Expr *Size = nullptr;
};

/// `f32[B, T, width]`
struct TypeExpr {
  llvm::SMRange Range;
  ElementKind Element = ElementKind::F32;
  llvm::ArrayRef<DimExpr> Dims;
};

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

enum class StmtKind { Let, Return, If, Next, Emit };

struct Stmt {
  StmtKind Kind;
  llvm::SMRange Range;
  unsigned Depth = 1;

protected:
  Stmt(StmtKind Kind, llvm::SMRange Range) : Kind(Kind), Range(Range) {}
};

template <StmtKind K> struct StmtBase : Stmt {
  static bool classof(const Stmt *S) { return S->Kind == K; }

protected:
  explicit StmtBase(llvm::SMRange Range) : Stmt(K, Range) {}
};

/// `let a, b = value` or `let a: type = value`
struct LetStmt : StmtBase<StmtKind::Let> {
  LetStmt(llvm::SMRange Range, llvm::ArrayRef<Identifier> Names,
          const TypeExpr *Type, const Expr *Value)
      : StmtBase(Range), Names(Names), Type(Type), Value(Value) {
    Depth = Value->Depth + 1;
  }
  llvm::ArrayRef<Identifier> Names;
  const TypeExpr *Type; ///< may be null
  const Expr *Value;
};

struct ReturnStmt : StmtBase<StmtKind::Return> {
  ReturnStmt(llvm::SMRange Range, const Expr *Value)
      : StmtBase(Range), Value(Value) {
    Depth = Value->Depth + 1;
  }
  const Expr *Value; ///< a tuple if there are several
};

struct IfStmt : StmtBase<StmtKind::If> {
  IfStmt(llvm::SMRange Range, const Expr *Condition,
         llvm::ArrayRef<const Stmt *> Then, llvm::ArrayRef<const Stmt *> Else)
      : StmtBase(Range), Condition(Condition), Then(Then), Else(Else) {
    Depth = Condition->Depth + 1;
    for (const Stmt *S : Then)
      Depth = std::max(Depth, S->Depth + 1);
    for (const Stmt *S : Else)
      Depth = std::max(Depth, S->Depth + 1);
  }
  const Expr *Condition;
  llvm::ArrayRef<const Stmt *> Then, Else;
};

/// `next carry = value` in the body of a scan.
struct NextStmt : StmtBase<StmtKind::Next> {
  NextStmt(llvm::SMRange Range, Identifier Name, const Expr *Value)
      : StmtBase(Range), Name(Name), Value(Value) {
    Depth = Value->Depth + 1;
  }
  Identifier Name;
  const Expr *Value;
};

/// `emit values` in the body of a scan.
struct EmitStmt : StmtBase<StmtKind::Emit> {
  EmitStmt(llvm::SMRange Range, llvm::ArrayRef<const Expr *> Values)
      : StmtBase(Range), Values(Values) {
    for (const Expr *E : Values)
      Depth = std::max(Depth, E->Depth + 1);
  }
  llvm::ArrayRef<const Expr *> Values;
};

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

/// A parameter of a fn or a hyper-parameter of a module.
struct ParamDecl {
  Identifier Name;
  const TypeExpr *Type = nullptr; ///< null: any
  const Expr *Default = nullptr;  ///< null: must be given
};

struct FnDecl {
  Identifier Name; ///< empty for that of a module; its range is the `fn`
  llvm::ArrayRef<ParamDecl> Params;
  llvm::ArrayRef<TypeExpr> Results; ///< empty: inferred
  llvm::SMRange ResultRange;
  llvm::ArrayRef<const Stmt *> Body;
  bool IsStd = false;
};

/// A `frozen` or `no_decay` in front of a member or parameter.
struct Modifier {
  bool Present = false;
  llvm::SMRange Range;
  const Expr *Condition = nullptr; ///< null: always
};

enum class ItemKind { Member, Param, Let, Tie, If };

/// One line in the body of a module.
struct ModuleItem {
  ItemKind Kind;
  llvm::SMRange Range;
  Identifier Name;                ///< Member, Param, Let
  const Expr *Value = nullptr;    ///< Member, Let; Param: initialiser, or null;
                                  ///< Tie: what it becomes; If: condition
  const Expr *Target = nullptr;   ///< Tie: the parameter that is tied
  const TypeExpr *Type = nullptr; ///< Param
  Modifier Frozen, NoDecay;
  llvm::ArrayRef<const ModuleItem *> Then, Else; ///< If
};

struct ModuleDecl {
  Identifier Name;
  bool IsModel = false;
  bool IsStd = false;
  llvm::ArrayRef<ParamDecl> Params;
  llvm::ArrayRef<const ModuleItem *> Items;
  const FnDecl *Fn = nullptr; ///< null if it was not parsed
};

/// `name = value` in `config` or `train`.
struct SettingDecl {
  Identifier Name;
  const Expr *Value = nullptr;
};

struct BlockDecl {
  llvm::SMRange Range; ///< of the word `config` or `train`
  llvm::ArrayRef<SettingDecl> Settings;
};

/// A comment behind an expression that reads as an operand: `width // heads`.
struct OperandInComment {
  const Expr *Before;  ///< what ends where the comment begins
  const Expr *Inside;  ///< what the comment says
  llvm::SMRange Range; ///< of the comment
};

/// A file.
struct FileAST {
  llvm::SMRange Begin; ///< where errors about the whole file stand
  llvm::ArrayRef<BlockDecl> Configs, Trains;
  llvm::ArrayRef<const FnDecl *> Fns;
  llvm::ArrayRef<const ModuleDecl *> Modules; ///< models are among them
  llvm::ArrayRef<OperandInComment> OperandsInComments;
};

} // namespace stator

#endif // STATOR_FRONTEND_AST_H
