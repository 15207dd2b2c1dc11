#include "runtime/core/Batches.h"
#include "runtime/core/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <set>

using namespace stator::runtime;
using ::testing::ElementsAre;

namespace {

class BatchesTest : public ::testing::Test {
protected:
  BatchesTest() {
    for (uint8_t I = 0; I < 20; ++I)
      Ids.push_back(I);
  }
  TokenView view(int64_t Size) const { return {Ids.data(), 1, Size}; }

  std::vector<uint8_t> Ids;
  std::vector<int32_t> Tokens = std::vector<int32_t>(6);
  std::vector<int32_t> Targets = std::vector<int32_t>(6);
};

TEST_F(BatchesTest, TargetsAreTheTokensAfter) {
  drawBatch(view(20), 2, 3, 1, 5, Tokens.data(), Targets.data());
  for (size_t I = 0; I < 6; ++I)
    EXPECT_EQ(Targets[I], Tokens[I] + 1);
  EXPECT_EQ(Tokens[1], Tokens[0] + 1);
}

TEST_F(BatchesTest, AnEpochTakesEveryWindowOnce) {
  // 20 tokens: 5 windows of 3 and 5 phases; 5 batches of 2 are two epochs.
  for (uint64_t Seed : {1, 2, 3}) {
    std::vector<int32_t> Starts;
    for (int64_t Sequence = 0; Sequence < 5; ++Sequence) {
      drawBatch(view(20), 2, 3, Seed, Sequence, Tokens.data(), Targets.data());
      Starts.insert(Starts.end(), {Tokens[0], Tokens[3]});
    }
    for (auto Epoch : {Starts.begin(), Starts.begin() + 5}) {
      std::sort(Epoch, Epoch + 5);
      for (int32_t I = 0; I < 5; ++I)
        EXPECT_EQ(Epoch[I], Epoch[0] + 3 * I);
      EXPECT_LT(Epoch[0], 5);
    }
  }
}

TEST_F(BatchesTest, EpochsAndSeedsHaveOrdersOfTheirOwn) {
  std::set<std::vector<int32_t>> Orders;
  for (uint64_t Seed : {1, 2, 3, 4})
    for (int64_t Epoch : {0, 1, 2}) {
      std::vector<int32_t> Order;
      for (int64_t Sample = 0; Sample < 5; ++Sample) {
        drawBatch(view(20), 1, 3, Seed, 5 * Epoch + Sample, Tokens.data(),
                  Targets.data());
        Order.push_back(Tokens[0]);
      }
      Orders.insert(Order);
    }
  EXPECT_GE(Orders.size(), 11u);
}

TEST_F(BatchesTest, EveryStartIsDrawnAndNoOther) {
  std::set<int32_t> Starts;
  for (int64_t Sequence = 0; Sequence < 500; ++Sequence) {
    drawBatch(view(7), 2, 3, 1, Sequence, Tokens.data(), Targets.data());
    Starts.insert({Tokens[0], Tokens[3]});
  }
  EXPECT_THAT(Starts, ElementsAre(0, 1, 2, 3));
}

TEST_F(BatchesTest, TheShortestTextHasOneSample) {
  drawBatch(view(4), 2, 3, 1, 0, Tokens.data(), Targets.data());
  EXPECT_THAT(Tokens, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(Targets, ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST_F(BatchesTest, WindowsCoverEveryTargetOnce) {
  for (int64_t Size = 2; Size <= 20; ++Size) {
    Windows All(view(Size), 2, 3);
    std::vector<int32_t> Seen;
    for (int64_t Batch = 0; Batch < All.numBatches(); ++Batch) {
      int64_t Real = All.fill(Batch, Tokens.data(), Targets.data());
      ASSERT_GT(Real, 0);
      for (int64_t I = 0; I < 6; ++I) {
        auto Index = static_cast<size_t>(I);
        if (I < Real) {
          EXPECT_EQ(Targets[Index], Tokens[Index] + 1);
          Seen.push_back(Targets[Index]);
        } else {
          EXPECT_EQ(Targets[Index], -1);
          EXPECT_EQ(Tokens[Index], 0);
        }
      }
    }
    ASSERT_EQ(static_cast<int64_t>(Seen.size()), Size - 1);
    for (size_t I = 0; I < Seen.size(); ++I)
      EXPECT_EQ(Seen[I], static_cast<int32_t>(I + 1));
  }
}

/// Known answer of Philox4x32-10 from Random123's kat_vectors.
TEST(Philox, KnownAnswers) {
  StatorPhilox Zero = statorPhilox(0, 0, 0, 0, 0);
  EXPECT_THAT(Zero.Word,
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  StatorPhilox Ones = statorPhilox(~uint64_t(0), ~0u, ~0u, ~0u, ~0u);
  EXPECT_THAT(Ones.Word,
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  StatorPhilox Pi = statorPhilox(0x299f31d0a4093822u, 0x243f6a88, 0x85a308d3,
                                 0x13198a2e, 0x03707344);
  EXPECT_THAT(Pi.Word,
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

} // namespace
