//===- EntryPoints.cpp - The functions that become a program --------------===//

#include "passes/EntryPoints.h"

using namespace mlir;
using namespace stator;

int64_t entry::getDecodeWidth(StringRef Name) {
  int64_t Width = 0;
  if (!Name.consume_front(DecodePrefix) || Name.starts_with("0") ||
      Name.getAsInteger(10, Width) || Width < 1)
    return 0;
  return Width;
}

SmallVector<FuncOp> entry::getDecodeEntries(ModuleOp Module) {
  SmallVector<FuncOp> Entries;
  for (auto Function : Module.getOps<FuncOp>())
    if (getDecodeWidth(Function.getSymName()))
      Entries.push_back(Function);
  llvm::sort(Entries, [](FuncOp A, FuncOp B) {
    return getDecodeWidth(A.getSymName()) < getDecodeWidth(B.getSymName());
  });
  return Entries;
}

SmallVector<ParameterOp> entry::getTrainableParameters(ModuleOp Module) {
  SmallVector<ParameterOp> Parameters;
  for (auto Parameter : Module.getOps<ParameterOp>())
    if (Parameter.isTrainable())
      Parameters.push_back(Parameter);
  return Parameters;
}
