// What the optimizer of a run works with: given by flags, recorded, kept, and
// changed only where that is asked for.

#include "runtime/core/RunSettings.h"
#include "nlohmann/json.hpp"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <csignal>
#include <filesystem>
#include <sstream>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::HasSubstr;

namespace {

class RunSettingsTest : public FolderTest {
protected:
  RunSettingsTest() { write("text.txt", sampleText(600)); }

  /// The program says that a run has 20 steps.
  std::vector<std::string> Begin = {"--data=text.txt", "--out=out"};

  Outcome begin(std::vector<std::string> Flags) {
    std::filesystem::remove_all("out");
    Flags.insert(Flags.begin(), Begin.begin(), Begin.end());
    return run(Fake.get(), Flags);
  }
  Outcome resume(std::vector<std::string> Flags) {
    Flags.push_back("--resume=out");
    return run(Fake.get(), Flags);
  }
  /// Stops a run after \p Step steps.
  void stopAfter(int64_t Step) {
    Fake.BeforeStep = [=](int64_t Now) {
      if (Now == Step - 1)
        ::raise(SIGTERM);
    };
  }
  void stopNever() {
    Fake.BeforeStep = [](int64_t) {};
  }

  static nlohmann::json record() {
    return nlohmann::json::parse(read("out/latest/run.json"));
  }
  /// The learning rates of the log.
  static std::vector<double> rates() {
    std::vector<double> Result;
    std::istringstream Text(read("out/log.jsonl"));
    for (std::string Line; std::getline(Text, Line);)
      Result.push_back(nlohmann::json::parse(Line)["lr"]);
    return Result;
  }
  /// \p Fake as if it was compiled with another text in its options.
  void compileWith(const std::string &From, const std::string &To) {
    Options = Fake.get().Options;
    size_t At = Options.find(From);
    ASSERT_NE(At, std::string::npos);
    Options.replace(At, From.size(), To);
    Fake.edit().Options = Options.c_str();
  }

  FakeProgram Fake{STATOR_MODE_TRAIN};
  std::string Options;
};

TEST_F(RunSettingsTest, FlagsAreRecordedAndKept) {
  stopAfter(5);
  ASSERT_EQ(begin({"--lr=0.5"}).ExitCode, 143);
  stopNever();
  EXPECT_EQ(record()["training"]["lr"], 0.5);
  EXPECT_EQ(record()["training"]["momentum"], 0.9);
  EXPECT_EQ(record()["from_flags"], nlohmann::json({{"lr", 0.5}}));
  Outcome End = resume({});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  std::vector<double> Rates = rates();
  ASSERT_EQ(Rates.size(), 20u);
  for (size_t I = 0; I < Rates.size(); ++I)
    EXPECT_NEAR(Rates[I], 0.5 * (1 - static_cast<double>(I) / 20), 1e-6);
  EXPECT_TRUE(record()["changes"].empty());
}

TEST_F(RunSettingsTest, WithoutFlagsNothingIsSet) {
  int64_t Info[STATOR_INFO_COUNT] = {};
  setSettings({}, 20, Info);
  EXPECT_EQ(Info[STATOR_INFO_SETTINGS], 0);
  EXPECT_EQ(Info[STATOR_INFO_TOTAL_STEPS], 20);
  setSettings({{"clip", "null"}, {"schedule_steps", "7"}}, 20, Info);
  EXPECT_EQ(Info[STATOR_INFO_SETTINGS],
            1 << STATOR_SETTING_CLIP | 1 << STATOR_SETTING_SCHEDULE_STEPS);
  EXPECT_EQ(Info[STATOR_INFO_NUMBERS + int64_t(STATOR_SETTING_CLIP)],
            0x7ff0000000000000);
  EXPECT_EQ(Info[STATOR_INFO_TOTAL_STEPS], 7);
}

TEST_F(RunSettingsTest, AnotherFlagOnResumeIsRefusedOrRecorded) {
  stopAfter(5);
  ASSERT_EQ(begin({}).ExitCode, 143);
  stopNever();
  std::string Before = read("out/latest/run.json");
  Outcome Refused = resume({"--lr=0.25", "--clip=2"});
  EXPECT_EQ(Refused.ExitCode, 1);
  EXPECT_THAT(Refused.Err, HasSubstr("lr: 1.0 in the run, 0.25 now\n"
                                     "  clip: none in the run, 2.0 now"));
  EXPECT_THAT(Refused.Err, HasSubstr("from step 5 on, give --change-settings"));
  EXPECT_EQ(read("out/latest/run.json"), Before);

  Outcome End = resume({"--lr=0.25", "--change-settings"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("lr is 0.25 from step 5 on, it was 1.0"));
  std::vector<double> Rates = rates();
  EXPECT_NEAR(Rates[4], 1.0 * (1 - 4.0 / 20), 1e-6);
  EXPECT_NEAR(Rates[5], 0.25 * (1 - 5.0 / 20), 1e-6);
  EXPECT_EQ(record()["changes"],
            nlohmann::json::parse(
                R"([{"step": 5, "setting": "lr", "from": 1.0, "to": 0.25}])"));
}

/// A process that is killed before it saves has changed the settings all the
/// same.
TEST_F(RunSettingsTest, AChangeHoldsFromItsFirstStep) {
  stopAfter(5);
  ASSERT_EQ(begin({}).ExitCode, 143);
  Fake.BeforeStep = [](int64_t) { ::raise(SIGKILL); };
  ASSERT_EQ(resume({"--lr=0.25", "--change-settings"}).Signal, SIGKILL);
  stopNever();
  ASSERT_EQ(resume({}).ExitCode, 0);
  EXPECT_NEAR(rates()[5], 0.25 * (1 - 5.0 / 20), 1e-6);
  EXPECT_EQ(record()["changes"].size(), 1u);
}

TEST_F(RunSettingsTest, AProgramWithOtherSettingsIsRefusedOrRecorded) {
  stopAfter(5);
  ASSERT_EQ(begin({}).ExitCode, 143);
  stopNever();
  compileWith("\"momentum\": 0.9", "\"momentum\": 0.8");
  compileWith("\"schedule\": \"linear\"", "\"schedule\": \"cosine\"");
  Outcome Refused = resume({});
  EXPECT_EQ(Refused.ExitCode, 1);
  EXPECT_THAT(Refused.Err, HasSubstr("momentum: 0.9 in the run, 0.8 now\n"
                                     "  schedule: linear in the run, cosine "
                                     "now\n"));
  Outcome End = resume({"--change-settings"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(record()["changes"].size(), 2u);
  EXPECT_EQ(record()["training"]["momentum"], 0.8);
  // From now on these are the run's.
  EXPECT_EQ(resume({}).ExitCode, 0);
}

/// What a flag sets, a program may be compiled with or without.
TEST_F(RunSettingsTest, WhatCountsIsWhatTheRunUses) {
  stopAfter(5);
  ASSERT_EQ(begin({"--lr=0.5"}).ExitCode, 143);
  stopNever();
  compileWith("\"lr\": 1.0", "\"lr\": 0.5");
  Outcome End = resume({});
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
}

TEST_F(RunSettingsTest, ARunIsExtended) {
  ASSERT_EQ(begin({}).ExitCode, 0);
  Outcome Refused = resume({"--steps=30"});
  EXPECT_EQ(Refused.ExitCode, 2);
  EXPECT_THAT(Refused.Err, HasSubstr("falls until the last step of the run, "
                                     "which was 20\nhint: --schedule-steps 20 "
                                     "keeps the schedule"));
  EXPECT_THAT(Refused.Err, HasSubstr("--change-settings stretches it"));

  Outcome Kept = resume({"--steps=30", "--schedule-steps=20"});
  ASSERT_EQ(Kept.ExitCode, 0) << Kept.Err;
  ASSERT_EQ(rates().size(), 30u);
  EXPECT_NEAR(rates()[19], 1.0 / 20, 1e-6);
  EXPECT_EQ(rates()[25], 0);
  EXPECT_EQ(record()["changes"],
            nlohmann::json::parse(
                R"([{"step": 20, "setting": "steps", "from": 20, "to": 30}])"));
  // Now the schedule no longer depends on the length of the run.
  ASSERT_EQ(resume({"--steps=32"}).ExitCode, 0);
  EXPECT_EQ(record()["steps"], 32);

  Outcome Less = resume({"--steps=31"});
  EXPECT_EQ(Less.ExitCode, 2);
  EXPECT_THAT(Less.Err, HasSubstr("--steps 31 is less than the 32 steps"));
}

TEST_F(RunSettingsTest, AScheduleIsStretched) {
  ASSERT_EQ(begin({}).ExitCode, 0);
  Outcome End = resume({"--steps=40", "--change-settings"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_NEAR(rates()[19], 1.0 / 20, 1e-6);
  EXPECT_NEAR(rates()[20], 0.5, 1e-6);
  EXPECT_EQ(record()["changes"].size(), 2u);
}

TEST_F(RunSettingsTest, TheOrderOfTheBatchesHasASeedOfItsOwn) {
  ASSERT_EQ(begin({"--steps=0", "--seed=1"}).ExitCode, 0);
  std::string Start = read("out/latest/model.safetensors");
  ASSERT_EQ(begin({"--steps=0", "--seed=1", "--data-seed=2"}).ExitCode, 0);
  auto Weights = [](const std::string &File) {
    return File.substr(File.size() - 64 * 4);
  };
  EXPECT_EQ(Weights(read("out/latest/model.safetensors")), Weights(Start));

  ASSERT_EQ(begin({"--seed=1"}).ExitCode, 0);
  std::string Usual = read("out/log.jsonl").substr(0, 40);
  ASSERT_EQ(begin({"--seed=1", "--data-seed=1"}).ExitCode, 0);
  EXPECT_EQ(read("out/log.jsonl").substr(0, 40), Usual);
  ASSERT_EQ(begin({"--seed=1", "--data-seed=2"}).ExitCode, 0);
  EXPECT_NE(read("out/log.jsonl").substr(0, 40), Usual);
  EXPECT_EQ(record()["data_seed"], 2);
  Outcome End = resume({"--data-seed=3"});
  EXPECT_THAT(End.Err, HasSubstr("--data-seed 3 contradicts out"));
}

TEST_F(RunSettingsTest, WhatCannotBeSetIsAnError) {
  auto Expect = [&](std::vector<std::string> Flags, const char *Message) {
    Outcome End = begin(std::move(Flags));
    EXPECT_EQ(End.ExitCode, 2);
    EXPECT_THAT(End.Err, HasSubstr(Message));
  };
  Expect({"--lr=-1"}, "--lr -1: expected a number, at least 0");
  Expect({"--lr=nan"}, "--lr nan: expected a number");
  Expect({"--schedule-steps=0"}, "an integer from 1 to");
  Expect({"--min-lr=2"}, "the learning rate would rise instead of fall");
  Expect({"--change-settings"}, "--resume is not given");
  compileWith("\"schedule\": \"linear\"", "\"schedule\": \"constant\"");
  compileWith("\"min_lr\": 0.0,", "");
  Expect({"--min-lr=0.1"}, "--min-lr is for linear and cosine schedules; that "
                           "of this model is constant");
}

/// Runs of programs that recorded no settings go on.
TEST_F(RunSettingsTest, ARecordWithoutSettings) {
  stopAfter(5);
  ASSERT_EQ(begin({}).ExitCode, 143);
  stopNever();
  nlohmann::json Old = record();
  for (const char *Name :
       {"training", "from_flags", "changes", "data_seed", "tensorboard", "keep",
        "keep_best", "patience", "best_step", "best_val_loss",
        "evaluations_since_best", "evaluation_due", "files", "checksum"})
    EXPECT_EQ(Old.erase(Name), 1u) << Name;
  write("out/latest/run.json", Old.dump());
  Outcome End = resume({});
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
}

} // namespace
