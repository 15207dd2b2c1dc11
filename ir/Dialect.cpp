//===- Dialect.cpp - The stator dialect -----------------------------------===//

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

Operation *StatorDialect::materializeConstant(OpBuilder &Builder,
                                              Attribute Value, Type Type,
                                              Location Loc) {
  auto Elements = dyn_cast<ElementsAttr>(Value);
  if (!Elements || Elements.getType() != Type)
    return nullptr;
  return ConstantOp::create(Builder, Loc, Type, Elements);
}
