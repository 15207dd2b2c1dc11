//===- GradientTest.cpp - Derivatives against finite differences ----------===//
//
// For every op of the dialect that implements Differentiable, found in the
// context and not in a list: the vector-Jacobian product, evaluated in f64,
// against central differences with five points.
//
//===----------------------------------------------------------------------===//

#include "GradientRecipes.h"
#include "ir/ReverseWalk.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "runtime/interpreter/GraphEvaluator.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <random>

using namespace mlir;

namespace stator::test {
namespace {

using Tensors = std::vector<std::shared_ptr<const HostTensor>>;

constexpr double Step = 1e-3;
constexpr double Tolerance = 1e-6;
/// Derivatives smaller than this are compared absolutely.
constexpr double Smallest = 1e-3;

MLIRContext &getContext() {
  static MLIRContext Context;
  Context.loadDialect<StatorDialect>();
  return Context;
}

std::vector<std::string> getDifferentiableOps() {
  std::vector<std::string> Names;
  for (RegisteredOperationName Op : getContext().getRegisteredOperations())
    if (Op.getDialectNamespace() == "stator" &&
        Op.hasInterface<Differentiable>())
      Names.push_back(Op.getStringRef().str());
  return Names;
}

/// Draws the arguments of a function.
class ArgumentSource {
public:
  explicit ArgumentSource(const GradientCase &Case) : Case(Case) {}

  Tensors draw(FuncOp Function) {
    int64_t Floats = 0;
    for (Type Argument : Function.getArgumentTypes())
      Floats += cast<RankedTensorType>(Argument).getNumElements();
    for (int64_t I = 0; I < Floats; ++I)
      Places.push_back((static_cast<double>(I - Floats / 2) + 0.5) * 0.11);
    std::shuffle(Places.begin(), Places.end(), Random);

    Tensors Result;
    for (Type Argument : Function.getArgumentTypes()) {
      auto Type = cast<RankedTensorType>(Argument);
      HostTensor Tensor(getHostType(Type.getElementType(), HostType::F64),
                        Type.getShape());
      for (int64_t I = 0; I < Tensor.getNumElements(); ++I)
        Tensor.setFromDouble(I, drawElement(Tensor.getType()));
      Result.push_back(std::make_shared<HostTensor>(std::move(Tensor)));
    }
    return Result;
  }

  double uniform(double Low, double High) {
    return std::uniform_real_distribution<double>(Low, High)(Random);
  }

private:
  double drawElement(HostType Type) {
    if (Type == HostType::I1)
      return Random() % 2;
    if (Type == HostType::I32)
      return std::uniform_int_distribution<int32_t>(Case.IntLow,
                                                    Case.IntHigh)(Random);
    switch (Case.Inputs) {
    case Domain::Normal:
      return uniform(-1.5, 1.5);
    case Domain::Positive:
      return uniform(0.3, 2);
    case Domain::AwayFromZero:
      return uniform(0.4, 2) * (Random() % 2 ? 1 : -1);
    case Domain::Spread: {
      double Place = Places.back();
      Places.pop_back();
      return Place;
    }
    case Domain::Equal:
      return 0.75;
    }
    return 0;
  }

  const GradientCase &Case;
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same every time
  std::mt19937 Random{12345};
  std::vector<double> Places;
};

/// One case: its module, its arguments and its cotangents.
class GradientChecker {
public:
  explicit GradientChecker(const GradientCase &Case)
      : Case(Case), Source(Case),
        Module(parseSourceString<ModuleOp>(Case.Text, &getContext())) {}

  void check() {
    ASSERT_TRUE(Module) << "cannot be read:\n" << Case.Text;
    Function = Module->lookupSymbol<FuncOp>("f");
    ASSERT_TRUE(Function);
    Arguments = Source.draw(Function);
    for (auto [Index, Type] : llvm::enumerate(Function.getArgumentTypes()))
      if (isFloatTensor(Type) && !llvm::is_contained(Case.NoGradient, Index))
        Sources.push_back(Index);
    for (auto [Index, Type] : llvm::enumerate(Function.getResultTypes())) {
      HostTensor Weights(HostType::F64,
                         cast<RankedTensorType>(Type).getShape());
      for (int64_t I = 0; I < Weights.getNumElements(); ++I)
        Weights.setFromDouble(I, Source.uniform(0.5, 1.5));
      Cotangents.push_back(std::make_shared<HostTensor>(std::move(Weights)));
      if (isFloatTensor(Type) && !llvm::is_contained(Case.NoCotangent, Index))
        Targets.push_back(Index);
    }
    ASSERT_FALSE(Sources.empty());
    ASSERT_FALSE(Targets.empty());

    // Each result alone, then all of them.
    for (unsigned Target : Targets)
      checkResults({Target});
    if (Targets.size() > 1)
      checkResults(Targets);
  }

private:
  /// All operands wanted, then each alone: `wanted` must not change anything.
  void checkResults(ArrayRef<unsigned> Into) {
    std::vector<std::vector<double>> Expected;
    Expected.reserve(Sources.size());
    for (unsigned Argument : Sources)
      Expected.push_back(differentiateNumerically(Argument, Into));
    compare(Sources, Into, Expected);
    if (Sources.size() > 1)
      for (auto [Argument, Numbers] : llvm::zip_equal(Sources, Expected))
        compare({Argument}, Into, {Numbers});
  }

  double evaluateWeighted(const Tensors &At, ArrayRef<unsigned> Into) {
    GraphEvaluator Evaluator(*Module, HostType::F64, nullptr);
    Evaluator.setInfo(Info);
    Tensors Results = Evaluator.run(Function, At);
    EXPECT_TRUE(Evaluator.takeErrors().empty());
    double Sum = 0;
    for (unsigned Result : Into)
      for (int64_t I = 0; I < Results[Result]->getNumElements(); ++I)
        Sum += Results[Result]->getAsDouble(I) *
               Cotangents[Result]->getAsDouble(I);
    return Sum;
  }

  /// (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12 h, whose error is
  /// of order h^4.
  std::vector<double> differentiateNumerically(unsigned Argument,
                                               ArrayRef<unsigned> Into) {
    std::vector<double> Result;
    Tensors At = Arguments;
    for (int64_t I = 0; I < Arguments[Argument]->getNumElements(); ++I) {
      auto Shifted = [&](double By) {
        HostTensor Moved = *Arguments[Argument];
        Moved.setFromDouble(I, Moved.getAsDouble(I) + By);
        At[Argument] = std::make_shared<HostTensor>(std::move(Moved));
        return evaluateWeighted(At, Into);
      };
      Result.push_back((Shifted(-2 * Step) - 8 * Shifted(-Step) +
                        8 * Shifted(Step) - Shifted(2 * Step)) /
                       (12 * Step));
    }
    return Result;
  }

  /// Builds @g, which takes what @f takes and then the cotangents of the
  /// results `Into`, and returns the cotangents of the arguments `From`.
  FuncOp buildDerivative(ArrayRef<unsigned> From, ArrayRef<unsigned> Into) {
    auto Derivative = cast<FuncOp>(Function->clone());
    Derivative.setSymName("g");
    Module->push_back(Derivative);
    Block &Body = Derivative.getBody().front();
    SmallVector<Value> Wanted;
    for (unsigned Argument : From)
      Wanted.push_back(Body.getArgument(Argument));
    ValueSet Active = prepareActiveValues(Body, Wanted);
    Operation *Return = Body.getTerminator();
    OpBuilder Builder(Return);
    stator::Cotangents Sums;
    for (unsigned Result : Into) {
      Value Seed = Body.addArgument(Function.getResultTypes()[Result],
                                    Builder.getUnknownLoc());
      Sums.add(Builder, Return->getOperand(Result), Seed);
    }
    if (failed(walkBackwards(Body, Active, Sums, Builder)))
      return {};
    SmallVector<Value> Results;
    SmallVector<Type> Types;
    for (Value Argument : Wanted) {
      Value Sum = Sums.lookup(Argument);
      if (!Sum)
        Sum = ConstantOp::create(
            Builder, Builder.getUnknownLoc(), Argument.getType(),
            DenseElementsAttr::get(cast<ShapedType>(Argument.getType()), 0.0));
      Results.push_back(Sum);
      Types.push_back(Sum.getType());
    }
    Return->setOperands(Results);
    Derivative.setFunctionType(
        FunctionType::get(&getContext(), Body.getArgumentTypes(), Types));
    return Derivative;
  }

  void compare(ArrayRef<unsigned> From, ArrayRef<unsigned> Into,
               const std::vector<std::vector<double>> &Expected) {
    FuncOp Derivative = buildDerivative(From, Into);
    ASSERT_TRUE(Derivative);
    ASSERT_TRUE(succeeded(verify(*Module)));
    Tensors All = Arguments;
    for (unsigned Result : Into)
      All.push_back(Cotangents[Result]);
    GraphEvaluator Evaluator(*Module, HostType::F64, nullptr);
    Evaluator.setInfo(Info);
    Tensors Results = Evaluator.run(Derivative, All);
    EXPECT_TRUE(Evaluator.takeErrors().empty());
    for (auto [Argument, Result, Numbers] :
         llvm::zip_equal(From, Results, Expected)) {
      double Worst = 0;
      int64_t At = 0;
      for (int64_t I = 0; I < Result->getNumElements(); ++I) {
        double Found = Result->getAsDouble(I);
        double Error = std::abs(Found - Numbers[I]) /
                       std::max(Smallest, std::abs(Numbers[I]));
        // Written so that a NaN is an error.
        if (!(Error <= Worst)) {
          Worst = Error;
          At = I;
        }
      }
      EXPECT_LE(Worst, Tolerance)
          << "argument " << Argument << " element " << At << ": derivative "
          << Result->getAsDouble(At) << ", differences " << Numbers[At] << "\n"
          << Case.Text;
    }
    Derivative.erase();
  }

  const GradientCase &Case;
  ArgumentSource Source;
  OwningOpRef<ModuleOp> Module;
  FuncOp Function;
  Tensors Arguments, Cotangents;
  std::vector<unsigned> Sources, Targets;
  RunInfo Info{.Step = 3, .TotalSteps = 10, .Seed = 7, .Sequence = 3};
};

class GradientTest : public testing::TestWithParam<std::string> {};

TEST_P(GradientTest, AgreesWithDifferences) {
  auto Op = RegisteredOperationName::lookup(GetParam(), &getContext());
  ASSERT_TRUE(Op);
  std::vector<GradientCase> Cases = getGradientCases(*Op);
  ASSERT_FALSE(Cases.empty())
      << GetParam() << " has a derivative, but GradientRecipes.cpp does not "
      << "say how to check it";
  for (const GradientCase &Case : Cases) {
    SCOPED_TRACE(GetParam() + " " + Case.Name);
    ASSERT_NE(Case.Text.find(GetParam().substr(GetParam().find('.'))),
              std::string::npos)
        << "the case does not contain the op";
    GradientChecker(Case).check();
  }
}

INSTANTIATE_TEST_SUITE_P(AllOps, GradientTest,
                         testing::ValuesIn(getDifferentiableOps()),
                         [](const auto &Info) {
                           return Info.param.substr(Info.param.find('.') + 1);
                         });

TEST(GradientTestTable, FindsTheOps) {
  // The list is generated; this guards against a generation that finds nothing.
  std::vector<std::string> Ops = getDifferentiableOps();
  EXPECT_GE(Ops.size(), 35u);
  EXPECT_TRUE(llvm::is_contained(Ops, "stator.einsum"));
  EXPECT_TRUE(llvm::is_contained(Ops, "stator.scan"));
  EXPECT_FALSE(llvm::is_contained(Ops, "stator.adam"));
}

} // namespace
} // namespace stator::test
