//===- EntryPoints.cpp - The functions that become a program --------------===//

#include "passes/EntryPoints.h"

using namespace mlir;
using namespace stator;

SmallVector<ParameterOp> entry::getTrainableParameters(ModuleOp Module) {
  SmallVector<ParameterOp> Parameters;
  for (auto Parameter : Module.getOps<ParameterOp>())
    if (Parameter.isTrainable())
      Parameters.push_back(Parameter);
  return Parameters;
}
