#include "runtime/core/Format.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <limits>
#include <random>

using namespace stator::runtime;

TEST(Format, Bytes) {
  EXPECT_EQ(formatBytes(0), "0 B");
  EXPECT_EQ(formatBytes(999), "999 B");
  EXPECT_EQ(formatBytes(1000), "1.0 kB");
  EXPECT_EQ(formatBytes(1.5e9), "1.5 GB");
}

TEST(Format, Count) {
  EXPECT_EQ(formatCount(65), "65");
  EXPECT_EQ(formatCount(124439808), "124.44 M");
}

TEST(Format, Shape) {
  int64_t Shape[] = {2, 3};
  EXPECT_EQ(formatShape(Shape, 2), "[2, 3]");
  EXPECT_EQ(formatShape(nullptr, 0), "[]");
}

TEST(Format, FloatsReadBackAsTheSame) {
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same every time
  std::mt19937 Random(1);
  std::uniform_real_distribution<float> Draw(-10, 10);
  for (int I = 0; I < 1000; ++I) {
    float Value = Draw(Random);
    EXPECT_EQ(std::strtof(formatFloat(Value).c_str(), nullptr), Value);
  }
  EXPECT_EQ(formatFloat(0.1f), "0.1");
}

TEST(Format, Duration) {
  EXPECT_EQ(formatDuration(0), "0:00");
  EXPECT_EQ(formatDuration(65.2), "1:05");
  EXPECT_EQ(formatDuration(3725), "1:02:05");
  EXPECT_EQ(formatDuration(std::numeric_limits<double>::infinity()), "?");
}

TEST(Format, WrapsBetweenWords) {
  EXPECT_EQ(wrapText("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapText("one two three", 0, 99), "one two three\n");
  EXPECT_EQ(wrapText("toolongforit a", 1, 5), " toolongforit\n a\n");
}
