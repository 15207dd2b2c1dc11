// Inference programs as one sees them from outside.

#include "nlohmann/json.hpp"
#include "runtime/core/Safetensors.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

class InferTest : public FolderTest {
protected:
  InferTest() {
    write("text.txt", sampleText(600));
    FakeProgram Train(STATOR_MODE_TRAIN);
    Trained = run(Train.get(),
                  {"--data=text.txt", "--val-fraction=0.1", "--steps=50"});
  }

  FakeProgram Fake{STATOR_MODE_INFER};
  Outcome Trained;
};

/// Weights of a chain in which \p Next[i] follows i, certainly.
void writeChain(const std::string &Path, const std::vector<int> &Next) {
  std::vector<float> Table(64, 0), Bias(8, 0);
  for (size_t I = 0; I < Next.size(); ++I)
    Table[I * 8 + static_cast<size_t>(Next[I])] = 50;
  float One = 1;
  ASSERT_TRUE(writeSafetensors(Path,
                               {{"table.weight", "F32", {8, 8}, Table.data()},
                                {"bias", "F32", {8}, Bias.data()},
                                {"scale", "F32", {}, &One}},
                               {})
                  .ok());
}

TEST_F(InferTest, ContinuesAPrompt) {
  ASSERT_EQ(Trained.ExitCode, 0) << Trained.Err;
  for (const char *Weights : {"out", "out/latest", "out/step-00000050",
                              "out/latest/model.safetensors"}) {
    Outcome End = run(Fake.get(), {"--weights", Weights, "--prompt", "abc",
                                   "--tokens", "40", "--seed", "3"});
    ASSERT_EQ(End.ExitCode, 0) << End.Err;
    EXPECT_THAT(End.Out, StartsWith("abc"));
    EXPECT_EQ(End.Out.size(), 43u) << "nothing after the text";
    EXPECT_EQ(End.Out,
              run(Fake.get(), {"--prompt=abc", "--tokens=40", "--seed=3"}).Out);
  }
  EXPECT_NE(run(Fake.get(), {"--prompt=abc", "--tokens=40", "--seed=3"}).Out,
            run(Fake.get(), {"--prompt=abc", "--tokens=40", "--seed=4"}).Out);
}

TEST_F(InferTest, GreedyFollowsTheLikeliestFarBeyondTheContext) {
  writeChain("chain.safetensors", {1, 2, 3, 4, 5, 6, 7, 0});
  std::filesystem::copy("out/latest/vocab.json", "vocab.json");
  Outcome End =
      run(Fake.get(), {"--weights=chain.safetensors", "--prompt=abcdefg",
                       "--tokens=16", "--temperature=0"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(End.Out, "abcdefg\nabcdefg\nabcdefg");
  End = run(Fake.get(),
            {"--weights=chain.safetensors", "--tokens=9", "--top-k=1"});
  EXPECT_EQ(End.Out, "abcdefg\na") << "begins after a newline";
}

TEST_F(InferTest, SeveralSamplesDiffer) {
  Outcome End = run(Fake.get(), {"--samples=3", "--tokens=30", "--json"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  auto Json = nlohmann::json::parse(End.Out);
  ASSERT_EQ(Json["samples"].size(), 3u);
  EXPECT_NE(Json["samples"][0]["text"], Json["samples"][1]["text"]);
  EXPECT_EQ(Json["samples"][0]["ids"].size(), 30u);
  EXPECT_EQ(Json["samples"][0]["text"].get<std::string>(),
            run(Fake.get(), {"--tokens=30"}).Out);
}

TEST_F(InferTest, PerplexityIsTheLossOfTraining) {
  std::string Text = sampleText(600);
  write("held-out.txt", Text.substr(540));
  Outcome End = run(Fake.get(), {"--perplexity=held-out.txt", "--json"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  auto Json = nlohmann::json::parse(End.Out);
  char Expected[64];
  std::snprintf(Expected, sizeof Expected, "val_loss %.4f over 59 tokens",
                Json["loss"].get<double>());
  EXPECT_THAT(Trained.Out, HasSubstr(Expected));
  EXPECT_NEAR(Json["perplexity"].get<double>(),
              std::exp(Json["loss"].get<double>()), 1e-6);
  End = run(Fake.get(), {"--perplexity=held-out.txt"});
  EXPECT_THAT(End.Out, StartsWith("loss "));
}

TEST_F(InferTest, WithoutAVocabularyIdsAreNumbers) {
  writeChain("chain.safetensors", {1, 2, 3, 4, 5, 6, 7, 0});
  Outcome End =
      run(Fake.get(), {"--weights=chain.safetensors", "--prompt-ids=3,4",
                       "--tokens=5", "--temperature=0"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(End.Out, "3 4 5 6 7 0 1");
  std::string Ids("\0\0\1\0\2\0\3\0", 8);
  write("ids.bin", Ids);
  End =
      run(Fake.get(), {"--weights=chain.safetensors", "--perplexity=ids.bin"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(End.Out, "loss 0.0000, perplexity 1.0000 over 3 tokens\n");
}

TEST_F(InferTest, ExtraTensorsAreIgnoredOnRequest) {
  std::vector<float> Table(64, 0), Bias(8, 0);
  float One = 1;
  ASSERT_TRUE(writeSafetensors("extra.safetensors",
                               {{"table.weight", "F32", {8, 8}, Table.data()},
                                {"bias", "F32", {8}, Bias.data()},
                                {"scale", "F32", {}, &One},
                                {"mask", "F32", {2}, Bias.data()}},
                               {})
                  .ok());
  Outcome End = run(Fake.get(), {"--weights=extra.safetensors"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("not in the model (1):\n    mask [2]"));
  EXPECT_THAT(End.Err, HasSubstr("hint: --allow-extra"));
  EXPECT_EQ(run(Fake.get(), {"--weights=extra.safetensors", "--allow-extra"})
                .ExitCode,
            0);
}

TEST_F(InferTest, WrongWeightsAreListed) {
  std::vector<float> Table(64, 0);
  ASSERT_TRUE(writeSafetensors("wrong.safetensors",
                               {{"table.weight", "F32", {4, 16}, Table.data()},
                                {"bias", "I32", {8}, Table.data()},
                                {"other", "F32", {2, 3}, Table.data()}},
                               {})
                  .ok());
  Outcome End = run(Fake.get(), {"--weights=wrong.safetensors"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("table.weight: [4, 16] in the file, [8, 8] in Fake"));
  EXPECT_THAT(End.Err, HasSubstr("missing in the file (1):\n    scale []"));
  EXPECT_THAT(End.Err, HasSubstr("not in the model (1):\n    other [2, 3]"));
  EXPECT_THAT(End.Err, HasSubstr("bias: I32"));
}

TEST_F(InferTest, NanInWeightsIsAnError) {
  std::vector<float> Table(64, NAN);
  float One = 1;
  ASSERT_TRUE(writeSafetensors("nan.safetensors",
                               {{"table.weight", "F32", {8, 8}, Table.data()},
                                {"bias", "F32", {8}, Table.data()},
                                {"scale", "F32", {}, &One}},
                               {})
                  .ok());
  Outcome End = run(Fake.get(), {"--weights=nan.safetensors"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("tensor table.weight holds a value that is "
                                 "NaN"));
}

TEST_F(InferTest, ErrorsAreClear) {
  write("latin1.txt", "caf\xe9");
  write("other.txt", "abx");
  write("one.txt", "a");
  writeChain("chain.safetensors", {1, 2, 3, 4, 5, 6, 7, 0});
  auto Expect = [&](const std::vector<std::string> &Arguments, int Code,
                    const char *Message) {
    Outcome End = run(Fake.get(), Arguments);
    EXPECT_EQ(End.ExitCode, Code) << Message;
    EXPECT_EQ(End.Out, "");
    EXPECT_THAT(End.Err, StartsWith("error: "));
    EXPECT_THAT(End.Err, HasSubstr(Message));
  };
  Expect({"--weights=missing"}, 1, "there are no weights in missing");
  Expect({"--weights=text.txt"}, 1, "text.txt is not a valid safetensors file");
  Expect({"--prompt=abx"}, 1,
         "--prompt: the character 'x' at byte 2 does not occur in the text "
         "that the model was trained on");
  Expect({"--prompt=ab\xc3\xa4"}, 1, "'\xc3\xa4' (U+00E4) at byte 2");
  Expect({"--prompt=\xff"}, 1, "--prompt: byte 0 is not valid UTF-8");
  Expect({"--prompt=a", "--prompt-ids=1"}, 2, "exclude each other");
  Expect({"--prompt-ids=1,8"}, 2, "expected ids from 0 to 7 with commas");
  Expect({"--prompt-ids=1,,2"}, 2, "found ''");
  Expect({"--temperature=-1"}, 2, "a number, at least 0");
  Expect({"--top-p=1.5"}, 2, "a number from 0 to 1");
  Expect({"--tokns=3"}, 2, "did you mean --tokens?");
  Expect({"--temp=1"}, 2, "did you mean --temperature?");
  Expect({"--weights=chain.safetensors", "--prompt=a"}, 1,
         "no tokenizer beside the weights");
  Expect({"--weights=chain.safetensors", "--perplexity=text.txt"}, 1,
         "no tokenizer beside the weights");
  Expect({"--perplexity=missing.txt"}, 1, "missing.txt");
  Expect({"--perplexity=latin1.txt"}, 1, "byte 3 (0xe9)");
  Expect({"--perplexity=other.txt"}, 1, "the character 'x' at byte 2");
  Expect({"--perplexity=one.txt"}, 1, "a single token");
  Expect({"--perplexity=one.txt", "--tokens=3"}, 2, "exclude each other");
  Expect({"--perplexity=text.txt", "--format=bytes"}, 1,
         "contradicts the tokenizer of the weights in "
         "out/latest/model.safetensors, which were trained on text");
  Expect({"--format=bytes"}, 2, "--format is about --perplexity");
}

TEST_F(InferTest, SaysThatTheOutputIsFull) {
  for (const char *What : {"--tokens=3", "--perplexity=text.txt", "--help"}) {
    Outcome End = run(Fake.get(), {What}, [] {
      if (!std::freopen("/dev/full", "w", stdout))
        std::_Exit(99);
    });
    EXPECT_EQ(End.ExitCode, 1) << What;
    EXPECT_EQ(End.Err, "error: cannot write to standard output\n");
  }
}

TEST_F(InferTest, BytesAreShownAsWholeCharacters) {
  FakeProgram Train(STATOR_MODE_TRAIN, {256, 3, 4, 1});
  FakeProgram Infer(STATOR_MODE_INFER, {256, 1, 4, 1});
  write("utf8.txt", "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc");
  ASSERT_EQ(run(Train.get(), {"--data=utf8.txt", "--format=bytes",
                              "--out=bytes", "--steps=3"})
                .ExitCode,
            0);
  Outcome End = run(Infer.get(),
                    {"--weights=bytes", "--prompt=\xc3\xa4", "--tokens=200"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, StartsWith("\xc3\xa4"));
  // A strict parser takes the output: no character was cut.
  EXPECT_FALSE(nlohmann::json(End.Out).dump().empty());
}

/// A program whose blocks look at all that was before, with weights of its own.
class DecodeTest : public FolderTest {
protected:
  DecodeTest() {
    write("vocab.json",
          R"({"kind": "characters",
              "characters": ["\n", "a", "b", "c", "d", "e", "f", "g"]})");
    std::vector<float> Table(64), Bias(8, 0);
    uint32_t Number = 7;
    for (float &Each : Table) {
      Number = Number * 1664525u + 1013904223u;
      Each = static_cast<float>(Number >> 24) / 64.0f;
    }
    float One = 1;
    EXPECT_TRUE(writeSafetensors("model.safetensors",
                                 {{"table.weight", "F32", {8, 8}, Table.data()},
                                  {"bias", "F32", {8}, Bias.data()},
                                  {"scale", "F32", {}, &One}},
                                 {})
                    .ok());
  }

  static FakeProgram::Shape sizes(int64_t Batch, int64_t Context) {
    FakeProgram::Shape Result;
    Result.Batch = Batch;
    Result.Time = Context;
    Result.Blocks = true;
    Result.Context = Context;
    return Result;
  }
  static Outcome infer(const FakeProgram &Fake,
                       std::vector<std::string> Arguments) {
    Arguments.push_back("--weights=model.safetensors");
    return run(Fake.get(), Arguments);
  }

  FakeProgram Fake{STATOR_MODE_INFER, sizes(1, 64)};
};

TEST_F(DecodeTest, StopsClearlyAtTheEndOfTheContext) {
  Outcome End = infer(Fake, {"--prompt=abc", "--tokens=100"});
  EXPECT_EQ(End.ExitCode, 4);
  EXPECT_EQ(End.Out.size(), 65u) << "the context, and the token after it";
  EXPECT_EQ(End.Err,
            "stopped before --tokens 100: the context of Fake holds 64 tokens\n"
            "hint: compile it with a longer --time, or go on with --slide\n");
  End = infer(Fake, {"--prompt=abc"});
  EXPECT_EQ(End.ExitCode, 0) << "nobody asked for more";
  EXPECT_EQ(End.Out.size(), 65u);
  End = infer(Fake, {"--prompt", std::string(65, 'a')});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("the prompt has 65 tokens, but the context of "
                                 "Fake holds 64\nhint: compile"));
}

TEST_F(DecodeTest, SlidesOnRequest) {
  FakeProgram Short(STATOR_MODE_INFER, sizes(1, 10)),
      Three(STATOR_MODE_INFER, sizes(3, 10));
  Outcome End = infer(Short, {"--prompt=abc", "--tokens=30", "--slide"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(End.Out.size(), 33u);
  // The context holds 10 tokens, and the 11th is known: then 5 are kept.
  std::string Expected = infer(Short, {"--prompt=abc"}).Out;
  EXPECT_EQ(End.Out.substr(0, 11), Expected);
  std::string Greedy =
      infer(Short, {"--prompt=abc", "--tokens=30", "--slide", "--top-k=1"}).Out;
  EXPECT_EQ(infer(Short, {"--prompt", Greedy.substr(6, 5), "--top-k=1"}).Out,
            Greedy.substr(6, 11));
  std::vector<std::string> Flags = {"--prompt=abc", "--prompt=a",
                                    "--prompt=abcdefgabc", "--tokens=30",
                                    "--slide"};
  EXPECT_EQ(infer(Three, Flags).Out, infer(Short, Flags).Out);
}

TEST_F(DecodeTest, PromptsOfAFileAreThoseOfFlags) {
  FakeProgram Four(STATOR_MODE_INFER, sizes(4, 64));
  write("prompts.txt", "abc\na\nbbbbbbb\ncd\ngfedc\n");
  write("prompts.jsonl", "\"abc\"\n{\"prompt\": \"a\"}\n\"bbbbbbb\"\n\"cd\"\n"
                         "{\"prompt\": \"gfedc\"}\n");
  std::string Expected;
  for (const char *Prompt : {"abc", "a", "bbbbbbb", "cd", "gfedc"}) {
    Outcome Alone = infer(Fake, {"--prompt", Prompt, "--tokens=20"});
    ASSERT_EQ(Alone.ExitCode, 0) << Alone.Err;
    Expected += (Expected.empty() ? "" : "\n\n") + Alone.Out;
  }
  Expected += "\n";
  for (const FakeProgram *Each : {&Fake, &Four}) {
    EXPECT_EQ(infer(*Each, {"--prompt=abc", "--prompt=a", "--prompt=bbbbbbb",
                            "--prompt=cd", "--prompt=gfedc", "--tokens=20"})
                  .Out,
              Expected);
    for (const char *File : {"prompts.txt", "prompts.jsonl"})
      EXPECT_EQ(infer(*Each, {"--prompts", File, "--tokens=20"}).Out, Expected);
  }
}

TEST_F(DecodeTest, SamplesAreTheSameInABatch) {
  FakeProgram Four(STATOR_MODE_INFER, sizes(4, 64));
  std::vector<std::string> Flags = {"--prompt=abc", "--prompt=a", "--samples=3",
                                    "--tokens=20", "--json"};
  Outcome One = infer(Fake, Flags), Batch = infer(Four, Flags);
  ASSERT_EQ(One.ExitCode, 0) << One.Err;
  std::istringstream OneLines(One.Out), BatchLines(Batch.Out);
  int Count = 0;
  for (std::string A, B;
       std::getline(OneLines, A) && std::getline(BatchLines, B); ++Count) {
    auto First = nlohmann::json::parse(A), Second = nlohmann::json::parse(B);
    EXPECT_EQ(First["samples"], Second["samples"]);
    EXPECT_EQ(First["samples"].size(), 3u);
    EXPECT_NE(First["samples"][0]["ids"], First["samples"][1]["ids"]);
  }
  EXPECT_EQ(Count, 2) << "a line for each prompt";
}

TEST_F(DecodeTest, StopStringsAreNeverShown) {
  std::string Whole = infer(Fake, {"--prompt=abc", "--tokens=40"}).Out;
  ASSERT_EQ(Whole.size(), 43u);
  // Two characters from the middle, and another stop that does not occur.
  std::string Stop = Whole.substr(20, 2);
  std::string Expected = Whole.substr(0, Whole.find(Stop, 3));
  Outcome End = infer(
      Fake, {"--prompt=abc", "--tokens=40", "--stop", Stop, "--stop=xyz"});
  EXPECT_EQ(End.Out, Expected);
  End = infer(Fake, {"--prompt=abc", "--tokens=40", "--stop", Stop, "--json"});
  auto Json = nlohmann::json::parse(End.Out);
  EXPECT_EQ(Json["samples"][0]["text"], Expected);
  EXPECT_EQ(Json["samples"][0]["end"], "stop");
}

TEST_F(DecodeTest, TokensEndATextUnlessTheyAreIgnored) {
  std::string Whole =
      infer(Fake, {"--prompt=abc", "--tokens=40", "--temperature=2"}).Out;
  size_t At = Whole.find('e', 3);
  ASSERT_NE(At, std::string::npos);
  std::vector<std::string> Flags = {"--prompt=abc", "--tokens=40",
                                    "--temperature=2"};
  auto With = [&](std::vector<std::string> More) {
    More.insert(More.end(), Flags.begin(), Flags.end());
    return infer(Fake, More).Out;
  };
  EXPECT_EQ(With({"--stop-id=5,6"}).size(),
            std::min(At, Whole.find('f', 3) == std::string::npos
                             ? At
                             : Whole.find('f', 3)));
  write("generation.json", R"({"bos": 2, "eos": [5], "add_bos": true})");
  EXPECT_NE(With({}), Whole) << "another beginning";
  EXPECT_EQ(With({}).find('e', 3), std::string::npos);
  EXPECT_EQ(With({"--ignore-eos"}).size(), 44u) << "with the BOS that is shown";
  Outcome End = infer(Fake, {"--tokens=0", "--json"});
  EXPECT_EQ(nlohmann::json::parse(End.Out)["prompt_ids"],
            nlohmann::json::array({2}));
  for (const char *Wrong : {"[]", "{\"bos\": 8}", "{\"eos\": \"x\"}",
                            "{\"eos\": [1, -1]}", "{\"add_bos\": 1}", "{"}) {
    write("generation.json", Wrong);
    End = infer(Fake, {});
    EXPECT_EQ(End.ExitCode, 1);
    EXPECT_THAT(End.Err, HasSubstr("generation.json")) << Wrong;
  }
}

TEST_F(DecodeTest, LogProbabilitiesAreThoseOfTheLogits) {
  Outcome End = infer(Fake, {"--prompt=abc", "--tokens=6", "--logprobs=8"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  auto Sample = nlohmann::json::parse(End.Out)["samples"][0];
  ASSERT_EQ(Sample["tokens"].size(), 6u);
  for (size_t I = 0; I < 6; ++I) {
    const auto &Token = Sample["tokens"][I];
    EXPECT_EQ(Token["id"], Sample["ids"][I]);
    double Sum = 0, Last = 0;
    bool Found = false;
    for (const auto &Each : Token["top"]) {
      double LogProb = Each["logprob"];
      EXPECT_LE(LogProb, Last);
      Last = LogProb;
      Sum += std::exp(LogProb);
      Found |= Each["id"] == Token["id"] && Each["logprob"] == Token["logprob"];
    }
    EXPECT_NEAR(Sum, 1, 1e-9);
    EXPECT_TRUE(Found);
  }
  End = infer(Fake, {"--prompt=abc", "--tokens=1", "--logprobs"});
  Sample = nlohmann::json::parse(End.Out)["samples"][0];
  EXPECT_FALSE(Sample["tokens"][0].contains("top"));
  // Whatever was done to draw them.
  Outcome Hot = infer(Fake, {"--prompt=abc", "--tokens=1", "--logprobs=1",
                             "--temperature=3", "--repeat-penalty=2"});
  Outcome Cold =
      infer(Fake, {"--prompt=abc", "--tokens=1", "--logprobs=1", "--top-k=1"});
  EXPECT_EQ(nlohmann::json::parse(Hot.Out)["samples"][0]["tokens"][0]["top"],
            nlohmann::json::parse(Cold.Out)["samples"][0]["tokens"][0]["top"]);
}

TEST_F(DecodeTest, StridedPerplexityCountsEachTokenOnce) {
  FakeProgram Two(STATOR_MODE_INFER, sizes(2, 8));
  std::string Text;
  for (int I = 0; I < 37; ++I)
    Text += "abcdefg"[I * I % 7];
  write("text.txt", Text);
  // By hand: the mean over windows of 6 that begin every 4 tokens.
  auto LossOf = [&](size_t Begin, size_t Target) {
    std::string Prompt = Text.substr(Begin, Target - Begin);
    Outcome End =
        infer(Fake, {"--prompt", Prompt, "--tokens=1", "--logprobs=8"});
    auto Top = nlohmann::json::parse(End.Out)["samples"][0]["tokens"][0]["top"];
    for (const auto &Each : Top)
      if (Each["text"] == Text.substr(Target, 1))
        return -Each["logprob"].get<double>();
    ADD_FAILURE();
    return 0.0;
  };
  double Sum = 0;
  int Count = 0;
  size_t Done = 0;
  for (size_t Begin = 0; Done < Text.size(); Begin += 4) {
    size_t End = std::min<size_t>(Begin + 6, Text.size());
    for (size_t I = std::max(Done, Begin + 1); I < End; ++I, ++Count)
      Sum += LossOf(Begin, I);
    Done = End;
  }
  EXPECT_EQ(Count, 36) << "all but the first";
  Outcome End = infer(
      Two, {"--perplexity=text.txt", "--stride=4", "--window=6", "--json"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  auto Json = nlohmann::json::parse(End.Out);
  EXPECT_EQ(Json["tokens"], 36);
  EXPECT_NEAR(Json["loss"].get<double>(), Sum / Count, 1e-6);
}

/// Runs with standard input.
Outcome converse(const FakeProgram &Fake, const std::string &Input,
                 std::vector<std::string> Arguments) {
  std::ofstream("input") << Input;
  Arguments.push_back("--interactive");
  Arguments.push_back("--weights=model.safetensors");
  return run(Fake.get(), Arguments, [] {
    if (!std::freopen("input", "r", stdin))
      std::_Exit(99);
  });
}

TEST_F(DecodeTest, ATextGoesOnInteractively) {
  Outcome End = converse(Fake, "abc\nde\n\n", {"--tokens=5", "--top-k=1"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  std::vector<std::string> Answers = {""};
  // A newline ends an answer, unless the model wrote it: 5 characters each.
  ASSERT_EQ(End.Out.size(), 18u);
  std::string First = End.Out.substr(0, 5), Second = End.Out.substr(6, 5),
              Third = End.Out.substr(12, 5);
  auto After = [&](const std::string &Prompt) {
    return infer(Fake, {"--prompt", Prompt, "--tokens=5", "--top-k=1"})
        .Out.substr(Prompt.size());
  };
  EXPECT_EQ(First, After("abc"));
  EXPECT_EQ(Second, After("abc" + First + "de"));
  EXPECT_EQ(Third, After("abc" + First + "de" + Second));
}

TEST_F(DecodeTest, AConversationEndsWithTheContext) {
  FakeProgram Short(STATOR_MODE_INFER, sizes(1, 10));
  Outcome End = converse(Short, "abc\nabc\nabc\n", {"--tokens=4"});
  EXPECT_EQ(End.ExitCode, 4);
  EXPECT_THAT(End.Err, HasSubstr("the context of Fake, 10 tokens, is full"));
  FakeProgram Two(STATOR_MODE_INFER, sizes(2, 10));
  End = converse(Two, "abc\n", {});
  EXPECT_EQ(End.ExitCode, 2);
  EXPECT_THAT(End.Err, HasSubstr("compiled with --batch 1; this one has 2"));
  End = converse(Fake, "abx\n", {});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("'x' at byte 2"));
}

/// A conversation that is still going on.
class Dialog {
public:
  Dialog(const FakeProgram &Fake, const std::vector<std::string> &Arguments) {
    EXPECT_EQ(::pipe(ToChild), 0);
    EXPECT_EQ(::pipe(FromChild), 0);
    Process.emplace(Fake.get(), Arguments, [this] {
      ::dup2(ToChild[0], STDIN_FILENO);
      ::dup2(FromChild[1], STDOUT_FILENO);
      for (int Descriptor :
           {ToChild[0], ToChild[1], FromChild[0], FromChild[1]})
        ::close(Descriptor);
    });
    ::close(ToChild[0]);
    ::close(FromChild[1]);
  }
  void say(const std::string &Line) {
    EXPECT_EQ(::write(ToChild[1], Line.data(), Line.size()),
              static_cast<ssize_t>(Line.size()));
  }
  /// Reads so many bytes, or up to a newline if that comes first.
  std::string hear(size_t Count) {
    std::string Result;
    for (char Byte;
         Result.size() < Count && ::read(FromChild[0], &Byte, 1) == 1;)
      if (Result += Byte; Byte == '\n')
        break;
    return Result;
  }
  void interrupt() { Process->send(SIGINT); }
  Outcome end() {
    ::close(ToChild[1]);
    Outcome Result = Process->wait();
    ::close(FromChild[0]);
    return Result;
  }

private:
  int ToChild[2], FromChild[2];
  std::optional<Child> Process;
};

TEST_F(DecodeTest, InterruptsStopAnAnswerAndThenTheProgram) {
  std::vector<float> Table(64, 0), Bias = {-1000, 0, 0, 0, 0, 0, 0, 0};
  float One = 1; // no newline is ever written
  ASSERT_TRUE(writeSafetensors("model.safetensors",
                               {{"table.weight", "F32", {8, 8}, Table.data()},
                                {"bias", "F32", {8}, Bias.data()},
                                {"scale", "F32", {}, &One}},
                               {})
                  .ok());
  const std::vector<std::string> Flags = {"--weights=model.safetensors",
                                          "--interactive", "--slide",
                                          "--tokens=1000000000000"};
  Dialog First(Fake, Flags);
  for (const char *Line : {"abc\n", "de\n"}) {
    First.say(Line);
    EXPECT_EQ(First.hear(300).size(), 300u);
    First.interrupt();
    std::string Rest;
    while (!Rest.ends_with("\n"))
      Rest = First.hear(1000);
  }
  Outcome End = First.end();
  EXPECT_EQ(End.ExitCode, 0) << End.Err;

  Dialog Second(Fake,
                {"--weights=model.safetensors", "--interactive", "--tokens=5"});
  Second.say("abc\n");
  EXPECT_EQ(Second.hear(100).size(), 6u);
  Second.interrupt();
  End = Second.end();
  EXPECT_EQ(End.ExitCode, 130) << End.Err;
}

TEST_F(DecodeTest, WrongFlagsAreSaid) {
  write("empty.txt", "");
  write("bad.jsonl", "\"a\"\n{\"text\": 1}\n");
  write("text.txt", "abcabc");
  auto Expect = [&](const std::vector<std::string> &Arguments, int Code,
                    const char *Message) {
    Outcome End = infer(Fake, Arguments);
    EXPECT_EQ(End.ExitCode, Code) << Message;
    EXPECT_EQ(End.Out, "");
    EXPECT_THAT(End.Err, HasSubstr(Message));
  };
  Expect({"--prompts=empty.txt"}, 1, "empty.txt holds no prompt");
  Expect({"--prompts=none.txt"}, 1, "none.txt");
  Expect({"--prompts=bad.jsonl"}, 1, "bad.jsonl: line 2 is neither");
  Expect({"--prompts=text.txt", "--prompt=a"}, 2, "exclude each other");
  Expect({"--prompt-ids=1", "--prompts=text.txt"}, 2, "exclude each other");
  Expect({"--stop="}, 2, "an empty text is everywhere");
  Expect({"--stop-id=8"}, 2, "--stop-id: expected ids from 0 to 7");
  Expect({"--min-p=1.5"}, 2, "a number from 0 to 1");
  Expect({"--repeat-penalty=0"}, 2, "a number, at least 0.001");
  Expect({"--repeat-window=-1"}, 2, "an integer, at least 0");
  Expect({"--stride=2"}, 2, "--stride is about --perplexity");
  Expect({"--perplexity=text.txt", "--window=4"}, 2, "about --stride");
  Expect({"--perplexity=text.txt", "--stride=5", "--window=4"}, 2,
         "would leave tokens out");
  Expect({"--perplexity=text.txt", "--stride=1", "--window=65"}, 2,
         "was compiled for 64 positions");
  Expect({"--perplexity=text.txt", "--stop=a"}, 2, "exclude each other");
  Expect({"--logprobs=9"}, 2, "--logprobs 9: Fake has 8 tokens");
  Expect({"--interactive", "--prompt=a"}, 2, "exclude each other");
  Expect({"--interactive", "--json"}, 2, "exclude each other");
  Expect({"--tokenizer=nowhere"}, 1, "nowhere");
}

TEST_F(DecodeTest, ATokenizerMayBeElsewhere) {
  std::filesystem::create_directory("weights");
  std::filesystem::rename("model.safetensors", "weights/model.safetensors");
  Outcome End = run(Fake.get(), {"--weights=weights", "--prompt=abc",
                                 "--tokens=3", "--tokenizer=vocab.json"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(End.Out, StartsWith("abc"));
  End = run(Fake.get(), {"--weights=weights", "--prompt=abc"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("there is no tokenizer beside the weights in "
                        "weights/model.safetensors, so --prompt cannot "
                        "be read\nhint: --tokenizer"));
}

} // namespace
