//===- EagerOpsTest.cpp - Eager ops against the reference -----------------===//
//
// The functions that the gradient checks use, run by both interpreters in f32.
//
//===----------------------------------------------------------------------===//

#include "GradientRecipes.h"
#include "ProgramCall.h"
#include "mlir/Parser/Parser.h"
#include "runtime/interpreter/eager/Engine.h"
#include "runtime/interpreter/eager/Gemm.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace stator::eager;

namespace stator::test {
namespace {

std::vector<std::string> getOps() {
  std::vector<std::string> Names;
  for (RegisteredOperationName Op : getTestContext().getRegisteredOperations())
    if (!getGradientCases(Op).empty())
      Names.push_back(Op.getStringRef().str());
  return Names;
}

class EagerOpsTest : public testing::TestWithParam<std::string> {};

HostTensor makeArgument(Type Given, const GradientCase &Case,
                        uint32_t &Number) {
  auto Type = cast<RankedTensorType>(Given);
  HostTensor Result(getHostType(Type.getElementType(), HostType::F32),
                    Type.getShape());
  for (int64_t I = 0; I < Result.getNumElements(); ++I) {
    Number = Number * 1664525u + 1013904223u;
    double Uniform = (Number >> 8) * 0x1p-24;
    if (Result.getType() == HostType::F32)
      // Positive, so that logarithms and roots are numbers.
      Result.setFromDouble(I, 0.3 + Uniform * 1.5);
    else if (Result.getType() == HostType::I1)
      Result.setFromDouble(I, Uniform < 0.5);
    else
      Result.setFromDouble(
          I,
          Case.IntLow + std::floor(Uniform * (Case.IntHigh + 1 - Case.IntLow)));
  }
  return Result;
}

/// The same elements in memory that is laid out the other way round.
Tensor reverseLayout(const Tensor &Given) {
  Extents Order;
  for (int64_t I = Given.getRank(); I-- > 0;)
    Order.push_back(I);
  return Given.permute(Order).contiguous().permute(Order);
}

TEST_P(EagerOpsTest, AgreesWithTheReference) {
  setUpGemm();
  auto Op = *RegisteredOperationName::lookup(GetParam(), &getTestContext());
  uint32_t Number = 1;
  for (const GradientCase &Case : getGradientCases(Op)) {
    SCOPED_TRACE(Case.Name);
    auto Module = parseSourceString<ModuleOp>(Case.Text, &getTestContext());
    ASSERT_TRUE(Module);
    auto Function = Module->lookupSymbol<FuncOp>("f");
    std::vector<std::shared_ptr<const HostTensor>> Arguments;
    TensorList Packed, Reversed;
    for (Type Each : Function.getArgumentTypes()) {
      Arguments.push_back(
          std::make_shared<HostTensor>(makeArgument(Each, Case, Number)));
      Packed.push_back(fromHost(*Arguments.back()));
      Reversed.push_back(reverseLayout(Packed.back()));
    }
    RunInfo Info{.Step = 1, .TotalSteps = 5, .Seed = 9, .Sequence = 1};
    GraphEvaluator Reference(*Module, HostType::F32, nullptr);
    Reference.setInfo(Info);
    auto Expected = Reference.run(Function, Arguments);
    for (const TensorList &Given : {Packed, Reversed}) {
      Engine Runner;
      Runner.Info = Info;
      TensorList Found = Runner.run(Function, Given);
      ASSERT_TRUE(Runner.takeErrors().empty());
      ASSERT_EQ(Found.size(), Expected.size());
      for (size_t I = 0; I < Found.size(); ++I) {
        HostTensor Result = toHost(Found[I]);
        ASSERT_EQ(Result.getShape(), Expected[I]->getShape());
        for (int64_t J = 0; J < Result.getNumElements(); ++J) {
          double E = Expected[I]->getAsDouble(J);
          ASSERT_NEAR(Result.getAsDouble(J), E,
                      2e-6 * std::max(1.0, std::abs(E)))
              << "result " << I << " element " << J << "\n"
              << Case.Text;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllOps, EagerOpsTest, testing::ValuesIn(getOps()),
                         [](const auto &Info) { return Info.param.substr(7); });

} // namespace
} // namespace stator::test
