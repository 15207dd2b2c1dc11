//===- PublishedTest.cpp - tokenizers of published models -----------------===//

#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "runtime/core/TextStream.h"
#include "runtime/core/Utf8.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"
#include <cstring>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

/// GPT-2's two files as a tokenizer.json, as its folder on Hugging Face has it.
std::string gpt2AsJson(const std::string &Folder) {
  auto Vocabulary = nlohmann::json::parse(contentsOf(Folder + "/encoder.json"));
  auto Merges = nlohmann::json::array();
  for (absl::string_view Line :
       absl::StrSplit(contentsOf(Folder + "/vocab.bpe"), '\n'))
    if (!Line.empty() && Line.substr(0, 8) != "#version")
      Merges.push_back(std::string(Line));
  auto Json = nlohmann::json::parse(smallByteLevelJson());
  Json["model"]["vocab"] = std::move(Vocabulary);
  Json["model"]["merges"] = std::move(Merges);
  Json["added_tokens"][0]["id"] = 50256;
  return Json.dump();
}

void expectVectors(const Tokenizer &Coder, const std::string &Folder) {
  std::vector<std::string> Texts = absl::StrSplit(
      contentsOf(Folder + "/gpt2.inp"), "\n__ggml_vocab_test__\n");
  std::vector<std::string> Lines =
      absl::StrSplit(contentsOf(Folder + "/gpt2.out"), '\n');
  ASSERT_GE(Texts.size(), 40u);
  ASSERT_GE(Lines.size(), Texts.size());
  for (size_t I = 0; I < Texts.size(); ++I) {
    std::vector<int32_t> Expected;
    for (absl::string_view Number :
         absl::StrSplit(Lines[I], ' ', absl::SkipEmpty()))
      Expected.push_back(std::stoi(std::string(Number)));
    EXPECT_EQ(ids(Coder, Texts[I]), Expected) << Texts[I];
    EXPECT_EQ(decoded(Coder, Expected), Texts[I]);
  }
}

TEST(Gpt2, EncodesTheVectors) {
  SHARED_DATA(Files, "gpt2-tokenizer");
  SHARED_DATA(Vectors, "tokenizer-vectors");
  auto Coder = open(Files);
  ASSERT_TRUE(Coder);
  EXPECT_EQ(Coder->vocabularySize(), 50257);
  EXPECT_EQ(Coder->kind(), TokenizerKind::VocabMerges);
  EXPECT_THAT(Coder->eos(), ElementsAre(50256));
  expectVectors(*Coder, Vectors);
}

TEST(Gpt2, EncodesTheVectorsFromTokenizerJson) {
  SHARED_DATA(Files, "gpt2-tokenizer");
  SHARED_DATA(Vectors, "tokenizer-vectors");
  auto Coder = fromJson(gpt2AsJson(Files));
  ASSERT_TRUE(Coder.ok()) << Coder.status();
  EXPECT_EQ((*Coder)->vocabularySize(), 50257);
  expectVectors(**Coder, Vectors);
}

std::vector<int32_t> uint16Ids(const std::string &Path) {
  std::string Bytes = contentsOf(Path);
  std::vector<int32_t> Result;
  for (size_t I = 0; I + 1 < Bytes.size(); I += 2) {
    uint16_t Id;
    std::memcpy(&Id, Bytes.data() + I, sizeof Id);
    Result.push_back(Id);
  }
  return Result;
}

TEST(Gpt2, EncodesShakespeareAsNanoGpt) {
  SHARED_DATA(Files, "gpt2-tokenizer");
  SHARED_DATA(Folder, "tinyshakespeare");
  auto Coder = open(Files);
  ASSERT_TRUE(Coder);
  std::string Text = contentsOf(Folder + "/input.txt");
  size_t Characters = 0;
  for (char C : Text)
    Characters += (C & 0xC0) != 0x80;
  size_t Split = 0;
  for (size_t Seen = 0; Seen < Characters * 9 / 10; ++Split)
    Seen += (Text[Split] & 0xC0) != 0x80;
  std::vector<int32_t> Training = uint16Ids(Folder + "/gpt2-train.bin");
  std::vector<int32_t> Validation = uint16Ids(Folder + "/gpt2-val.bin");
  ASSERT_EQ(Training.size(), 301966u);
  ASSERT_EQ(Validation.size(), 36059u);
  EXPECT_TRUE(ids(*Coder, Text.substr(0, Split)) == Training);
  EXPECT_TRUE(ids(*Coder, Text.substr(Split)) == Validation);
  EXPECT_TRUE(decoded(*Coder, Training) == Text.substr(0, Split));
}

TEST(Gpt2, AnyBytesComeBack) {
  SHARED_DATA(Files, "gpt2-tokenizer");
  auto Coder = open(Files);
  ASSERT_TRUE(Coder);
  std::mt19937 Random(1);
  for (int I = 0; I < 200; ++I) {
    std::string Text = I % 2 ? randomBytes(Random, Random() % 300)
                             : randomText(Random, Random() % 100);
    EXPECT_EQ(decoded(*Coder, ids(*Coder, Text)), Text);
  }
}

TEST(Gpt2, EndOfTextIsATokenOrText) {
  SHARED_DATA(Files, "gpt2-tokenizer");
  auto Coder = open(Files);
  ASSERT_TRUE(Coder);
  EXPECT_THAT(ids(*Coder, "a<|endoftext|>b"), ElementsAre(64, 50256, 65));
  EncodeOptions Plain;
  Plain.ParseSpecial = false;
  std::vector<int32_t> AsText = ids(*Coder, "a<|endoftext|>b", Plain);
  EXPECT_THAT(AsText, ::testing::Not(::testing::Contains(50256)));
  EXPECT_EQ(decoded(*Coder, AsText), "a<|endoftext|>b");
  EXPECT_EQ(decoded(*Coder, {64, 50256, 65}), "ab");
  EXPECT_EQ(*Coder->decode({64, 50256}, /*ShowSpecial=*/true),
            "a<|endoftext|>");
  EXPECT_TRUE(Coder->isSpecial(50256));
  EXPECT_FALSE(Coder->isSpecial(64));
}

TEST(Gpt2, LongWordsAndLongRunsTakeLittleTime) {
  SHARED_DATA(Files, "gpt2-tokenizer");
  auto Coder = open(Files);
  ASSERT_TRUE(Coder);
  // With merges in quadratic time each would take minutes.
  for (const char *Unit : {"a", "ab", " ", "\n", "=", "\xe4\xb8\xad", "'s"}) {
    std::string Text;
    while (Text.size() < 1000000)
      Text += Unit;
    EXPECT_TRUE(decoded(*Coder, ids(*Coder, Text)) == Text) << Unit;
  }
}

TEST(Llama2c, EncodesAsRunC) {
  SHARED_DATA(File, "stories260k/tok512.bin");
  auto Coder = open(File);
  ASSERT_TRUE(Coder);
  EXPECT_EQ(Coder->vocabularySize(), 512);
  EXPECT_EQ(Coder->bos(), 1);
  EXPECT_THAT(Coder->eos(), ElementsAre(2));
  EXPECT_THAT(ids(*Coder, ""), ElementsAre(1));
  EXPECT_THAT(names(*Coder, "Once upon a time"),
              ElementsAre("\n<s>\n", " Once", " upon", " a", " time"));
  EncodeOptions Plain;
  Plain.AddSpecial = false;
  // A character without a token becomes its bytes, whose tokens begin at 3.
  std::vector<int32_t> Bytes = ids(*Coder, "\xe4\xb8\xad", Plain);
  ASSERT_EQ(Bytes.size(), 4u);
  EXPECT_EQ(Coder->token(Bytes[0]), " ");
  EXPECT_THAT(std::vector<int32_t>(Bytes.begin() + 1, Bytes.end()),
              ElementsAre(0xe4 + 3, 0xb8 + 3, 0xad + 3));
  EXPECT_EQ(decoded(*Coder, Bytes), "\xe4\xb8\xad");
}

TEST(Llama2c, AnyBytesComeBack) {
  SHARED_DATA(File, "stories260k/tok512.bin");
  auto Coder = open(File);
  ASSERT_TRUE(Coder);
  std::mt19937 Random(2);
  for (int I = 0; I < 200; ++I) {
    std::string Text = I % 2 ? randomBytes(Random, Random() % 300)
                             : randomText(Random, Random() % 100);
    EXPECT_EQ(decoded(*Coder, ids(*Coder, Text)), Text);
  }
}

TEST(Llama2c, AStreamShowsWhatRunCPrints) {
  SHARED_DATA(File, "stories260k/tok512.bin");
  SHARED_DATA(Expected, "stories260k/expected_greedy_200.txt");
  auto Coder = open(File);
  ASSERT_TRUE(Coder);
  std::string Text = contentsOf(Expected);
  TextStream Stream(*Coder);
  std::string Shown;
  for (int32_t Id : ids(*Coder, Text))
    Shown += Stream.push(Id);
  Shown += Stream.finish();
  EXPECT_EQ(Shown, Text);
}

/// run.c's encode, with its search for the best pair in every step.
std::vector<int32_t> encodeAsRunC(const std::string &File,
                                  const std::string &Text) {
  std::vector<std::string> Names;
  std::vector<float> Scores;
  for (size_t I = 4; I < File.size();) {
    float Score;
    uint32_t Size;
    std::memcpy(&Score, File.data() + I, 4);
    std::memcpy(&Size, File.data() + I + 4, 4);
    Scores.push_back(Score);
    Names.push_back(File.substr(I + 8, Size));
    I += 8 + Size;
  }
  auto Find = [&](const std::string &Name) {
    for (size_t I = 0; I < Names.size(); ++I)
      if (Names[I] == Name)
        return static_cast<int32_t>(I);
    return -1;
  };
  std::vector<int32_t> Result = {1};
  if (!Text.empty())
    Result.push_back(Find(" "));
  for (size_t I = 0; I < Text.size();) {
    char32_t Ignored;
    size_t Length = std::max(decodeUtf8(Text, I, Ignored), 1u);
    std::string Character = Text.substr(I, Length);
    if (int32_t Id = Find(Character); Id >= 0)
      Result.push_back(Id);
    else
      for (char Byte : Character)
        Result.push_back(static_cast<unsigned char>(Byte) + 3);
    I += Length;
  }
  while (true) {
    float BestScore = -1e10f;
    int32_t BestId = -1;
    size_t BestAt = 0;
    for (size_t I = 0; I + 1 < Result.size(); ++I) {
      int32_t Id = Find(Names[static_cast<size_t>(Result[I])] +
                        Names[static_cast<size_t>(Result[I + 1])]);
      if (Id >= 0 && Scores[static_cast<size_t>(Id)] > BestScore) {
        BestScore = Scores[static_cast<size_t>(Id)];
        BestId = Id;
        BestAt = I;
      }
    }
    if (BestId < 0)
      return Result;
    Result[BestAt] = BestId;
    Result.erase(Result.begin() + static_cast<ptrdiff_t>(BestAt) + 1);
  }
}

TEST(Llama2c, EncodesAnyTextAsRunC) {
  SHARED_DATA(File, "stories260k/tok512.bin");
  SHARED_DATA(Stories, "stories260k/expected_greedy_200.txt");
  auto Coder = open(File);
  ASSERT_TRUE(Coder);
  std::string Bytes = contentsOf(File), Story = contentsOf(Stories);
  std::mt19937 Random(3);
  for (int I = 0; I < 30; ++I) {
    std::string Text = randomText(Random, Random() % 20);
    Text += Story.substr(Random() % Story.size(), Random() % 60);
    EXPECT_EQ(ids(*Coder, Text), encodeAsRunC(Bytes, Text)) << Text;
  }
}

} // namespace
