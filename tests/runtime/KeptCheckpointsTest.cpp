// Which checkpoints stay: the last ones, and the one with the lowest held-out
// loss; and runs that end when that does not get lower any more.

#include "nlohmann/json.hpp"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

class KeptCheckpointsTest : public FolderTest {
protected:
  KeptCheckpointsTest() {
    std::string Training, Validation;
    for (int I = 0; I < 200; ++I) {
      Training += "abc";
      Validation += "acb"; // what is learned makes this worse
    }
    write("text.txt", Training);
    write("val.txt", Validation.substr(0, 60));
    write("good.txt", Training.substr(0, 60));
  }

  Outcome train(std::vector<std::string> Arguments) {
    Arguments.emplace_back("--data=text.txt");
    return run(Fake.get(), Arguments);
  }

  static std::vector<std::string> checkpoints(const std::string &Out) {
    std::vector<std::string> Result;
    for (const std::string &Name : list(Out))
      if (Name.substr(0, 5) == "step-")
        Result.push_back(Name.substr(11)); // two digits
    return Result;
  }

  /// The held-out losses in a log by their steps.
  static std::map<int64_t, double> heldOut(const std::string &Path) {
    std::map<int64_t, double> Result;
    std::istringstream Text(read(Path));
    for (std::string Line; std::getline(Text, Line);)
      if (auto Json = nlohmann::json::parse(Line); Json.contains("val_loss"))
        Result[Json["step"]] = Json["val_loss"];
    return Result;
  }

  static void expectSame(const std::string &A, const std::string &B) {
    EXPECT_EQ(fs::read_symlink(A + "/latest"), fs::read_symlink(B + "/latest"));
    EXPECT_EQ(fs::read_symlink(A + "/best"), fs::read_symlink(B + "/best"));
    for (const char *Link : {"/latest/", "/best/"})
      for (const char *File :
           {"model.safetensors", "state.safetensors", "run.json"})
        EXPECT_EQ(read(A + Link + File), read(B + Link + File)) << Link << File;
    EXPECT_EQ(checkpoints(A), checkpoints(B));
  }

  FakeProgram Fake{STATOR_MODE_TRAIN};
};

TEST_F(KeptCheckpointsTest, TheLastOnes) {
  ASSERT_EQ(train({"--save-every=3", "--keep=3", "--out=three"}).ExitCode, 0);
  EXPECT_THAT(checkpoints("three"), ElementsAre("15", "18", "20"));
  ASSERT_EQ(train({"--save-every=3", "--keep=1", "--out=one"}).ExitCode, 0);
  EXPECT_THAT(checkpoints("one"), ElementsAre("20"));
  ASSERT_EQ(train({"--save-every=6", "--keep=0", "--out=all"}).ExitCode, 0);
  EXPECT_THAT(checkpoints("all"), ElementsAre("00", "06", "12", "18", "20"));
  // A run that goes back keeps nothing of what came after.
  ASSERT_EQ(run(Fake.get(), {"--resume=all/step-00000006", "--save-every=7"})
                .ExitCode,
            0);
  EXPECT_THAT(checkpoints("all"), ElementsAre("00", "06", "07", "14", "20"));
}

TEST_F(KeptCheckpointsTest, TheBestOne) {
  ASSERT_EQ(train({"--val=val.txt", "--eval-every=4", "--keep-best"}).ExitCode,
            0);
  std::map<int64_t, double> Losses = heldOut("out/log.jsonl");
  ASSERT_EQ(Losses.size(), 5u);
  int64_t Best = 4;
  for (auto [Step, Loss] : Losses)
    if (Loss < Losses[Best])
      Best = Step;
  ASSERT_LT(Best, 20) << "a test of nothing";
  auto Record = nlohmann::json::parse(read("out/best/run.json"));
  EXPECT_EQ(Record["step"], Best);
  EXPECT_FLOAT_EQ(Record["best_val_loss"].get<float>(),
                  static_cast<float>(Losses[Best]));
  FakeProgram Infer(STATOR_MODE_INFER);
  EXPECT_EQ(run(Infer.get(), {"--weights=out/best", "--tokens=3"}).ExitCode, 0);
  EXPECT_EQ(train({"--init-from=out/best", "--out=next"}).ExitCode, 0);

  // Each improvement replaces the one before.
  ASSERT_EQ(train({"--val=good.txt", "--eval-every=4", "--keep-best",
                   "--out=improving"})
                .ExitCode,
            0);
  EXPECT_EQ(fs::read_symlink("improving/best"), "step-00000020");
  EXPECT_THAT(checkpoints("improving"), ElementsAre("16", "20"));
}

TEST_F(KeptCheckpointsTest, PatienceEndsARun) {
  std::vector<std::string> Flags = {"--val=val.txt", "--eval-every=4",
                                    "--steps=60", "--patience=3"};
  Outcome End = train(Flags);
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("16 steps in"));
  EXPECT_THAT(End.Out, HasSubstr("stopped early, after 3 evaluations without a "
                                 "lower val_loss; lowest val_loss"));
  EXPECT_THAT(End.Out, HasSubstr("at step 4, saved in out/best"));
  EXPECT_THAT(checkpoints("out"), ElementsAre("04", "16"));
  EXPECT_THAT(run(Fake.get(), {"--resume=out"}).Out, HasSubstr("0 steps in"));
  End = run(Fake.get(), {"--resume=out", "--patience=5"});
  EXPECT_THAT(End.Out, HasSubstr("8 steps in"));
  // Without an end to patience.
  End = run(Fake.get(), {"--resume=out", "--patience=0"});
  EXPECT_THAT(End.Out, HasSubstr("36 steps in"));
  EXPECT_EQ(fs::read_symlink("out/best"), "step-00000004");
}

/// Killed in every step in turn, and stopped in every evaluation.
TEST_F(KeptCheckpointsTest, PatienceSurvives) {
  std::vector<std::string> Flags = {"--val=val.txt", "--eval-every=4",
                                    "--steps=60", "--patience=3",
                                    "--save-every=3"};
  auto TrainInto = [&](const std::string &Out) {
    std::vector<std::string> All = Flags;
    All.push_back("--out=" + Out);
    return train(All);
  };
  ASSERT_EQ(TrainInto("whole").ExitCode, 0);
  int64_t KillStep = 0;
  Fake.BeforeStep = [&](int64_t Step) {
    if (Step == KillStep)
      ::raise(SIGKILL);
  };
  ASSERT_EQ(TrainInto("killed").Signal, SIGKILL);
  while (++KillStep < 16)
    ASSERT_EQ(run(Fake.get(), {"--resume=killed"}).Signal, SIGKILL);
  ASSERT_EQ(run(Fake.get(), {"--resume=killed"}).ExitCode, 0);
  expectSame("whole", "killed");

  Fake.BeforeStep = [](int64_t Step) {
    if (Step % 4 == 3) // the one before an evaluation
      ::raise(SIGTERM);
  };
  ASSERT_EQ(TrainInto("stopped").ExitCode, 143);
  for (int Round = 0; Round < 3; ++Round)
    ASSERT_EQ(run(Fake.get(), {"--resume=stopped"}).ExitCode, 143) << Round;
  ASSERT_EQ(run(Fake.get(), {"--resume=stopped"}).ExitCode, 0);
  EXPECT_EQ(read("whole/best/model.safetensors"),
            read("stopped/best/model.safetensors"));
  EXPECT_EQ(read("whole/latest/run.json"), read("stopped/latest/run.json"));
}

TEST_F(KeptCheckpointsTest, ComparesLikeWithLike) {
  // The last evaluation is over all batches, those before over the first one.
  Outcome End = train(
      {"--val=val.txt", "--eval-every=10", "--eval-batches=1", "--keep-best"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  auto Record = nlohmann::json::parse(read("out/latest/run.json"));
  EXPECT_EQ(Record["best_step"], 10);
  EXPECT_EQ(Record["evaluations_since_best"], 1);
}

TEST_F(KeptCheckpointsTest, NeedEvaluations) {
  Outcome End = train({"--patience=3"});
  EXPECT_EQ(End.ExitCode, 2);
  EXPECT_THAT(End.Err, HasSubstr("--patience needs evaluations to compare: "
                                 "--eval-every N"));
  EXPECT_THAT(train({"--keep-best"}).Err, HasSubstr("--keep-best needs"));
}

} // namespace
