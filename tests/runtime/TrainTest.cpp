// Training programs as one sees them from outside: flags in, files, output and
// exit code out.

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Safetensors.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace {

using Lines = std::vector<nlohmann::json>;

class TrainTest : public FolderTest {
protected:
  TrainTest() { write("text.txt", sampleText(600)); }

  static Lines readLog(const std::string &Path) {
    Lines Result;
    std::istringstream Text(read(Path));
    for (std::string Line; std::getline(Text, Line);)
      Result.push_back(nlohmann::json::parse(Line));
    return Result;
  }

  /// Of five steps.
  static double meanLoss(const Lines &Log, size_t Begin) {
    double Sum = 0;
    for (size_t I = Begin; I < Begin + 5; ++I)
      Sum += Log[I]["loss"].get<double>();
    return Sum / 5;
  }

  FakeProgram Fake{STATOR_MODE_TRAIN};
};

TEST_F(TrainTest, TrainsLogsAndSaves) {
  Outcome End = run(Fake.get(), {"--data", "text.txt", "--val-fraction", "0.1",
                                 "--steps", "30", "--eval-every", "10"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Err, IsEmpty()) << "no bar where there is no terminal";
  EXPECT_THAT(End.Out, HasSubstr("540 tokens to train on, 60 held out"));
  EXPECT_THAT(End.Out, HasSubstr("vocabulary 8 of 8"));
  EXPECT_THAT(End.Out, HasSubstr("val_loss"));
  EXPECT_THAT(End.Out, HasSubstr("over 59 tokens"));
  EXPECT_THAT(End.Out, HasSubstr("saved in out/step-00000030"));

  Lines Log = readLog("out/log.jsonl");
  ASSERT_EQ(Log.size(), 30u);
  for (size_t I = 0; I < Log.size(); ++I) {
    EXPECT_EQ(Log[I]["step"], I + 1);
    EXPECT_TRUE(Log[I]["loss"].is_number());
    EXPECT_TRUE(Log[I]["grad_norm"].is_number());
    EXPECT_TRUE(Log[I]["ms"].is_number());
    EXPECT_TRUE(Log[I]["tokens_per_s"].is_number());
    EXPECT_FLOAT_EQ(Log[I]["lr"].get<float>(),
                    1.0f - static_cast<float>(I) / 30.0f);
    EXPECT_EQ(Log[I].contains("val_loss"), (I + 1) % 10 == 0);
  }
  EXPECT_LT(meanLoss(Log, 25), meanLoss(Log, 0) - 0.2);
  EXPECT_LT(Log[29]["val_loss"].get<double>(), std::log(8.0) - 0.3);

  EXPECT_THAT(list("out"), ElementsAre(".lock", "latest", "log.jsonl",
                                       "step-00000000", "step-00000030"));
  EXPECT_THAT(list("out/latest"),
              ElementsAre("model.safetensors", "run.json", "state.safetensors",
                          "vocab.json"));
  auto Model = SafetensorsFile::open("out/latest/model.safetensors");
  ASSERT_TRUE(Model.ok());
  ASSERT_EQ(Model->entries().size(), 3u);
  ASSERT_NE(Model->find("table.weight"), nullptr);
  EXPECT_THAT(Model->find("table.weight")->Shape, ElementsAre(8, 8));
  EXPECT_EQ(Model->metadata().at("step"), "30");
  auto State = SafetensorsFile::open("out/latest/state.safetensors");
  ASSERT_TRUE(State.ok());
  ASSERT_EQ(State->entries().size(), 1u);
  EXPECT_EQ(State->entries()[0].Name, "table.weight.momentum");
  auto Vocabulary = nlohmann::json::parse(read("out/latest/vocab.json"));
  EXPECT_EQ(Vocabulary["characters"][0], "\n");
  EXPECT_EQ(Vocabulary["characters"][7], "g");
}

TEST_F(TrainTest, SameSeedSameRunOtherSeedOtherRun) {
  for (const char *Name : {"a", "b"})
    ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--out", Name, "--seed=7"})
                  .ExitCode,
              0);
  ASSERT_EQ(
      run(Fake.get(), {"--data=text.txt", "--out=c", "--seed=8"}).ExitCode, 0);
  std::string A = read("a/latest/model.safetensors");
  EXPECT_EQ(A, read("b/latest/model.safetensors"));
  EXPECT_NE(A.substr(A.size() - 400),
            read("c/latest/model.safetensors").substr(A.size() - 400));
  EXPECT_EQ(readLog("a/log.jsonl").size(), 20u) << "the program's own default";
}

TEST_F(TrainTest, LossesInTheLogReadBackExactly) {
  Outcome End = run(Fake.get(), {"--data", "text.txt", "--steps", "3"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  for (const auto &Line : readLog("out/log.jsonl")) {
    std::string Text = Line["loss"].dump();
    float Loss = std::strtof(Text.c_str(), nullptr);
    EXPECT_EQ(Line["loss"].get<double>(), std::strtod(Text.c_str(), nullptr));
    EXPECT_GT(Loss, 0.0f);
    EXPECT_GE(Text.size(), 8u) << "all digits of a float: " << Text;
  }
}

TEST_F(TrainTest, MicroBatchesAreAveraged) {
  FakeProgram Micro(STATOR_MODE_TRAIN, {8, 3, 4, 4});
  Outcome End = run(Micro.get(), {"--data", "text.txt", "--steps", "30"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  Lines Log = readLog("out/log.jsonl");
  ASSERT_EQ(Log.size(), 30u);
  EXPECT_LT(meanLoss(Log, 25), meanLoss(Log, 0) - 0.2);
  EXPECT_GT(Log[0]["grad_norm"].get<double>(), 0.0);
}

TEST_F(TrainTest, HeldOutLossIsTheMeanOverEveryPosition) {
  // With weights of zero but for the bias the loss is the same everywhere but
  // for the target, so the mean can be counted by hand.
  write("val.txt", "abcabca"); // 6 targets in two windows, one batch padded
  Outcome Zero = run(Fake.get(), {"--data", "text.txt", "--steps", "0"});
  ASSERT_EQ(Zero.ExitCode, 0) << Zero.Err;
  auto File = SafetensorsFile::open("out/latest/model.safetensors");
  ASSERT_TRUE(File.ok());
  std::vector<float> Table(64), Bias(8);
  ASSERT_TRUE(File->readFloats(*File->find("table.weight"), Table.data()).ok());
  ASSERT_TRUE(File->readFloats(*File->find("bias"), Bias.data()).ok());
  double Sum = 0;
  std::string Text = "abcabca";
  for (size_t I = 0; I + 1 < Text.size(); ++I) {
    size_t From = static_cast<size_t>(Text[I] - 'a') + 1;
    size_t To = static_cast<size_t>(Text[I + 1] - 'a') + 1;
    double Total = 0;
    for (size_t J = 0; J < 8; ++J)
      Total += std::exp(Table[From * 8 + J] + Bias[J]);
    Sum += std::log(Total) - Table[From * 8 + To] - Bias[To];
  }
  char Expected[32];
  std::snprintf(Expected, sizeof Expected, "val_loss %.4f over 6", Sum / 6);
  Outcome End = run(Fake.get(), {"--data", "text.txt", "--steps", "0", "--val",
                                 "val.txt", "--out", "evaluated"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr(Expected));
}

TEST_F(TrainTest, QuietShowsTheResultOnly) {
  Outcome End = run(Fake.get(), {"--data", "text.txt", "--quiet"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(std::ranges::count(End.Out, '\n'), 1);
  EXPECT_THAT(End.Err, IsEmpty());
}

TEST_F(TrainTest, ReadsTokenFilesAndBytes) {
  std::string Ids16, Ids32, Bytes;
  for (uint32_t I = 0; I < 100; ++I) {
    uint32_t Id = I % 7;
    Ids16.append({static_cast<char>(Id), 0});
    Ids32.append({static_cast<char>(Id), 0, 0, 0});
    Bytes += static_cast<char>(Id);
  }
  write("ids.bin", Ids16);
  write("ids32.bin", Ids32);
  write("data.raw", Bytes);
  FakeProgram Wide(STATOR_MODE_TRAIN, {256, 3, 4, 1});
  ASSERT_EQ(run(Wide.get(), {"--data=ids.bin", "--out=a"}).ExitCode, 0);
  ASSERT_EQ(run(Wide.get(), {"--data=ids32.bin", "--format=uint32", "--out=b"})
                .ExitCode,
            0);
  ASSERT_EQ(run(Wide.get(), {"--data=data.raw", "--format=bytes", "--out=c"})
                .ExitCode,
            0);
  std::string Model = read("a/latest/model.safetensors");
  EXPECT_EQ(Model, read("b/latest/model.safetensors"));
  EXPECT_EQ(Model, read("c/latest/model.safetensors"));
  EXPECT_EQ(read("a/latest/vocab.json"), "{\"kind\":\"tokens\"}\n");
  EXPECT_EQ(read("c/latest/vocab.json"), "{\"kind\":\"bytes\"}\n");
}

TEST_F(TrainTest, DumpsGradients) {
  Outcome End = run(
      Fake.get(), {"--data", "text.txt", "--dump-gradients", "g.safetensors"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_FALSE(std::filesystem::exists("out")) << "no run was begun";
  auto File = SafetensorsFile::open("g.safetensors");
  ASSERT_TRUE(File.ok()) << File.status();
  ASSERT_EQ(File->entries().size(), 5u);
  EXPECT_THAT(File->find("loss")->Shape, IsEmpty());
  EXPECT_EQ(File->find("scale"), nullptr) << "it is frozen";
  EXPECT_THAT(File->find("tokens")->Shape, ElementsAre(3, 4));
  std::vector<float> Bias(8);
  ASSERT_TRUE(File->readFloats(*File->find("bias"), Bias.data()).ok());
  float Sum = 0, Largest = 0;
  for (float Value : Bias) {
    Sum += Value;
    Largest = std::max(Largest, std::fabs(Value));
  }
  EXPECT_NEAR(Sum, 0.0f, 1e-6f) << "of softmax minus one-hot";
  EXPECT_GT(Largest, 1e-3f);
  // A target is the token after.
  const SafetensorsEntry *Tokens = File->find("tokens");
  const SafetensorsEntry *Targets = File->find("targets");
  EXPECT_EQ(std::memcmp(Tokens->Bytes + 4, Targets->Bytes, 12), 0);
}

TEST_F(TrainTest, BeginsWithGivenWeights) {
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--out=a"}).ExitCode, 0);
  for (const char *From : {"a", "a/latest", "a/latest/model.safetensors"}) {
    Outcome End = run(Fake.get(), {"--data=text.txt", "--out=b", "--steps=0",
                                   "--overwrite", "--init-from", From});
    ASSERT_EQ(End.ExitCode, 0) << End.Err;
    auto A = SafetensorsFile::open("a/latest/model.safetensors");
    auto B = SafetensorsFile::open("b/latest/model.safetensors");
    ASSERT_TRUE(A.ok() && B.ok());
    for (const SafetensorsEntry &Entry : A->entries())
      EXPECT_EQ(std::memcmp(Entry.Bytes, B->find(Entry.Name)->Bytes,
                            Entry.End - Entry.Begin),
                0);
  }
}

TEST_F(TrainTest, ANewRunReplacesTheOldOne) {
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--steps=40"}).ExitCode, 0);
  Outcome End =
      run(Fake.get(), {"--data=text.txt", "--steps=10", "--overwrite"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("the earlier run is in out/previous"));
  EXPECT_THAT(list("out"), ElementsAre(".lock", "latest", "log.jsonl",
                                       "step-00000000", "step-00000010"));
  EXPECT_EQ(readLog("out/log.jsonl").size(), 10u);
}

/// Of a run on another text, which has its own characters.
TEST_F(TrainTest, ATokenizerComesWithItsWeights) {
  ASSERT_EQ(
      run(Fake.get(), {"--data=text.txt", "--steps=60", "--out=a"}).ExitCode,
      0);
  write("fewer.txt", std::string(60, 'c') + std::string(60, 'd'));
  Outcome End =
      run(Fake.get(), {"--data=fewer.txt", "--init-from=a", "--out=b"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(read("b/latest/vocab.json"), read("a/latest/vocab.json"));
  // The same loss as the first run has on that text, and not that of others.
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--val=fewer.txt", "--steps=60",
                             "--out=evaluated"})
                .ExitCode,
            0);
  End = run(Fake.get(), {"--data=text.txt", "--val=fewer.txt", "--steps=0",
                         "--init-from=a", "--out=c"});
  double Expected = readLog("evaluated/log.jsonl").back()["val_loss"];
  EXPECT_THAT(End.Out, HasSubstr(absl::StrFormat("val_loss %.4f", Expected)));

  write("more.txt", sampleText(300) + "xyx");
  End = run(Fake.get(), {"--data=more.txt", "--init-from=a", "--out=d"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("more.txt has 2 characters that the vocabulary "
                        "of a does not have"));
  EXPECT_THAT(End.Err, HasSubstr("'x' (first at byte 300)\n"));
  EXPECT_THAT(End.Err, HasSubstr("'y'\n"));
  End = run(Fake.get(),
            {"--data=text.txt", "--format=bytes", "--init-from=a", "--out=d"});
  EXPECT_THAT(End.Err, HasSubstr("the tokenizer of a encodes text, but "
                                 "--format bytes reads "));
  EXPECT_FALSE(std::filesystem::exists("d"));
}

TEST_F(TrainTest, AnotherTokenizerIsAskedFor) {
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--out=a"}).ExitCode, 0);
  write("other.json",
        R"({"kind": "characters",
            "characters": ["\n","a","b","c","d","e","g","f"]})");
  std::vector<std::string> Flags = {"--data=text.txt", "--init-from=a",
                                    "--tokenizer=other.json", "--out=b"};
  Outcome End = run(Fake.get(), Flags);
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(
      End.Err,
      HasSubstr("--tokenizer other.json is not the tokenizer that a was "
                "trained with: 2 of 8 ids stand for other tokens; the "
                "first is 6, which was \"f\" and is now \"g\"\nhint: "));
  Flags.emplace_back("--change-tokenizer");
  End = run(Fake.get(), Flags);
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, HasSubstr("another tokenizer than in a: 2 of 8 ids"));
  EXPECT_THAT(read("b/latest/vocab.json"), HasSubstr("\"g\",\"f\""));
  // All that weights are read from has a tokenizer; the same one is no change.
  for (const char *Path : {"a", "a/latest", "a/step-00000020",
                           "a/latest/model.safetensors", "a/latest/vocab.json"})
    EXPECT_EQ(run(Fake.get(), {"--data=text.txt", "--init-from=a",
                               "--tokenizer", Path, "--out=c", "--overwrite"})
                  .ExitCode,
              0)
        << Path;
  EXPECT_THAT(run(Fake.get(), {"--data=text.txt", "--change-tokenizer"}).Err,
              HasSubstr("needs both --init-from and --tokenizer"));
}

/// A checkpoint of ids does not say what text they stand for.
TEST_F(TrainTest, WeightsOfIdsNeedATokenizerForText) {
  std::string Ids;
  for (char Id = 0; Id < 100; ++Id)
    Ids += {static_cast<char>(Id % 7), '\0'};
  write("ids.bin", Ids);
  ASSERT_EQ(run(Fake.get(), {"--data=ids.bin", "--out=a"}).ExitCode, 0);
  EXPECT_EQ(
      run(Fake.get(), {"--data=ids.bin", "--init-from=a", "--out=b"}).ExitCode,
      0);
  Outcome End =
      run(Fake.get(), {"--data=text.txt", "--init-from=a", "--out=c"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("a was trained on token ids and has no tokenizer\n"
                        "hint: name the tokenizer with --tokenizer PATH"));
}

TEST_F(TrainTest, KeepsTwoCheckpoints) {
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--save-every=3"}).ExitCode, 0);
  EXPECT_THAT(list("out"), ElementsAre(".lock", "latest", "log.jsonl",
                                       "step-00000018", "step-00000020"));
}

//===----------------------------------------------------------------------===//
// NaN and infinity
//===----------------------------------------------------------------------===//

TEST_F(TrainTest, NanStopsTheRunAndKeepsTheLastGoodCheckpoint) {
  Fake.NanStep = 12;
  Outcome End = run(Fake.get(), {"--data=text.txt", "--save-every=5"});
  EXPECT_EQ(End.ExitCode, 3);
  EXPECT_THAT(End.Err, HasSubstr("step 13: the loss is nan"));
  EXPECT_THAT(End.Err, HasSubstr("out/step-00000010"));
  EXPECT_EQ(readLog("out/log.jsonl").size(), 12u);
  EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000010");
}

TEST_F(TrainTest, HintOfDivergenceSaysOnlyWhatIsKnown) {
  Fake.NanStep = 12;
  Outcome Later = run(Fake.get(), {"--data=text.txt"});
  EXPECT_THAT(Later.Err, HasSubstr("hint: the last finite loss was "));
  EXPECT_THAT(Later.Err, HasSubstr("If the loss was rising, a lower learning "
                                   "rate"));
  Fake.NanStep = 0;
  Outcome First = run(Fake.get(), {"--data=text.txt", "--out=first"});
  EXPECT_EQ(First.ExitCode, 3);
  EXPECT_THAT(First.Err, HasSubstr("step 1: the loss is nan"));
  EXPECT_THAT(First.Err, HasSubstr("hint: no weight was updated before this "
                                   "step, so the learning rate is not the "
                                   "cause"));
  Fake.NanStep = -1;
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 6)
      ::raise(SIGTERM);
  };
  EXPECT_EQ(run(Fake.get(), {"--data=text.txt", "--out=third"}).ExitCode,
            128 + SIGTERM);
  Fake.BeforeStep = [](int64_t) {};
  Fake.NanStep = 7;
  Outcome Resumed = run(Fake.get(), {"--resume=third"});
  EXPECT_THAT(Resumed.Err, HasSubstr("step 8: the loss is nan"));
  EXPECT_THAT(Resumed.Err, HasSubstr("hint: this is the first step since the "
                                     "run was resumed; its log has the earlier "
                                     "losses. If the loss was rising"));
}

TEST_F(TrainTest, InfiniteWeightsAreNeverSaved) {
  Fake.InfinityStep = 9; // the tenth step, after which a save is due
  Outcome End = run(Fake.get(), {"--data=text.txt", "--save-every=5"});
  EXPECT_EQ(End.ExitCode, 3);
  EXPECT_THAT(End.Err, HasSubstr("step 10: bias holds a value"));
  EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000005");
}

//===----------------------------------------------------------------------===//
// Signals
//===----------------------------------------------------------------------===//

TEST_F(TrainTest, ASignalSavesAndStops) {
  for (int Signal : {SIGINT, SIGTERM, SIGHUP}) {
    Fake.BeforeStep = [=](int64_t Step) {
      if (Step == 11)
        ::raise(Signal);
    };
    Outcome End = run(Fake.get(), {"--data=text.txt", "--overwrite"});
    EXPECT_EQ(End.ExitCode, 128 + Signal);
    EXPECT_THAT(End.Out, HasSubstr("after step 12 of 20; continue with "
                                   "--resume out"));
    EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000012");
    EXPECT_EQ(readLog("out/log.jsonl").size(), 12u);
  }
}

TEST_F(TrainTest, NohupIsRespected) {
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 11)
      ::raise(SIGHUP);
  };
  Outcome End = run(Fake.get(), {"--data=text.txt"},
                    [] { std::signal(SIGHUP, SIG_IGN); });
  EXPECT_EQ(End.ExitCode, 0);
  EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000020");
}

/// As in `train | head -1`.
TEST_F(TrainTest, OutputThatNobodyReadsSavesAndStops) {
  std::array<int, 2> Pipe;
  ASSERT_EQ(::pipe(Pipe.data()), 0);
  ::close(Pipe[0]);
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 11) {
      std::puts("a line");
      std::fflush(stdout);
    }
  };
  auto Broken = [&] {
    std::signal(SIGPIPE, SIG_DFL);
    ::dup2(Pipe[1], STDOUT_FILENO);
  };
  Outcome End = run(Fake.get(), {"--data=text.txt", "--quiet"}, Broken);
  EXPECT_EQ(End.ExitCode, 128 + SIGPIPE);
  EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000012");
  ::close(Pipe[1]);
}

TEST_F(TrainTest, ASignalCutsAnEvaluationShort) {
  Fake.BeforeEvaluation = [] { ::raise(SIGTERM); };
  Outcome End = run(
      Fake.get(), {"--data=text.txt", "--val-fraction=0.5", "--eval-every=6"});
  EXPECT_EQ(End.ExitCode, 143);
  EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000006");
  EXPECT_FALSE(readLog("out/log.jsonl").back().contains("val_loss"));
}

TEST_F(TrainTest, TheSecondSignalEndsAtOnce) {
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 5) {
      ::raise(SIGTERM);
      ::raise(SIGTERM);
    }
  };
  Outcome End = run(Fake.get(), {"--data=text.txt"});
  EXPECT_EQ(End.Signal, SIGTERM);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST_F(TrainTest, ModelOfAnotherShapeIsListedTensorByTensor) {
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--out=a"}).ExitCode, 0);
  FakeProgram Wide(STATOR_MODE_TRAIN, {9, 3, 4, 1});
  Outcome End =
      run(Wide.get(), {"--data=text.txt", "--out=b", "--init-from=a"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("table.weight: [8, 8] in the file, [9, 9] in Fake"));
  EXPECT_THAT(End.Err, HasSubstr("bias: [8] in the file, [9] in Fake"));
  EXPECT_THAT(End.Err, Not(HasSubstr("scale")));
  EXPECT_FALSE(std::filesystem::exists("b"));
}

TEST_F(TrainTest, TwoRunsDoNotShareADirectory) {
  std::filesystem::create_directory("out");
  Fake.BeforeStep = [&](int64_t Step) {
    if (Step != 3)
      return;
    FakeProgram Other(STATOR_MODE_TRAIN);
    Outcome End = run(Other.get(), {"--data=text.txt"});
    write("second", std::to_string(End.ExitCode) + End.Err);
  };
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt"}).ExitCode, 0);
  EXPECT_THAT(read("second"),
              HasSubstr("1error: out is in use by another training run"));
}

TEST_F(TrainTest, ADiskThatFillsUpKeepsTheLastCheckpoint) {
  Fake.BeforeStep = [](int64_t Step) {
    if (Step != 7)
      return;
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit Limit = {300, 300}; // less than the weights
    ::setrlimit(RLIMIT_FSIZE, &Limit);
  };
  Outcome End =
      run(Fake.get(), {"--data=text.txt", "--save-every=6", "--log=/dev/null"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("File too large"));
  EXPECT_THAT(list("out"),
              ElementsAre(".lock", "latest", "log.jsonl", "step-00000006"));
  Fake.BeforeStep = [](int64_t) {};
  EXPECT_EQ(run(Fake.get(), {"--resume=out"}).ExitCode, 0);
}

TEST_F(TrainTest, AFullDiskIsNoticedBeforeTheFirstStep) {
  Fake.BeforeStep = [](int64_t) { std::_Exit(77); };
  Outcome End = run(Fake.get(), {"--data=text.txt"}, [] {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit Limit = {300, 300};
    ::setrlimit(RLIMIT_FSIZE, &Limit);
  });
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("cannot write out/"));
  EXPECT_THAT(list("out"), ElementsAre(".lock", "log.jsonl"));
}

TEST_F(TrainTest, ALogElsewhereIsLinked) {
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--log=a.jsonl"}).ExitCode, 0);
  EXPECT_EQ(readLog("a.jsonl").size(), 20u);
  EXPECT_EQ(read("out/log.jsonl"), read("a.jsonl"));
  // The next run is none of its business.
  std::string Before = read("a.jsonl");
  ASSERT_EQ(
      run(Fake.get(), {"--data=text.txt", "--steps=3", "--overwrite"}).ExitCode,
      0);
  EXPECT_EQ(read("a.jsonl"), Before);
  EXPECT_EQ(readLog("out/log.jsonl").size(), 3u);
  ASSERT_EQ(
      run(Fake.get(), {"--data=text.txt", "--log=out/log.jsonl", "--overwrite"})
          .ExitCode,
      0);
  EXPECT_FALSE(std::filesystem::is_symlink("out/log.jsonl"));
  EXPECT_EQ(readLog("out/log.jsonl").size(), 20u);
}

TEST_F(TrainTest, AnUnwritableLogIsAnError) {
  Outcome End = run(Fake.get(), {"--data=text.txt", "--log=/nowhere/log"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("cannot write /nowhere/log"));
  End = run(Fake.get(), {"--data=text.txt", "--log=/dev/full"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("/dev/full: No space left on device"));
  EXPECT_EQ(std::filesystem::read_symlink("out/latest"), "step-00000001")
      << "what was trained is kept";
}

TEST_F(TrainTest, ASizeBeyondTheMachineIsAnError) {
  Fake.edit().ArenaBytes = uint64_t(1) << 60;
  Outcome End = run(Fake.get(), {"--data=text.txt"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("Fake needs 1152.9 PB of memory"));
  EXPECT_THAT(End.Err, HasSubstr("hint: compile it for a smaller --batch"));
  EXPECT_FALSE(std::filesystem::exists("out"));
}

TEST_F(TrainTest, AProgramOfAnotherAbiIsAnError) {
  Fake.edit().AbiVersion = STATOR_ABI_VERSION + 1;
  Outcome End = run(Fake.get(), {"--data=text.txt"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("of the program ABI"));
}

TEST_F(TrainTest, HelpShowsFlagsDefaultsAndTheProgram) {
  Outcome End = run(Fake.get(), {"--help"});
  EXPECT_EQ(End.ExitCode, 0);
  EXPECT_THAT(End.Out, HasSubstr("--data FILE"));
  EXPECT_THAT(End.Out, HasSubstr("default 20)"));
  EXPECT_THAT(
      End.Out,
      HasSubstr(
          "  model fake.stator, mode train\n  config: vocab 8, width 3\n"));
  EXPECT_THAT(End.Out, HasSubstr("--dump-gradients"));
  for (size_t Begin = 0, End2; Begin < End.Out.size(); Begin = End2 + 1) {
    End2 = End.Out.find('\n', Begin);
    EXPECT_LE(End2 - Begin, 80u) << End.Out.substr(Begin, End2 - Begin);
  }
  EXPECT_EQ(run(Fake.get(), {"-h"}).Out, End.Out);
  EXPECT_EQ(run(Fake.get(), {"--version"}).ExitCode, 0);
}

} // namespace
