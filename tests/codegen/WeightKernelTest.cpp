//===- WeightKernelTest.cpp - Contractions with narrow weights ------------===//
//
// Kernels whose weights are f32, bf16, or i8 with scales, against plain loops
// in f64 on the same numbers: few rows, which read the weights as they are, and
// many, which make panels of them, and which round the left operand to bf16
// where the CPU multiplies bf16; and rows of a table of weights.
//
//===----------------------------------------------------------------------===//

#include "FormedKernel.h"
#include "KernelJit.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>
#include <tuple>

using namespace stator;
using namespace stator::test;

namespace {

enum class Stored { F32, Bf16, Int8 };
constexpr Stored F32 = Stored::F32, Bf16 = Stored::Bf16, Int8 = Stored::Int8;

struct Case {
  int64_t Rows, Depth, Columns;
  Stored As;
};

constexpr int64_t Block = 32;

/// Random weights, [columns, depth], as they are stored and as they count.
struct Weights {
  std::vector<float> Wide;
  std::vector<uint16_t> Halves;
  std::vector<int8_t> Bytes;
  std::vector<float> Scales;
  std::vector<double> Values;

  Weights(int64_t Columns, int64_t Depth, Stored As) {
    std::mt19937 Random(7);
    std::uniform_real_distribution<float> Uniform(-1, 1);
    std::uniform_int_distribution<int> Byte(-127, 127);
    int64_t Blocks = (Depth + Block - 1) / Block;
    for (int64_t I = 0; As == Int8 && I < Columns * Blocks; ++I)
      Scales.push_back(0.01f * (1.5f + Uniform(Random)));
    for (int64_t I = 0; I < Columns * Depth; ++I) {
      if (As == Int8) {
        Bytes.push_back(static_cast<int8_t>(Byte(Random)));
        Values.push_back(
            double(Bytes.back()) *
            double(Scales[I / Depth * Blocks + I % Depth / Block]));
        continue;
      }
      float Value = Uniform(Random);
      if (As == F32) {
        Wide.push_back(Value);
        Values.push_back(Value);
        continue;
      }
      uint32_t Bits;
      std::memcpy(&Bits, &Value, sizeof Bits);
      Halves.push_back(static_cast<uint16_t>(Bits >> 16));
      Bits &= 0xFFFF0000u;
      std::memcpy(&Value, &Bits, sizeof Bits);
      Values.push_back(Value);
    }
  }

  std::vector<void *> getPointers() {
    if (!Wide.empty())
      return {Wide.data()};
    if (!Halves.empty())
      return {Halves.data()};
    return {Bytes.data(), Scales.data()};
  }
};

std::string tensor(std::initializer_list<int64_t> Shape, const char *Element) {
  std::string Text = "tensor<";
  for (int64_t Size : Shape)
    Text += std::to_string(Size) + "x";
  return Text + Element + ">";
}

/// The arguments that are the weights, and the op that makes %w of them.
std::pair<std::string, std::string> declareWeights(int64_t Columns,
                                                   int64_t Depth, Stored As) {
  std::string Type = tensor({Columns, Depth}, As == Int8 ? "i8" : "bf16"),
              Wide = tensor({Columns, Depth}, "f32"),
              Scales = tensor({Columns, (Depth + Block - 1) / Block}, "f32");
  if (As == F32)
    return {"%w: " + Wide, ""};
  if (As == Int8)
    return {"%q: " + Type + ", %s: " + Scales,
            "  %w = stator.dequantize %q scales %s axis 1 block 32 : (" + Type +
                ", " + Scales + ") -> " + Wide + "\n"};
  return {"%q: " + Type,
          "  %w = stator.dequantize %q : (" + Type + ") -> " + Wide + "\n"};
}

/// `Value` rounded to bf16, to the nearest, ties to even.
float roundToBf16(float Value) {
  uint32_t Bits;
  std::memcpy(&Bits, &Value, sizeof Bits);
  Bits = (Bits + 0x7FFF + (Bits >> 16 & 1)) & 0xFFFF0000u;
  std::memcpy(&Value, &Bits, sizeof Bits);
  return Value;
}

/// The sums of a contraction, times `Factor`, and those of absolute values.
struct Sums {
  std::vector<double> Values, Magnitude;

  Sums(const std::vector<float> &Lhs, const Weights &Data,
       const std::vector<float> &Factor, int64_t Rows, int64_t Depth,
       int64_t Columns) {
    for (int64_t M = 0; M < Rows; ++M)
      for (int64_t N = 0; N < Columns; ++N) {
        double Sum = 0, Absolute = 0;
        for (int64_t K = 0; K < Depth; ++K) {
          double Product =
              double(Lhs[M * Depth + K]) * Data.Values[N * Depth + K];
          Sum += Product;
          Absolute += std::fabs(Product);
        }
        double By = Factor[M * Columns + N];
        Values.push_back(Sum * By);
        Magnitude.push_back(Absolute * std::fabs(By));
      }
  }
};

class WeightKernel : public testing::TestWithParam<Case> {};

TEST_P(WeightKernel, ContractsLikePlainLoops) {
  auto [Rows, Depth, Columns, As] = GetParam();
  std::string X = tensor({Rows, Depth}, "f32"),
              Y = tensor({Rows, Columns}, "f32"),
              W = tensor({Columns, Depth}, "f32");
  auto [Arguments, Dequantize] = declareWeights(Columns, Depth, As);
  // With an epilogue, whose blocks must divide the result.
  std::string Text = "stator.func @f(%x: " + X + ", " + Arguments +
                     ", %r: " + Y + ") -> " + Y + " {\n" + Dequantize +
                     "  %y = stator.einsum \"m k, n k -> m n\" %x, %w : (" + X +
                     ", " + W + ") -> " + Y +
                     "\n  %z = stator.mul %y, %r : " + Y +
                     "\n  stator.return %z : " + Y + "\n}\n";
  Weights Data(Columns, Depth, As);
  std::vector<float> Lhs, Factor;
  std::mt19937 Random(3);
  std::uniform_real_distribution<float> Uniform(-1, 1);
  for (int64_t I = 0; I < Rows * Depth; ++I)
    Lhs.push_back(Uniform(Random));
  for (int64_t I = 0; I < Rows * Columns; ++I)
    Factor.push_back(Uniform(Random));
  std::vector<float> RoundedLhs = Lhs;
  for (float &Value : RoundedLhs)
    Value = roundToBf16(Value);
  const Sums Exact(Lhs, Data, Factor, Rows, Depth, Columns),
      Rounded(RoundedLhs, Data, Factor, Rows, Depth, Columns);
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    // More rows than a few are rounded where the CPU multiplies bf16.
    const auto &[Expected, Magnitude] =
        Target.HasBf16Dot && As == Bf16 && Rows > 8 ? Rounded : Exact;
    auto Kernel = FormedKernel::compile(Text, Target);
    ASSERT_TRUE(Kernel);
    std::vector<float> OneThread;
    for (int Threads : {1, 3}) {
      setThreads(Threads);
      constexpr float Canary = 12345;
      std::vector<float> Result(Expected.size() + 32, Canary);
      std::vector<void *> Pointers = {Lhs.data()};
      for (void *Pointer : Data.getPointers())
        Pointers.push_back(Pointer);
      Pointers.push_back(Factor.data());
      Pointers.push_back(Result.data() + 16);
      Kernel->run(Pointers);
      for (int64_t I = 0; I < 16; ++I) {
        ASSERT_EQ(Result[I], Canary);
        ASSERT_EQ(Result[Result.size() - 1 - I], Canary);
      }
      for (size_t I = 0; I < Expected.size(); ++I)
        ASSERT_NEAR(Result[16 + I], Expected[I], 6e-7 * Magnitude[I] + 1e-7)
            << "element " << I;
      if (Threads == 1)
        OneThread = Result;
      else
        ASSERT_EQ(Result, OneThread);
    }
  }
}

constexpr Case Cases[] = {
    {1, 64, 64, Bf16},
    {1, 64, 64, Int8},
    {1, 172, 65, Bf16},
    {1, 172, 65, Int8},
    {1, 768, 333, Bf16},
    {1, 768, 333, Int8},
    {1, 1000, 257, Bf16},
    {1, 1000, 257, Int8},
    {2, 300, 500, Int8},
    {3, 300, 500, Bf16},
    {4, 768, 300, Int8},
    {8, 517, 97, Int8},
    {8, 517, 97, Bf16},
    {9, 96, 70, Int8},
    {9, 96, 70, Bf16},
    {40, 517, 97, Int8},
    {40, 517, 97, Bf16},
    {40, 1601, 70, Int8},
    {1, 33, 17, Int8},
    {1, 40, 1, Int8},
    {1, 40, 5, Bf16},
    {40, 1601, 70, Bf16},
    {9, 2, 2, Bf16},
    {20000, 2, 3, Bf16},
    {9, 3, 17, Bf16},
    {13, 31, 33, Bf16},
    {600, 96, 40, Bf16},
    {300, 1537, 100, Bf16},
    // Two walks, with nothing, a part, a whole group of columns and more behind
    // them, and more rows than have room in registers.
    {1, 768, 256, F32},
    {1, 1000, 257, F32},
    {1, 333, 113, F32},
    {2, 300, 127, F32},
    {4, 515, 90, F32},
    {8, 300, 300, F32},
    {3, 100, 700, F32},
};

std::string nameCase(const testing::TestParamInfo<Case> &Info) {
  const Case &C = Info.param;
  const char *Names[] = {"f32_", "bf16_", "int8_"};
  return Names[static_cast<int>(C.As)] + std::to_string(C.Rows) + "_" +
         std::to_string(C.Depth) + "_" + std::to_string(C.Columns);
}

INSTANTIATE_TEST_SUITE_P(All, WeightKernel, testing::ValuesIn(Cases), nameCase);

TEST(WeightKernelTest, MultipliesBf16WhereTheCpuCan) {
  std::string Error;
  auto Native = CpuTarget::get("native", Error);
  ASSERT_TRUE(succeeded(Native)) << Error;
  if (!Native->HasBf16Dot)
    GTEST_SKIP() << "this CPU has no vdpbf16ps: all kernels multiply f32";
  // One activation that bf16 cannot hold, and a weight of 1 for it: the product
  // tells who rounds, which few rows do not, and that ties go to even.
  constexpr int64_t Depth = 34, Columns = 3;
  auto [Arguments, Dequantize] = declareWeights(Columns, Depth, Bf16);
  for (auto [Rows, Up, Down] :
       {std::tuple<int64_t, float, float>{8, 1 + 3.0f / 256, 1 + 1.0f / 256},
        {9, 1 + 2.0f / 128, 1.0f}}) {
    std::string X = tensor({Rows, Depth}, "f32"),
                Y = tensor({Rows, Columns}, "f32"),
                W = tensor({Columns, Depth}, "f32");
    auto Kernel = FormedKernel::compile(
        "stator.func @f(%x: " + X + ", " + Arguments + ") -> " + Y + " {\n" +
            Dequantize + "  %y = stator.einsum \"m k, n k -> m n\" %x, %w : (" +
            X + ", " + W + ") -> " + Y + "\n  stator.return %y : " + Y +
            "\n}\n",
        *Native);
    ASSERT_TRUE(Kernel);
    std::vector<float> Lhs(Rows * Depth), Result(Rows * Columns);
    std::vector<uint16_t> One(Columns * Depth);
    constexpr uint16_t Bf16One = 0x3F80;
    Lhs[(Rows - 1) * Depth + Depth - 1] = 1 + 3.0f / 256;
    Lhs[Depth + 1] = 1 + 1.0f / 256;
    One[2 * Depth + Depth - 1] = One[1] = Bf16One;
    Kernel->run({Lhs.data(), One.data(), Result.data()});
    EXPECT_EQ(Result[(Rows - 1) * Columns + 2], Up);
    EXPECT_EQ(Result[Columns], Down);
  }
}

TEST(WeightKernelTest, GathersRows) {
  constexpr int64_t Rows = 50, Width = 77, Count = 5;
  int32_t Indices[Count] = {3, 49, 0, 17, 3};
  for (Stored As : {F32, Bf16, Int8}) {
    auto [Arguments, Dequantize] = declareWeights(Rows, Width, As);
    std::string Y = tensor({Count, Width}, "f32"), I = tensor({Count}, "i32"),
                W = tensor({Rows, Width}, "f32");
    std::string Text = "stator.func @f(" + Arguments + ", %i: " + I + ") -> " +
                       Y + " {\n" + Dequantize +
                       "  %y = stator.gather %w[%i] : (" + W + ", " + I +
                       ") -> " + Y + "\n  stator.return %y : " + Y + "\n}\n";
    Weights Data(Rows, Width, As);
    for (const CpuTarget &Target : getTestTargets()) {
      auto Kernel = FormedKernel::compile(Text, Target);
      ASSERT_TRUE(Kernel);
      std::vector<float> Result(Count * Width);
      std::vector<void *> Pointers = Data.getPointers();
      Pointers.push_back(Indices);
      Pointers.push_back(Result.data());
      Kernel->run(Pointers);
      for (int64_t R = 0; R < Count; ++R)
        for (int64_t C = 0; C < Width; ++C)
          ASSERT_FLOAT_EQ(
              Result[R * Width + C],
              static_cast<float>(Data.Values[Indices[R] * Width + C]));
    }
  }
}

} // namespace
