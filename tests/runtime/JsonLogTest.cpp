#include "runtime/core/JsonLog.h"
#include "tests/runtime/TestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;

namespace {

class JsonLogTest : public FolderTest {
protected:
  static StepRecord record(int64_t Step) {
    StepRecord Record;
    Record.Step = Step;
    Record.Loss = 1.1f;
    return Record;
  }
  static void fill(int64_t Steps) {
    auto Log = JsonLog::open("log", 0);
    ASSERT_TRUE(Log.ok());
    for (int64_t Step = 1; Step <= Steps; ++Step)
      ASSERT_TRUE(Log->append(record(Step)).ok());
    ASSERT_TRUE(Log->sync().ok());
  }
};

TEST_F(JsonLogTest, OneObjectALine) {
  StepRecord Record = record(3);
  Record.LearningRate = 0.001f;
  Record.GradientNorm = 2.5f;
  Record.Milliseconds = 1.25;
  Record.TokensPerSecond = 1000;
  EXPECT_EQ(formatStep(Record),
            "{\"step\": 3, \"loss\": 1.1, \"lr\": 0.001, \"grad_norm\": 2.5, "
            "\"ms\": 1.250, \"tokens_per_s\": 1000.0}\n");
  Record.ValidationLoss = 1.5;
  EXPECT_THAT(formatStep(Record),
              ::testing::HasSubstr(", \"val_loss\": 1.5, "
                                   "\"val_perplexity\": 4.48168907}"));
}

TEST_F(JsonLogTest, ContinuesAfterTheResumedStep) {
  fill(9);
  std::string Whole = read("log");
  for (int64_t Kept = 1; Kept <= 9; ++Kept) {
    write("log", Whole + "{\"step\": 10, \"lo"); // as a full disk leaves it
    auto Log = JsonLog::open("log", Kept);
    ASSERT_TRUE(Log.ok()) << Log.status();
    for (int64_t Step = Kept + 1; Step <= 9; ++Step)
      ASSERT_TRUE(Log->append(record(Step)).ok());
    EXPECT_EQ(read("log"), Whole);
  }
}

TEST_F(JsonLogTest, ANewRunBeginsAnEmptyLog) {
  fill(9);
  ASSERT_TRUE(JsonLog::open("log", 0).ok());
  EXPECT_EQ(read("log"), "");
}

TEST_F(JsonLogTest, RefusesToContinueWhatIsNoLog) {
  write("log", "Dear diary\n");
  EXPECT_ERROR(JsonLog::open("log", 5), "at byte 0 is no line of a training");
  EXPECT_EQ(read("log"), "Dear diary\n");
  EXPECT_TRUE(JsonLog::open("elsewhere", 5).ok()) << "a new file is fine";
}

} // namespace
