//===- ModuleForTest.h - A module written in a test -------------*- C++ -*-===//

#ifndef STATOR_TESTS_IR_MODULEFORTEST_H
#define STATOR_TESTS_IR_MODULEFORTEST_H

#include "ir/Dialect.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace stator {

/// A context with the dialect, and a module in it.
class ModuleForTest {
public:
  /// Parses a module whose one function is `@f`: its arguments, as in
  /// "%x: tensor<2xf32>", and its body without the return. `Before` stands in
  /// front of the function.
  ModuleForTest(const std::string &Arguments, const std::string &Body,
                const std::string &Before = "");

  /// Null if the text does not parse or verify.
  FuncOp getFunction();

  /// The last op before the return.
  mlir::Operation *getLastOp();

private:
  mlir::MLIRContext Context;
  mlir::OwningOpRef<mlir::ModuleOp> Module;
};

} // namespace stator

#endif // STATOR_TESTS_IR_MODULEFORTEST_H
