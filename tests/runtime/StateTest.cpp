#include "runtime/core/State.h"
#include "runtime/core/philox.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <cmath>
#include <cstring>
#include <numbers>

using namespace stator::runtime;
using namespace stator::runtime::testing;

namespace {

/// A program with one tensor.
struct OneTensor {
  OneTensor(int64_t Size, int32_t Init, double A, double B) : Sizes{Size} {
    Tensor.Name = "w";
    Tensor.Shape = Sizes;
    Tensor.Rank = 1;
    Tensor.Elements = static_cast<uint64_t>(Size);
    Tensor.Init = Init;
    Tensor.InitA = A;
    Tensor.InitB = B;
    Program.Tensors = &Tensor;
    Program.NumTensors = 1;
    Values.resize(Tensor.Elements);
    initializeState(Program, reinterpret_cast<uint8_t *>(Values.data()), 42);
  }
  int64_t Sizes[1];
  StatorTensor Tensor = {};
  StatorProgram Program = {};
  std::vector<float> Values;
};

TEST(Initialize, NormalIsBoxAndMuller) {
  OneTensor Normal(2'000'000, STATOR_INIT_NORMAL, 1.5, 0.25);
  double Sum = 0, Squares = 0;
  for (float Value : Normal.Values) {
    Sum += Value - 1.5;
    Squares += (Value - 1.5) * (Value - 1.5);
  }
  EXPECT_NEAR(Sum / 2e6, 0.0, 1e-3);
  EXPECT_NEAR(std::sqrt(Squares / 2e6), 0.25, 1e-3);
  for (uint32_t I : {0u, 1u, 1'999'999u}) {
    double U = statorUniform(statorRandomBits(42, I, 0, 0, STATOR_RANDOM_INIT));
    double V = statorUniform(statorRandomBits(42, I, 0, 1, STATOR_RANDOM_INIT));
    double Z =
        std::sqrt(-2 * std::log(1 - U)) * std::cos(2 * std::numbers::pi * V);
    EXPECT_FLOAT_EQ(Normal.Values[I], static_cast<float>(1.5 + 0.25 * Z));
  }
}

TEST(Initialize, UniformStaysInItsRange) {
  OneTensor Uniform(100'000, STATOR_INIT_UNIFORM, -0.5, 0.5);
  double Sum = 0;
  for (float Value : Uniform.Values) {
    ASSERT_GE(Value, -0.5f);
    ASSERT_LT(Value, 0.5f);
    Sum += Value;
  }
  EXPECT_NEAR(Sum / 1e5, 0.0, 5e-3);
}

TEST(Initialize, ConstantsAndTheRest) {
  OneTensor Ones(7, STATOR_INIT_CONSTANT, 1, 0);
  EXPECT_THAT(Ones.Values, ::testing::Each(1.0f));
  Ones.Tensor.Role = STATOR_ROLE_MOMENT;
  initializeState(Ones.Program, reinterpret_cast<uint8_t *>(Ones.Values.data()),
                  42);
  EXPECT_THAT(Ones.Values, ::testing::Each(0.0f));
}

TEST(Memory, IsZeroedAndAligned) {
  for (uint64_t Bytes : {uint64_t(0), uint64_t(100), uint64_t(5) << 20}) {
    auto Block = Memory::allocate(Bytes, "test");
    ASSERT_TRUE(Block.ok());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(Block->data()) % 64, 0u);
    for (uint64_t I = 0; I < Bytes; I += 99)
      ASSERT_EQ(Block->data()[I], 0);
    if (Bytes)
      Block->data()[Bytes - 1] = 1;
  }
  EXPECT_ERROR(Memory::allocate(UINT64_MAX, "arena"), "for the arena");
  EXPECT_ERROR(Memory::allocate(uint64_t(1) << 62, "arena"), "for the arena");
}

TEST(FindNonFinite, NamesTheTensor) {
  OneTensor Zeros(5, STATOR_INIT_CONSTANT, 0, 0);
  auto *State = reinterpret_cast<uint8_t *>(Zeros.Values.data());
  EXPECT_EQ(findNonFinite(Zeros.Program, State), nullptr);
  Zeros.Values[2] = -3e38f;
  EXPECT_EQ(findNonFinite(Zeros.Program, State), nullptr);
  for (float Bad : {NAN, -NAN, INFINITY, -INFINITY}) {
    Zeros.Values[4] = Bad;
    EXPECT_STREQ(findNonFinite(Zeros.Program, State), "w");
  }
}

TEST(CheckProgram, FindsBlocksAndCachesThatDoNotHold) {
  FakeProgram::Shape Sizes;
  Sizes.Blocks = true;
  Sizes.Context = Sizes.Time;
  EXPECT_TRUE(checkProgram(FakeProgram(STATOR_MODE_INFER, Sizes).get()).ok());
  FakeProgram Wide(STATOR_MODE_INFER, Sizes);
  Wide.edit().Blocks += 1;
  Wide.edit().NumBlocks -= 1;
  EXPECT_ERROR(checkProgram(Wide.get()), "ascending widths, the first 1");
  StatorBlock Twice[2] = {Wide.get().Blocks[-1], Wide.get().Blocks[-1]};
  Wide.edit().Blocks = Twice;
  Wide.edit().NumBlocks = 2;
  EXPECT_ERROR(checkProgram(Wide.get()), "ascending widths, the first 1");
  FakeProgram Small(STATOR_MODE_INFER, Sizes);
  Small.edit().CacheBytes = 16;
  EXPECT_ERROR(checkProgram(Small.get()),
               "tensor history does not fit the cache");
}

TEST(CheckProgram, FindsTablesThatDoNotHold) {
  auto Expect = [](auto Change, const char *Message) {
    FakeProgram Fake(STATOR_MODE_TRAIN);
    std::vector<StatorTensor> Tensors(
        Fake.get().Tensors, Fake.get().Tensors + Fake.get().NumTensors);
    Fake.edit().Tensors = Tensors.data();
    Change(Fake.edit(), Tensors);
    EXPECT_ERROR(checkProgram(Fake.get()), Message);
  };
  using Table = std::vector<StatorTensor>;
  EXPECT_TRUE(checkProgram(FakeProgram(STATOR_MODE_TRAIN).get()).ok());
  EXPECT_TRUE(checkProgram(FakeProgram(STATOR_MODE_INFER).get()).ok());
  Expect([](StatorProgram &P, Table &) { P.AbiVersion = 99; }, "version 99");
  Expect([](StatorProgram &P, Table &) { P.Batch = 0; }, "at least 1");
  Expect([](StatorProgram &P, Table &) { P.TrainStep = nullptr; },
         "no training step");
  Expect([](StatorProgram &P, Table &) { P.MicroBatches = 2; },
         "no training step");
  Expect([](StatorProgram &P, Table &) { P.Mode = STATOR_MODE_INFER; },
         "no forward function");
  Expect([](StatorProgram &, Table &T) { T[1].Offset = 1 << 20; },
         "tensor bias does not fit");
  Expect([](StatorProgram &, Table &T) { T[1].Offset += 4; },
         "tensor bias does not fit");
  Expect([](StatorProgram &, Table &T) { T[0].Elements = 3; },
         "tensor table.weight does not fit");
  Expect([](StatorProgram &, Table &T) { T[1].Name = T[0].Name; },
         "two tensors are named table.weight");
}

TEST(CheckProgram, FindsInt8WithoutItsScales) {
  auto Check = [](auto Change) {
    FakeProgram Fake(STATOR_MODE_INFER);
    // One row of 40 is two blocks of 32.
    const int64_t Shape[] = {1, 40}, Blocks[] = {1, 2};
    std::vector<StatorTensor> Tensors(2);
    Tensors[0].Name = "w";
    Tensors[0].Shape = Shape;
    Tensors[0].Elements = 40;
    Tensors[0].Type = STATOR_TYPE_INT8;
    Tensors[1].Name = "w.scale";
    Tensors[1].Shape = Blocks;
    Tensors[1].Elements = 2;
    Tensors[1].Role = STATOR_ROLE_SCALE;
    Tensors[1].Offset = 64;
    Tensors[0].Rank = Tensors[1].Rank = 2;
    Fake.edit().Tensors = Tensors.data();
    Fake.edit().StateBytes = 128;
    Change(Tensors);
    Fake.edit().NumTensors = static_cast<int64_t>(Tensors.size());
    return checkProgram(Fake.get());
  };
  using Table = std::vector<StatorTensor>;
  absl::Status Whole = Check([](Table &) {});
  EXPECT_TRUE(Whole.ok()) << Whole;
  const char *Message =
      "tensor w is int8 and has no scales of its shape, w.scale";
  EXPECT_ERROR(Check([](Table &T) { T.pop_back(); }), Message);
  EXPECT_ERROR(Check([](Table &T) { T[1].Name = "v.scale"; }), Message);
  EXPECT_ERROR(Check([](Table &T) { T[1].Role = STATOR_ROLE_PARAMETER; }),
               Message);
  EXPECT_ERROR(Check([](Table &T) { T[1].Type = STATOR_TYPE_BF16; }), Message);
  static const int64_t OneBlock[] = {1, 1}, TwoRows[] = {2, 1};
  EXPECT_ERROR(Check([](Table &T) {
                 T[1].Shape = OneBlock;
                 T[1].Elements = 1;
               }),
               Message);
  EXPECT_ERROR(Check([](Table &T) { T[1].Shape = TwoRows; }), Message);
}

} // namespace
