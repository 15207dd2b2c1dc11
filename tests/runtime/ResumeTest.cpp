// A run that is stopped and continued ends as one that never was.

#include "nlohmann/json.hpp"
#include "runtime/core/Safetensors.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

class ResumeTest : public FolderTest {
protected:
  ResumeTest() { write("text.txt", sampleText(600)); }

  /// The log without what is measured by the clock.
  static std::string timelessLog(const std::string &Path) {
    std::string Result;
    std::istringstream Text(read(Path));
    for (std::string Line; std::getline(Text, Line);) {
      auto Json = nlohmann::json::parse(Line);
      Json.erase("ms");
      Json.erase("tokens_per_s");
      Result += Json.dump() + "\n";
    }
    return Result;
  }

  /// \p DataMoved: the record of the run names another file.
  static void expectSame(const std::string &A, const std::string &B,
                         bool DataMoved = false) {
    for (const char *File : {"/latest/model.safetensors",
                             "/latest/state.safetensors", "/latest/vocab.json"})
      EXPECT_EQ(read(A + File), read(B + File)) << File;
    if (!DataMoved)
      EXPECT_EQ(read(A + "/latest/run.json"), read(B + "/latest/run.json"));
    EXPECT_EQ(timelessLog(A + "/log.jsonl"), timelessLog(B + "/log.jsonl"));
  }

  FakeProgram Fake{STATOR_MODE_TRAIN};
  std::vector<std::string> Arguments = {"--data=text.txt", "--val-fraction=0.1",
                                        "--steps=60",      "--eval-every=9",
                                        "--save-every=7",  "--seed=5"};

  Outcome runInto(const std::string &Out) {
    std::vector<std::string> All = Arguments;
    All.push_back("--out=" + Out);
    return run(Fake.get(), All);
  }
};

TEST_F(ResumeTest, AfterASignal) {
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 18 || Step == 33)
      ::raise(SIGTERM);
  };
  ASSERT_EQ(runInto("parts").ExitCode, 143);
  ASSERT_EQ(run(Fake.get(), {"--resume=parts"}).ExitCode, 143);
  Outcome End = run(Fake.get(), {"--resume", "parts/"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("at step 34 of 60"));
  expectSame("whole", "parts");
}

TEST_F(ResumeTest, WithMicroBatches) {
  FakeProgram Micro(STATOR_MODE_TRAIN, {8, 3, 4, 3});
  ASSERT_EQ(run(Micro.get(), {"--data=text.txt", "--out=whole"}).ExitCode, 0);
  Micro.BeforeStep = [](int64_t Step) {
    if (Step == 9)
      ::raise(SIGINT);
  };
  ASSERT_EQ(run(Micro.get(), {"--data=text.txt", "--out=parts"}).ExitCode, 130);
  ASSERT_EQ(run(Micro.get(), {"--resume=parts"}).ExitCode, 0);
  expectSame("whole", "parts");
}

/// Killed in every step in turn: what was done since the last checkpoint, and
/// logged, is done again.
TEST_F(ResumeTest, AfterBeingKilledInAnyStep) {
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  int64_t KillStep = 0;
  Fake.BeforeStep = [&](int64_t Step) {
    if (Step == KillStep)
      ::raise(SIGKILL);
  };
  ASSERT_EQ(runInto("parts").Signal, SIGKILL);
  while (++KillStep < 60)
    ASSERT_EQ(run(Fake.get(), {"--resume=parts"}).Signal, SIGKILL) << KillStep;
  ASSERT_EQ(run(Fake.get(), {"--resume=parts"}).ExitCode, 0);
  expectSame("whole", "parts");
}

/// Killed at moments that fall anywhere, also into the writing of files. What
/// comes out does not depend on which they are.
TEST_F(ResumeTest, AfterBeingKilledAtAnyMoment) {
  Arguments[4] = "--save-every=1"; // most of the time goes into saving
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same every time
  std::mt19937 Random(1);
  for (int Round = 0; Round < 8; ++Round) {
    std::string Out = "parts" + std::to_string(Round);
    std::vector<std::string> Next = Arguments;
    Next.push_back("--out=" + Out);
    Outcome End;
    int Kills = 0;
    do {
      Child Process(Fake.get(), Next);
      if (Kills++ < 30) {
        std::this_thread::sleep_for(std::chrono::microseconds(Random() % 8000));
        Process.send(SIGKILL);
      }
      End = Process.wait();
      // Killed before the first checkpoint there is nothing to resume yet.
      if (std::filesystem::exists(Out + "/latest"))
        Next = {"--resume=" + Out};
    } while (End.Signal);
    ASSERT_EQ(End.ExitCode, 0) << End.Err;
    expectSame("whole", Out);
    for (const std::string &Name : list(Out))
      EXPECT_NE(Name.substr(0, 4), ".tmp") << "left over: " << Name;
  }
}

TEST_F(ResumeTest, FromTheVeryStart) {
  auto BeforeTheFirstStep = [](int64_t) { ::raise(SIGKILL); };
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  Fake.BeforeStep = BeforeTheFirstStep;
  ASSERT_EQ(runInto("parts").Signal, SIGKILL);
  EXPECT_THAT(list("parts/latest"), ElementsAre("run.json", "vocab.json"));
  FakeProgram Infer(STATOR_MODE_INFER);
  Outcome Early = run(Infer.get(), {"--weights=parts"});
  EXPECT_EQ(Early.ExitCode, 1);
  EXPECT_THAT(Early.Err, HasSubstr("stopped before it saved any"));
  Fake.BeforeStep = [](int64_t) {};
  ASSERT_EQ(run(Fake.get(), {"--resume=parts"}).ExitCode, 0);
  expectSame("whole", "parts");

  // Given weights do not follow from the seed.
  Arguments.push_back("--init-from=whole");
  ASSERT_EQ(runInto("whole2").ExitCode, 0);
  Fake.BeforeStep = BeforeTheFirstStep;
  ASSERT_EQ(runInto("parts2").Signal, SIGKILL);
  Fake.BeforeStep = [](int64_t) {};
  ASSERT_EQ(run(Fake.get(), {"--resume=parts2"}).ExitCode, 0);
  expectSame("whole2", "parts2");
}

TEST_F(ResumeTest, FindsALogElsewhere) {
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  Arguments.push_back("--log=elsewhere.jsonl");
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 20)
      ::raise(SIGTERM);
  };
  ASSERT_EQ(runInto("parts").ExitCode, 143);
  ASSERT_EQ(run(Fake.get(), {"--resume=parts"}).ExitCode, 0);
  expectSame("whole", "parts");
  EXPECT_EQ(read("elsewhere.jsonl"), read("parts/log.jsonl"));
}

TEST_F(ResumeTest, OfAFinishedRunChangesNothing) {
  ASSERT_EQ(runInto("out").ExitCode, 0);
  std::string Log = read("out/log.jsonl");
  std::string Model = read("out/latest/model.safetensors");
  Outcome End = run(Fake.get(), {"--resume=out"});
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("0 steps in"));
  EXPECT_THAT(End.Out, HasSubstr("val_loss"));
  EXPECT_EQ(read("out/log.jsonl"), Log);
  EXPECT_EQ(read("out/latest/model.safetensors"), Model);
}

TEST_F(ResumeTest, FromAnEarlierCheckpoint) {
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  ASSERT_EQ(runInto("parts").ExitCode, 0);
  Outcome End = run(Fake.get(), {"--resume=parts/step-00000056"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("4 steps in"));
  expectSame("whole", "parts");
}

TEST_F(ResumeTest, WorksFromElsewhereAndWithMovedData) {
  ASSERT_EQ(runInto("whole").ExitCode, 0);
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 20)
      ::raise(SIGTERM);
  };
  ASSERT_EQ(runInto("parts").ExitCode, 143);
  Fake.BeforeStep = [](int64_t) {};
  std::filesystem::create_directory("elsewhere");
  std::filesystem::rename("text.txt", "elsewhere/moved.txt");
  std::filesystem::current_path("elsewhere");
  Outcome End = run(Fake.get(), {"--resume=../parts"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("text.txt: No such file"));
  End = run(Fake.get(), {"--resume=../parts", "--data=moved.txt"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  expectSame("../whole", "../parts", /*DataMoved=*/true);
}

TEST_F(ResumeTest, ContradictionsAreErrors) {
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 20)
      ::raise(SIGTERM);
  };
  ASSERT_EQ(runInto("out").ExitCode, 143);
  Fake.BeforeStep = [](int64_t) {};
  auto Expect = [&](std::vector<std::string> Flags, const char *Message) {
    Flags.push_back("--resume=out");
    Outcome End = run(Fake.get(), Flags);
    EXPECT_NE(End.ExitCode, 0);
    EXPECT_THAT(End.Err, HasSubstr(Message));
  };
  Expect({"--steps=70"}, "falls until the last step of the run, which was 60");
  Expect({"--seed=6"}, "--seed 6 contradicts out, which was begun with 5");
  Expect({"--val-fraction=0.2"}, "--val-fraction 0.2 contradicts out");
  Expect({"--format=bytes"}, "--format bytes contradicts out");
  Expect({"--val=text.txt"}, "--val contradicts out");
  Expect({"--init-from=x"}, "--init-from and --resume exclude each other");
  Expect({"--out=elsewhere"}, "--out elsewhere contradicts --resume out");
  write("other.txt", sampleText(601));
  Expect({"--data=other.txt"}, "its contents differ");

  FakeProgram Wide(STATOR_MODE_TRAIN, {9, 3, 4, 1});
  Outcome End = run(Wide.get(), {"--resume=out"});
  EXPECT_THAT(End.Err, HasSubstr("its vocabulary is 8, that of this program "
                                 "is 9"));
  FakeProgram Large(STATOR_MODE_TRAIN, {8, 4, 4, 1});
  End = run(Large.get(), {"--resume=out"});
  EXPECT_THAT(End.Err, HasSubstr("its batch is 3, that of this program is 4"));
  // The same flags as at the beginning are no contradiction.
  std::vector<std::string> Same = Arguments;
  Same.push_back("--resume=out");
  Same.push_back("--out=out");
  EXPECT_EQ(run(Fake.get(), Same).ExitCode, 0);
}

/// A single bit, in every file of a checkpoint.
TEST_F(ResumeTest, AFlippedBitIsFound) {
  ASSERT_EQ(runInto("out").ExitCode, 0);
  FakeProgram Infer(STATOR_MODE_INFER);
  auto Expect = [&](const std::string &Name, size_t Byte, const char *Message,
                    bool Weights) {
    std::string Path = "out/latest/" + Name, Whole = read(Path), Other = Whole;
    Other[Byte] = static_cast<char>(Other[Byte] ^ 1);
    write(Path, Other);
    Outcome End = run(Fake.get(), {"--resume=out"});
    EXPECT_EQ(End.ExitCode, 1) << Name << " byte " << Byte;
    EXPECT_THAT(End.Err, HasSubstr(Name));
    EXPECT_THAT(End.Err, HasSubstr(Message)) << Name << " byte " << Byte;
    if (Weights) {
      End = run(Infer.get(), {"--weights=out", "--tokens=2"});
      EXPECT_EQ(End.ExitCode, 1);
      EXPECT_THAT(End.Err, HasSubstr(Message));
      End = run(Fake.get(), {"--data=text.txt", "--init-from=out", "--out=b"});
      EXPECT_EQ(End.ExitCode, 1);
      EXPECT_THAT(End.Err, HasSubstr(Message));
    }
    write(Path, Whole);
  };
  std::string Model = read("out/latest/model.safetensors");
  // The last tensors are bias and scale, of 8 and 1 elements.
  Expect("model.safetensors", Model.size() - 2, "the values of tensor scale",
         true);
  Expect("model.safetensors", Model.size() - 36, "the values of tensor bias",
         true);
  Expect("model.safetensors", Model.size() - 37, "the values of tensor table",
         true);
  std::string State = read("out/latest/state.safetensors");
  Expect("state.safetensors", State.size() - 1,
         "the values of tensor table.weight.momentum", false);
  Expect("vocab.json", read("out/latest/vocab.json").find("\"c\"") + 1,
         "does not match its checksum", true);
  std::string Record = read("out/latest/run.json");
  for (const char *Key : {"\"step\": ", "\"seed\": ", "\"eval_every\": "})
    Expect("run.json", Record.find(Key) + std::strlen(Key),
           "does not match its checksum", false);
  Expect("run.json", Record.find("\"checksum\": \"") + 13,
         "does not match its checksum", false);
  Expect("run.json", Record.find("\"checksum\"") + 2,
         "does not match its checksum", false);
  EXPECT_EQ(run(Fake.get(), {"--resume=out"}).ExitCode, 0);
}

/// Of a version that wrote none.
TEST_F(ResumeTest, ACheckpointWithoutChecksumsIsResumed) {
  ASSERT_EQ(runInto("out").ExitCode, 0);
  auto Record = nlohmann::ordered_json::parse(read("out/latest/run.json"));
  for (const char *Key :
       {"checksum", "files", "keep", "keep_best", "patience", "best_step",
        "best_val_loss", "evaluations_since_best", "evaluation_due"})
    EXPECT_EQ(Record.erase(Key), 1u) << Key;
  write("out/latest/run.json", Record.dump(2) + "\n");
  for (const char *Name : {"model", "state"}) {
    std::string Path = std::string("out/latest/") + Name + ".safetensors";
    auto File = SafetensorsFile::open(Path);
    ASSERT_TRUE(File.ok()) << File.status();
    std::vector<SafetensorsTensor> Tensors;
    for (const SafetensorsEntry &Entry : File->entries()) {
      EXPECT_FALSE(Entry.Checksum.empty());
      Tensors.push_back({Entry.Name, Entry.Dtype, Entry.Shape, Entry.Bytes});
    }
    ASSERT_TRUE(writeSafetensors(Path, Tensors, {{"format", "stator"}}).ok());
  }
  Outcome End = run(Fake.get(), {"--resume=out"});
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
}

TEST_F(ResumeTest, ADamagedCheckpointIsAnErrorAndStays) {
  ASSERT_EQ(runInto("out").ExitCode, 0);
  for (const char *Name :
       {"model.safetensors", "state.safetensors", "run.json", "vocab.json"}) {
    std::string Path = std::string("out/latest/") + Name;
    std::string Whole = read(Path);
    for (size_t Length :
         {size_t(0), size_t(5), Whole.size() / 2, Whole.size() - 2}) {
      write(Path, Whole.substr(0, Length));
      Outcome End = run(Fake.get(), {"--resume=out"});
      EXPECT_EQ(End.ExitCode, 1) << Name << " cut to " << Length;
      EXPECT_THAT(End.Err, HasSubstr(Name));
      EXPECT_EQ(read(Path), Whole.substr(0, Length));
    }
    write(Path, Whole);
  }
  std::string Log = read("out/log.jsonl");
  write("out/log.jsonl", "what is this?\n" + Log);
  Outcome End = run(Fake.get(), {"--resume=out"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("cannot continue the log"));
}

} // namespace
