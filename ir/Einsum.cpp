//===- Einsum.cpp - Equations of contractions -----------------------------===//

#include "ir/Einsum.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace stator;

namespace {

/// Reads the names of one tensor, numbers them into `Names`, and refuses what
/// is no name and what stands twice.
LogicalResult parseNames(StringRef Text, StringRef Where,
                         SmallVectorImpl<std::string> &Names,
                         SmallVectorImpl<int64_t> &Numbers,
                         std::string &Error) {
  SmallVector<StringRef> Words;
  Text.split(Words, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef Word : Words) {
    bool IsName =
        (llvm::isAlpha(Word.front()) || Word.front() == '_') &&
        llvm::all_of(Word, [](char C) { return llvm::isAlnum(C) || C == '_'; });
    if (!IsName) {
      Error = ("\"" + Word + "\" in the " + Where +
               " is not a dimension name (letters, digits and _, divided by "
               "spaces)")
                  .str();
      return failure();
    }
    auto *Found = llvm::find(Names, Word);
    int64_t Number = Found - Names.begin();
    if (Found == Names.end())
      Names.push_back(Word.str());
    if (llvm::is_contained(Numbers, Number)) {
      Error = ("dimension \"" + Word + "\" stands twice in the " + Where).str();
      return failure();
    }
    Numbers.push_back(Number);
  }
  return success();
}

/// Writes names divided by single spaces.
void writeNames(std::string &Out, ArrayRef<std::string> Names) {
  Out += llvm::join(Names, " ");
}

} // namespace

FailureOr<EinsumEquation> EinsumEquation::parse(StringRef Text,
                                                std::string &Error) {
  size_t Arrow = Text.find("->");
  if (Arrow == StringRef::npos ||
      Text.find("->", Arrow + 2) != StringRef::npos) {
    Error = "expected one \"->\" between the operands and the result, as in "
            "\"m k, k n -> m n\"";
    return failure();
  }
  StringRef Operands = Text.take_front(Arrow);
  if (Operands.count(',') != 1) {
    Error = "expected two operands divided by one comma before \"->\", found " +
            std::to_string(Operands.count(',') + 1);
    return failure();
  }
  auto [LhsText, RhsText] = Operands.split(',');

  EinsumEquation Equation;
  if (failed(parseNames(LhsText, "first operand", Equation.Names, Equation.Lhs,
                        Error)) ||
      failed(parseNames(RhsText, "second operand", Equation.Names, Equation.Rhs,
                        Error)))
    return failure();
  int64_t NumOperandNames = Equation.Names.size();
  if (failed(parseNames(Text.drop_front(Arrow + 2), "result", Equation.Names,
                        Equation.Result, Error)))
    return failure();

  if (static_cast<int64_t>(Equation.Names.size()) > NumOperandNames) {
    Error = "dimension \"" + Equation.Names[NumOperandNames] +
            "\" of the result is in neither operand";
    return failure();
  }
  for (auto [Number, Name] : llvm::enumerate(Equation.Names)) {
    bool InLhs = llvm::is_contained(Equation.Lhs, Number);
    bool InRhs = llvm::is_contained(Equation.Rhs, Number);
    if (InLhs != InRhs && !llvm::is_contained(Equation.Result, Number)) {
      Error = "dimension \"" + Name + "\" is in the " +
              (InLhs ? "first" : "second") +
              " operand only and not in the result; sum it first with "
              "stator.reduce";
      return failure();
    }
  }
  return Equation;
}

EinsumRole EinsumEquation::getRole(int64_t Dimension) const {
  bool InLhs = llvm::is_contained(Lhs, Dimension);
  bool InRhs = llvm::is_contained(Rhs, Dimension);
  if (!InRhs)
    return EinsumRole::Row;
  if (!InLhs)
    return EinsumRole::Column;
  return llvm::is_contained(Result, Dimension) ? EinsumRole::Batch
                                               : EinsumRole::Contracted;
}

SmallVector<int64_t, 4> EinsumEquation::getDimensions(EinsumRole Role) const {
  SmallVector<int64_t, 4> Dimensions;
  for (int64_t Dimension = 0, E = Names.size(); Dimension < E; ++Dimension)
    if (getRole(Dimension) == Role)
      Dimensions.push_back(Dimension);
  return Dimensions;
}

std::string EinsumEquation::str() const {
  auto GetNames = [&](ArrayRef<int64_t> Numbers) {
    return llvm::map_to_vector(Numbers,
                               [&](int64_t Number) { return Names[Number]; });
  };
  return makeEinsumEquation(GetNames(Lhs), GetNames(Rhs), GetNames(Result));
}

std::string stator::makeEinsumEquation(ArrayRef<std::string> Lhs,
                                       ArrayRef<std::string> Rhs,
                                       ArrayRef<std::string> Result) {
  std::string Text;
  writeNames(Text, Lhs);
  Text += ", ";
  writeNames(Text, Rhs);
  Text += " -> ";
  writeNames(Text, Result);
  return Text;
}
