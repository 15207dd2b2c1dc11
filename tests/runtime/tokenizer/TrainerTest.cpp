#include "nlohmann/json.hpp"
#include "runtime/core/tokenizer/Pattern.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"
#include "tools/tokenize/BpeTrainer.h"
#include "tools/tokenize/TokenWriter.h"
#include <map>
#include <set>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using namespace stator::tokenize;
using ::testing::ElementsAre;

namespace {

TrainedBpe train(absl::string_view Text, const TrainerOptions &Options) {
  return trainBpe(Text, Options, [](double) {});
}

/// Training by its definition: all pairs are counted anew for each merge.
std::vector<std::pair<int32_t, int32_t>>
mergesOf(const std::string &Text, int64_t Count, int64_t MinCount) {
  auto Words = regexPattern(Gpt2Words);
  std::vector<std::vector<int32_t>> Pieces;
  size_t Begin, End;
  for (size_t At = 0;
       (*Words)->find(Text, At, Begin, End) == Pattern::Outcome::Found;
       At = End) {
    auto &Piece = Pieces.emplace_back();
    for (size_t I = Begin; I < End; ++I)
      Piece.push_back(static_cast<unsigned char>(Text[I]));
  }
  std::vector<std::pair<int32_t, int32_t>> Result;
  std::vector<std::string> Tokens;
  for (int Byte = 0; Byte < 256; ++Byte)
    Tokens.emplace_back(1, static_cast<char>(Byte));
  while (static_cast<int64_t>(Tokens.size()) < 256 + Count) {
    std::map<std::pair<int32_t, int32_t>, int64_t> Counts;
    for (const auto &Piece : Pieces)
      for (size_t I = 0; I + 1 < Piece.size(); ++I)
        ++Counts[{Piece[I], Piece[I + 1]}];
    auto Best = Counts.begin();
    for (auto I = Counts.begin(); I != Counts.end(); ++I)
      if (I->second > Best->second)
        Best = I;
    if (Best == Counts.end() || Best->second < MinCount)
      break;
    std::string Bytes = Tokens[static_cast<size_t>(Best->first.first)] +
                        Tokens[static_cast<size_t>(Best->first.second)];
    auto Token =
        static_cast<int32_t>(std::ranges::find(Tokens, Bytes) - Tokens.begin());
    if (Token == static_cast<int32_t>(Tokens.size()))
      Tokens.push_back(Bytes);
    for (auto &Piece : Pieces)
      for (size_t I = 0; I + 1 < Piece.size(); ++I)
        if (Piece[I] == Best->first.first &&
            Piece[I + 1] == Best->first.second) {
          Piece[I] = Token;
          Piece.erase(Piece.begin() + static_cast<ptrdiff_t>(I) + 1);
        }
    Result.push_back(Best->first);
  }
  return Result;
}

TEST(BpeTrainer, LearnsTheMostFrequentPairs) {
  std::mt19937 Random(41);
  for (int Round = 0; Round < 6; ++Round) {
    std::string Text;
    for (int I = 0; I < 600; ++I) {
      for (unsigned Size = 1 + Random() % 9; Size > 0; --Size)
        Text += "aabcd"[Random() % 5];
      Text += Random() % 3 ? " " : "\n";
    }
    TrainerOptions Options;
    Options.Vocabulary = 257 + 120;
    TrainedBpe Trained = train(Text, Options);
    std::vector<std::pair<int32_t, int32_t>> Merges;
    int64_t Last = std::numeric_limits<int64_t>::max();
    for (const TrainedBpe::Merge &Each : Trained.Merges) {
      Merges.emplace_back(Each.Left, Each.Right);
      EXPECT_LE(Each.Count, Last);
      Last = Each.Count;
    }
    EXPECT_EQ(Merges, mergesOf(Text, 120, Options.MinCount));
  }
}

TEST(BpeTrainer, BytesHaveOneToken) {
  // "aaa" is made of "aa" and "a", and, where an "a" is in front, the other
  // way; names of tokens must differ.
  std::mt19937 Random(43);
  std::string Text;
  for (int I = 0; I < 3000; ++I)
    Text += std::string(1 + Random() % 12, 'a') + (Random() % 2 ? "b " : " ");
  TrainerOptions Options;
  Options.Vocabulary = 300;
  TrainedBpe Trained = train(Text, Options);
  std::set<std::string> Different(Trained.Tokens.begin(), Trained.Tokens.end());
  EXPECT_EQ(Different.size(), Trained.Tokens.size());
  auto Coder = fromJson(Trained.toJson());
  ASSERT_TRUE(Coder.ok()) << Coder.status();
  for (int32_t Id = 0; Id < Trained.vocabulary(); ++Id)
    EXPECT_NE((*Coder)->token(Id), "") << Id;
  EXPECT_TRUE(decoded(**Coder, ids(**Coder, Text)) == Text);
}

TEST(BpeTrainer, WhatItLearnsIsATokenizer) {
  std::mt19937 Random(42);
  std::string Text = randomText(Random, 4000) + randomBytes(Random, 2000);
  TrainerOptions Options;
  Options.Vocabulary = 400;
  Options.Special = {"<|endoftext|>", "<pad>"};
  TrainedBpe Trained = train(Text, Options);
  EXPECT_EQ(Trained.vocabulary(), 400);
  auto Coder = fromJson(Trained.toJson());
  ASSERT_TRUE(Coder.ok()) << Coder.status();
  EXPECT_EQ((*Coder)->vocabularySize(), 400);
  EXPECT_EQ((*Coder)->find("<pad>"), 399);
  EXPECT_THAT((*Coder)->eos(), ElementsAre(398));
  EncodeOptions Plain;
  Plain.ParseSpecial = false;
  std::vector<int32_t> Ids = ids(**Coder, Text, Plain);
  EXPECT_TRUE(decoded(**Coder, Ids) == Text);
  EXPECT_LT(Ids.size(), Text.size());
  EXPECT_EQ(train(Text, Options).toJson(), Trained.toJson());
}

TEST(BpeTrainer, EndsWhereNothingIsFrequent) {
  TrainerOptions Options;
  Options.Vocabulary = 1000;
  EXPECT_TRUE(train("abcd", Options).Merges.empty());
  EXPECT_TRUE(train("", Options).Merges.empty());
  // Words are not joined, and special tokens are no text.
  TrainedBpe Trained = train("ab ab<|endoftext|>ab", Options);
  ASSERT_EQ(Trained.Merges.size(), 1u);
  EXPECT_EQ(Trained.Merges[0].Count, 3);
  EXPECT_EQ(Trained.vocabulary(), 258);
  Options.MinCount = 4;
  EXPECT_TRUE(train("ab ab ab", Options).Merges.empty());
}

class TokenWriterTest : public FolderTest {};

TEST_F(TokenWriterTest, WritesWhatTrainingProgramsRead) {
  auto Coder = fromJson(smallByteLevelJson());
  ASSERT_TRUE(Coder.ok());
  std::string Text = "the thing<|endoftext|>";
  for (DataFormat Format : {DataFormat::Uint16, DataFormat::Uint32}) {
    EncodeOptions Plain;
    Plain.ParseSpecial = false;
    auto Count =
        writeTokens(**Coder, Text, Plain, Format, "out.bin", [](double) {});
    ASSERT_TRUE(Count.ok()) << Count.status();
    std::vector<int32_t> Expected = ids(**Coder, Text, Plain);
    EXPECT_EQ(*Count, static_cast<int64_t>(Expected.size()));
    auto Back = readTokens("out.bin", Format);
    ASSERT_TRUE(Back.ok()) << Back.status();
    EXPECT_EQ(*Back, Expected);
    auto File = TokenFile::open("out.bin", Format, nullptr, 264);
    ASSERT_TRUE(File.ok()) << File.status();
    EXPECT_EQ(File->tokens().size(), *Count);
  }
  EXPECT_THAT(list("."), ElementsAre("out.bin"));
}

TEST_F(TokenWriterTest, ErrorsLeaveNothingBehind) {
  auto Json = nlohmann::json::parse(smallByteLevelJson());
  Json["added_tokens"][0]["id"] = 70000;
  auto Coder = fromJson(Json.dump());
  ASSERT_TRUE(Coder.ok());
  EXPECT_ERROR(writeTokens(**Coder, "a<|endoftext|>", {}, DataFormat::Uint16,
                           "out.bin", [](double) {}),
               "the id 70000, which does not fit into --format uint16");
  EXPECT_TRUE(list(".").empty());
  write("odd", "abc");
  EXPECT_ERROR(readTokens("odd", DataFormat::Uint16),
               "odd has 3 bytes, which is no multiple of 2");
  write("large", "\xff\xff\xff\xff");
  EXPECT_ERROR(readTokens("large", DataFormat::Uint32),
               "token 0 is 4294967295, which is no id");
}

} // namespace
