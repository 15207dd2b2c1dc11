#include "ir/Dialect.h"
#include "ir/HostTensor.h"
using namespace mlir;
using namespace stator;
#include "ir/StatorDialect.cpp.inc"
#include "ir/StatorInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "ir/StatorOps.cpp.inc"
void StatorDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "ir/StatorOps.cpp.inc"
      >();
}
Operation *StatorDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements ? ConstantOp::create(builder, loc, type, elements).getOperation() : nullptr;
}
StringRef stator::getPathOfLocation(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc)) return name.getName();
  return "";
}
FileLineColLoc stator::getSourceOfLocation(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc)) return file;
  if (auto name = dyn_cast<NameLoc>(loc)) return getSourceOfLocation(name.getChildLoc());
  return {};
}
void stator::nameResultsFromLocation(Operation *op, OpAsmSetValueNameFn setName) {
  StringRef path = getPathOfLocation(op->getLoc());
  if (path.empty()) return;
  for (Value result : op->getResults()) setName(result, path);
}
