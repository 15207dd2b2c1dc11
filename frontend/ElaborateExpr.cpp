//===- ElaborateExpr.cpp - Expressions ------------------------------------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "frontend/PythonHints.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace llvm;
using namespace stator;

/// Expressions below expressions, fns below fns.
static constexpr unsigned DepthLimit = 600;

bool Elaborator::addWork(uint64_t Amount, SMRange Range) {
  Work += Amount;
  if (Work <= limits::Expressions)
    return true;
  if (!WorkReported)
    error(Range, "this model is too large: with all fns and modules expanded "
                 "it has more than " +
                     Twine(limits::Expressions) + " expressions");
  WorkReported = true;
  return false;
}

Datum Elaborator::evaluate(const Expr &E) {
  // Nothing that comes now would be printed.
  if (Diags.isFull())
    return Datum::poison();
  if (Depth > DepthLimit)
    return error(E.Range, "this is nested too deeply");
  if (!addWork(1, E.Range))
    return Datum::poison();
  ++Depth;
  Datum Result = evaluateImpl(E);
  --Depth;
  return Result;
}

Datum Elaborator::evaluateImpl(const Expr &E) {
  switch (E.Kind) {
  case ExprKind::Invalid:
    return Datum::poison();
  case ExprKind::Number: {
    const auto &Number = cast<NumberExpr>(E);
    return Number.IsInt ? Datum::makeInt(Number.Int)
                        : Datum::makeFloat(Number.Float, E.Range);
  }
  case ExprKind::String:
    return Datum::makeString(cast<StringExpr>(E).Text);
  case ExprKind::Bool:
    return Datum::makeBool(cast<BoolExpr>(E).Value);
  case ExprKind::None:
    return Datum::none();
  case ExprKind::Name:
    return evaluateName(cast<NameExpr>(E));
  case ExprKind::Member:
    return evaluateMemberExpr(cast<MemberExpr>(E));
  case ExprKind::Index:
    return evaluateIndex(cast<IndexExpr>(E));
  case ExprKind::Call:
    return evaluateCall(cast<CallExpr>(E));
  case ExprKind::Unary:
    return evaluateUnary(cast<UnaryExpr>(E));
  case ExprKind::Binary:
    return evaluateBinary(cast<BinaryExpr>(E));
  case ExprKind::If: {
    const auto &If = cast<IfExpr>(E);
    auto Condition = evaluateCondition(*If.Condition);
    if (!Condition)
      return Datum::poison();
    return evaluate(*Condition ? *If.Then : *If.Else);
  }
  case ExprKind::Tuple: {
    SmallVector<Datum, 4> Elements;
    bool Failed = false;
    for (const Expr *Element : cast<TupleExpr>(E).Elements) {
      Elements.push_back(evaluate(*Element));
      Failed |= Elements.back().isPoison();
    }
    return Failed ? Datum::poison() : Datum::makeTuple(save(Elements));
  }
  case ExprKind::Scan:
    return evaluateScan(cast<ScanExpr>(E));
  }
  return Datum::poison();
}

std::optional<bool> Elaborator::evaluateCondition(const Expr &E) {
  Datum Value = evaluate(E);
  if (Value.Kind == DatumKind::Bool)
    return Value.Bool;
  if (Value.isTensor())
    error(E.Range, "a condition is known when the model is compiled, found " +
                       describe(Value) +
                       "; where(condition, x, y) chooses element by element");
  else if (!Value.isPoison())
    error(E.Range, "a condition is true or false, found " + describe(Value));
  return std::nullopt;
}

/// The source of an expression as the name of a dimension: short and on one
/// line, or "".
StringRef Elaborator::getSourceText(SMRange Range) {
  StringRef Text(Range.Start.getPointer(),
                 Range.End.getPointer() - Range.Start.getPointer());
  return Text.size() > 24 || Text.contains('\n') ? StringRef() : Text;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// From the inside out: variables, members, hyper-parameters, config values,
/// fns and modules of the file, of std, builtins.
Datum Elaborator::lookUp(const NameExpr &E, bool &Found) {
  StringRef Name = E.Name;
  Found = true;
  for (const Local &L : reverse(Current->Locals))
    if (L.Name == Name)
      return L.Value;
  if (Current->Self) {
    if (Current->Kind == FrameKind::Code)
      if (const Member *M = Current->Self->findMember(Name))
        return getMember(*M, E.Range);
    if (const Datum *Value = Current->Self->findStatic(Name)) {
      Datum Result = *Value;
      if (Result.isInt())
        Result.Text = Name;
      return Result;
    }
  }
  if (!Current->IsStd)
    for (auto &[Text, Value] : Config)
      if (Text == Name)
        return Value;
  if (const FnDecl *Fn = P.findFn(Name, Current->IsStd))
    return Datum::makeFn(Fn);
  if (const ModuleDecl *Module = P.findModule(Name, Current->IsStd))
    return Datum::makeModule(Module);
  if (Name == "inf")
    return Datum::makeFloat(INFINITY);
  if (Name == "pi")
    return Datum::makeFloat(M_PI);
  if (const Builtin *B = findBuiltin(Name, Current->Kind == FrameKind::Train))
    return Datum::makeBuiltin(B);
  Found = false;
  return Datum::poison();
}

Datum Elaborator::evaluateName(const NameExpr &E) {
  bool Found;
  Datum Result = lookUp(E, Found);
  if (Found)
    return Result;
  // Most of these were reported by the analysis, at this same place.
  return error(E.Range, "'" + E.Name + "' has no value here");
}

Datum Elaborator::readParameter(Parameter &P, SMRange Range) {
  P.resolve()->Used = P.Used = true;
  if (ParameterValues)
    if (mlir::Value Value = ParameterValues->lookup(&P))
      return Datum::makeTensor(ElementKind::F32, Value, P.Dims);
  return error(Range, "parameter '" + P.Path + "' is not one of this module");
}

Datum Elaborator::getMember(const Member &M, SMRange Range) {
  if (M.Module)
    return M.Module->Failed ? Datum::poison() : Datum::makeInstance(M.Module);
  if (M.Param) // One without a path was reported where it is declared.
    return M.Param->Path.empty() ? Datum::poison()
                                 : readParameter(*M.Param, Range);
  return Datum::none();
}

Datum Elaborator::evaluateMemberExpr(const MemberExpr &E) {
  Datum Base = evaluate(*E.Base);
  if (Base.isPoison())
    return Base;
  if (Base.Kind != DatumKind::Instance) {
    std::string Hint = Base.isTensor() ? getMethodHint(E.Name.Text) : "";
    return error(E.Name.Range, "only modules have members, and this is " +
                                   describe(Base) + (Hint.empty() ? "" : "; ") +
                                   Hint);
  }
  Instance &Module = *Base.Instance;
  if (Module.IsRepeat)
    return error(E.Name.Range,
                 "this is repeated " + Twine(Module.Elements.size()) +
                     " times; choose one, as in [0]." + E.Name.Text);
  if (const Member *M = Module.findMember(E.Name.Text)) {
    if (Current->Kind != FrameKind::Code && M->Param)
      return error(E.Range, "the value of a parameter exists only inside a "
                            "fn");
    return getMember(*M, E.Range);
  }
  if (const Datum *Static = Module.findStatic(E.Name.Text))
    return *Static;
  SmallVector<StringRef> Names;
  for (const Member &M : Module.Members)
    Names.push_back(M.Name.Text);
  Datum Result =
      error(E.Name.Range, Module.describe() + " has no member '" + E.Name.Text +
                              "'" + didYouMean(E.Name.Text, Names));
  note(Module.Decl->Name.Range, "the module is declared here");
  return Result;
}

Datum Elaborator::evaluateIndex(const IndexExpr &E) {
  Datum Base = evaluate(*E.Base);
  if (Base.isPoison())
    return Base;
  if (Base.isTensor())
    return evaluateSlice(E, Base);
  bool IsRepeat = Base.Kind == DatumKind::Instance && Base.Instance->IsRepeat;
  if (Base.Kind != DatumKind::Tuple && !IsRepeat)
    return error(E.Range, "only tensors, tuples and repeated modules have "
                          "elements, and this is " +
                              describe(Base));
  if (E.Items.size() != 1 || E.Items[0].Kind != IndexItem::Element)
    return error(E.Range,
                 "the index of " + describe(Base) + " is one whole number");
  auto Index = evaluateElement(
      E.Items[0], static_cast<int64_t>(IsRepeat ? Base.Instance->Elements.size()
                                                : Base.Elements.size()));
  if (!Index)
    return Datum::poison();
  return IsRepeat ? Datum::makeInstance(Base.Instance->Elements[*Index])
                  : Base.Elements[*Index];
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

Datum Elaborator::evaluateUnary(const UnaryExpr &E) {
  Datum X = evaluate(*E.Operand);
  if (X.isPoison())
    return X;
  if (E.Op == UnaryOp::Not) {
    if (X.Kind == DatumKind::Bool)
      return Datum::makeBool(!X.Bool);
    if (X.isTensor() && X.Element == ElementKind::Bool) {
      X.Tensor = NotOp::create(Builder, makeLocation(E.Range),
                               X.Tensor.getType(), X.Tensor);
      return X;
    }
    return error(E.Range,
                 "'not' takes true, false or a tensor of bool, found " +
                     describe(X));
  }
  if (X.isInt())
    return checkedInt(X.Int == INT64_MIN ? std::nullopt : std::optional(-X.Int),
                      E.Range);
  if (X.Kind == DatumKind::Float)
    return Datum::makeFloat(-X.Float, X.Origin);
  if (X.isFloatTensor()) {
    X.Tensor = NegOp::create(Builder, makeLocation(E.Range), X.Tensor.getType(),
                             X.Tensor);
    return X;
  }
  if (X.isTensor() && X.Element == ElementKind::I32)
    return tensorBinary(BinaryOp::Sub, Datum::makeInt(0), X, E.Range);
  return error(E.Range, "'-' takes a number or a tensor, found " + describe(X));
}

/// `and` and `or` of what is known look at the right operand only if needed.
Datum Elaborator::evaluateLogical(const BinaryExpr &E) {
  bool IsAnd = E.Op == BinaryOp::And;
  Datum Lhs = evaluate(*E.Lhs);
  if (Lhs.isPoison())
    return Lhs;
  if (Lhs.Kind == DatumKind::Bool && Lhs.Bool != IsAnd)
    return Lhs;
  Datum Rhs = evaluate(*E.Rhs);
  if (Rhs.isPoison())
    return Rhs;
  for (const Datum &X : {Lhs, Rhs})
    if (X.Kind != DatumKind::Bool &&
        !(X.isTensor() && X.Element == ElementKind::Bool))
      return error(E.Range, Twine(IsAnd ? "'and'" : "'or'") +
                                " takes booleans, found " + describe(X));
  if (Lhs.Kind == DatumKind::Bool)
    return Rhs;
  return tensorBinary(E.Op, Lhs, Rhs, E.Range);
}

Datum Elaborator::evaluateBinary(const BinaryExpr &E) {
  if (E.Op == BinaryOp::And || E.Op == BinaryOp::Or)
    return evaluateLogical(E);
  Datum Lhs = evaluate(*E.Lhs), Rhs = evaluate(*E.Rhs);
  if (Lhs.isPoison() || Rhs.isPoison())
    return Datum::poison();
  if (Lhs.isTensor() || Rhs.isTensor()) {
    bool IsNoneTest =
        (E.Op == BinaryOp::EQ || E.Op == BinaryOp::NE) &&
        (Lhs.Kind == DatumKind::None || Rhs.Kind == DatumKind::None);
    if (IsNoneTest)
      return staticCompare(E.Op, Lhs, Rhs, E.Range);
    return E.Op == BinaryOp::MatMul ? matMul(Lhs, Rhs, E.Range)
                                    : tensorBinary(E.Op, Lhs, Rhs, E.Range);
  }
  Datum Result = staticBinary(E.Op, Lhs, Rhs, E.Range);
  // Sizes are called by the expression that they come from.
  if (Result.isInt() && (!Lhs.Text.empty() || !Rhs.Text.empty()))
    Result.Text = getSourceText(E.Range);
  return Result;
}
