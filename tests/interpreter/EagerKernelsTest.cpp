//===- EagerKernelsTest.cpp - Vectorised loops against the C library ------===//

#include "runtime/core/philox.h"
#include "runtime/interpreter/eager/Kernels.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace stator::eager {
namespace {

struct Level {
  const char *Name;
  KernelTable Table;
};

/// The levels that this processor can run.
std::vector<Level> getLevels() {
  std::vector<Level> Levels = {{"Baseline", makeBaselineKernels()}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v3"))
    Levels.push_back({"Avx2", makeAvx2Kernels()});
  if (__builtin_cpu_supports("x86-64-v4"))
    Levels.push_back({"Avx512", makeAvx512Kernels()});
#endif
  return Levels;
}

class EagerKernelsTest : public testing::TestWithParam<Level> {
protected:
  KernelTable K = GetParam().Table;

  /// Errors of a function over a range, in units of the last place of the
  /// result or of Scale, whichever is more.
  void checkUnary(Unary Kernel, double (*Function)(double), float Low,
                  float High, double Ulps, double Scale = 1e-30) {
    constexpr int N = 4099; // odd, so that loops have a rest
    std::vector<float> X(N), Y(N);
    for (int I = 0; I < N; ++I)
      X[I] = Low + (High - Low) * static_cast<float>(I) / (N - 1);
    K.Unary[static_cast<int>(Kernel)](Y.data(), X.data(), N);
    for (int I = 0; I < N; ++I) {
      double Expected = Function(X[I]);
      double Unit = std::max(std::abs(Expected), Scale) * 0x1p-23;
      ASSERT_NEAR(Y[I], Expected, Ulps * Unit) << "at " << X[I];
    }
  }
};

TEST_P(EagerKernelsTest, FunctionsAreAccurate) {
  checkUnary(Unary::Exp, std::exp, -87, 88, 2);
  checkUnary(Unary::Tanh, std::tanh, -12, 12, 3);
  checkUnary(Unary::Tanh, std::tanh, -0.01f, 0.01f, 3);
  checkUnary(Unary::Erf, std::erf, -6, 6, 3);
  checkUnary(
      Unary::Sigmoid, [](double X) { return 1 / (1 + std::exp(-X)); }, -80, 80,
      4);
  checkUnary(
      Unary::Gelu,
      [](double X) { return X / 2 * std::erfc(-X / std::sqrt(2.0)); }, -8, 8, 8,
      1);
  checkUnary(Unary::Log, std::log, 0.01f, 100, 2, 0.1);
  checkUnary(Unary::Sqrt, std::sqrt, 0, 100, 1);
}

TEST_P(EagerKernelsTest, ExpOfExtremes) {
  const float Infinity = std::numeric_limits<float>::infinity();
  float X[] = {-Infinity, -200, 100, Infinity, std::nanf(""), 0}, Y[6];
  K.Unary[static_cast<int>(Unary::Exp)](Y, X, 6);
  EXPECT_EQ(Y[0], 0);
  EXPECT_EQ(Y[1], 0);
  EXPECT_EQ(Y[2], Infinity);
  EXPECT_EQ(Y[3], Infinity);
  EXPECT_TRUE(std::isnan(Y[4]));
  EXPECT_EQ(Y[5], 1);
}

TEST_P(EagerKernelsTest, SaturatesExactly) {
  for (float X : {9.1f, 11.0f, 100.0f, 1e10f, 3e38f,
                  std::numeric_limits<float>::infinity()})
    for (float Sign : {1.0f, -1.0f})
      for (Unary Kernel : {Unary::Tanh, Unary::Erf}) {
        float Given = Sign * X, Y;
        K.Unary[static_cast<int>(Kernel)](&Y, &Given, 1);
        EXPECT_EQ(Y, Sign) << "at " << Given;
      }
}

TEST_P(EagerKernelsTest, SlopesOfActivationsAtTheirEnds) {
  for (float X : {12.0f, 30.0f, 90.0f, 500.0f, 1e4f, 1e10f, 2e19f, 3e38f})
    for (Binary Kernel :
         {Binary::GeluGrad, Binary::GeluTanhGrad, Binary::SiluGrad}) {
      float Cotangent = 2, Negative = -X, Y;
      auto *Run = K.Binary[static_cast<int>(Kernel)];
      Run(&Y, &X, 1, &Cotangent, 1, 1);
      EXPECT_NEAR(Y, 2, 2e-4) << "at " << X;
      Run(&Y, &Negative, 1, &Cotangent, 1, 1);
      EXPECT_NEAR(Y, 0, 2e-4) << "at " << Negative;
      if (X > 100)
        EXPECT_EQ(Y, 0) << "at " << Negative;
    }
}

TEST_P(EagerKernelsTest, RowsThatAreMaskedCompletely) {
  constexpr float Infinity = std::numeric_limits<float>::infinity();
  for (int64_t N : {1, 7, 16, 40}) {
    std::vector<float> X(N, -Infinity), Y(N, 5), Z(N, 5), Ones(N, 1);
    K.Softmax(Y.data(), X.data(), N);
    K.SoftmaxGrad(Z.data(), Y.data(), Ones.data(), N);
    for (int64_t I = 0; I < N; ++I) {
      EXPECT_EQ(Y[I], 0);
      EXPECT_EQ(Z[I], 0);
    }
    EXPECT_EQ(K.LogSumExp(X.data(), N), -Infinity);
    X[N / 2] = std::nanf("");
    K.Softmax(Y.data(), X.data(), N);
    for (int64_t I = 0; I < N; ++I)
      EXPECT_TRUE(std::isnan(Y[I]));
    EXPECT_TRUE(std::isnan(K.LogSumExp(X.data(), N)));
  }
}

TEST_P(EagerKernelsTest, NaNsStay) {
  float NaN = std::nanf(""), One = 1, Y;
  for (Unary Kernel : {Unary::Relu, Unary::Tanh, Unary::Erf, Unary::Gelu}) {
    K.Unary[static_cast<int>(Kernel)](&Y, &NaN, 1);
    EXPECT_TRUE(std::isnan(Y));
  }
  for (Binary Kernel : {Binary::Maximum, Binary::Minimum, Binary::Add}) {
    K.Binary[static_cast<int>(Kernel)](&Y, &NaN, 1, &One, 1, 1);
    EXPECT_TRUE(std::isnan(Y));
    K.Binary[static_cast<int>(Kernel)](&Y, &One, 1, &NaN, 1, 1);
    EXPECT_TRUE(std::isnan(Y));
  }
}

TEST_P(EagerKernelsTest, OperandsThatRepeat) {
  float X[] = {1, 2, 3}, Y[] = {10, 20, 30}, Z[3];
  auto *Sub = K.Binary[static_cast<int>(Binary::Sub)];
  Sub(Z, X, 1, Y, 1, 3);
  EXPECT_EQ(std::vector<float>(Z, Z + 3), (std::vector<float>{-9, -18, -27}));
  Sub(Z, X, 1, Y, 0, 3);
  EXPECT_EQ(std::vector<float>(Z, Z + 3), (std::vector<float>{-9, -8, -7}));
  Sub(Z, X, 0, Y, 1, 3);
  EXPECT_EQ(std::vector<float>(Z, Z + 3), (std::vector<float>{-9, -19, -29}));
  Sub(Z, X, 0, Y, 0, 3);
  EXPECT_EQ(std::vector<float>(Z, Z + 3), (std::vector<float>{-9, -9, -9}));
}

TEST_P(EagerKernelsTest, ReductionsOfAnyLength) {
  for (int64_t N : {1, 2, 15, 16, 17, 31, 33, 100, 257, 1000}) {
    std::vector<float> X(N), Y(N);
    double Sum = 0, Squares = 0, Exponentials = 0;
    for (int64_t I = 0; I < N; ++I) {
      X[I] = static_cast<float>((I * 37 + 11) % 101) / 50 - 1;
      Sum += X[I];
      Squares += X[I] * X[I];
      Exponentials += std::exp(X[I]);
    }
    EXPECT_NEAR(K.Sum(X.data(), N), Sum, 1e-4);
    EXPECT_NEAR(K.SumOfSquares(X.data(), N), Squares, 1e-3);
    EXPECT_EQ(K.Max(X.data(), N), *llvm::max_element(X));
    EXPECT_EQ(K.Min(X.data(), N), *llvm::min_element(X));
    EXPECT_NEAR(K.LogSumExp(X.data(), N), std::log(Exponentials), 1e-5);
    K.Softmax(Y.data(), X.data(), N);
    EXPECT_NEAR(Y[N / 2], std::exp(X[N / 2]) / Exponentials, 1e-6);
  }
}

TEST_P(EagerKernelsTest, DropoutDrawsTheNumbersOfTheRuntime) {
  std::vector<float> X(101, 1.0f), Y(101);
  K.Dropout(Y.data(), X.data(), 101, 0x123456789abcdefull, 7, 3, 5, 0x40000000u,
            4.0f / 3);
  for (uint32_t I = 0; I < 101; ++I) {
    bool Kept = statorRandomBits(0x123456789abcdefull, 7 + I, 3, 5,
                                 STATOR_RANDOM_DROPOUT) >= 0x40000000u;
    EXPECT_EQ(Y[I], Kept ? 4.0f / 3 : 0.0f);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, EagerKernelsTest,
                         testing::ValuesIn(getLevels()),
                         [](const auto &Info) { return Info.param.Name; });

} // namespace
} // namespace stator::eager
