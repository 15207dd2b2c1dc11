//===- MutationTest.cpp - damaged files and any text ----------------------===//
//
// What the fuzzers do (tests/fuzz), for a moment and always the same: files
// that are damaged at random are errors or tokenizers, and tokenizers encode
// any text to ids that they have.
//
//===----------------------------------------------------------------------===//

#include "tests/runtime/tokenizer/SentencePieceOracle.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;

namespace {

class Mutation : public FolderTest {
protected:
  static void run(const TokenizerFiles &Good, int Count) {
    ASSERT_TRUE(makeTokenizer(Good).ok());
    std::mt19937 Random(31);
    int Opened = 0;
    for (int I = 0; I < Count; ++I) {
      TokenizerFiles Files = Good;
      auto &Contents = Files.Files[Random() % Files.Files.size()].Contents;
      Contents = mutated(Random, Contents);
      auto Coder = makeTokenizer(Files);
      if (!Coder.ok()) {
        EXPECT_FALSE(Coder.status().message().empty());
        continue;
      }
      ++Opened;
      std::string Text = randomText(Random, 30) + randomBytes(Random, 30);
      auto Ids = (*Coder)->encode(Text);
      if (!Ids.ok())
        continue;
      for (int32_t Id : *Ids) {
        EXPECT_GE(Id, 0);
        EXPECT_LT(Id, (*Coder)->vocabularySize());
      }
      EXPECT_TRUE((*Coder)->decode(*Ids).ok());
    }
    // Some damage does not matter: otherwise encoding would not be tested.
    EXPECT_GT(Opened, 0);
    EXPECT_LT(Opened, Count);
  }
};

TEST_F(Mutation, TokenizerJson) {
  TokenizerFiles Files{TokenizerKind::HuggingFace,
                       {{"tokenizer.json", smallByteLevelJson()},
                        {"tokenizer_config.json", R"({"eos_token": "ing"})"},
                        {"generation_config.json", R"({"eos_token_id": 3})"}},
                       "tokenizer.json"};
  run(Files, 400);
  Files.Files[0].Contents = smallMetaspaceJson();
  run(Files, 400);
}

TEST_F(Mutation, VocabularyAndMerges) {
  SHARED_DATA(Folder, "gpt2-tokenizer");
  auto Files = readTokenizerFiles(Folder);
  ASSERT_TRUE(Files.ok());
  // A small one is quicker: the tokens of bytes, and a merge.
  Files->Files[0].Contents =
      Files->Files[0].Contents.substr(
          0, Files->Files[0].Contents.find(", \"\\u0120t\"")) +
      ", \"in\": 300}";
  Files->Files[1].Contents = "#version: 0.2\ni n\n";
  run(*Files, 400);
}

TEST_F(Mutation, Llama2c) {
  SHARED_DATA(File, "stories260k/tok512.bin");
  auto Files = readTokenizerFiles(File);
  ASSERT_TRUE(Files.ok());
  run(*Files, 400);
}

TEST_F(Mutation, SentencePiece) {
  std::string Text;
  for (int I = 0; I < 200; ++I)
    Text += "a thing and another thing number " + std::to_string(I) + "\n";
  for (const char *Options :
       {"--model_type=unigram --vocab_size=60",
        "--model_type=bpe --vocab_size=320 --byte_fallback=true"}) {
    std::string Model = trainSentencePiece(Text, Options);
    ASSERT_FALSE(Model.empty());
    run({TokenizerKind::SentencePiece, {{"m.model", Model}}, "m.model"}, 400);
  }
}

TEST_F(Mutation, Serialized) {
  TokenizerFiles Files{TokenizerKind::HuggingFace,
                       {{"tokenizer.json", smallMetaspaceJson()}},
                       "tokenizer.json"};
  std::string Good = serializeTokenizer(Files);
  ASSERT_TRUE(openTokenizerFromBytes(Good, "image").ok());
  std::mt19937 Random(32);
  int Refused = 0;
  for (int I = 0; I < 400; ++I) {
    auto Coder = openTokenizerFromBytes(mutated(Random, Good), "image");
    if (!Coder.ok()) {
      ++Refused;
      EXPECT_FALSE(Coder.status().message().empty());
      continue;
    }
    std::string Again = serializeTokenizer((*Coder)->files());
    EXPECT_TRUE(openTokenizerFromBytes(Again, "again").ok());
  }
  EXPECT_GT(Refused, 0);
}

} // namespace
