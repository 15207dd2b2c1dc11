//===- CostTest.cpp - What ops cost ---------------------------------------===//

#include "tests/ir/ModuleForTest.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace stator;

namespace {

/// The cost of one op on arguments.
OpCost getCost(const std::string &Arguments, const std::string &Op) {
  ModuleForTest Module(Arguments, Op);
  Operation *Last = Module.getLastOp();
  EXPECT_TRUE(Last);
  return Last ? cast<Cost>(Last).getCost() : OpCost();
}

void expectCost(OpCost Cost, double Flops, double Read, double Written) {
  EXPECT_EQ(Cost.Flops, Flops);
  EXPECT_EQ(Cost.BytesRead, Read);
  EXPECT_EQ(Cost.BytesWritten, Written);
}

TEST(CostTest, CountsAMultiplyAddAsTwo) {
  expectCost(getCost("%x: tensor<5x7xf32>, %y: tensor<7x3xf32>",
                     "%0 = stator.einsum \"m k, k n -> m n\" %x, %y : "
                     "(tensor<5x7xf32>, tensor<7x3xf32>) -> tensor<5x3xf32>"),
             2 * 5 * 7 * 3, 4 * (5 * 7 + 7 * 3), 4 * 5 * 3);
}

TEST(CostTest, CountsBatchesOfAContraction) {
  OpCost Cost = getCost(
      "%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x6x8xf32>",
      "%0 = stator.einsum \"b h q d, b h k d -> b h q k\" %q, %k : "
      "(tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>) -> tensor<2x4x5x6xf32>");
  EXPECT_EQ(Cost.Flops, 2.0 * 2 * 4 * 5 * 6 * 8);
}

TEST(CostTest, CountsElements) {
  expectCost(getCost("%x: tensor<2x3xf32>", "%0 = stator.add %x, %x : "
                                            "tensor<2x3xf32>"),
             6, 2 * 24, 24);
  expectCost(getCost("%x: tensor<2x3xf64>", "%0 = stator.exp %x : "
                                            "tensor<2x3xf64>"),
             6, 48, 48);
}

TEST(CostTest, BooleansTakeAByteAndNoFlops) {
  expectCost(getCost("%x: tensor<8xi1>", "%0 = stator.not %x : tensor<8xi1>"),
             0, 8, 8);
}

TEST(CostTest, ReadsOnlyWhatItNeeds) {
  expectCost(getCost("%x: tensor<100xf32>",
                     "%0 = stator.slice %x offsets [3] strides [2] : "
                     "tensor<100xf32> -> tensor<5xf32>"),
             0, 20, 20);
  // Three rows and three indices, not the table.
  expectCost(getCost("%t: tensor<1000x4xf32>, %i: tensor<3xi32>",
                     "%0 = stator.gather %t[%i] : (tensor<1000x4xf32>, "
                     "tensor<3xi32>) -> tensor<3x4xf32>"),
             0, 3 * 16 + 12, 3 * 16);
  expectCost(getCost("%x: tensor<6xf32>", "%0 = stator.reshape %x : "
                                          "tensor<6xf32> -> tensor<2x3xf32>"),
             0, 0, 0);
}

TEST(CostTest, CausalAttentionSkipsTheFuture) {
  auto Attention = [](const std::string &Mask) {
    const std::string T = "tensor<1x2x4x8xf32>";
    return getCost("%q: " + T, "%0:2 = stator.attention %q, %q, %q scale 1.0 " +
                                   Mask + " : (" + T + ", " + T + ", " + T +
                                   ") -> (" + T + ", tensor<1x2x4xf32>)")
        .Flops;
  };
  // 16, 1 + 2 + 3 + 4 and 1 + 2 + 2 + 2 pairs a head.
  double PerPair = Attention("") / (2 * 16);
  EXPECT_GE(PerPair, 4 * 8);
  EXPECT_EQ(Attention("causal"), PerPair * 2 * 10);
  EXPECT_EQ(Attention("causal window 2"), PerPair * 2 * 7);
}

TEST(CostTest, ALoopCostsItsBodyEachTime) {
  OpCost Cost = getCost("%c: tensor<8xf32>, %x: tensor<5x8xf32>", R"(
    %0 = stator.scan axis 0 length 5 carries(%s = %c) over(%r = %x)
        : (tensor<8xf32>, tensor<5x8xf32>) -> tensor<8xf32> {
      %1 = stator.mul %s, %r : tensor<8xf32>
      %2 = stator.add %1, %r : tensor<8xf32>
      stator.yield %2 : tensor<8xf32>
    })");
  expectCost(Cost, 5 * 16, 5 * 2 * 64, 5 * 2 * 32);
}

TEST(CostTest, CountsWhatAnOptimizerReadsAndWrites) {
  const std::string T = "tensor<10xf32>";
  OpCost Cost = getCost(
      "%p: " + T + ", %s: tensor<f32>, %i: tensor<i32>",
      "%0:3 = stator.adam %p, %p, %p, %p lr %s scale %s step %i betas (0.9, "
      "0.99) eps 1.0e-8 decay 0.0 : (" +
          T + ", " + T + ", " + T + ", " + T +
          ", tensor<f32>, tensor<f32>, tensor<i32>) -> (" + T + ", " + T +
          ", " + T + ")");
  EXPECT_EQ(Cost.BytesRead, 4 * 40 + 3 * 4);
  EXPECT_EQ(Cost.BytesWritten, 3 * 40);
  EXPECT_GE(Cost.Flops, 100);
}

} // namespace
