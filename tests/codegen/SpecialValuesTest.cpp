//===- SpecialValuesTest.cpp - NaN, infinities and the ends of f32 --------===//
//
// Every elementwise op, and reductions of rows, on arguments that
// approximations and formulas go wrong at; forward and backward. Compiled
// kernels and both interpreters must agree: NaN where one has NaN, the same
// infinity, and close numbers elsewhere. The sign of zero is not compared.
//
//===----------------------------------------------------------------------===//

#include "FormedKernel.h"
#include "KernelJit.h"
#include "ir/ReverseWalk.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "runtime/interpreter/GraphEvaluator.h"
#include "runtime/interpreter/eager/Engine.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace stator::test {
namespace {

constexpr float Infinity = std::numeric_limits<float>::infinity();
constexpr float NaN = std::numeric_limits<float>::quiet_NaN();
constexpr float Largest = std::numeric_limits<float>::max();

MLIRContext &getContext() {
  static MLIRContext Context;
  Context.loadDialect<StatorDialect>();
  return Context;
}

std::string tensor(ArrayRef<int64_t> Shape, StringRef Element = "f32") {
  std::string Text = "tensor<";
  for (int64_t Size : Shape)
    Text += std::to_string(Size) + "x";
  return Text + Element.str() + ">";
}

/// A function @f of tensors.
class Formula {
public:
  /// `Body` computes %r of type `Result` from %x, and from %y if there is one.
  Formula(const std::string &Body, ArrayRef<std::string> Operands,
          const std::string &Result) {
    std::string Arguments;
    for (auto [I, Type] : llvm::enumerate(Operands))
      Arguments += (I ? ", %y: " : "%x: ") + Type;
    Module = parseSourceString<ModuleOp>(
        "stator.func @f(" + Arguments + ") -> " + Result + " {\n" + Body +
            "  stator.return %r : " + Result + "\n}\n",
        &getContext());
    if (Module)
      Function = *Module->getOps<FuncOp>().begin();
  }

  explicit operator bool() const { return static_cast<bool>(Function); }

  void canonicalize() {
    PassManager Manager(&getContext());
    Manager.addPass(createCanonicalizerPass());
    ASSERT_TRUE(succeeded(Manager.run(*Module)));
  }

  /// Makes of @f its derivative for argument `Number`: one more argument, the
  /// cotangent of the result, and as result the cotangent of the argument,
  /// behind the old one if `KeepResult` is set.
  void differentiate(unsigned Number, bool KeepResult = false) {
    Block &Body = Function.getBody().front();
    Value Wanted = Body.getArgument(Number);
    ValueSet Active = prepareActiveValues(Body, Wanted);
    Operation *Return = Body.getTerminator();
    OpBuilder Builder(Return);
    Value Result = Return->getOperand(0);
    Cotangents Sums;
    Sums.add(Builder, Result,
             Body.addArgument(Result.getType(), Builder.getUnknownLoc()));
    ASSERT_TRUE(succeeded(walkBackwards(Body, Active, Sums, Builder)));
    Value Sum = Sums.lookup(Wanted);
    ASSERT_TRUE(Sum);
    SmallVector<Value> Results{Sum};
    if (KeepResult)
      Results.insert(Results.begin(), Result);
    Return->setOperands(Results);
    Function.setFunctionType(FunctionType::get(&getContext(),
                                               Body.getArgumentTypes(),
                                               ValueRange(Results).getTypes()));
    PassManager Manager(&getContext());
    Manager.addPass(createCSEPass());
    ASSERT_TRUE(succeeded(Manager.run(*Module)));
  }

  /// The arguments in the order in which they are first used, as a kernel has
  /// them.
  SmallVector<unsigned> getArgumentOrder() {
    llvm::SetVector<unsigned> Order;
    for (Operation &Op : Function.getBody().front().without_terminator())
      for (Value Operand : Op.getOperands())
        if (auto Argument = dyn_cast<BlockArgument>(Operand))
          Order.insert(Argument.getArgNumber());
    return Order.takeVector();
  }

  std::string print() {
    std::string Text;
    llvm::raw_string_ostream Out(Text);
    Module->print(Out);
    return Text;
  }

  OwningOpRef<ModuleOp> Module;
  FuncOp Function;
};

using Tensors = std::vector<std::shared_ptr<const HostTensor>>;

Tensors runReference(Formula &F, const Tensors &Arguments) {
  GraphEvaluator Evaluator(*F.Module, HostType::F32, nullptr);
  Tensors Results = Evaluator.run(F.Function, Arguments);
  EXPECT_TRUE(Evaluator.takeErrors().empty());
  return Results;
}

Tensors runEager(Formula &F, const Tensors &Arguments) {
  eager::Engine Runner;
  eager::TensorList Given;
  for (const auto &Argument : Arguments)
    Given.push_back(eager::fromHost(*Argument));
  Tensors Results;
  for (const eager::Tensor &Each : Runner.run(F.Function, Given))
    Results.push_back(std::make_shared<HostTensor>(eager::toHost(Each)));
  EXPECT_TRUE(Runner.takeErrors().empty());
  return Results;
}

Tensors runCompiled(Formula &F, const Tensors &Arguments,
                    const CpuTarget &Target, bool WithInfo = false) {
  auto Kernel = FormedKernel::compile(F.print(), Target);
  EXPECT_TRUE(Kernel);
  if (!Kernel)
    return {};
  auto GetMemory = [](const HostTensor &T) -> void * {
    return const_cast<std::byte *>(T.data<std::byte>());
  };
  std::vector<void *> Pointers;
  for (unsigned Number : F.getArgumentOrder())
    Pointers.push_back(GetMemory(*Arguments[Number]));
  int64_t Info[] = {0, 1, 0, 0, 0, 0}; // as RunInfo starts
  if (WithInfo)
    Pointers.push_back(Info);
  Tensors Results;
  for (Type Each : F.Function.getResultTypes()) {
    Results.push_back(std::make_shared<HostTensor>(
        HostType::F32, cast<RankedTensorType>(Each).getShape()));
    Pointers.push_back(GetMemory(*Results.back()));
  }
  Kernel->run(Pointers);
  return Results;
}

/// `Slack` is what the result may be off for the cancellation in its formula.
void expectSame(const Tensors &Got, const Tensors &Expected,
                const Tensors &Arguments, double Slack, const char *Who) {
  ASSERT_EQ(Got.size(), Expected.size());
  for (size_t R = 0; R != Got.size(); ++R)
    for (int64_t I = 0; I != Got[R]->getNumElements(); ++I) {
      double X = Got[R]->getAsDouble(I), Y = Expected[R]->getAsDouble(I);
      bool Same = std::isnan(Y) ? std::isnan(X)
                  : std::isinf(Y)
                      ? X == Y
                      : std::abs(X - Y) <= 4e-6 * std::abs(Y) + Slack;
      if (Same)
        continue;
      std::string Of;
      for (const auto &Argument : Arguments)
        if (Argument->getNumElements() == Got[R]->getNumElements())
          Of += " " + std::to_string(Argument->getAsDouble(I));
      ADD_FAILURE() << Who << " result " << R << " element " << I << " is " << X
                    << ", the reference " << Y << ", of" << Of;
    }
}

void checkAll(Formula &F, Tensors Arguments, double Slack) {
  SCOPED_TRACE(F.print());
  // The cotangents.
  while (Arguments.size() < F.Function.getArgumentTypes().size()) {
    Type Last = F.Function.getArgumentTypes()[Arguments.size()];
    HostTensor Ones(HostType::F32, cast<RankedTensorType>(Last).getShape());
    for (int64_t I = 0; I != Ones.getNumElements(); ++I)
      Ones.setFromDouble(I, 1);
    Arguments.push_back(std::make_shared<HostTensor>(std::move(Ones)));
  }
  Tensors Expected = runReference(F, Arguments);
  expectSame(runEager(F, Arguments), Expected, Arguments, Slack, "eager");
  for (const CpuTarget &Target : getTestTargets())
    expectSame(runCompiled(F, Arguments, Target), Expected, Arguments, Slack,
               Target.Cpu.c_str());
}

std::shared_ptr<HostTensor> makeTensor(ArrayRef<int64_t> Shape,
                                       ArrayRef<float> Numbers) {
  auto Result = std::make_shared<HostTensor>(HostType::F32, Shape);
  for (auto [I, Number] : llvm::enumerate(Numbers))
    Result->setFromDouble(I, Number);
  return Result;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Both signs of each are taken.
constexpr float Sizes[] = {
    0,       1e-45f,  1.1e-38f, 1e-20f, 1e-7f,   0.5f,    0.62f, 0.99f,
    1,       2,       3,        3.9f,   5,       7.91f,   9.01f, 9.1f,
    17,      40,      87,       88.5f,  89.5f,   104,     500,   1e4f,
    1.3e13f, 1.1e19f, 2e19f,    1e30f,  Largest, Infinity};

std::vector<float> getNumbers() {
  std::vector<float> Numbers{NaN};
  for (float Size : Sizes) {
    Numbers.push_back(Size);
    Numbers.push_back(-Size);
  }
  return Numbers;
}

struct Case {
  const char *Name, *Op;
  /// The result is a number for every number.
  bool IsTotal = true;
  double Slack = 3e-7;
};

class UnaryTest : public testing::TestWithParam<Case> {};

TEST_P(UnaryTest, AgreesEverywhere) {
  std::vector<float> Numbers = getNumbers();
  std::string Type = tensor(static_cast<int64_t>(Numbers.size()));
  Formula F("  %r = stator." + std::string(GetParam().Op) + " : " + Type + "\n",
            Type, Type);
  ASSERT_TRUE(F);
  Tensors Arguments{makeTensor(static_cast<int64_t>(Numbers.size()), Numbers)};
  auto ExpectNumbers = [&](const HostTensor &Result) {
    for (auto [I, Number] : llvm::enumerate(Numbers))
      if (GetParam().IsTotal && std::isfinite(Number))
        EXPECT_TRUE(std::isfinite(Result.getAsDouble(I))) << "of " << Number;
  };
  checkAll(F, Arguments, GetParam().Slack);
  ExpectNumbers(*runReference(F, Arguments)[0]);
  F.differentiate(0);
  checkAll(F, Arguments, GetParam().Slack);
  Arguments.push_back(makeTensor(static_cast<int64_t>(Numbers.size()),
                                 std::vector<float>(Numbers.size(), 1)));
  ExpectNumbers(*runReference(F, Arguments)[0]);
}

constexpr Case UnaryCases[] = {
    {"Neg", "neg %x"},
    {"Abs", "abs %x"},
    {"Exp", "exp %x", false},
    {"Log", "log %x", false},
    {"Sqrt", "sqrt %x", false},
    {"Rsqrt", "rsqrt %x", false},
    {"Sin", "sin %x"},
    {"Cos", "cos %x"},
    {"Tanh", "tanh %x"},
    {"Erf", "erf %x"},
    {"Sigmoid", "sigmoid %x"},
    {"Relu", "relu %x"},
    // (1 + erf) x: what is lost in the sum is multiplied with x up to 9.
    {"Silu", "silu %x", true, 2e-6},
    {"Gelu", "gelu %x", true, 2e-6},
    {"GeluTanh", "gelu %x tanh", true, 4e-6},
};
INSTANTIATE_TEST_SUITE_P(Ops, UnaryTest, testing::ValuesIn(UnaryCases),
                         [](const auto &Info) { return Info.param.Name; });

class BinaryTest : public testing::TestWithParam<Case> {};

TEST_P(BinaryTest, AgreesOnAllPairs) {
  constexpr float Some[] = {0, 1e-45f, 1.1e-38f, 1e-20f, 0.5f,    1,       2,
                            3, 2.5f,   88.5f,    1e19f,  Largest, Infinity};
  std::vector<float> Numbers{NaN}, X, Y;
  for (float Each : Some) {
    Numbers.push_back(Each);
    Numbers.push_back(-Each);
  }
  for (float Lhs : Numbers)
    for (float Rhs : Numbers) {
      X.push_back(Lhs);
      Y.push_back(Rhs);
    }
  auto Count = static_cast<int64_t>(X.size());
  std::string Type = tensor(Count);
  const std::string Body =
      "  %r = stator." + std::string(GetParam().Op) + " : " + Type + "\n";
  Tensors Arguments{makeTensor(Count, X), makeTensor(Count, Y)};
  Formula F(Body, {Type, Type}, Type);
  ASSERT_TRUE(F);
  checkAll(F, Arguments, 1e-44);
  // The cotangents of a sum are that of the result itself.
  if (isa<AddOp, SubOp>(F.Function.getBody().front().front()))
    return;
  for (unsigned Number : {0, 1}) {
    Formula Derivative(Body, {Type, Type}, Type);
    Derivative.differentiate(Number);
    checkAll(Derivative, Arguments, 1e-44);
  }
}

constexpr Case BinaryCases[] = {
    {"Add", "add %x, %y"},         {"Sub", "sub %x, %y"},
    {"Mul", "mul %x, %y"},         {"Div", "div %x, %y"},
    {"Pow", "pow %x, %y"},         {"Maximum", "maximum %x, %y"},
    {"Minimum", "minimum %x, %y"},
};
INSTANTIATE_TEST_SUITE_P(Ops, BinaryTest, testing::ValuesIn(BinaryCases),
                         [](const auto &Info) { return Info.param.Name; });

/// Powers with a constant exponent have code of their own.
TEST(SpecialValuesTest, ConstantPowers) {
  std::vector<float> Numbers = getNumbers();
  std::string Type = tensor(static_cast<int64_t>(Numbers.size()));
  for (const char *Exponent :
       {"0.0", "1.0", "2.0", "3.0", "-1.0", "-2.0", "0.5", "-0.5", "1.5"}) {
    Formula F("  %y = stator.constant dense<" + std::string(Exponent) +
                  "> : " + Type + "\n  %r = stator.pow %x, %y : " + Type + "\n",
              Type, Type);
    ASSERT_TRUE(F);
    F.canonicalize();
    Tensors Arguments{
        makeTensor(static_cast<int64_t>(Numbers.size()), Numbers)};
    if (StringRef(Exponent) != "1.0" && StringRef(Exponent) != "0.0")
      checkAll(F, Arguments, 1e-37);
  }
}

TEST(SpecialValuesTest, DroppedElementsAreZero) {
  constexpr int64_t Count = 37;
  std::string Type = tensor(Count);
  Formula F("  %r = stator.dropout %x rate 0.5 stream 3 : " + Type + "\n", Type,
            Type);
  ASSERT_TRUE(F);
  for (float Number : {Infinity, NaN}) {
    Tensors Arguments{makeTensor(Count, std::vector<float>(Count, Number))};
    Tensors Expected = runReference(F, Arguments);
    int64_t Dropped = 0;
    for (int64_t I = 0; I < Count; ++I)
      Dropped += Expected[0]->getAsDouble(I) == 0;
    EXPECT_GT(Dropped, 5);
    EXPECT_LT(Dropped, Count - 5);
    expectSame(runEager(F, Arguments), Expected, Arguments, 0, "eager");
    for (const CpuTarget &Target : getTestTargets())
      expectSame(runCompiled(F, Arguments, Target, /*WithInfo=*/true), Expected,
                 Arguments, 0, Target.Cpu.c_str());
  }
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

constexpr int64_t Columns = 19;

/// Rows of special numbers, repeated to a width beyond one vector.
std::vector<std::vector<float>> getRows() {
  const std::vector<float> Starts[] = {{-Infinity},
                                       {NaN},
                                       {Infinity},
                                       {-Infinity, NaN},
                                       {-Infinity, -Infinity, -Infinity, 0.5f},
                                       {Infinity, 1},
                                       {Infinity, -Infinity},
                                       {1e37f, -1e37f},
                                       {-Largest},
                                       {1e30f, 3},
                                       {88, 89, 200, -200},
                                       {-104, -200, -1e4f},
                                       {0},
                                       {1e-45f, 0},
                                       {1, 2, 3, -1, 0.25f}};
  std::vector<std::vector<float>> Rows;
  for (const std::vector<float> &Start : Starts) {
    Rows.emplace_back();
    for (int64_t I = 0; I < Columns; ++I)
      Rows.back().push_back(Start[I % Start.size()]);
  }
  // One number that is no -inf, at the end.
  Rows.emplace_back(Columns, -Infinity);
  Rows.back().back() = 2;
  return Rows;
}

/// The rows, and the same rows as columns.
struct RowCase {
  bool IsTransposed;
  SmallVector<int64_t> Shape;
  int64_t Axis;
  std::shared_ptr<HostTensor> Numbers;
  std::string Type, Reduced;

  explicit RowCase(bool IsTransposed)
      : IsTransposed(IsTransposed), Axis(!IsTransposed) {
    auto Rows = getRows();
    auto Count = static_cast<int64_t>(Rows.size());
    Shape = IsTransposed ? SmallVector<int64_t>{Columns, Count}
                         : SmallVector<int64_t>{Count, Columns};
    Numbers = std::make_shared<HostTensor>(HostType::F32, Shape);
    for (int64_t I = 0; I < Count; ++I)
      for (int64_t J = 0; J < Columns; ++J)
        Numbers->setFromDouble(IsTransposed ? J * Count + I : I * Columns + J,
                               Rows[I][J]);
    Type = tensor(Shape);
    Reduced = tensor(Count);
  }

  /// Element `Column` of row `Row` of a result of the same shape.
  double at(const HostTensor &Result, int64_t Row, int64_t Column) const {
    return Result.getAsDouble(IsTransposed ? Column * Shape[1] + Row
                                           : Row * Columns + Column);
  }
};

TEST(SpecialValuesTest, Reductions) {
  for (bool IsTransposed : {false, true}) {
    RowCase Rows(IsTransposed);
    for (const char *Kind : {"sum", "mean", "max", "min", "logsumexp"}) {
      Formula F("  %r = stator.reduce " + std::string(Kind) + " %x axes [" +
                    std::to_string(Rows.Axis) + "] : " + Rows.Type + " -> " +
                    Rows.Reduced + "\n",
                Rows.Type, Rows.Reduced);
      ASSERT_TRUE(F);
      checkAll(F, {Rows.Numbers}, 1e-5);
    }
  }
}

TEST(SpecialValuesTest, LogSumExp) {
  RowCase Rows(false);
  Formula F("  %r = stator.reduce logsumexp %x axes [1] : " + Rows.Type +
                " -> " + Rows.Reduced + "\n",
            Rows.Type, Rows.Reduced);
  ASSERT_TRUE(F);
  Tensors Results = runReference(F, {Rows.Numbers});
  EXPECT_EQ(Results[0]->getAsDouble(0), -Infinity);
  EXPECT_TRUE(std::isnan(Results[0]->getAsDouble(1)));
  EXPECT_EQ(Results[0]->getAsDouble(2), Infinity);
  F.differentiate(0);
  checkAll(F, {Rows.Numbers}, 1e-6);
  Results = runReference(
      F, {Rows.Numbers,
          makeTensor(Rows.Shape[0], std::vector<float>(Rows.Shape[0], 1))});
  for (int64_t Column = 0; Column < Columns; ++Column)
    EXPECT_EQ(Rows.at(*Results[0], 0, Column), 0);
}

TEST(SpecialValuesTest, Softmax) {
  for (bool IsTransposed : {false, true}) {
    RowCase Rows(IsTransposed);
    Formula F("  %r = stator.softmax %x axis " + std::to_string(Rows.Axis) +
                  " : " + Rows.Type + "\n",
              Rows.Type, Rows.Type);
    ASSERT_TRUE(F);
    Tensors Results = runReference(F, {Rows.Numbers});
    for (int64_t Column = 0; Column < Columns; ++Column) {
      EXPECT_EQ(Rows.at(*Results[0], 0, Column), 0);
      EXPECT_TRUE(std::isnan(Rows.at(*Results[0], 1, Column)));
      EXPECT_TRUE(std::isnan(Rows.at(*Results[0], 5, Column)));
    }
    checkAll(F, {Rows.Numbers}, 1e-7);
    if (IsTransposed)
      continue; // several kernels
    F.differentiate(0);
    checkAll(F, {Rows.Numbers}, 1e-6);
  }
}

/// log(softmax(x)), which canonicalization makes stable.
TEST(SpecialValuesTest, LogOfSoftmax) {
  RowCase Rows(false);
  Formula F("  %p = stator.softmax %x axis 1 : " + Rows.Type +
                "\n  %r = stator.log %p : " + Rows.Type + "\n",
            Rows.Type, Rows.Type);
  ASSERT_TRUE(F);
  F.canonicalize();
  Tensors Results = runReference(F, {Rows.Numbers});
  for (int64_t Column = 0; Column < Columns; ++Column)
    EXPECT_EQ(Rows.at(*Results[0], 0, Column), -Infinity);
  // 200 less than the largest: e^-400 is no f32.
  EXPECT_NEAR(Rows.at(*Results[0], 10, 3), -401.609, 1e-2);
  F.differentiate(0);
  // Cotangents of 1: the gradient is 1 - 19 times the softmax.
  checkAll(F, {Rows.Numbers}, 1e-4);
}

TEST(SpecialValuesTest, CrossEntropy) {
  RowCase Rows(false);
  std::string Targets = tensor(Rows.Shape[0], "i32");
  const std::string Body = "  %r, %l = stator.cross_entropy %x, %y : (" +
                           Rows.Type + ", " + Targets + ") -> (" +
                           Rows.Reduced + ", " + Rows.Reduced + ")\n";
  for (int32_t Target : {-1, 0, 3}) {
    Formula F(Body, {Rows.Type, Targets}, Rows.Reduced);
    ASSERT_TRUE(F);
    auto Classes = std::make_shared<HostTensor>(HostType::I32, Rows.Shape[0]);
    for (int64_t I = 0; I < Rows.Shape[0]; ++I)
      Classes->setFromDouble(I, Target);
    EXPECT_EQ(runReference(F, {Rows.Numbers, Classes})[0]->getAsDouble(0),
              Target < 0 ? 0 : Infinity);
    F.differentiate(0, /*KeepResult=*/true);
    checkAll(F, {Rows.Numbers, Classes}, 1e-6);
    Tensors Results = runReference(
        F, {Rows.Numbers, Classes,
            makeTensor(Rows.Shape[0], std::vector<float>(Rows.Shape[0], 1))});
    for (int64_t Column = 0; Column < Columns; ++Column)
      EXPECT_EQ(Rows.at(*Results[1], 0, Column), 0);
  }
}

} // namespace
} // namespace stator::test
