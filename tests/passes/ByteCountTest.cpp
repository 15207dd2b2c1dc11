// Amounts of memory on the command line.

#include "passes/Recompute.h"
#include "gtest/gtest.h"

using stator::formatByteCount;
using stator::getBudgetReserve;
using stator::parseByteCount;

namespace {

TEST(ByteCount, ReadsUnits) {
  std::string Error;
  EXPECT_EQ(parseByteCount("1", Error), 1);
  EXPECT_EQ(parseByteCount("3500000000", Error), 3500000000);
  EXPECT_EQ(parseByteCount("3.5GB", Error), 3500000000);
  EXPECT_EQ(parseByteCount("3.5 gb", Error), 3500000000);
  EXPECT_EQ(parseByteCount("512MiB", Error), 536870912);
  EXPECT_EQ(parseByteCount("0.5KiB", Error), 512);
  EXPECT_EQ(parseByteCount("2TiB", Error), int64_t(1) << 41);
  EXPECT_EQ(parseByteCount("7B", Error), 7);
  EXPECT_EQ(Error, "");
}

TEST(ByteCount, RefusesWhatIsNone) {
  for (const char *Text : {"",
                           " ",
                           "0",
                           "0GB",
                           "0.2",
                           "-1",
                           "-3GB",
                           "+3",
                           "GB",
                           "3XB",
                           "3 GB MB",
                           "1e9",
                           "3.GB",
                           ".5GB",
                           "1.2.3",
                           "nan",
                           "inf",
                           "2000000TB",
                           "99999999999999999999999999",
                           "0x10"}) {
    std::string Error;
    EXPECT_EQ(parseByteCount(Text, Error), std::nullopt) << Text;
    EXPECT_NE(Error.find("is no amount of memory"), std::string::npos) << Text;
  }
}

TEST(ByteCount, IsWrittenWithAUnit) {
  EXPECT_EQ(formatByteCount(0), "0 bytes");
  EXPECT_EQ(formatByteCount(999), "999 bytes");
  EXPECT_EQ(formatByteCount(1234567), "1.23 MB");
  EXPECT_EQ(formatByteCount(3.5e9), "3.50 GB");
}

TEST(ByteCount, LeavesAHundredthAndAtMost32MiB) {
  EXPECT_EQ(getBudgetReserve(1000), 10);
  EXPECT_EQ(getBudgetReserve(int64_t(1) << 40), int64_t(32) << 20);
}

} // namespace
