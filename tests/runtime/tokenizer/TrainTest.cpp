//===- TrainTest.cpp - training programs with a tokenizer -----------------===//

#include "nlohmann/json.hpp"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

class TrainWithTokenizer : public FolderTest {
protected:
  TrainWithTokenizer() {
    write("my.json", smallByteLevelJson());
    std::string Text;
    for (int I = 0; I < 40; ++I)
      Text += "the thing in the hat\n";
    write("text.txt", Text);
  }

  FakeProgram Fake{STATOR_MODE_TRAIN, {.Vocabulary = 264}};
};

TEST_F(TrainWithTokenizer, EncodesTheTextAndSavesTheTokenizer) {
  Outcome End = stator::runtime::testing::run(
      Fake.get(), {"--data=text.txt", "--tokenizer=my.json", "--steps=2"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  // "the", " ", "th", "ing", " ", "in", " the", " ", "h", "a", "t", newline
  EXPECT_THAT(End.Out, HasSubstr("480 tokens to train on"));
  EXPECT_THAT(End.Out, HasSubstr("vocabulary 264 of 264"));
  EXPECT_THAT(list("out/latest"),
              ElementsAre("model.safetensors", "run.json", "state.safetensors",
                          "tokenizer.json"));
  auto Coder = open("out/latest");
  ASSERT_TRUE(Coder);
  EXPECT_THAT(names(*Coder, "the"), ElementsAre("the"));
  // What goes on has its tokenizer in the checkpoint.
  End = stator::runtime::testing::run(Fake.get(),
                                      {"--resume=out", "--tokenizer=my.json"});
  EXPECT_EQ(End.ExitCode, 2);
  EXPECT_THAT(End.Err, HasSubstr("--tokenizer and --resume exclude"));
}

TEST_F(TrainWithTokenizer, AResumedRunEncodesAsBefore) {
  for (const char *Out : {"a", "b"}) {
    Outcome End = stator::runtime::testing::run(
        Fake.get(), {"--data=text.txt", "--tokenizer=my.json", "--steps=4",
                     "--save-every=2", std::string("--out=") + Out});
    ASSERT_EQ(End.ExitCode, 0) << End.Err;
  }
  remove("my.json");
  Outcome End = stator::runtime::testing::run(Fake.get(), {"--resume=b"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(read("a/latest/model.safetensors"),
            read("b/latest/model.safetensors"));
  EXPECT_EQ(read("b/latest/tokenizer.json"), smallByteLevelJson());
}

TEST_F(TrainWithTokenizer, IdsInAFileGetATokenizerToo) {
  write("ids.bin",
        std::string("\x01\x01\x05\x00\x06\x00\x07\x00\x08\x00\x09\x00"
                    "\x0a\x00\x0b\x00",
                    16));
  Outcome End = stator::runtime::testing::run(
      Fake.get(), {"--data=ids.bin", "--tokenizer=my.json", "--steps=1"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_THAT(list("out/latest"), ::testing::Contains("tokenizer.json"));
}

TEST_F(TrainWithTokenizer, ErrorsNameWhatIsWrong) {
  auto Expect = [&](std::vector<std::string> Arguments, const char *Message) {
    Arguments.insert(Arguments.end(), {"--data=text.txt", "--steps=1"});
    Outcome End = stator::runtime::testing::run(Fake.get(), Arguments);
    EXPECT_EQ(End.ExitCode, 1);
    EXPECT_THAT(End.Err, HasSubstr(Message));
    EXPECT_FALSE(std::filesystem::exists("out/latest"));
  };
  Expect({"--tokenizer=none"}, "cannot read none");
  Expect({"--tokenizer=text.txt"}, "text.txt is no tokenizer");
  Expect({"--tokenizer=my.json", "--format=bytes"},
         "the tokenizer of my.json encodes text, but --format bytes");
  auto Json = nlohmann::json::parse(smallByteLevelJson());
  Json["added_tokens"][0]["id"] = 264;
  write("large.json", Json.dump());
  Expect({"--tokenizer=large.json"},
         "large.json has 265 tokens, but the model was compiled for 264\n"
         "hint: compile the model with -D vocab=265");
}

} // namespace
