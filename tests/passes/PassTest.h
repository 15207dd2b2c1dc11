//===- PassTest.h - Runs passes and evaluates what comes out ----*- C++ -*-===//

#ifndef STATOR_TESTS_PASSES_PASSTEST_H
#define STATOR_TESTS_PASSES_PASSTEST_H

#include "passes/Pipelines.h"
#include "runtime/interpreter/GraphEvaluator.h"
#include "gtest/gtest.h"
#include <map>

namespace stator::test {

/// Tensors of the state by name.
class MapState : public StateAccess {
public:
  std::map<std::string, HostTensor> Tensors;

  HostTensor read(llvm::StringRef Name) override {
    return Tensors.at(Name.str());
  }
  void write(llvm::StringRef Name, HostTensor Value) override {
    Tensors[Name.str()] = std::move(Value);
  }
};

class PassTest : public testing::Test {
protected:
  PassTest();

  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef Text);

  /// A module, and what a pass made of it.
  struct BeforeAndAfter {
    mlir::OwningOpRef<mlir::ModuleOp> Before, After;
  };
  /// The functions of fuse-attention*.mlir, each a form of attention, as they
  /// are written and as they are fused; null if the files are not there.
  BeforeAndAfter readFormsOfAttention();

  /// Runs a pipeline of textual form; fails the test if it fails.
  void run(mlir::ModuleOp Module, llvm::StringRef Pipeline);

  /// A tensor in f64 (or i32, i1) of numbers that depend on `Seed` only:
  /// floats between -1 and 1, integers from 0 to `MaxInt`.
  static HostTensor makeInput(mlir::Type Type, uint64_t Seed,
                              int32_t MaxInt = 1);

  /// Evaluates a function in f64.
  static std::vector<GraphEvaluator::TensorRef>
  evaluate(mlir::ModuleOp Module, llvm::StringRef Function,
           llvm::ArrayRef<HostTensor> Arguments, StateAccess &State);

  mlir::MLIRContext Context;
};

} // namespace stator::test

#endif // STATOR_TESTS_PASSES_PASSTEST_H
