//===- ElaborateType.cpp - Types of parameters and results ----------------===//

#include "frontend/Elaborator.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace stator;

/// The size that a dimension of a type stands for. A name that is no number is
/// a symbol: it is bound to the size that is found first. None, without an
/// error, for a symbol that is not bound; with one for what is no size.
std::optional<Dim> Elaborator::evaluateDim(const Expr &E, bool BindSymbols,
                                           std::optional<int64_t> Actual) {
  if (const auto *Name = dyn_cast<NameExpr>(&E)) {
    bool Found;
    Datum Value = lookUp(*Name, Found);
    // Fns, modules and members can have the name of a symbol; a tensor is
    // meant where it is named.
    bool IsValue = Found && (Value.isNumber() || Value.isTensor());
    if (!IsValue) {
      if (!BindSymbols || !Actual)
        return std::nullopt;
      Current->Locals.push_back(
          {Name->Name, Datum::makeInt(*Actual, Name->Name)});
      return Dim{*Actual, Name->Name};
    }
  }
  Datum Value = evaluate(E);
  if (Value.isPoison())
    return std::nullopt;
  if (!Value.isInt()) {
    error(E.Range, "a dimension is a whole number, found " + describe(Value));
    noteOrigin(Value);
    return std::nullopt;
  }
  if (Value.Int < 1) {
    error(E.Range, "a dimension is at least 1, found " + Twine(Value.Int));
    return std::nullopt;
  }
  StringRef Name = isa<NumberExpr>(E) ? StringRef() : getSourceText(E.Range);
  return Dim{Value.Int, Name};
}

std::string Elaborator::printType(const TypeExpr &Type) {
  std::string Result = printElement(Type.Element).str();
  if (Type.Dims.empty())
    return Result;
  std::string Dims;
  for (const DimExpr &D : Type.Dims) {
    Dims += Dims.empty() ? "" : ", ";
    if (D.IsEllipsis) {
      Dims += "...";
      if (Current->Ellipsis && !Current->Ellipsis->empty()) {
        Dims.resize(Dims.size() - 3);
        for (auto [I, Size] : enumerate(*Current->Ellipsis))
          Dims += (I ? ", " : "") + printDim(Size);
      }
      continue;
    }
    auto Size = evaluateDim(*D.Size, /*BindSymbols=*/false, std::nullopt);
    Dims += Size ? printDim(*Size) : getSourceText(D.Range).str();
  }
  return Result + "[" + Dims + "]";
}

std::optional<ArrayRef<Dim>>
Elaborator::matchType(const TypeExpr &Type, const Datum &Value, SMRange Range,
                      const Twine &What, bool NoteDeclaration) {
  std::string Subject = What.str();
  auto Mismatch = [&]() -> std::optional<ArrayRef<Dim>> {
    error(Range,
          Subject + ": expected " + printType(Type) + ", found " +
              describe(Value),
          NoteDeclaration ? Type.Range : SMRange(), "it is declared here");
    return std::nullopt;
  };
  if (!Value.isTensor() || Value.Element != Type.Element)
    return Mismatch();
  size_t Rank = Value.Dims.size(), Plain = 0;
  for (const DimExpr &D : Type.Dims)
    Plain += !D.IsEllipsis;
  bool HasEllipsis = Plain != Type.Dims.size();
  if (HasEllipsis ? Rank < Plain : Rank != Plain)
    return Mismatch();
  SmallVector<Dim, 6> Dims;
  bool Fits = true;
  for (const DimExpr &D : Type.Dims) {
    if (!D.IsEllipsis) {
      const Dim &Found = Value.Dims[Dims.size()];
      unsigned ErrorsBefore = Diags.getNumErrors();
      auto Expected = evaluateDim(*D.Size, /*BindSymbols=*/true, Found.Size);
      if (!Expected) {
        if (Diags.getNumErrors() == ErrorsBefore)
          error(D.Range, "this dimension has no size");
        return std::nullopt;
      }
      Fits &= Expected->Size == Found.Size;
      Dims.push_back(
          {Found.Size, Expected->Name.empty() ? Found.Name : Expected->Name});
      continue;
    }
    ArrayRef<Dim> Covered = Value.Dims.slice(Dims.size(), Rank - Plain);
    if (Current->Ellipsis)
      Fits &= hasSameSizes(*Current->Ellipsis, Covered);
    else
      Current->Ellipsis.emplace(Covered.begin(), Covered.end());
    append_range(Dims, Covered);
  }
  if (!Fits)
    return Mismatch();
  return save(Dims);
}

bool Elaborator::checkResults(const FnDecl &Fn, Datum &Value, SMRange Range) {
  if (Fn.Results.empty() || Value.isPoison())
    return !Value.isPoison();
  bool IsTuple = Fn.Results.size() != 1;
  size_t Found = Value.Kind == DatumKind::Tuple ? Value.Elements.size() : 1;
  if (Found != Fn.Results.size()) {
    error(Range,
          "the fn returns " + Twine(Fn.Results.size()) +
              (IsTuple ? " values" : " value") + ", found " + Twine(Found),
          Fn.ResultRange, "it is declared here");
    return false;
  }
  SmallVector<Datum, 4> Elements;
  for (size_t I = 0; I != Found; ++I) {
    Datum Element = IsTuple ? Value.Elements[I] : Value;
    std::string What =
        IsTuple ? "result " + std::to_string(I + 1) : std::string("the result");
    auto Dims = matchType(Fn.Results[I], Element, Range, What);
    if (!Dims)
      return false;
    Element.Dims = *Dims;
    Elements.push_back(Element);
  }
  Value = IsTuple ? Datum::makeTuple(save(Elements)) : Elements.front();
  return true;
}
