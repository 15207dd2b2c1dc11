// What programs write that see all that was before: prompts, ends, numbers.

#include "tests/runtime/GenerationTest.h"
#include "nlohmann/json.hpp"
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <sys/resource.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

/// Has a program read \p Path as its standard input.
std::function<void()> inputFrom(const char *Path) {
  return [=] {
    if (!std::freopen(Path, "r", stdin))
      std::_Exit(99);
  };
}

TEST_F(GenerationTest, PromptsComeFromStandardInput) {
  std::vector<std::string> Weights = {"--weights=model.safetensors",
                                      "--tokens=3"};
  auto Run = [&](std::vector<std::string> More, const char *Input) {
    More.insert(More.end(), Weights.begin(), Weights.end());
    return run(Fake.get(), More, inputFrom(Input));
  };
  write("one", "ab\nc\n");
  EXPECT_EQ(Run({"--prompt=-"}, "one").Out,
            infer(Fake, {"--prompt=ab\nc", "--tokens=3"}).Out);
  std::string Two =
      infer(Fake, {"--prompt=ab", "--prompt=c", "--tokens=3"}).Out;
  for (const char *Text : {"ab\nc\n", "ab\nc",
                           "\xEF\xBB\xBF"
                           "ab\r\nc\r\n",
                           "ab\rc\r"}) {
    write("lines", Text);
    EXPECT_EQ(Run({"--prompts=-"}, "lines").Out, Two) << Text;
    EXPECT_EQ(Run({"--prompts=/dev/stdin"}, "lines").Out, Two) << Text;
  }
  for (const char *Text :
       {"\"ab\"\n\n{\"prompt\": \"c\", \"score\": NaN}\n  \n",
        "\xEF\xBB\xBF\"ab\"\r\n\r\n\"c\"\r\n"}) {
    write("lines.jsonl", Text);
    EXPECT_EQ(infer(Fake, {"--prompts=lines.jsonl", "--tokens=3"}).Out, Two);
    EXPECT_EQ(Run({"--prompts=-", "--prompts-format=jsonl"}, "lines.jsonl").Out,
              Two);
  }
  Outcome End =
      run(Fake.get(), {"--perplexity=-", Weights[0]}, inputFrom("one"));
  EXPECT_EQ(End.Out, infer(Fake, {"--perplexity=one"}).Out) << End.Err;
  write("marked", "\xEF\xBB\xBF"
                  "ab\nc\n");
  EXPECT_EQ(infer(Fake, {"--perplexity=marked"}).Out, End.Out);

  auto Expect = [&](const Outcome &Found, int Code, const char *Message) {
    EXPECT_EQ(Found.ExitCode, Code);
    EXPECT_EQ(Found.Out, "");
    EXPECT_THAT(Found.Err, HasSubstr(Message));
  };
  Expect(Run({"--prompts=-"}, "/dev/null"), 1, "standard input has no prompts");
  Expect(
      run(Fake.get(), {"--perplexity=-", Weights[0]}, inputFrom("/dev/null")),
      1, "is empty");
  Expect(Run({"--prompt=-", "--prompt=-"}, "one"), 2, "only be read once");
  Expect(Run({"--prompts-format=text"}, "one"), 2, "is about --prompts");
  Expect(Run({"--prompts="}, "one"), 2, "--prompts needs a value, FILE");
  Expect(Run({"--prompts", "."}, "one"), 1, "cannot read .: it is a directory");
  write("bad.jsonl", "\"ab\"\n\n\"a\\ud83d\"\n");
  Expect(infer(Fake, {"--prompts=bad.jsonl"}), 1,
         "bad.jsonl: line 3, column 9: a surrogate (");
  write("bad.jsonl", "\n[1]\n");
  Expect(infer(Fake, {"--prompts=bad.jsonl"}), 1,
         "bad.jsonl: line 2 is neither a JSON string nor an object");
  write("wide", std::string("\xFF\xFE"
                            "a\0",
                            4));
  Expect(Run({"--prompts=-"}, "wide"), 1, "standard input is UTF-16 text");
  Expect(infer(Fake, {"--perplexity=wide"}), 1, "wide is UTF-16 text");
}

TEST_F(GenerationTest, StopsClearlyAtTheEndOfTheContext) {
  Outcome End = infer(Fake, {"--prompt=abc", "--tokens=100"});
  EXPECT_EQ(End.ExitCode, 4);
  EXPECT_EQ(End.Out.size(), 65u) << "the context, and the token after it";
  EXPECT_EQ(End.Err,
            "stopped before --tokens 100: the context of Fake holds 64 tokens\n"
            "hint: compile the model with --time 128 or more; or go on with "
            "--slide\n");
  End = infer(Fake, {"--prompt=abc"});
  EXPECT_EQ(End.ExitCode, 0) << "nobody asked for more";
  EXPECT_EQ(End.Out.size(), 65u);
  End = infer(Fake, {"--prompt", std::string(65, 'a')});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("the prompt has 65 tokens, but the context of "
                                 "Fake holds 64\nhint: shorten it; or compile "
                                 "the model with --time 65 or more"));
  End = infer(Fake, {"--prompt=a", "--prompt", std::string(65, 'a')});
  EXPECT_EQ(End.Out, "");
  EXPECT_THAT(End.Err, HasSubstr("prompt 2 has 65 tokens"));
  write("long.txt", "a\n\n" + std::string(65, 'a'));
  End = infer(Fake, {"--prompts=long.txt"});
  EXPECT_THAT(End.Err, HasSubstr("long.txt: line 3 has 65 tokens"));
}

TEST_F(GenerationTest, AsksForThePrefix) {
  FakeProgram Together(STATOR_MODE_INFER, sizes(1, 10));
  Together.edit().NumBlocks = 0;
  Together.edit().Prefix = 5;
  Outcome End = infer(Together, {"--prompt=abcde", "--prompt=abcd"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_EQ(End.Out, "");
  EXPECT_EQ(End.Err, "error: prompt 2 has 4 tokens, but Fake is given the "
                     "first 5 together (its config value prefix)\n"
                     "hint: give it at least as many to go on from\n");
  End = infer(Together, {"--prompt=abcde", "--tokens=5"});
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(End.Out.size(), 10u);
  // The beginning must stay what it is.
  End = infer(Together, {"--prompt=abcde", "--tokens=100"});
  EXPECT_EQ(End.ExitCode, 4);
  EXPECT_EQ(End.Err,
            "stopped before --tokens 100: the context of Fake holds 10 tokens\n"
            "hint: compile the model with --time 20 or more\n");
  End = infer(Together, {"--prompt=abcde", "--slide"});
  EXPECT_EQ(End.ExitCode, 2);
  EXPECT_THAT(End.Err, HasSubstr("--slide: it would forget the beginning of "
                                 "the text, of which Fake needs the first 5"));
}

TEST_F(GenerationTest, SlidesOnRequest) {
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

TEST_F(GenerationTest, PromptsOfAFileAreThoseOfFlags) {
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

TEST_F(GenerationTest, SamplesAreTheSameInABatch) {
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

TEST_F(GenerationTest, SamplesTakeNoMemoryBeforeTheirTime) {
  // More than fit into memory: the first are written at once, until the file
  // may not grow any more.
  Outcome End = run(Fake.get(),
                    {"--prompt=abc", "--samples=2147483647", "--tokens=20",
                     "--weights=model.safetensors"},
                    [] {
                      rlimit File = {4096, 4096}, Core = {0, 0};
                      ::setrlimit(RLIMIT_FSIZE, &File);
                      ::setrlimit(RLIMIT_CORE, &Core);
                    });
  EXPECT_EQ(End.Signal, SIGXFSZ) << End.Err;
  EXPECT_EQ(End.Out.size(), 4096u);
  EXPECT_THAT(End.Out, StartsWith("abc"));
  // An empty line between the texts, one after the last.
  End = infer(Fake, {"--prompt=abc", "--samples=3", "--tokens=0"});
  EXPECT_EQ(End.Out, "abc\n\nabc\n\nabc\n");
}

TEST_F(GenerationTest, StopStringsAreNeverShown) {
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

TEST_F(GenerationTest, TokensEndATextUnlessTheyAreIgnored) {
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

TEST_F(GenerationTest, LogProbabilitiesAreThoseOfTheLogits) {
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

TEST_F(GenerationTest, StridedPerplexityCountsEachTokenOnce) {
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

TEST_F(GenerationTest, WrongFlagsAreSaid) {
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
  Expect({"--prompts=empty.txt"}, 1, "empty.txt has no prompts");
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

TEST_F(GenerationTest, ATokenizerMayBeElsewhere) {
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
