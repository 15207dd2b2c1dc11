//===- ElaborateStatic.cpp - Arithmetic of numbers ------------------------===//
//
// What is known while compiling: integers that never wrap, doubles, booleans
// and strings.
//
//===----------------------------------------------------------------------===//

#include "frontend/Elaborator.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace llvm;
using namespace stator;

Datum Elaborator::checkedInt(std::optional<int64_t> Value, SMRange Range) {
  if (!Value)
    return error(Range, "this integer overflows 64 bits");
  return Datum::makeInt(*Value);
}

Datum Elaborator::checkedFloat(double Value, SMRange Range) {
  if (std::isnan(Value))
    return error(Range, "this has no value (not a number)");
  return Datum::makeFloat(Value, Range);
}

void Elaborator::noteOrigin(const Datum &Value) {
  if (Value.Kind != DatumKind::Float || !Value.Origin.isValid())
    return;
  StringRef Text(Value.Origin.Start.getPointer(),
                 Value.Origin.End.getPointer() -
                     Value.Origin.Start.getPointer());
  if (Text.contains('/'))
    note(Value.Origin, "this division does not come out even, or divides a "
                       "float; floordiv(a, b) is the quotient rounded down");
  else
    note(Value.Origin, "this made it a float; int(x) makes a whole number of "
                       "it");
}

Datum Elaborator::toInt(double Value, SMRange Range) {
  return checkedInt(std::fabs(Value) < 9e18
                        ? std::optional(static_cast<int64_t>(Value))
                        : std::nullopt,
                    Range);
}

/// The remainder has the sign of the divisor, as in Python.
static int64_t floorDivide(int64_t A, int64_t B) {
  int64_t Quotient = A / B;
  return (A % B != 0 && (A < 0) != (B < 0)) ? Quotient - 1 : Quotient;
}

static std::optional<int64_t> power(int64_t Base, int64_t Exponent) {
  int64_t Result = 1;
  if (Base == 0 || Base == 1)
    return Exponent == 0 ? 1 : Base;
  if (Base == -1)
    return Exponent % 2 ? -1 : 1;
  for (int64_t I = 0; I != Exponent; ++I)
    if (MulOverflow(Result, Base, Result))
      return std::nullopt;
  return Result;
}

Datum Elaborator::staticCompare(BinaryOp Op, const Datum &Lhs, const Datum &Rhs,
                                SMRange Range) {
  bool IsEquality = Op == BinaryOp::EQ || Op == BinaryOp::NE;
  if (Lhs.isNumber() && Rhs.isNumber()) {
    int Order;
    if (Lhs.isInt() && Rhs.isInt()) {
      Order = Lhs.Int < Rhs.Int ? -1 : Lhs.Int > Rhs.Int;
    } else {
      double L = Lhs.asFloat(), R = Rhs.asFloat();
      Order = L < R ? -1 : L > R;
    }
    switch (Op) {
    case BinaryOp::EQ:
      return Datum::makeBool(Order == 0);
    case BinaryOp::NE:
      return Datum::makeBool(Order != 0);
    case BinaryOp::LT:
      return Datum::makeBool(Order < 0);
    case BinaryOp::LE:
      return Datum::makeBool(Order <= 0);
    case BinaryOp::GT:
      return Datum::makeBool(Order > 0);
    default:
      return Datum::makeBool(Order >= 0);
    }
  }
  if (IsEquality) {
    // Whatever is there can be compared with none.
    bool HasNone = Lhs.Kind == DatumKind::None || Rhs.Kind == DatumKind::None;
    // Modules that differ only in how their parameters start share a function,
    // so nothing in it may hang on that.
    if (HasNone || (Lhs.Kind == Rhs.Kind && Lhs.Kind != DatumKind::Init)) {
      bool Equal =
          HasNone ? Lhs.Kind == Rhs.Kind : makeKey(Lhs) == makeKey(Rhs);
      return Datum::makeBool(Equal == (Op == BinaryOp::EQ));
    }
  }
  return error(Range,
               "cannot compare " + describe(Lhs) + " with " + describe(Rhs));
}

Datum Elaborator::staticBinary(BinaryOp Op, const Datum &Lhs, const Datum &Rhs,
                               SMRange Range) {
  if (Op >= BinaryOp::EQ && Op <= BinaryOp::GE)
    return staticCompare(Op, Lhs, Rhs, Range);
  if (Op == BinaryOp::Add && Lhs.Kind == DatumKind::String &&
      Rhs.Kind == DatumKind::String)
    return Datum::makeString(Saver.save(Lhs.Text + Rhs.Text));
  if (Op == BinaryOp::Add && Lhs.Kind == DatumKind::Tuple &&
      Rhs.Kind == DatumKind::Tuple) {
    SmallVector<Datum, 4> Elements(Lhs.Elements);
    append_range(Elements, Rhs.Elements);
    return Datum::makeTuple(save(Elements));
  }
  if (!Lhs.isNumber() || !Rhs.isNumber())
    return error(Range, "this operator takes numbers and tensors, found " +
                            describe(Lhs) + " and " + describe(Rhs));
  bool AreInts = Lhs.isInt() && Rhs.isInt();
  if ((Op == BinaryOp::Div || Op == BinaryOp::Mod) && Rhs.asFloat() == 0)
    return error(Range, "division by zero");
  if (AreInts) {
    int64_t A = Lhs.Int, B = Rhs.Int, Result = 0;
    auto Checked = [&](bool Overflows) {
      return checkedInt(Overflows ? std::nullopt : std::optional(Result),
                        Range);
    };
    switch (Op) {
    case BinaryOp::Add:
      return Checked(AddOverflow(A, B, Result));
    case BinaryOp::Sub:
      return Checked(SubOverflow(A, B, Result));
    case BinaryOp::Mul:
      return Checked(MulOverflow(A, B, Result));
    case BinaryOp::Div:
      // Whole where it comes out even, so that it can be a size.
      if (B == -1)
        return checkedInt(A == INT64_MIN ? std::nullopt : std::optional(-A),
                          Range);
      if (A % B == 0)
        return Datum::makeInt(A / B);
      break;
    case BinaryOp::Mod:
      if (B == -1)
        return Datum::makeInt(0);
      return Datum::makeInt(A - floorDivide(A, B) * B);
    case BinaryOp::Pow:
      if (B >= 0)
        return checkedInt(power(A, B), Range);
      break;
    default:
      break;
    }
  }
  double A = Lhs.asFloat(), B = Rhs.asFloat();
  auto Float = [&](double Value) {
    Datum Result = checkedFloat(Value, Range);
    for (const Datum &X : {Rhs, Lhs})
      if (X.Kind == DatumKind::Float && X.Origin.isValid())
        Result.Origin = X.Origin;
    return Result;
  };
  switch (Op) {
  case BinaryOp::Add:
    return Float(A + B);
  case BinaryOp::Sub:
    return Float(A - B);
  case BinaryOp::Mul:
    return Float(A * B);
  case BinaryOp::Div:
    return Float(A / B);
  case BinaryOp::Mod:
    return Float(A - std::floor(A / B) * B);
  case BinaryOp::Pow:
    return Float(std::pow(A, B));
  default:
    return error(Range, "'@' multiplies tensors, found " + describe(Lhs) +
                            " and " + describe(Rhs));
  }
}

Datum Elaborator::builtinFloorDiv(BuiltinCall &Call) {
  auto A = wantInt(Call, 0), B = wantInt(Call, 1);
  if (!A || !B)
    return Datum::poison();
  if (*B == 0)
    return error(Call.Range, "division by zero");
  return checkedInt(*B == -1 && *A == INT64_MIN
                        ? std::nullopt
                        : std::optional(floorDivide(*A, *B)),
                    Call.Range);
}

Datum Elaborator::builtinCeilDiv(BuiltinCall &Call) {
  auto A = wantInt(Call, 0), B = wantInt(Call, 1);
  if (!A || !B)
    return Datum::poison();
  if (*B == 0)
    return error(Call.Range, "division by zero");
  if (*B == -1 && *A == INT64_MIN)
    return checkedInt(std::nullopt, Call.Range);
  int64_t Floor = floorDivide(*A, *B);
  return Datum::makeInt(Floor * *B == *A ? Floor : Floor + 1);
}

//===----------------------------------------------------------------------===//
// Arguments of builtins
//===----------------------------------------------------------------------===//

Datum Elaborator::wrongArgument(BuiltinCall &Call, unsigned Index,
                                const Twine &Expected) {
  std::string Which =
      Index < Call.Function.Params.size() && !Call.Function.IsVariadic
          ? ("'" + Call.Function.Params[Index].Name + "' of ").str()
          : std::string("argument " + std::to_string(Index + 1) + " of ");
  return error(Call.Ranges[Index], Which + "'" + Call.Function.Name +
                                       "': expected " + Expected + ", found " +
                                       describe(Call.Args[Index]));
}

bool Elaborator::wantTensor(BuiltinCall &Call, unsigned Index,
                            std::optional<ElementKind> Element) {
  const Datum &X = Call.Args[Index];
  if (X.isTensor() && (!Element || X.Element == *Element))
    return true;
  wrongArgument(Call, Index,
                Element ? "a tensor of " + printElement(*Element)
                        : Twine("a tensor"));
  return false;
}

std::optional<int64_t> Elaborator::wantInt(BuiltinCall &Call, unsigned Index) {
  if (Call.Args[Index].isInt())
    return Call.Args[Index].Int;
  wrongArgument(Call, Index, "a whole number");
  noteOrigin(Call.Args[Index]);
  return std::nullopt;
}

std::optional<int64_t> Elaborator::wantIntIn(BuiltinCall &Call, unsigned Index,
                                             int64_t Low, int64_t High) {
  auto Value = wantInt(Call, Index);
  if (!Value || (*Value >= Low && *Value <= High))
    return Value;
  wrongArgument(Call, Index,
                "a whole number from " + Twine(Low) + " to " + Twine(High));
  return std::nullopt;
}

std::optional<double> Elaborator::wantNumber(BuiltinCall &Call,
                                             unsigned Index) {
  if (Call.Args[Index].isNumber())
    return Call.Args[Index].asFloat();
  wrongArgument(Call, Index, "a number");
  return std::nullopt;
}

std::optional<bool> Elaborator::wantBool(BuiltinCall &Call, unsigned Index) {
  if (Call.Args[Index].Kind == DatumKind::Bool)
    return Call.Args[Index].Bool;
  wrongArgument(Call, Index, "true or false");
  return std::nullopt;
}

std::optional<StringRef> Elaborator::wantString(BuiltinCall &Call,
                                                unsigned Index) {
  if (Call.Args[Index].Kind == DatumKind::String)
    return Call.Args[Index].Text;
  wrongArgument(Call, Index, "a string");
  return std::nullopt;
}

std::optional<int64_t> Elaborator::wantAxis(BuiltinCall &Call, unsigned Index,
                                            int64_t Rank) {
  auto Axis = wantInt(Call, Index);
  if (!Axis)
    return std::nullopt;
  if (*Axis >= -Rank && *Axis < Rank)
    return *Axis < 0 ? *Axis + Rank : *Axis;
  wrongArgument(Call, Index,
                Rank == 0 ? Twine("a tensor that has an axis")
                          : "an axis from " + Twine(-Rank) + " to " +
                                Twine(Rank - 1));
  return std::nullopt;
}

std::optional<SmallVector<int64_t, 4>>
Elaborator::wantAxes(BuiltinCall &Call, unsigned Index, int64_t Rank) {
  const Datum Arg = Call.Args[Index];
  SmallVector<int64_t, 4> Axes;
  if (Arg.Kind == DatumKind::None) {
    for (int64_t I = 0; I != Rank; ++I)
      Axes.push_back(I);
    return Axes;
  }
  if (Arg.Kind != DatumKind::Tuple) {
    auto Axis = wantAxis(Call, Index, Rank);
    if (!Axis)
      return std::nullopt;
    Axes.push_back(*Axis);
    return Axes;
  }
  for (const Datum &Element : Arg.Elements) {
    Call.Args[Index] = Element;
    auto Axis = wantAxis(Call, Index, Rank);
    Call.Args[Index] = Arg;
    if (!Axis)
      return std::nullopt;
    if (is_contained(Axes, *Axis)) {
      wrongArgument(Call, Index, "different axes");
      return std::nullopt;
    }
    Axes.push_back(*Axis);
  }
  llvm::sort(Axes);
  return Axes;
}

std::optional<EinopsSizes> Elaborator::wantSizes(BuiltinCall &Call) {
  EinopsSizes Sizes;
  for (auto &[Name, Value] : Call.Extra) {
    if (!Value.isInt() || Value.Int < 1) {
      error(Name.Range, "the size of '" + Name.Text +
                            "' must be a whole number of at least 1, found " +
                            describe(Value));
      noteOrigin(Value);
      return std::nullopt;
    }
    Sizes.push_back(
        {Name.Text.str(),
         Dim{Value.Int, Value.Text.empty() ? Name.Text : Value.Text}});
  }
  return Sizes;
}
