// Inference programs as one sees them from outside.

#include "nlohmann/json.hpp"
#include "runtime/core/Safetensors.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

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
  writeFakeWeights(Path, Table, Bias);
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
  writeFakeWeights("nan.safetensors", std::vector<float>(64, NAN),
                   std::vector<float>(8, NAN));
  Outcome End = run(Fake.get(), {"--weights=nan.safetensors"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err,
              HasSubstr("nan.safetensors: tensor table.weight: the value at "
                        "[0, 0] is nan; weights must be finite"));
}

TEST_F(InferTest, LogitsThatAreNotFiniteAreAnError) {
  std::filesystem::copy("out/latest/vocab.json", "vocab.json");
  // After the id 3 one logit is the sum of two finite numbers that overflows.
  std::vector<float> Table(64, 0), Bias(8, 0);
  for (float Sign : {1.0f, -1.0f}) {
    for (size_t I = 0; I < 8; ++I)
      Table[I * 8 + 3] = 50;
    Table[3 * 8 + 5] = Bias[5] = Sign * 3e38f;
    for (size_t I = 0; I < 8; ++I)
      if (I != 3)
        Table[I * 8 + 5] = -Bias[5];
    writeFakeWeights("large.safetensors", Table, Bias);
    const char *Value = Sign > 0 ? "is inf;" : "is -inf;";
    for (std::vector<std::string> How :
         {std::vector<std::string>{"--temperature=0"},
          {"--temperature=1"},
          {"--top-k=1"},
          {"--top-k=3", "--top-p=0.5"},
          {"--min-p=0.1"},
          {"--repeat-penalty=2"},
          {"--json"},
          {"--logprobs=2"},
          {"--samples=4"}}) {
      How.insert(How.end(), {"--weights=large.safetensors", "--prompt=a"});
      Outcome End = run(Fake.get(), How);
      EXPECT_EQ(End.ExitCode, 1) << How[0];
      EXPECT_THAT(End.Err, HasSubstr("continuing the prompt, step 1 (position "
                                     "2): the logit of token 5 "))
          << How[0];
      EXPECT_THAT(End.Err, HasSubstr(Value));
      EXPECT_THAT(End.Err, HasSubstr("hint: a computation overflowed"));
    }
    write("prompts.txt", "a\nc\n");
    Outcome End = run(Fake.get(), {"--weights=large.safetensors",
                                   "--prompts=prompts.txt", "--tokens=1"});
    EXPECT_EQ(End.ExitCode, 1);
    EXPECT_EQ(End.Out, "");
    EXPECT_THAT(End.Err, HasSubstr("continuing prompts.txt: line 2, step 0"));
    write("text.txt", "abcab");
    for (const char *Stride : {"", "--stride=2"}) {
      std::vector<std::string> How = {"--weights=large.safetensors",
                                      "--perplexity=text.txt"};
      if (*Stride)
        How.push_back(Stride);
      End = run(Fake.get(), How);
      EXPECT_EQ(End.ExitCode, 1);
      EXPECT_EQ(End.Out, "");
      EXPECT_THAT(End.Err, HasSubstr("text.txt: predicting token 3: the logit "
                                     "of token 5 "));
    }
  }
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
  Expect({"-n", "3"}, 2, "unknown argument '-n'; did you mean --tokens?");
  Expect({"--max_new_tokens=3"}, 2, "did you mean --tokens?");
  Expect({"-m", "x"}, 2, "did you mean --weights?");
  Expect({"-t", "4"}, 2, "did you mean --threads?");
  Expect({"-c", "512"}, 2, "stator compile MODEL --time N");
  Expect({"--lr=1"}, 2, "the learning rate is for training");
  Expect({"--weights=chain.safetensors", "--prompt=a"}, 1,
         "no tokenizer beside the weights");
  Expect({"--weights=chain.safetensors", "--perplexity=text.txt"}, 1,
         "no tokenizer beside the weights");
  Expect({"--perplexity=missing.txt"}, 1, "missing.txt");
  Expect({"--perplexity=latin1.txt"}, 1, "byte 3 (0xe9)");
  Expect({"--perplexity=other.txt"}, 1, "'x' (first at byte 2)");
  Expect({"--perplexity=one.txt"}, 1, "a single token");
  write("empty.txt", "");
  Expect({"--perplexity=empty.txt"}, 1, "empty.txt is empty");
  Expect({"--perplexity=one.txt", "--tokens=3"}, 2, "exclude each other");
  Expect({"--perplexity=text.txt", "--format=bytes"}, 1,
         "contradicts the tokenizer of the weights in "
         "out/step-00000050/model.safetensors, which were trained on text");
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

} // namespace
