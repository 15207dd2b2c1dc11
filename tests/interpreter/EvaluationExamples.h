//===- EvaluationExamples.h - Ops on a few numbers --------------*- C++ -*-===//

#ifndef STATOR_TESTS_INTERPRETER_EVALUATIONEXAMPLES_H
#define STATOR_TESTS_INTERPRETER_EVALUATIONEXAMPLES_H

#include "runtime/interpreter/GraphEvaluator.h"
#include <string>
#include <vector>

namespace stator::test {

/// An op, what it is given and what it must give.
struct Example {
  /// The values that the op takes, as lines of a function: %a, %b, ...
  std::string Values;
  /// The op as it is written after the equals sign, and its result types.
  std::string Text, Types;
  /// All results, one after the other.
  std::vector<double> Expected;

  /// "stator.add", the first word of the text.
  std::string getOp() const { return Text.substr(0, Text.find(' ')); }
};

/// The line that makes %Name a constant: "[1.0, 2.0]" of type "2xf32".
std::string constant(const std::string &Name, const std::string &Value,
                     const std::string &Type);

/// Seed, step and so on of the run that the examples are part of.
inline const RunInfo ExampleInfo{
    .Step = 3, .TotalSteps = 11, .Seed = 42, .Sequence = 5};

/// Examples of every op that has a reference evaluation, small enough to check
/// with a pencil.
std::vector<Example> getExamples();

} // namespace stator::test

#endif // STATOR_TESTS_INTERPRETER_EVALUATIONEXAMPLES_H
