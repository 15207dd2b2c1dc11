// Offsets in the arena: no two buffers overlap in time and memory, and the
// numbers that are reported are those that are used.

#include "passes/ArenaOffsets.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <random>

using stator::ArenaAlignment;
using stator::ArenaPlan;
using stator::BufferLifetime;
using stator::planArena;

namespace {

bool overlap(int64_t FirstA, int64_t LastA, int64_t FirstB, int64_t LastB) {
  return FirstA <= LastB && FirstB <= LastA;
}

void expectValid(const std::vector<BufferLifetime> &Buffers,
                 const ArenaPlan &Plan) {
  ASSERT_EQ(Plan.Offsets.size(), Buffers.size());
  int64_t End = 0;
  for (size_t I = 0; I < Buffers.size(); ++I) {
    EXPECT_GE(Plan.Offsets[I], 0);
    EXPECT_EQ(Plan.Offsets[I] % ArenaAlignment, 0);
    End = std::max(End, Plan.Offsets[I] + Buffers[I].Bytes);
    for (size_t J = 0; J < I; ++J)
      if (overlap(Buffers[I].First, Buffers[I].Last, Buffers[J].First,
                  Buffers[J].Last)) {
        EXPECT_FALSE(
            overlap(Plan.Offsets[I], Plan.Offsets[I] + Buffers[I].Bytes - 1,
                    Plan.Offsets[J], Plan.Offsets[J] + Buffers[J].Bytes - 1))
            << "buffers " << I << " and " << J;
      }
  }
  EXPECT_EQ(Plan.Bytes,
            (End + ArenaAlignment - 1) / ArenaAlignment * ArenaAlignment);
  EXPECT_GE(Plan.Bytes, Plan.LowerBound);
}

/// The most aligned bytes alive at once, counted position by position.
int64_t countAlive(const std::vector<BufferLifetime> &Buffers,
                   int64_t Positions) {
  int64_t Most = 0;
  for (int64_t P = 0; P < Positions; ++P) {
    int64_t Sum = 0;
    for (const BufferLifetime &B : Buffers)
      if (B.First <= P && P <= B.Last)
        Sum += (B.Bytes + ArenaAlignment - 1) / ArenaAlignment * ArenaAlignment;
    Most = std::max(Most, Sum);
  }
  return Most;
}

TEST(ArenaOffsets, NothingNeedsNothing) {
  ArenaPlan Plan = planArena({});
  EXPECT_EQ(Plan.Bytes, 0);
  EXPECT_EQ(Plan.LowerBound, 0);
  EXPECT_TRUE(Plan.Offsets.empty());
}

TEST(ArenaOffsets, MemoryIsUsedAgain) {
  std::vector<BufferLifetime> Buffers = {{4096, 0, 1}, {4096, 2, 3}};
  ArenaPlan Plan = planArena(Buffers);
  expectValid(Buffers, Plan);
  EXPECT_EQ(Plan.Bytes, 4096);
}

TEST(ArenaOffsets, NeighboursInTimeOverlap) {
  // The last use of the first is the op that writes the second.
  std::vector<BufferLifetime> Buffers = {{4096, 0, 2}, {4096, 2, 3}};
  ArenaPlan Plan = planArena(Buffers);
  expectValid(Buffers, Plan);
  EXPECT_EQ(Plan.Bytes, 8192);
}

TEST(ArenaOffsets, SmallestGapThatFits) {
  // Two gaps appear, of 256 and of 128 bytes; the last buffer fits both.
  std::vector<BufferLifetime> Buffers = {{1024, 0, 9}, {256, 0, 4},
                                         {512, 0, 9},  {128, 0, 4},
                                         {512, 0, 9},  {128, 5, 9}};
  ArenaPlan Plan = planArena(Buffers);
  expectValid(Buffers, Plan);
  EXPECT_EQ(Plan.Bytes, Plan.LowerBound);
}

TEST(ArenaOffsets, SizesAreRoundedUp) {
  std::vector<BufferLifetime> Buffers = {{4, 0, 1}, {65, 0, 1}, {1, 0, 1}};
  ArenaPlan Plan = planArena(Buffers);
  expectValid(Buffers, Plan);
  EXPECT_EQ(Plan.LowerBound, 64 + 128 + 64);
}

TEST(ArenaOffsets, RandomLifetimes) {
  std::mt19937_64 Random(20260);
  for (int Round = 0; Round < 200; ++Round) {
    const int64_t Positions = 2 + static_cast<int64_t>(Random() % 60);
    std::vector<BufferLifetime> Buffers(1 + Random() % 80);
    for (BufferLifetime &B : Buffers) {
      B.Bytes = 1 + static_cast<int64_t>(Random() % 5000);
      B.First = static_cast<int64_t>(Random() % Positions);
      B.Last = B.First + static_cast<int64_t>(Random() % (Positions - B.First));
    }
    ArenaPlan Plan = planArena(Buffers);
    expectValid(Buffers, Plan);
    EXPECT_EQ(Plan.LowerBound, countAlive(Buffers, Positions));
  }
}

TEST(ArenaOffsets, SamePlanEveryTime) {
  std::vector<BufferLifetime> Buffers;
  for (int64_t I = 0; I < 40; ++I)
    Buffers.push_back({64, I % 7, I % 7 + I % 5});
  EXPECT_EQ(planArena(Buffers).Offsets, planArena(Buffers).Offsets);
}

} // namespace
