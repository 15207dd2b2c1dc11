// What is seen of a run that does not write to a terminal.

#include "runtime/core/Progress.h"
#include "gtest/gtest.h"

using namespace stator::runtime;

namespace {

/// What is written of 100 steps of which each takes \p Milliseconds by a clock
/// that only the test moves.
std::string write(int64_t Milliseconds, int64_t EvaluatedStep = 0) {
  auto Time = Progress::Clock::time_point() + std::chrono::hours(1);
  ::testing::internal::CaptureStdout();
  Progress Display(0, 100, /*Quiet=*/false, [&] { return Time; });
  for (int64_t Step = 1; Step <= 100; ++Step) {
    Time += std::chrono::milliseconds(Milliseconds);
    StepRecord Record;
    Record.Step = Step;
    Record.Loss = 2;
    Record.LearningRate = 0.5;
    Record.Milliseconds = static_cast<double>(Milliseconds);
    Record.TokensPerSecond = 100;
    if (Step == EvaluatedStep)
      Record.ValidationLoss = 0;
    Display.step(Record);
  }
  return ::testing::internal::GetCapturedStdout();
}

TEST(ProgressTest, ALineEveryHalfMinute) {
  EXPECT_EQ(write(100), "");
  EXPECT_EQ(write(1000),
            "step 30/100  loss 2.0000  lr 5.00e-01  100 tokens/s  1:10 left\n"
            "step 60/100  loss 2.0000  lr 5.00e-01  100 tokens/s  0:40 left\n"
            "step 90/100  loss 2.0000  lr 5.00e-01  100 tokens/s  0:10 left\n");
}

/// Steps that take longer have a line each.
TEST(ProgressTest, SlowSteps) {
  std::string Lines = write(45000);
  EXPECT_EQ(std::count(Lines.begin(), Lines.end(), '\n'), 100);
  EXPECT_NE(Lines.find("step 1/100  loss 2.0000  lr 5.00e-01  100 tokens/s  "
                       "1:14:15 left\n"),
            std::string::npos);
}

TEST(ProgressTest, EvaluationsHavePerplexityAndTimeLeft) {
  EXPECT_EQ(write(100, 50),
            "step 50/100  loss 2.0000  lr 5.00e-01  100 tokens/s  val_loss "
            "0.0000  perplexity 1  0:05 left\n");
  // The next half minute begins after an evaluation.
  EXPECT_EQ(
      write(1000, 45),
      "step 30/100  loss 2.0000  lr 5.00e-01  100 tokens/s  1:10 left\n"
      "step 45/100  loss 2.0000  lr 5.00e-01  100 tokens/s  val_loss 0.0000  "
      "perplexity 1  0:55 left\n"
      "step 75/100  loss 2.0000  lr 5.00e-01  100 tokens/s  0:25 left\n");
}

} // namespace
