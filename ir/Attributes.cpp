#include "ir/Dialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
using namespace mlir;
using namespace stator;
FailureOr<FloatAttr> stator::parseDouble(AsmParser &parser) {
  double value;
  if (parser.parseFloat(value))
    return failure();
  return parser.getBuilder().getF64FloatAttr(value);
}
void stator::printDouble(AsmPrinter &printer, double value) {
  printer.printFloat(APFloat(value));
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
