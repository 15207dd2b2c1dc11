//===- ElaborateElementwise.cpp - Arithmetic of tensors -------------------===//

#include "frontend/Elaborator.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace llvm;
using namespace stator;

//===----------------------------------------------------------------------===//
// Broadcasting
//===----------------------------------------------------------------------===//

/// NumPy's rule: dimensions are aligned from the last one; they are equal, or
/// one of them is 1 or missing.
std::optional<SmallVector<Dim, 4>>
Elaborator::broadcastShapes(ArrayRef<const Datum *> Operands, SMRange Range,
                            StringRef What) {
  SmallVector<Dim, 4> Result;
  for (const Datum *X : Operands) {
    while (Result.size() < X->Dims.size())
      Result.insert(Result.begin(), Dim{1, ""});
    size_t Missing = Result.size() - X->Dims.size();
    for (size_t I = 0; I != X->Dims.size(); ++I) {
      Dim &Old = Result[I + Missing];
      const Dim &New = X->Dims[I];
      if (New.Size == Old.Size) {
        if (Old.Name.empty())
          Old.Name = New.Name;
        continue;
      }
      if (Old.Size == 1) {
        Old = New;
      } else if (New.Size != 1) {
        std::string Shapes =
            join(map_range(Operands,
                           [](const Datum *D) { return stator::describe(*D); }),
                 " and ");
        size_t FromEnd = X->Dims.size() - I;
        std::string Which = FromEnd == 1 ? "the last dimension"
                            : FromEnd == 2
                                ? "the last dimension but one"
                                : "dimension -" + std::to_string(FromEnd);
        error(Range, "the shapes of " + What + " do not fit: " + Shapes + "; " +
                         Which + " is " + printDim(Old) + " and " +
                         printDim(New));
        return std::nullopt;
      }
    }
  }
  return Result;
}

/// A number or boolean as an element of a tensor.
std::optional<double>
Elaborator::getElement(const Datum &X, ElementKind Element, SMRange Range) {
  if (X.isNumber() && Element == ElementKind::F32)
    return X.asFloat();
  if (X.Kind == DatumKind::Bool && Element == ElementKind::Bool)
    return X.Bool;
  if (X.isInt() && Element == ElementKind::I32) {
    if (X.Int == static_cast<int32_t>(X.Int))
      return static_cast<double>(X.Int);
    error(Range, "the number " + Twine(X.Int) + " does not fit in i32");
    return std::nullopt;
  }
  error(Range, "expected a tensor of " + printElement(Element) +
                   " or a number that fits, found " + describe(X));
  return std::nullopt;
}

Datum Elaborator::toTensor(const Datum &X, ElementKind Element, SMRange Range) {
  if (X.isTensor())
    return X;
  auto Value = getElement(X, Element, Range);
  return Value ? makeSplat(Element, *Value, {}, Range) : Datum::poison();
}

static StringRef spell(BinaryOp Op) {
  switch (Op) {
  case BinaryOp::Add:
    return "'+'";
  case BinaryOp::Sub:
    return "'-'";
  case BinaryOp::Mul:
    return "'*'";
  case BinaryOp::Div:
    return "'/'";
  case BinaryOp::Mod:
    return "'%'";
  case BinaryOp::Pow:
    return "'**'";
  case BinaryOp::MatMul:
    return "'@'";
  case BinaryOp::EQ:
    return "'=='";
  case BinaryOp::NE:
    return "'!='";
  case BinaryOp::LT:
    return "'<'";
  case BinaryOp::LE:
    return "'<='";
  case BinaryOp::GT:
    return "'>'";
  case BinaryOp::GE:
    return "'>='";
  case BinaryOp::And:
    return "'and'";
  case BinaryOp::Or:
    return "'or'";
  }
  return "";
}

static std::optional<Predicate> getPredicate(BinaryOp Op) {
  switch (Op) {
  case BinaryOp::EQ:
    return Predicate::EQ;
  case BinaryOp::NE:
    return Predicate::NE;
  case BinaryOp::LT:
    return Predicate::LT;
  case BinaryOp::LE:
    return Predicate::LE;
  case BinaryOp::GT:
    return Predicate::GT;
  case BinaryOp::GE:
    return Predicate::GE;
  default:
    return std::nullopt;
  }
}

template <typename OpTy>
static mlir::Value create(mlir::OpBuilder &Builder, mlir::Location Loc,
                          mlir::Value Lhs, mlir::Value Rhs) {
  return OpTy::create(Builder, Loc, Lhs.getType(), Lhs, Rhs);
}

/// An operator on tensors of one kind, and the op that it is.
struct BinaryForm {
  ElementKind Element;
  BinaryOp Op;
  decltype(&create<AddOp>) Create;
};

static constexpr BinaryForm BinaryForms[] = {
    {ElementKind::Bool, BinaryOp::And, create<AndOp>},
    {ElementKind::Bool, BinaryOp::Or, create<OrOp>},
    {ElementKind::I32, BinaryOp::Add, create<IAddOp>},
    {ElementKind::I32, BinaryOp::Sub, create<ISubOp>},
    {ElementKind::I32, BinaryOp::Mul, create<IMulOp>},
    {ElementKind::F32, BinaryOp::Add, create<AddOp>},
    {ElementKind::F32, BinaryOp::Sub, create<SubOp>},
    {ElementKind::F32, BinaryOp::Mul, create<MulOp>},
    {ElementKind::F32, BinaryOp::Div, create<DivOp>},
    {ElementKind::F32, BinaryOp::Pow, create<PowOp>},
};

/// Both operands with the shape that they broadcast to; numbers become
/// constants of that shape.
Datum Elaborator::tensorBinary(BinaryOp Op, Datum Lhs, Datum Rhs,
                               SMRange Range) {
  ElementKind Element = Lhs.isTensor() ? Lhs.Element : Rhs.Element;
  if (Lhs.isTensor() && Rhs.isTensor() && Lhs.Element != Rhs.Element) {
    error(Range, spell(Op) + " takes two tensors of one element type, found " +
                     describe(Lhs) + " and " + describe(Rhs));
    if (Lhs.isFloatTensor() || Rhs.isFloatTensor())
      note(Range, "float(x) makes floats of integers and booleans");
    return Datum::poison();
  }
  for (Datum *X : {&Lhs, &Rhs})
    if (!X->isTensor() && !X->isNumber() && X->Kind != DatumKind::Bool)
      return error(Range, spell(Op) + " takes tensors and numbers, found " +
                              describe(*X));
  SmallVector<const Datum *, 2> Tensors;
  for (Datum *X : {&Lhs, &Rhs})
    if (X->isTensor())
      Tensors.push_back(X);
  auto Dims = broadcastShapes(Tensors, Range, spell(Op));
  if (!Dims)
    return Datum::poison();
  for (Datum *X : {&Lhs, &Rhs}) {
    if (X->isTensor()) {
      *X = broadcastTo(*X, *Dims, Range);
    } else if (auto Value = getElement(*X, Element, Range)) {
      *X = makeSplat(Element, *Value, *Dims, Range);
    } else {
      *X = Datum::poison();
    }
    if (X->isPoison())
      return Datum::poison();
  }
  if (auto Pred = getPredicate(Op)) {
    if (Element == ElementKind::Bool)
      return error(Range, spell(Op) + " compares numbers, found " +
                              describe(Lhs) + " and " + describe(Rhs));
    return makeOp<CompareOp>(ElementKind::Bool, *Dims, Range, *Pred, Lhs.Tensor,
                             Rhs.Tensor);
  }
  for (const BinaryForm &Form : BinaryForms)
    if (Form.Element == Element && Form.Op == Op)
      return Datum::makeTensor(
          Element,
          Form.Create(Builder, makeLocation(Range), Lhs.Tensor, Rhs.Tensor),
          save(*Dims));
  error(Range, spell(Op) + " is not defined for tensors of " +
                   printElement(Element) + ": " + describe(Lhs) + " and " +
                   describe(Rhs));
  if (Element != ElementKind::F32 &&
      (Op == BinaryOp::Div || Op == BinaryOp::Pow))
    note(Range, "float(x) makes floats of integers and booleans");
  return Datum::poison();
}

//===----------------------------------------------------------------------===//
// Functions of one tensor
//===----------------------------------------------------------------------===//

Datum Elaborator::builtinAbs(BuiltinCall &Call) {
  const Datum &X = Call.Args[0];
  if (X.isInt())
    return checkedInt(X.Int == INT64_MIN ? std::nullopt
                                         : std::optional(std::abs(X.Int)),
                      Call.Range);
  return unaryOrNumber<AbsOp, std::fabs>(Call);
}

//===----------------------------------------------------------------------===//
// Functions of several
//===----------------------------------------------------------------------===//

Datum Elaborator::builtinPow(BuiltinCall &Call) {
  if (!Call.Args[0].isTensor() && !Call.Args[1].isTensor())
    return staticBinary(BinaryOp::Pow, Call.Args[0], Call.Args[1], Call.Range);
  return tensorBinary(BinaryOp::Pow, Call.Args[0], Call.Args[1], Call.Range);
}

/// `max(a, b, ...)` of numbers or tensors, or `max(x, axis = -1)` along axes.
Datum Elaborator::minMax(BuiltinCall &Call, bool IsMax) {
  if (!Call.Extra.empty()) {
    // The reduction: give its named arguments their places.
    for (auto &[Name, Value] : Call.Extra)
      if (Name.Text != "axis" && Name.Text != "keep")
        return error(Name.Range, "'" + Call.Function.Name +
                                     "' has no parameter '" + Name.Text +
                                     "'; of a tensor it takes 'axis' and "
                                     "'keep'");
  }
  if (Call.Args.empty())
    return error(Call.Range, "'" + Call.Function.Name +
                                 "' takes a tensor, or two or more values");
  if (!Call.Extra.empty() || (Call.Args.size() == 1)) {
    if (Call.Args.size() != 1)
      return error(Call.Range, "'" + Call.Function.Name +
                                   "' along an axis takes one tensor");
    BuiltinCall Reduction(Call.Function, Call.Range);
    Reduction.Args = {Call.Args[0], Datum::none(), Datum::makeBool(false)};
    Reduction.Ranges.assign(3, Call.Ranges[0]);
    Reduction.Given = {true, false, false};
    for (auto &[Name, Value] : Call.Extra)
      Reduction.Args[Name.Text == "axis" ? 1 : 2] = Value;
    return reduction(Reduction, IsMax ? ReduceKind::Max : ReduceKind::Min);
  }
  Datum Result = Call.Args[0];
  for (unsigned I = 1; I != Call.Args.size(); ++I) {
    Datum Lhs = Result, Rhs = Call.Args[I];
    if (!Lhs.isTensor() && !Rhs.isTensor()) {
      Datum Less = staticCompare(BinaryOp::LT, Lhs, Rhs, Call.Range);
      if (Less.isPoison())
        return Less;
      Result = Less.Bool == IsMax ? Rhs : Lhs;
      Result.Text = {};
      continue;
    }
    Lhs = toTensor(Lhs, ElementKind::F32, Call.Ranges[I - 1]);
    Rhs = toTensor(Rhs, ElementKind::F32, Call.Ranges[I]);
    if (Lhs.isPoison() || Rhs.isPoison())
      return Datum::poison();
    if (!Lhs.isFloatTensor() || !Rhs.isFloatTensor())
      return wrongArgument(Call, Lhs.isFloatTensor() ? I : I - 1,
                           "tensors of f32 or numbers");
    auto Dims = broadcastShapes({&Lhs, &Rhs}, Call.Range, Call.Function.Name);
    if (!Dims)
      return Datum::poison();
    Lhs = broadcastTo(Lhs, *Dims, Call.Range);
    Rhs = broadcastTo(Rhs, *Dims, Call.Range);
    if (Lhs.isPoison() || Rhs.isPoison())
      return Datum::poison();
    auto *Create = IsMax ? create<MaximumOp> : create<MinimumOp>;
    Result = Datum::makeTensor(
        ElementKind::F32,
        Create(Builder, makeLocation(Call.Range), Lhs.Tensor, Rhs.Tensor),
        save(*Dims));
  }
  return Result;
}

Datum Elaborator::builtinWhere(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, ElementKind::Bool))
    return Datum::poison();
  Datum Parts[3] = {Call.Args[0], Datum(), Datum()};
  for (unsigned I : {1u, 2u}) {
    Parts[I] = toTensor(Call.Args[I], ElementKind::F32, Call.Ranges[I]);
    if (Parts[I].isPoison())
      return Datum::poison();
    if (!Parts[I].isFloatTensor())
      return wrongArgument(Call, I, "a tensor of f32 or a number");
  }
  auto Dims =
      broadcastShapes({&Parts[0], &Parts[1], &Parts[2]}, Call.Range, "where");
  if (!Dims)
    return Datum::poison();
  for (Datum &Part : Parts) {
    Part = broadcastTo(Part, *Dims, Call.Range);
    if (Part.isPoison())
      return Datum::poison();
  }
  return makeOp<SelectOp>(ElementKind::F32, *Dims, Call.Range, Parts[0].Tensor,
                          Parts[1].Tensor, Parts[2].Tensor);
}

Datum Elaborator::builtinFloat(BuiltinCall &Call) {
  const Datum &X = Call.Args[0];
  if (X.isNumber())
    return Datum::makeFloat(X.asFloat());
  if (!X.isTensor())
    return wrongArgument(Call, 0, "a tensor or a number");
  return makeConvert(X, ElementKind::F32, Call.Range);
}

Datum Elaborator::builtinInt(BuiltinCall &Call) {
  const Datum &X = Call.Args[0];
  if (X.isInt())
    return X;
  if (X.Kind == DatumKind::Float)
    return toInt(X.Float, Call.Range);
  if (X.isFloatTensor() || !X.isTensor())
    return wrongArgument(Call, 0, "a number or a tensor of bool or i32");
  return makeConvert(X, ElementKind::I32, Call.Range);
}
