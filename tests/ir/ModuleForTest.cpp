//===- ModuleForTest.cpp - A module written in a test ---------------------===//

#include "tests/ir/ModuleForTest.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace stator;

ModuleForTest::ModuleForTest(const std::string &Arguments,
                             const std::string &Body,
                             const std::string &Before) {
  Context.loadDialect<StatorDialect>();
  Module =
      parseSourceString<ModuleOp>(Before + "\nstator.func @f(" + Arguments +
                                      ") {\n" + Body + "\nstator.return\n}\n",
                                  &Context);
}

FuncOp ModuleForTest::getFunction() {
  return Module ? Module->lookupSymbol<FuncOp>("f") : FuncOp();
}

Operation *ModuleForTest::getLastOp() {
  FuncOp Func = getFunction();
  return Func ? Func.getBody().front().getTerminator()->getPrevNode() : nullptr;
}
