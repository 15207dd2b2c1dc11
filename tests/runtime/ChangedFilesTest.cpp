// Files that change while they are mapped: what is computed from them is not
// used, and the process ends with an error instead of SIGBUS.

#include "runtime/core/FileFaults.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/State.h"
#include "runtime/core/Weights.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sys/mman.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;

namespace fs = std::filesystem;

namespace {

constexpr size_t FileSize = 40000; // several pages

class ChangedFilesTest : public FolderTest {
protected:
  ChangedFilesTest() {
    Tokens.resize(FileSize);
    for (size_t I = 0; I < FileSize; I += 2)
      Tokens[I] = static_cast<char>(I * I / 6 % 7 + 1);
    for (const char *Name : {"train.bin", "val.bin"})
      restore(Name);
  }

  /// Long ago, so that any later change has another time.
  void restore(const char *Name) {
    write(Name, Tokens);
    fs::last_write_time(Name,
                        fs::last_write_time(Name) - std::chrono::hours(1));
  }

  Outcome train(const std::string &Out) {
    return run(Fake.get(), {"--data=train.bin", "--val=val.bin",
                            "--eval-every=5", "--eval-batches=3", "--keep-best",
                            "--steps=20", "--out=" + Out});
  }
  Outcome resume() { return run(Fake.get(), {"--resume=out"}); }

  /// Calls \p Change in the step with index \p Step, after its tokens are
  /// drawn.
  void during(int64_t Step, std::function<void()> Change) {
    Fake.BeforeStep = [=](int64_t Now) {
      if (Now == Step)
        Change();
    };
  }
  void changeNothing() {
    Fake.BeforeStep = [](int64_t) {};
    Fake.BeforeEvaluation = [] {};
  }

  /// That "out" ends as a run that nothing happened to.
  void expectUndisturbedRun() {
    changeNothing();
    ASSERT_EQ(train("undisturbed").ExitCode, 0);
    for (const char *Name : {"model.safetensors", "state.safetensors"})
      EXPECT_EQ(read(std::string("out/latest/") + Name),
                read(std::string("undisturbed/latest/") + Name));
    auto WithoutTimes = [&](const std::string &Path) {
      std::istringstream Text(read(Path));
      std::string Result;
      for (std::string Line; std::getline(Text, Line);)
        Result +=
            Line.substr(0, Line.find(", \"ms\"")) +
            Line.substr(std::min(Line.find(", \"val_loss\""), Line.size())) +
            "\n";
      return Result;
    };
    EXPECT_EQ(WithoutTimes("out/log.jsonl"),
              WithoutTimes("undisturbed/log.jsonl"));
  }

  std::string Tokens;
  FakeProgram Fake{STATOR_MODE_TRAIN};
};

TEST_F(ChangedFilesTest, TruncatedDataEndsTraining) {
  for (size_t Left : {size_t(0), size_t(10000), FileSize - 2}) {
    fs::remove_all("out");
    during(6, [=] { fs::resize_file("train.bin", Left); });
    Outcome End = train("out");
    EXPECT_EQ(End.ExitCode, 1) << End.Signal;
    EXPECT_THAT(End.Err,
                HasSubstr("train.bin was truncated while it was in use: it "
                          "had 40000 bytes and now has " +
                          std::to_string(Left) +
                          "\nhint: step 7 is saved; restore the file, then "
                          "continue with --resume out\n"));
    EXPECT_EQ(fs::read_symlink("out/latest"), "step-00000007");
    EXPECT_EQ(resume().ExitCode, 1) << "the file is still another";
    restore("train.bin");
    changeNothing();
    End = resume();
    EXPECT_EQ(End.ExitCode, 0) << End.Err;
  }
  expectUndisturbedRun();
}

TEST_F(ChangedFilesTest, BetweenMicroBatches) {
  FakeProgram Micro(STATOR_MODE_TRAIN, {.MicroBatches = 3});
  // The first of step 6: its gradients are accumulated already.
  Micro.BeforeMicroBatch = [](int64_t Number) {
    if (Number == 15)
      fs::resize_file("train.bin", 0);
  };
  std::vector<std::string> Flags = {"--data=train.bin", "--steps=9"};
  Outcome End = run(Micro.get(), Flags);
  EXPECT_EQ(End.ExitCode, 1) << End.Signal;
  EXPECT_THAT(End.Err, HasSubstr("step 5 is saved"));
  restore("train.bin");
  Micro.BeforeMicroBatch = [](int64_t) {};
  EXPECT_EQ(run(Micro.get(), {"--resume=out"}).ExitCode, 0);
  Flags.push_back("--out=undisturbed");
  EXPECT_EQ(run(Micro.get(), Flags).ExitCode, 0);
  EXPECT_EQ(read("out/latest/model.safetensors"),
            read("undisturbed/latest/model.safetensors"));
}

TEST_F(ChangedFilesTest, TruncatedHeldOutTextEndsTraining) {
  int Batches = 0;
  for (int When : {2, 7, 14}) { // of step 5, of step 15 or the last, of the end
    fs::remove_all("out");
    Fake.BeforeEvaluation = [&Batches, When] {
      if (++Batches == When)
        fs::resize_file("val.bin", 100);
    };
    Outcome End = train("out");
    EXPECT_EQ(End.ExitCode, 1) << End.Signal;
    EXPECT_THAT(End.Err, HasSubstr("val.bin was truncated while it was in use: "
                                   "it had 40000 bytes and now has 100\n"));
    restore("val.bin");
    changeNothing();
    End = resume();
    EXPECT_EQ(End.ExitCode, 0) << End.Err;
    EXPECT_THAT(End.Out, HasSubstr("over 19999 tokens"));
  }
  changeNothing();
  ASSERT_EQ(train("undisturbed").ExitCode, 0);
  EXPECT_EQ(read("out/latest/model.safetensors"),
            read("undisturbed/latest/model.safetensors"));
}

TEST_F(ChangedFilesTest, OverwrittenHeldOutTextDoesNotReachTheModel) {
  int64_t Batches = 0;
  Fake.BeforeEvaluation = [&] {
    if (++Batches == 2) // of three; the ids are far beyond the vocabulary
      write("val.bin", std::string(FileSize, '\x7f'));
    write("batches", std::to_string(Batches));
  };
  Outcome End = train("out");
  EXPECT_EQ(End.ExitCode, 1) << End.Signal;
  EXPECT_THAT(End.Err,
              HasSubstr("val.bin was overwritten while it was in use"));
  EXPECT_EQ(read("batches"), "2");
}

TEST_F(ChangedFilesTest, OtherChangesEndTrainingToo) {
  during(6, [&] { write("train.bin", Tokens + Tokens); });
  Outcome End = train("out");
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("train.bin was extended while it was in use: "
                                 "it had 40000 bytes and now has 80000\n"));
  restore("train.bin");
  fs::remove_all("out");
  during(6, [&] {
    std::string Other = Tokens;
    Other[30000] ^= 1;
    write("train.bin", Other);
  });
  End = train("out");
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("train.bin was overwritten while it was in "
                                 "use"));
}

TEST_F(ChangedFilesTest, ATouchedOrReplacedFileIsStillTheSame) {
  during(6, [&] {
    fs::last_write_time("train.bin", fs::file_time_type::clock::now());
    // What was opened goes on to exist.
    write("new", "another");
    fs::rename("new", "val.bin");
  });
  Outcome End = train("out");
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
  restore("val.bin");
  expectUndisturbedRun();
}

TEST_F(ChangedFilesTest, WeightsThatLoseTheirEndAreNotZeros) {
  writeFakeWeights("w.safetensors", std::vector<float>(64, 1),
                   std::vector<float>(8, 1));
  auto Files = WeightFiles::open("w.safetensors");
  ASSERT_TRUE(Files.ok()) << Files.status();
  fs::resize_file("w.safetensors", fs::file_size("w.safetensors") - 8);
  auto Memory = ProgramMemory::allocate(Fake.get(), 16);
  ASSERT_TRUE(Memory.ok()) << Memory.status();
  EXPECT_ERROR(loadWeights(*Files, Fake.get(), Memory->state(), {}),
               "w.safetensors was truncated while it was in use");
}

using FileFaultsDeathTest = ChangedFilesTest;

/// Reads the byte at \p Position of train.bin, which is cut before.
void readCutFile(size_t Position) {
  auto File = MappedFile::open("train.bin");
  fs::resize_file("train.bin", 100);
  volatile uint8_t Byte = File->data()[Position];
  std::exit(40 + Byte);
}

TEST_F(FileFaultsDeathTest, AnyOtherFileIsAnError) {
  EXPECT_EXIT(
      {
        handleFileFaults();
        readCutFile(30000);
      },
      ExitedWithCode(1),
      "^error: cannot read train.bin: it was truncated while it was in use, or "
      "its disk has failed\n$");
}

TEST_F(FileFaultsDeathTest, OtherFaultsAreNotTouched) {
  auto ReadUnknown = [](bool Handle) {
    if (Handle)
      handleFileFaults();
    std::FILE *Stream = std::fopen("train.bin", "r");
    void *Memory =
        ::mmap(nullptr, FileSize, PROT_READ, MAP_PRIVATE, ::fileno(Stream), 0);
    fs::resize_file("train.bin", 100);
    volatile uint8_t Byte = static_cast<uint8_t *>(Memory)[30000];
    std::exit(40 + Byte);
  };
  EXPECT_EXIT(ReadUnknown(true), KilledBySignal(SIGBUS), "^$");
  restore("train.bin");
  EXPECT_EXIT(
      {
        ::signal(SIGBUS, [](int) { std::_Exit(7); });
        ReadUnknown(true);
      },
      ExitedWithCode(7), "^$");
  // One that is sent has no address.
  EXPECT_EXIT(
      {
        handleFileFaults();
        ::raise(SIGBUS);
      },
      KilledBySignal(SIGBUS), "^$");
}

} // namespace
