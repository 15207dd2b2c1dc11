#include "frontend/import/GgufPreTokenizers.h"
#include "runtime/core/tokenizer/HuggingFaceStages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace stator;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

/// Gives every word that it sees a number.
class Recorder final : public runtime::WordModel {
public:
  absl::Status encode(absl::string_view Word,
                      std::vector<int32_t> &Ids) const override {
    Ids.push_back(static_cast<int32_t>(Words.size()));
    Words.emplace_back(Word);
    return absl::OkStatus();
  }
  mutable std::vector<std::string> Words;
};

/// The words of a text, split as a name of tokenizer.ggml.pre says.
std::vector<std::string> split(llvm::StringRef Name, absl::string_view Text) {
  absl::StatusOr<GgufPreTokenizer> Found = findGgufPreTokenizer(Name);
  EXPECT_TRUE(Found.ok()) << Found.status();
  if (!Found.ok())
    return {};
  nlohmann::json Stages = Found->Stages;
  auto Fields = runtime::JsonFields::of(Stages, Name.str(), "");
  runtime::PreTokenizer Words;
  bool ByteLevel = false;
  absl::Status Status = runtime::readPreTokenizer(*Fields, 0, Words, ByteLevel);
  EXPECT_TRUE(Status.ok()) << Name.str() << ": " << Status;
  EXPECT_TRUE(ByteLevel) << Name.str();
  if (!Status.ok())
    return {};
  Recorder Model;
  std::vector<std::string> Result;
  runtime::WordEncoder Out(
      Model, Text, [&](absl::Span<const int32_t> Ids, size_t) {
        for (int32_t Id : Ids)
          Result.push_back(Model.Words[static_cast<size_t>(Id)]);
        return absl::OkStatus();
      });
  Words.run(Text, /*AtStart=*/true, Out);
  EXPECT_TRUE(Out.finish().ok());
  return Result;
}

TEST(GgufPreTokenizers, WhatLlamaCppKnowsIsKnown) {
  const std::string Text = "Don't pay (12345 US$)!\n\n  \tNa\xc3\xafve "
                           "\xe4\xbd\xa0\xe5\xa5\xbd 1\xc2\xbd, foo_bar";
  for (const char *Name : {"",
                           "default",
                           "llama3",
                           "llama-v3",
                           "llama-bpe",
                           "falcon3",
                           "falcon-h1",
                           "pixtral",
                           "midm-2.0",
                           "lfm2",
                           "jina-v5-nano",
                           "deepseek-llm",
                           "deepseek-coder",
                           "deepseek-v3",
                           "spark2_5",
                           "youtu",
                           "falcon",
                           "mpt",
                           "starcoder",
                           "gpt-2",
                           "phi-2",
                           "jina-es",
                           "jina-de",
                           "gigachat",
                           "jina-v2-es",
                           "jina-v2-de",
                           "a.x-4.0",
                           "mellum",
                           "modern-bert",
                           "jais-2",
                           "jina-v1-en",
                           "jina-v2-code",
                           "roberta-bpe",
                           "refact",
                           "command-r",
                           "qwen2",
                           "deepseek-r1-qwen",
                           "kormo",
                           "f2llmv2",
                           "qwen35",
                           "stablelm2",
                           "olmo",
                           "dbrx",
                           "smaug-bpe",
                           "poro-chat",
                           "glm4",
                           "chatglm-bpe",
                           "viking",
                           "jais",
                           "tekken",
                           "smollm",
                           "codeshell",
                           "bloom",
                           "gpt3-finnish",
                           "exaone",
                           "exaone4",
                           "exaone-moe",
                           "chameleon",
                           "minerva-7b",
                           "megrez",
                           "gpt-4o",
                           "llama4",
                           "kanana2",
                           "talkie",
                           "granite-embed-multi-97m",
                           "tiny_aya",
                           "cohere2moe",
                           "superbpe",
                           "trillion",
                           "granite-docling",
                           "bailingmoe",
                           "bailingmoe2",
                           "llada-moe",
                           "seed-coder",
                           "hunyuan",
                           "hunyuan-dense",
                           "hy_v4",
                           "joyai-llm",
                           "ufakzeka",
                           "grok-2",
                           "laguna",
                           "minimax-m2",
                           "solar-open",
                           "mellum2",
                           "minicpm5"}) {
    std::string Whole;
    for (const std::string &Word : split(Name, Text))
      Whole += Word;
    EXPECT_EQ(Whole, Text) << Name; // nothing is lost
  }
  for (const char *Name : {"kimi-k2", "afmoe", "gemma4", "sarvam-moe",
                           "granite-embed-multi-311m", "whitespace"})
    EXPECT_THAT(findGgufPreTokenizer(Name).status().message(),
                HasSubstr("cannot be written as a tokenizer.json"));
  EXPECT_THAT(findGgufPreTokenizer("gpt-3").status().message(),
              HasSubstr("\"gpt-3\" is unknown to llama.cpp and to Stator"));
}

TEST(GgufPreTokenizers, SplitAsLlamaCpp) {
  EXPECT_THAT(split("default", "it's 12345!?"),
              ElementsAre("it", "'", "s", " ", "123", "45", "!?"));
  EXPECT_THAT(split("gpt-2", "it's 12345!?"),
              ElementsAre("it", "'s", " 12345", "!?"));
  EXPECT_THAT(split("llama-bpe", "IT'S 12345!?\n"),
              ElementsAre("IT", "'S", " ", "123", "45", "!?\n"));
  EXPECT_THAT(split("qwen2", "a 12"), ElementsAre("a", " ", "1", "2"));
  EXPECT_THAT(split("smollm", "a 12"), ElementsAre("a", " ", "1", "2"));
  EXPECT_THAT(split("falcon", "a 1234`"),
              ElementsAre("a", " ", "123", "4", "`"));
  EXPECT_THAT(split("tekken", "HelloWorld 12"),
              ElementsAre("Hello", "World", " ", "1", "2"));
  EXPECT_THAT(split("gpt-4o", "HelloWorld's 1234"),
              ElementsAre("Hello", "World's", " ", "123", "4"));
  EXPECT_THAT(split("superbpe", "by the way 1234567"),
              ElementsAre("by the way ", "1", "234", "567"));
  EXPECT_THAT(split("tiny_aya", "1234567"), ElementsAre("1", "234", "567"));
  EXPECT_THAT(split("bloom", "Hi (you), 12"),
              ElementsAre("Hi", " (", "you", "),", " 12"));
  EXPECT_THAT(split("deepseek-coder", "a b\n12"),
              ElementsAre("a", " b", "\n", "1", "2"));
  // The signs of DeepSeek LLM include the letters of ASCII.
  EXPECT_THAT(split("deepseek-llm", "Na\xc3\xafve 12!"),
              ElementsAre("Na", "\xc3\xaf", "ve", " ", "12", "!"));
  EXPECT_THAT(split("deepseek-v3", "x.y 1234"),
              ElementsAre("x", ".y", " ", "123", "4"));
}

TEST(GgufPreTokenizers, SayWhatElseDependsOnThem) {
  EXPECT_TRUE(findGgufPreTokenizer("llama-bpe")->AddBos);
  EXPECT_TRUE(findGgufPreTokenizer("llama-bpe")->IgnoreMerges);
  EXPECT_TRUE(findGgufPreTokenizer("tekken")->AddBos);
  EXPECT_FALSE(findGgufPreTokenizer("dbrx")->AddBos);
  EXPECT_FALSE(findGgufPreTokenizer("dbrx")->IgnoreMerges);
  EXPECT_FALSE(findGgufPreTokenizer("gpt-2")->AddBos);
  EXPECT_FALSE(findGgufPreTokenizer("chatglm-bpe")->HasDefaultBos);
  for (const char *Name : {"gpt-2", "llama-bpe", "qwen2", "smollm"})
    EXPECT_EQ(
        nameOfPreTokenizer(nlohmann::json(findGgufPreTokenizer(Name)->Stages)),
        Name);
}

} // namespace
