//===- EvaluationTest.cpp - What every op computes, by hand ---------------===//
//
// Each op on the numbers of its examples, in f32 and in f64. An op that has a
// reference evaluation and no example fails the test.
//
//===----------------------------------------------------------------------===//

#include "EvaluationExamples.h"
#include "mlir/Parser/Parser.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace stator::test {
namespace {

MLIRContext &getContext() {
  static MLIRContext Context;
  Context.loadDialect<StatorDialect>();
  return Context;
}

class EvaluationTest
    : public testing::TestWithParam<std::tuple<size_t, HostType>> {};

TEST_P(EvaluationTest, IsWhatIsExpected) {
  auto [Index, Type] = GetParam();
  Example Case = getExamples()[Index];
  // The last line names all results of the op.
  size_t NumResults = 1 + llvm::count(Case.Types, ',');
  std::string Names;
  for (size_t I = 0; I < NumResults; ++I)
    Names += (I ? ", %r#" : "%r#") + std::to_string(I);
  std::string Text = "stator.func @f() -> (" + Case.Types + ") {\n" +
                     Case.Values + "  %r:" + std::to_string(NumResults) +
                     " = " + Case.Text + "\n  stator.return " + Names + " : " +
                     Case.Types + "\n}\n";
  SCOPED_TRACE(Text);
  auto Module = parseSourceString<ModuleOp>(Text, &getContext());
  ASSERT_TRUE(Module);
  GraphEvaluator Evaluator(*Module, Type, nullptr);
  Evaluator.setInfo(ExampleInfo);
  std::vector<double> Found;
  for (auto &Result : Evaluator.run(Module->lookupSymbol<FuncOp>("f"), {}))
    for (int64_t I = 0; I < Result->getNumElements(); ++I)
      Found.push_back(Result->getAsDouble(I));
  EXPECT_TRUE(Evaluator.takeErrors().empty());
  ASSERT_EQ(Found.size(), Case.Expected.size());
  double Tolerance = Type == HostType::F64 ? 1e-12 : 1e-6;
  for (size_t I = 0; I < Found.size(); ++I)
    if (std::isnan(Case.Expected[I]))
      EXPECT_TRUE(std::isnan(Found[I])) << "element " << I;
    else if (std::abs(Case.Expected[I]) ==
             std::numeric_limits<double>::infinity())
      EXPECT_EQ(Found[I], Case.Expected[I]) << "element " << I;
    else
      EXPECT_NEAR(Found[I], Case.Expected[I],
                  Tolerance * std::max(1.0, std::abs(Case.Expected[I])))
          << "element " << I;
}

INSTANTIATE_TEST_SUITE_P(
    AllOps, EvaluationTest,
    testing::Combine(testing::Range<size_t>(0, getExamples().size()),
                     testing::Values(HostType::F32, HostType::F64)),
    [](const auto &Info) {
      size_t Index = std::get<0>(Info.param);
      bool IsF64 = std::get<1>(Info.param) == HostType::F64;
      return getExamples()[Index].getOp().substr(7) + "_" +
             std::to_string(Index) + (IsF64 ? "_f64" : "_f32");
    });

TEST(EvaluationTestTable, HasAnExampleOfEveryOp) {
  std::vector<Example> Examples = getExamples();
  int Ops = 0;
  for (RegisteredOperationName Op : getContext().getRegisteredOperations()) {
    if (Op.getDialectNamespace() != "stator" ||
        !Op.hasInterface<ReferenceEvaluation>())
      continue;
    ++Ops;
    EXPECT_TRUE(llvm::any_of(Examples, [&](const Example &Each) {
      return Each.getOp() == Op.getStringRef();
    })) << Op.getStringRef().str();
  }
  EXPECT_GE(Ops, 50);
}

/// Runs @f without arguments and gives its errors.
std::vector<std::string> getErrors(const std::string &Text) {
  auto Module = parseSourceString<ModuleOp>(Text, &getContext());
  EXPECT_TRUE(Module);
  GraphEvaluator Evaluator(*Module, HostType::F32, nullptr);
  Evaluator.run(Module->lookupSymbol<FuncOp>("f"), {});
  return Evaluator.takeErrors();
}

TEST(EvaluationErrors, IndexOutsideTheTable) {
  for (const char *Index : {"3", "-1"})
    EXPECT_THAT(
        getErrors(
            "stator.func @f() -> tensor<2xf32> {\n" +
            constant("t", "1.0", "3x2xf32") + constant("i", Index, "i32") +
            "  %r = stator.gather %t[%i] : (tensor<3x2xf32>, tensor<i32>) "
            "-> tensor<2xf32> loc(\"wte.rows\"(\"m.stator\":4:7))\n"
            "  stator.return %r : tensor<2xf32>\n}\n"),
        testing::ElementsAre("m.stator:4:7: error: wte.rows: index " +
                             std::string(Index) +
                             " is outside a table of 3 rows"));
}

TEST(EvaluationErrors, TargetOutsideTheVocabulary) {
  EXPECT_THAT(
      getErrors("stator.func @f() -> tensor<f32> {\n" +
                constant("x", "1.0", "3xf32") + constant("t", "3", "i32") +
                "  %r:2 = stator.cross_entropy %x, %t : (tensor<3xf32>, "
                "tensor<i32>) -> (tensor<f32>, tensor<f32>)\n"
                "  stator.return %r#0 : tensor<f32>\n}\n"),
      testing::ElementsAre(
          testing::HasSubstr("target 3 is outside a vocabulary of 3")));
}

} // namespace
} // namespace stator::test
