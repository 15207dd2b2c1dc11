// Who may use the directory of a run, and what becomes of a run that another
// one replaces.

#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <csignal>
#include <filesystem>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

namespace fs = std::filesystem;

class RunDirectoryTest : public FolderTest {
protected:
  RunDirectoryTest() { write("text.txt", sampleText(600)); }

  Outcome train(std::vector<std::string> Arguments) {
    Arguments.emplace_back("--data=text.txt");
    return run(Fake.get(), Arguments);
  }
  void killAt(int64_t KillStep) {
    Fake.BeforeStep = [=](int64_t Step) {
      if (Step == KillStep)
        ::raise(SIGKILL);
    };
  }
  void letLive() {
    Fake.BeforeStep = [](int64_t) {};
  }

  FakeProgram Fake{STATOR_MODE_TRAIN};
};

/// Whatever of a run may change while another process holds its lock must not
/// be read before: with all of it missing or damaged, the lock is what is said.
TEST_F(RunDirectoryTest, IsLockedBeforeAnythingInItIsRead) {
  ASSERT_EQ(train({"--steps=4"}).ExitCode, 0);
  Fake.BeforeStep = [&](int64_t) {
    FakeProgram Other(STATOR_MODE_TRAIN);
    auto Expect = [&](const char *What, const std::string &Resume) {
      Outcome End = run(Other.get(), {"--resume=" + Resume});
      EXPECT_EQ(End.ExitCode, 1) << What;
      EXPECT_THAT(End.Err, HasSubstr("out is in use by another training run"))
          << What;
    };
    for (const char *Path : {"out", "out/", "out/latest", "out/step-00000004",
                             "out/step-00000099", "./out/best"})
      Expect(Path, Path);
    std::string Record = read("out/latest/run.json");
    write("out/latest/run.json", "damaged");
    Expect("a damaged record", "out");
    fs::rename("out/latest", "out/hidden");
    Expect("no latest", "out");
    // A new run reads what it begins with, and may replace it.
    for (const char *Flag : {"--init-from=out", "--init-from=missing"}) {
      Outcome End =
          run(Other.get(), {"--data=missing.txt", "--overwrite", Flag});
      EXPECT_THAT(End.Err, HasSubstr("out is in use by another training run"));
    }
    fs::rename("out/hidden", "out/latest");
    write("out/latest/run.json", Record);
    std::_Exit(::testing::Test::HasFailure() ? 1 : 77);
  };
  ASSERT_EQ(run(Fake.get(), {"--resume=out"}).ExitCode, 0) << "nothing to do";
  EXPECT_EQ(train({"--steps=9", "--overwrite"}).ExitCode, 77);
}

TEST_F(RunDirectoryTest, IsNotReplacedUnasked) {
  ASSERT_EQ(train({"--steps=4"}).ExitCode, 0);
  std::string Log = read("out/log.jsonl");
  std::vector<std::string> Names = list("out");
  Outcome End = train({"--steps=9"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("out already holds a training run\nhint: "
                                 "--resume out continues it, --overwrite"));
  EXPECT_EQ(list("out"), Names);
  EXPECT_EQ(read("out/log.jsonl"), Log);
  // Before the data is read, which may take minutes.
  EXPECT_THAT(run(Fake.get(), {"--data=missing.txt"}).Err,
              HasSubstr("already holds a training run"));
  End = train({"--resume=out", "--overwrite"});
  EXPECT_EQ(End.ExitCode, 2);
  EXPECT_THAT(End.Err, HasSubstr("--overwrite and --resume exclude"));
}

TEST_F(RunDirectoryTest, ALogIsNotReplacedUnasked) {
  write("log.jsonl", "notes");
  Outcome End = train({"--log=log.jsonl"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("log.jsonl already exists\nhint: --overwrite"));
  EXPECT_EQ(read("log.jsonl"), "notes");
  EXPECT_FALSE(fs::exists("out"));
  ASSERT_EQ(train({"--log=log.jsonl", "--overwrite"}).ExitCode, 0);
  EXPECT_THAT(read("log.jsonl"), HasSubstr("\"step\": 20"));
}

/// The file of --log always holds the run that was told to write there.
TEST_F(RunDirectoryTest, TheSameOutAndLogAgain) {
  std::vector<std::string> Flags = {"--log=log.jsonl", "--steps=4"};
  ASSERT_EQ(train(Flags).ExitCode, 0);
  std::string First = read("log.jsonl");
  EXPECT_EQ(train(Flags).ExitCode, 1);
  EXPECT_EQ(read("log.jsonl"), First);
  ASSERT_EQ(train({"--log=log.jsonl", "--steps=9", "--overwrite"}).ExitCode, 0);
  EXPECT_THAT(read("log.jsonl"), HasSubstr("\"step\": 9"));
  EXPECT_EQ(read("out/log.jsonl"), read("log.jsonl"));
  EXPECT_TRUE(fs::is_symlink("out/log.jsonl"));
  // Said by another way to the same file.
  fs::create_directory_symlink("out", "alias");
  ASSERT_EQ(
      train({"--log=alias/log.jsonl", "--steps=3", "--overwrite"}).ExitCode, 0);
  EXPECT_FALSE(fs::is_symlink("out/log.jsonl"));
  EXPECT_THAT(read("log.jsonl"), HasSubstr("\"step\": 9"));
}

TEST_F(RunDirectoryTest, TheOldRunStaysUntilTheNewOneHasSaved) {
  ASSERT_EQ(train({"--steps=8", "--save-every=5"}).ExitCode, 0);
  std::string Weights = read("out/latest/model.safetensors");
  std::string Log = read("out/log.jsonl");
  // Twice: the second new run does not replace the only one that has anything.
  for (int Round = 0; Round < 2; ++Round) {
    killAt(4);
    EXPECT_EQ(train({"--seed=9", "--save-every=5", "--overwrite"}).Signal,
              SIGKILL);
    EXPECT_EQ(read("out/previous/latest/model.safetensors"), Weights);
    EXPECT_EQ(read("out/previous/log.jsonl"), Log);
    EXPECT_THAT(list("out/previous"), Contains("step-00000005"));
  }
  EXPECT_THAT(train({}).Err, HasSubstr("already holds a training run"));
  // It can be used where it is.
  FakeProgram Infer(STATOR_MODE_INFER);
  EXPECT_EQ(run(Infer.get(), {"--weights=out/previous", "--tokens=2"}).ExitCode,
            0);
  EXPECT_THAT(run(Infer.get(), {"--weights=out", "--tokens=2"}).Err,
              HasSubstr("hint: the run that was to be replaced is still in "
                        "out/previous"));
  letLive();
  EXPECT_THAT(run(Fake.get(), {"--resume=out/previous"}).Out,
              HasSubstr("0 steps in"));
  // And the new run goes on from its start.
  Outcome End = run(Fake.get(), {"--resume=out"});
  EXPECT_THAT(End.Out, HasSubstr("20 steps in"));
  EXPECT_THAT(list("out"), Not(Contains("previous")));
}

TEST_F(RunDirectoryTest, ASignalIsASaveToo) {
  ASSERT_EQ(train({"--steps=8"}).ExitCode, 0);
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 3)
      ::raise(SIGTERM);
  };
  EXPECT_EQ(train({"--steps=9", "--overwrite"}).ExitCode, 143);
  EXPECT_THAT(list("out"), Not(Contains("previous")));
  EXPECT_EQ(fs::read_symlink("out/latest"), "step-00000004");
}

/// Killed between any two renames of putting a run aside.
TEST_F(RunDirectoryTest, PuttingAsideGoesOnWhereItStopped) {
  for (const char *Last : {"step-00000008", "log.jsonl", "latest"}) {
    fs::remove_all("out");
    ASSERT_EQ(train({"--steps=8", "--save-every=5"}).ExitCode, 0);
    std::string Weights = read("out/latest/model.safetensors");
    fs::create_directory("out/previous");
    for (const char *Name :
         {"step-00000008", "step-00000005", "log.jsonl", "latest"}) {
      fs::rename(std::string("out/") + Name,
                 std::string("out/previous/") + Name);
      if (std::string(Name) == Last)
        break;
    }
    EXPECT_THAT(train({}).Err, HasSubstr("already holds a training run"));
    killAt(4);
    EXPECT_EQ(train({"--overwrite"}).Signal, SIGKILL);
    letLive();
    EXPECT_EQ(read("out/previous/latest/model.safetensors"), Weights) << Last;
    EXPECT_EQ(fs::exists("out/previous/log.jsonl"), true) << Last;
  }
}

/// A run may be begun with the weights of the one that it replaces.
TEST_F(RunDirectoryTest, BeginsWithTheWeightsItReplaces) {
  ASSERT_EQ(train({"--steps=8"}).ExitCode, 0);
  std::string Weights = read("out/latest/model.safetensors");
  ASSERT_EQ(train({"--steps=0", "--init-from=out", "--overwrite"}).ExitCode, 0);
  EXPECT_EQ(fs::read_symlink("out/latest"), "step-00000000");
  std::string Now = read("out/latest/model.safetensors");
  EXPECT_EQ(Now.substr(Now.size() - 256), Weights.substr(Weights.size() - 256));
}

TEST_F(RunDirectoryTest, ACopyOfACheckpointIsNotResumed) {
  ASSERT_EQ(train({"--steps=8"}).ExitCode, 0);
  fs::copy("out/step-00000008", "copy", fs::copy_options::recursive);
  Outcome End = run(Fake.get(), {"--resume=copy"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("copy is a copy of step-00000008 outside of "
                                 "its run\nhint: "));
}

} // namespace
