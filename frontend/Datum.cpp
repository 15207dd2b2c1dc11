//===- Datum.cpp - What expressions evaluate to ---------------------------===//

#include "frontend/Datum.h"
#include "frontend/Builtins.h"
#include "frontend/Instance.h"
#include "ir/Dialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace llvm;
using namespace stator;

StringRef stator::printElement(ElementKind Element) {
  switch (Element) {
  case ElementKind::F32:
    return "f32";
  case ElementKind::I32:
    return "i32";
  case ElementKind::Bool:
    return "bool";
  }
  return "";
}

std::string stator::printDim(const Dim &D) {
  return D.Name.empty() ? std::to_string(D.Size)
                        : (D.Name + "=" + Twine(D.Size)).str();
}

std::string stator::printShape(ElementKind Element, ArrayRef<Dim> Dims) {
  std::string Result = printElement(Element).str();
  if (Dims.empty())
    return Result;
  return Result + "[" + join(map_range(Dims, printDim), ", ") + "]";
}

bool stator::hasSameSizes(ArrayRef<Dim> A, ArrayRef<Dim> B) {
  return equal(A, B,
               [](const Dim &X, const Dim &Y) { return X.Size == Y.Size; });
}

std::string stator::printNumber(double Value) {
  std::string Result;
  raw_string_ostream(Result) << format("%.9g", Value);
  return Result;
}

/// A float, which is no whole number even if it has the value of one: "96.0".
static std::string printFloat(double Value) {
  std::string Result = printNumber(Value);
  return StringRef(Result).find_first_not_of("-0123456789") == StringRef::npos
             ? Result + ".0"
             : Result;
}

std::string stator::describe(const Datum &D) {
  switch (D.Kind) {
  case DatumKind::Poison:
  case DatumKind::None:
    return "none";
  case DatumKind::Int:
    return "the number " + std::to_string(D.Int);
  case DatumKind::Float:
    return "the number " + printFloat(D.Float);
  case DatumKind::Bool:
    return D.Bool ? "true" : "false";
  case DatumKind::String:
    return ("the string \"" + D.Text.take_front(40) + "\"").str();
  case DatumKind::Tuple:
    if (D.Elements.empty())
      return "an empty tuple";
    return "a tuple (" +
           join(map_range(D.Elements.take_front(4),
                          [](const Datum &E) {
                            return E.isNumber() ? printNumber(E.asFloat())
                                                : describe(E);
                          }),
                ", ") +
           (D.Elements.size() > 4 ? ", ...)" : ")");
  case DatumKind::Tensor:
    return printShape(D.Element, D.Dims);
  case DatumKind::Fn:
    return ("the function '" + D.Fn->Name.Text + "'").str();
  case DatumKind::Builtin:
    return ("the function '" + D.Function->Name + "'").str();
  case DatumKind::Module:
    return ("the module '" + D.Module->Name.Text + "'").str();
  case DatumKind::Instance:
    return "a module (" + D.Instance->describe() + ")";
  case DatumKind::Init:
    return "an initialiser";
  case DatumKind::Setting:
    return mlir::isa<OptimizerAttr>(D.Setting) ? "an optimizer" : "a schedule";
  }
  return "";
}

static std::string makeKey(double Value) {
  uint64_t Bits;
  std::memcpy(&Bits, &Value, sizeof Bits);
  return utohexstr(Bits);
}

static std::string makeKey(const void *Pointer) {
  return utohexstr(reinterpret_cast<uintptr_t>(Pointer));
}

std::string stator::makeKey(const Datum &D) {
  switch (D.Kind) {
  case DatumKind::Poison:
    return "?";
  case DatumKind::None:
    return "none";
  case DatumKind::Int:
    return "i" + std::to_string(D.Int);
  case DatumKind::Float:
    return "f" + ::makeKey(D.Float);
  case DatumKind::Bool:
    return D.Bool ? "true" : "false";
  case DatumKind::String:
    return ("\"" + D.Text + "\"").str();
  case DatumKind::Tuple:
    return "(" +
           join(
               map_range(D.Elements, [](const Datum &E) { return makeKey(E); }),
               ",") +
           ")";
  case DatumKind::Tensor: {
    std::string Result = printElement(D.Element).str() + "[";
    for (const Dim &Size : D.Dims)
      Result += std::to_string(Size.Size) + ",";
    return Result + "<" + std::to_string(D.Bound) + "]";
  }
  case DatumKind::Fn:
    return "fn" + ::makeKey(static_cast<const void *>(D.Fn));
  case DatumKind::Builtin:
    return "fn" + ::makeKey(static_cast<const void *>(D.Function));
  case DatumKind::Module:
    return "m" + ::makeKey(static_cast<const void *>(D.Module));
  case DatumKind::Instance:
    return "instance" + ::makeKey(static_cast<const void *>(D.Instance));
  case DatumKind::Init:
    return "init" + std::to_string(D.Init.Kind) + ::makeKey(D.Init.A) + "," +
           ::makeKey(D.Init.B);
  case DatumKind::Setting:
    return "s" + ::makeKey(D.Setting.getAsOpaquePointer());
  }
  return "";
}
