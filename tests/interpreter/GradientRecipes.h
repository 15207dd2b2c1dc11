//===- GradientRecipes.h - Functions to check the derivatives on *- C++ -*-===//
//
// For every differentiable op a list of small functions around it. Elementwise
// ops are found to be such by their traits and need no recipe of their own; any
// other op without a recipe fails the test.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TESTS_INTERPRETER_GRADIENTRECIPES_H
#define STATOR_TESTS_INTERPRETER_GRADIENTRECIPES_H

#include "mlir/IR/OperationSupport.h"
#include <string>
#include <vector>

namespace stator::test {

/// Where the elements of float arguments come from.
enum class Domain {
  Normal,       ///< between -1.5 and 1.5
  Positive,     ///< between 0.3 and 2
  AwayFromZero, ///< between 0.4 and 2, of either sign
  Spread,       ///< all different by at least 0.05, over all arguments
  Equal         ///< all 0.75
};

struct GradientCase {
  std::string Name;
  /// A stator.func @f with the op in it.
  std::string Text;
  Domain Inputs = Domain::Normal;
  /// Arguments that get no gradient by the description of the op.
  std::vector<unsigned> NoGradient = {};
  /// Results that have no derivative by the description of the op.
  std::vector<unsigned> NoCotangent = {};
  /// Integer arguments are drawn from here, ends included.
  int32_t IntLow = 0, IntHigh = 2;
};

/// The cases of an op, or none if nobody has said how to check it.
std::vector<GradientCase> getGradientCases(mlir::RegisteredOperationName Op);

} // namespace stator::test

#endif // STATOR_TESTS_INTERPRETER_GRADIENTRECIPES_H
