#include "runtime/core/Profiler.h"
#include <gtest/gtest.h>

using namespace stator::runtime;

namespace {

/// 10 FLOPs a slot of 16 and 60 of others, 100 bytes a slot and 70 of others.
StatorLaunch makeAttention(int64_t Window) {
  StatorLaunch Launch{};
  Launch.Slots = 16;
  Launch.Window = Window;
  Launch.SlotFlops = 10;
  Launch.SlotBytes = 100;
  Launch.Flops = 60 + 10.0 * static_cast<double>(Window < 16 ? Window : 16);
  Launch.Bytes = 70 + 100.0 * 16;
  return Launch;
}

TEST(WorkAt, CountsTheSlotsThatAreFilled) {
  StatorLaunch Launch = makeAttention(16);
  EXPECT_DOUBLE_EQ(workAt(Launch, 0, 1).Flops, 60 + 10);
  EXPECT_DOUBLE_EQ(workAt(Launch, 0, 1).Bytes, 70 + 100);
  EXPECT_DOUBLE_EQ(workAt(Launch, 7, 1).Flops, 60 + 80);
  EXPECT_DOUBLE_EQ(workAt(Launch, 7, 1).Bytes, 70 + 800);
  EXPECT_DOUBLE_EQ(workAt(Launch, 15, 1).Flops, Launch.Flops);
  EXPECT_DOUBLE_EQ(workAt(Launch, 15, 1).Bytes, Launch.Bytes);
}

// Queries 4 to 7 see 5 to 8 keys, of the 8 that all of them read.
TEST(WorkAt, QueriesOfABlockSeeOneMoreEach) {
  LaunchWork Work = workAt(makeAttention(16), 4, 4);
  EXPECT_DOUBLE_EQ(Work.Flops, 60 + 65);
  EXPECT_DOUBLE_EQ(Work.Bytes, 70 + 800);
}

TEST(WorkAt, AWindowEnds) {
  StatorLaunch Launch = makeAttention(3);
  EXPECT_DOUBLE_EQ(workAt(Launch, 1, 1).Flops, 60 + 20);
  EXPECT_DOUBLE_EQ(workAt(Launch, 9, 1).Flops, 60 + 30);
  EXPECT_DOUBLE_EQ(workAt(Launch, 9, 1).Bytes, 70 + 300);
  EXPECT_DOUBLE_EQ(workAt(Launch, 9, 2).Bytes, 70 + 400);
}

// A ring has fewer slots than there are positions.
TEST(WorkAt, NoMoreThanThereAre) {
  StatorLaunch Launch = makeAttention(40);
  EXPECT_DOUBLE_EQ(workAt(Launch, 30, 1).Flops, Launch.Flops);
  EXPECT_DOUBLE_EQ(workAt(Launch, 30, 1).Bytes, Launch.Bytes);
}

TEST(WorkAt, OtherLaunchesAreTheSameEverywhere) {
  StatorLaunch Launch{};
  Launch.Flops = 5;
  Launch.Bytes = 6;
  EXPECT_EQ(workAt(Launch, 9, 4).Flops, 5);
  EXPECT_EQ(workAt(Launch, 9, 4).Bytes, 6);
}

} // namespace
