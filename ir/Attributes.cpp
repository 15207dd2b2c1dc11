//===- Attributes.cpp - Attributes of the dialect -------------------------===//

#include "ir/Dialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include <charconv>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace stator;

FailureOr<FloatAttr> stator::parseDouble(AsmParser &Parser) {
  bool IsNegative = succeeded(Parser.parseOptionalMinus());
  double Number;
  if (succeeded(Parser.parseOptionalKeyword("inf")))
    Number = std::numeric_limits<double>::infinity();
  else if (succeeded(Parser.parseOptionalKeyword("nan")))
    Number = std::numeric_limits<double>::quiet_NaN();
  else if (failed(Parser.parseFloat(Number)))
    return failure();
  return Parser.getBuilder().getF64FloatAttr(IsNegative ? -Number : Number);
}

void stator::printDouble(AsmPrinter &Printer, double Number) {
  if (std::isnan(Number)) {
    Printer << "nan";
    return;
  }
  // The fewest digits that read back as the same number.
  char Digits[32];
  auto [End, Error] = std::to_chars(Digits, std::end(Digits), Number);
  assert(Error == std::errc() && "32 characters hold any double");
  StringRef Text(Digits, End - Digits);
  auto [Mantissa, Exponent] = Text.split('e');
  Printer << Mantissa;
  // Without a point the lexer would take it for an integer.
  if (!std::isinf(Number) && !Mantissa.contains('.'))
    Printer << ".0";
  if (!Exponent.empty())
    Printer << 'e' << Exponent;
}

ParseResult stator::parseNumber(OpAsmParser &Parser, FloatAttr &Number) {
  FailureOr<FloatAttr> Parsed = parseDouble(Parser);
  if (failed(Parsed))
    return failure();
  Number = *Parsed;
  return success();
}

void stator::printNumber(OpAsmPrinter &Printer, Operation *, FloatAttr Number) {
  printDouble(Printer, Number.getValueAsDouble());
}

#include "ir/StatorEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/StatorAttributes.cpp.inc"

void StatorDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/StatorAttributes.cpp.inc"
      >();
}
