//===- UserPlace.cpp - Where a user's file leads to an op -----------------===//

#include "passes/UserPlace.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

static bool isStandard(FileLineColLoc Source) {
  return Source && Source.getFilename().getValue().starts_with("std/");
}

bool stator::isInStandardModule(Operation *Op) {
  return isStandard(getSourceOfLocation(Op->getLoc()));
}

Location stator::getUserPlace(Operation *Op, ValueRange Operands) {
  Location Own = Op->getLoc();
  if (!isInStandardModule(Op))
    return Own;
  llvm::SetVector<Value> Values(Operands.begin(), Operands.end());
  // The set grows in the loop: breadth first.
  for (size_t I = 0; I != Values.size(); ++I) {
    Value Each = Values[I];
    Operation *By = Each.getDefiningOp();
    // Parameters and constants are part of the module.
    if (By && By->getNumOperands() == 0)
      continue;
    FileLineColLoc Source = getSourceOfLocation(Each.getLoc());
    if (Source && !isStandard(Source)) {
      StringRef Path = getPathOfLocation(Own);
      return NameLoc::get(StringAttr::get(Own.getContext(), Path), Source);
    }
    if (By)
      Values.insert(By->operand_begin(), By->operand_end());
  }
  return Own;
}
