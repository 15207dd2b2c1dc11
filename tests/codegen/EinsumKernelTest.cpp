//===- EinsumKernelTest.cpp - Contractions against plain loops in f64 -----===//

#include "KernelJit.h"
#include "codegen/contraction/Contraction.h"
#include "ir/Einsum.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"
#include <cmath>
#include <functional>
#include <random>

using namespace stator;
using namespace stator::test;

namespace {

using Shape = std::vector<int64_t>;

struct Case {
  const char *Equation;
  std::vector<int64_t> Sizes; ///< in the order in which the names appear
};

struct Problem {
  EinsumEquation Equation;
  std::vector<int64_t> Sizes;

  Problem(const Case &C) : Sizes(C.Sizes) {
    std::string Error;
    auto Parsed = EinsumEquation::parse(C.Equation, Error);
    EXPECT_TRUE(succeeded(Parsed)) << Error;
    Equation = *Parsed;
    EXPECT_EQ(Sizes.size(), Equation.Names.size());
  }

  Shape shape(llvm::ArrayRef<int64_t> Names) const {
    Shape Result;
    for (int64_t Name : Names)
      Result.push_back(Sizes[Name]);
    return Result;
  }

  int64_t volume(llvm::ArrayRef<int64_t> Names) const {
    int64_t Result = 1;
    for (int64_t Name : Names)
      Result *= Sizes[Name];
    return Result;
  }

  std::string type(llvm::ArrayRef<int64_t> Names) const {
    std::string Text = "tensor<";
    for (int64_t Name : Names)
      Text += std::to_string(Sizes[Name]) + "x";
    return Text + "f32>";
  }

  std::string module() const {
    std::string L = type(Equation.Lhs), R = type(Equation.Rhs),
                Out = type(Equation.Result);
    return "stator.func @f(%a: " + L + ", %b: " + R + ") -> " + Out +
           " {\n  %c = stator.einsum \"" + Equation.str() + "\" %a, %b : (" +
           L + ", " + R + ") -> " + Out + "\n  stator.return %c : " + Out +
           "\n}\n";
  }

  /// Plain loops in f64. `Magnitude` gets the sums of absolute values, which
  /// bound the rounding.
  std::vector<double> reference(const std::vector<float> &Lhs,
                                const std::vector<float> &Rhs,
                                std::vector<double> &Magnitude) const {
    std::vector<double> Result(volume(Equation.Result));
    Magnitude.assign(Result.size(), 0);
    std::vector<int64_t> At(Sizes.size());
    auto Offset = [&](llvm::ArrayRef<int64_t> Names) {
      int64_t Offset = 0;
      for (int64_t Name : Names)
        Offset = Offset * Sizes[Name] + At[Name];
      return Offset;
    };
    std::function<void(size_t)> walk = [&](size_t Name) {
      if (Name == Sizes.size()) {
        double Product = double(Lhs[Offset(Equation.Lhs)]) *
                         double(Rhs[Offset(Equation.Rhs)]);
        Result[Offset(Equation.Result)] += Product;
        Magnitude[Offset(Equation.Result)] += std::fabs(Product);
        return;
      }
      for (At[Name] = 0; At[Name] < Sizes[Name]; ++At[Name])
        walk(Name + 1);
    };
    walk(0);
    return Result;
  }
};

std::vector<float> randomValues(int64_t Count, unsigned Seed) {
  std::mt19937 Generator(Seed);
  std::uniform_real_distribution<float> Uniform(-1, 1);
  std::vector<float> Values(Count);
  for (float &Value : Values)
    Value = Uniform(Generator);
  return Values;
}

std::unique_ptr<Kernel> compile(const Problem &P, const CpuTarget &Target) {
  return Kernel::compile(
      P.module(), Target, /*WithInfo=*/false,
      [](mlir::OpBuilder &B, mlir::Operation *Op, mlir::ValueRange Arguments,
         const CpuTarget &Target) {
        return emitEinsum(B, llvm::cast<EinsumOp>(Op),
                          {Arguments[0], Arguments[1]}, Arguments[2], Target);
      });
}

class EinsumKernel : public testing::TestWithParam<Case> {};

/// What memory around and in the result holds before the kernel runs.
constexpr float Canary = 12345.0f;
constexpr int64_t Margin = 64;

TEST_P(EinsumKernel, AgreesWithPlainLoops) {
  Problem P(GetParam());
  auto Lhs = randomValues(P.volume(P.Equation.Lhs), 1);
  auto Rhs = randomValues(P.volume(P.Equation.Rhs), 2);
  std::vector<double> Magnitude;
  auto Expected = P.reference(Lhs, Rhs, Magnitude);
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    auto Compiled = compile(P, Target);
    ASSERT_TRUE(Compiled);
    std::vector<float> OneThread;
    for (int Threads : {1, 2, 3}) {
      std::vector<float> Buffer(Expected.size() + 2 * Margin, Canary);
      setThreads(Threads);
      Compiled->run({Lhs.data(), Rhs.data(), Buffer.data() + Margin});
      for (int64_t I = 0; I < Margin; ++I) {
        ASSERT_EQ(Buffer[I], Canary);
        ASSERT_EQ(Buffer[Buffer.size() - 1 - I], Canary);
      }
      std::vector<float> Result(Buffer.begin() + Margin, Buffer.end() - Margin);
      for (size_t I = 0; I < Expected.size(); ++I)
        ASSERT_NEAR(Result[I], Expected[I], 4e-7 * Magnitude[I] + 1e-7)
            << "element " << I;
      if (Threads == 1)
        OneThread = Result;
      else
        ASSERT_EQ(Result, OneThread) << Threads << " threads";
    }
  }
}

const Case Cases[] = {
    // A linear layer and its two cotangents.
    {"m k, k n -> m n", {256, 128, 192}},
    {"m n, k n -> m k", {256, 192, 128}},
    {"m k, m n -> k n", {256, 128, 192}},
    {"b t i, i o -> b t o", {3, 17, 40, 70}},
    {"b t i, o i -> b t o", {3, 17, 40, 65}},
    {"b t i, b t o -> i o", {3, 17, 40, 65}},
    {"b t o, b t i -> i o", {3, 17, 65, 40}},
    {"b t o, i o -> b t i", {3, 17, 65, 40}},
    // Edges of every kind.
    {"m k, k n -> m n", {1, 1, 1}},
    {"m k, k n -> m n", {1, 300, 1}},
    {"m k, k n -> m n", {1, 7, 65}},
    {"m k, k n -> m n", {65, 7, 1}},
    {"m k, k n -> m n", {13, 1, 33}},
    {"m k, k n -> m n", {29, 1000, 31}},
    {"m k, k n -> m n", {53, 517, 97}},
    {"m k, n k -> m n", {53, 517, 97}},
    {"k m, k n -> m n", {517, 53, 97}},
    {"k m, n k -> m n", {517, 53, 97}},
    {"m k, n k -> m n", {1, 517, 97}},
    {"m k, k n -> n m", {53, 517, 97}},
    {"k m, n k -> n m", {517, 53, 97}},
    {"m k, k n -> m n", {700, 300, 50}},
    // Vectors and scalars.
    {"m k, k -> m", {77, 129}},
    {"k, k n -> n", {129, 77}},
    {"m, n -> m n", {33, 65}},
    {"k, k -> ", {1003}},
    {"a b, a b -> a b", {37, 53}},
    {"a b, a b -> a", {37, 53}},
    {"a b, b a -> a b", {37, 53}},
    {"a, a b -> a b", {37, 53}},
    // Attention written out, in both layouts, and its cotangents.
    {"b h q d, b h k d -> b h q k", {2, 3, 33, 16, 35}},
    {"b h q k, b h k d -> b h q d", {2, 3, 33, 35, 16}},
    {"b h q k, b h q d -> b h k d", {2, 3, 33, 35, 16}},
    {"b q h d, b k h d -> b h q k", {2, 33, 3, 16, 35}},
    {"b h q k, b k h d -> b q h d", {2, 3, 33, 35, 20}},
    {"b h q k, b q h d -> b k h d", {2, 3, 33, 35, 20}},
    {"b t h d, h d e -> b t e", {2, 19, 3, 16, 35}},
    {"b t e, h d e -> b t h d", {2, 19, 35, 3, 16}},
    {"b t e, b t h d -> h d e", {2, 19, 35, 3, 16}},
    {"b h t d, h d e -> b t e", {2, 3, 19, 16, 35}},
    {"b t e, e h d -> b h t d", {2, 19, 35, 3, 16}},
    // Contracted, rows and columns that no stride can merge.
    {"a x b y, x c y d -> a b c d", {3, 5, 4, 6, 7, 9}},
    {"a x b y, y d x c -> c a d b", {3, 5, 4, 6, 7, 9}},
    {"b m k, b k n -> m n b", {5, 9, 11, 13}},
    {"b m k, b k n -> m b n", {5, 9, 11, 13}},
    // Several blocks of depth, rows and panels.
    {"m k, k n -> m n", {130, 1100, 600}},
    {"m k, n k -> m n", {2000, 64, 70}},
    {"m k, n k -> m n", {130, 1601, 270}},
    {"k m, k n -> m n", {1601, 130, 270}},
    {"k m, n k -> m n", {1601, 130, 97}},
    {"m k, n k -> m n", {67, 7000, 33}},
    // Rows a page apart, with tiles that are lower and wider.
    {"m k, k n -> m n", {53, 1024, 1}},
    {"m k, k n -> m n", {53, 1024, 50}},
    {"m k, k n -> m n", {53, 1024, 129}},
    {"m k, n k -> m n", {130, 2048, 65}},
    {"m k, n k -> m n", {7, 3072, 200}},
    // A task whose only tile is a ragged one: it does not pack on the way.
    {"m k, k n -> m n", {295, 768, 65}},
    {"m k, k n -> m n", {281, 70, 3}},
};

std::string nameCase(const testing::TestParamInfo<Case> &Info) {
  std::string Name;
  for (const char *C = Info.param.Equation; *C; ++C)
    if (llvm::isAlnum(*C))
      Name += *C;
    else if (*C == ',' || *C == '>')
      Name += '_';
  for (int64_t Size : Info.param.Sizes)
    Name += "_" + std::to_string(Size);
  return Name;
}

INSTANTIATE_TEST_SUITE_P(All, EinsumKernel, testing::ValuesIn(Cases), nameCase);

TEST(CpuTargetTest, NamesAndSizes) {
  std::string Error;
  auto V4 = CpuTarget::get("x86-64-v4", Error);
  ASSERT_TRUE(succeeded(V4)) << Error;
  EXPECT_EQ(V4->getF32Lanes(), 16);
  EXPECT_EQ(V4->NumVectorRegisters, 32u);
  EXPECT_TRUE(V4->HasFma);
  auto V3 = CpuTarget::get("x86-64-v3", Error);
  ASSERT_TRUE(succeeded(V3)) << Error;
  EXPECT_EQ(V3->getF32Lanes(), 8);
  EXPECT_TRUE(V3->HasFma);
  auto V1 = CpuTarget::get("x86-64", Error);
  ASSERT_TRUE(succeeded(V1)) << Error;
  EXPECT_EQ(V1->getF32Lanes(), 4);
  EXPECT_EQ(V1->NumVectorRegisters, 16u);
  EXPECT_FALSE(V1->HasFma);
  auto Arm = CpuTarget::get("aarch64", Error);
  ASSERT_TRUE(succeeded(Arm)) << Error;
  EXPECT_EQ(Arm->getF32Lanes(), 4);
  EXPECT_TRUE(Arm->HasFma);
  EXPECT_TRUE(succeeded(CpuTarget::get("", Error)));
}

TEST(CpuTargetTest, UnknownNameIsAnError) {
  std::string Error;
  EXPECT_TRUE(failed(CpuTarget::get("pentium-99", Error)));
  EXPECT_NE(Error.find("unknown CPU \"pentium-99\""), std::string::npos)
      << Error;
  EXPECT_TRUE(failed(CpuTarget::get("x86_64", Error)));
}

} // namespace
