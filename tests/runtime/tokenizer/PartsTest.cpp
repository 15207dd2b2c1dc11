//===- PartsTest.cpp - merges, tries, words, alphabets --------------------===//

#include "runtime/core/Vocabulary.h"
#include "runtime/core/tokenizer/BpeMerges.h"
#include "runtime/core/tokenizer/ByteAlphabet.h"
#include "runtime/core/tokenizer/ByteTrie.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/WordEncoder.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"
#include <map>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

TEST(BpeMerges, AreThoseOfTheDefinition) {
  std::mt19937 Random(21);
  for (int Round = 0; Round < 60; ++Round) {
    // Symbols 0 to 3, and what pairs of symbols become; some ranks are equal,
    // and some pairs that come late have a low rank.
    std::map<std::pair<int32_t, int32_t>, std::pair<uint32_t, int32_t>> Known;
    int32_t Next = 4;
    while (Next < 24) {
      auto Pick = [&] {
        return static_cast<int32_t>(Random() % static_cast<unsigned>(Next));
      };
      if (Known.try_emplace({Pick(), Pick()}, Random() % 12, Next).second)
        ++Next;
    }
    BpeMerges Merges(Known.size());
    for (const auto &[Pair, To] : Known)
      Merges.add(Pair.first, Pair.second, To.first, To.second);

    std::vector<int32_t> Symbols(Random() % 120);
    for (int32_t &Symbol : Symbols)
      Symbol = static_cast<int32_t>(Random() % 4);
    std::vector<int32_t> Expected = Symbols;
    while (true) {
      size_t Best = Expected.size();
      for (size_t I = 0; I + 1 < Expected.size(); ++I) {
        auto Found = Known.find({Expected[I], Expected[I + 1]});
        if (Found == Known.end())
          continue;
        if (Best == Expected.size() ||
            Found->second.first <
                Known[{Expected[Best], Expected[Best + 1]}].first)
          Best = I;
      }
      if (Best == Expected.size())
        break;
      Expected[Best] = Known[{Expected[Best], Expected[Best + 1]}].second;
      Expected.erase(Expected.begin() + static_cast<ptrdiff_t>(Best) + 1);
    }
    Merges.apply(Symbols);
    EXPECT_EQ(Symbols, Expected);
  }
}

TEST(BpeMerges, ALaterMergeOfAPairReplacesIt) {
  BpeMerges Merges(1);
  EXPECT_EQ(Merges.find(1, 2), nullptr);
  Merges.add(1, 2, 0, 3);
  Merges.add(1, 2, 1, 4);
  ASSERT_TRUE(Merges.find(1, 2));
  EXPECT_EQ(Merges.find(1, 2)->Id, 4);
  EXPECT_EQ(Merges.find(2, 1), nullptr);
  EXPECT_EQ(Merges.find(-1, -1), nullptr);
}

TEST(ByteTrie, FindsTheLongest) {
  ByteTrie Trie({{"a", 1}, {"abc", 2}, {"b\xff", 3}, {"", 4}, {"a", 0}});
  EXPECT_EQ(Trie.longest("abcd", 0).Value, 2);
  EXPECT_EQ(Trie.longest("abcd", 0).Size, 3u);
  EXPECT_EQ(Trie.longest("abd", 0).Value, 0);
  EXPECT_EQ(Trie.longest("b\xff", 0).Value, 3);
  EXPECT_EQ(Trie.longest("bc", 0).Value, -1);
  EXPECT_EQ(Trie.longest("", 0).Value, -1);
  EXPECT_EQ(Trie.findStart("xxbb\xff", 0), 3u);
  EXPECT_EQ(Trie.findStart("xx", 0), 2u);
  EXPECT_TRUE(ByteTrie().empty());
  std::vector<std::pair<absl::string_view, int32_t>> None;
  EXPECT_TRUE(ByteTrie(None).empty());
  EXPECT_FALSE(Trie.empty());
  EXPECT_EQ(ByteTrie().findStart("ab", 0), 2u);
}

TEST(ByteAlphabet, IsGpt2s) {
  EXPECT_EQ(byteToCharacter(' '), "\xc4\xa0");  // Ġ
  EXPECT_EQ(byteToCharacter('\n'), "\xc4\x8a"); // Ċ
  EXPECT_EQ(byteToCharacter('a'), "a");
  EXPECT_EQ(byteToCharacter(0xAD), "\xc5\x83"); // the last of the 68
  std::string All;
  for (int Byte = 0; Byte < 256; ++Byte)
    All += static_cast<char>(Byte);
  EXPECT_EQ(bytesOfToken(tokenOfBytes(All)), All);
  EXPECT_EQ(bytesOfToken("a b"), std::nullopt);
  EXPECT_EQ(bytesOfToken("\xe4\xb8\xad"), std::nullopt);
  EXPECT_EQ(bytesOfToken("\xff"), std::nullopt);
  EXPECT_EQ(bytesOfToken(""), "");
}

TEST(CharacterClass, IsUnicodes) {
  using C = CharacterClass;
  for (auto [Character, Class] : {std::pair(char32_t{'a'}, C::Letter),
                                  {U'5', C::Number},
                                  {U'_', C::Other},
                                  {U' ', C::Space},
                                  {0x85, C::Space},
                                  {0xA0, C::Space},
                                  {0x3000, C::Space},
                                  {0x180E, C::Other},
                                  {0x200B, C::Other},
                                  {0x1C, C::Other},
                                  {0xE9, C::Letter},
                                  {0x301, C::Other},
                                  {0x2167, C::Number},
                                  {0xBD, C::Number},
                                  {0x4E2D, C::Letter},
                                  {0x10FFFF, C::Other}})
    EXPECT_EQ(classify(Character), Class) << std::hex << uint32_t{Character};
  EXPECT_TRUE(isWordCharacter(0x301));
  EXPECT_TRUE(isWordCharacter('_'));
  EXPECT_FALSE(isWordCharacter('-'));
  EXPECT_TRUE(isWordCharacter(0x2167));  // a Roman numeral
  EXPECT_TRUE(isWordCharacter(0x24B6));  // a letter in a circle
  EXPECT_TRUE(isWordCharacter(0x200D));  // a joiner
  EXPECT_FALSE(isWordCharacter(0x200B)); // no space, but no joiner
  EXPECT_FALSE(isWordCharacter(0x2460)); // a number in a circle
}

TEST(CharacterClass, ValidTextEndsWhereItDoes) {
  std::string Text = "ten bytes.\xc3\xa9\xff\xfe\xe4\xb8"
                     "a";
  EXPECT_EQ(validUtf8Length(Text, 0), 12u);
  EXPECT_EQ(invalidUtf8Length(Text, 12), 4u);
  EXPECT_EQ(validUtf8Length(Text, 16), 1u);
  EXPECT_EQ(validUtf8Length(Text, 17), 0u);
}

TEST(Tokenizer, IdsComeInPortions) {
  auto Coder = fromJson(smallByteLevelJson());
  ASSERT_TRUE(Coder.ok());
  std::string Text;
  std::mt19937 Random(22);
  for (int I = 0; I < 100000; ++I)
    Text +=
        static_cast<char>('a' + Random() % 26) + std::string(I % 7 == 0, ' ');
  std::vector<int32_t> Ids;
  size_t Calls = 0, Last = 0;
  ASSERT_TRUE(
      (*Coder)
          ->encodeTo(Text, {},
                     [&](absl::Span<const int32_t> Part, size_t Consumed) {
                       Ids.insert(Ids.end(), Part.begin(), Part.end());
                       EXPECT_GE(Consumed, Last);
                       Last = Consumed;
                       ++Calls;
                     })
          .ok());
  EXPECT_GT(Calls, 3u);
  EXPECT_EQ(Last, Text.size());
  EXPECT_TRUE(decoded(**Coder, Ids) == Text);
}

TEST(Tokenizer, WordsAreEncodedTheSameWhenTheyAreRemembered) {
  auto Coder = fromJson(smallByteLevelJson());
  ASSERT_TRUE(Coder.ok());
  std::mt19937 Random(23);
  std::vector<std::string> Words;
  for (int I = 0; I < 500; ++I) {
    std::string Word = " ";
    for (unsigned Size = Random() % 30; Size > 0; --Size)
      Word += "athein\xc3\xa9"[Random() % 8];
    Words.push_back(Word);
  }
  std::string Text;
  std::vector<int32_t> Expected;
  for (int I = 0; I < 5000; ++I) {
    const std::string &Word = Words[Random() % Words.size()];
    Text += Word + ".";
    for (const std::string &Part : {Word, std::string(".")})
      for (int32_t Id : ids(**Coder, Part))
        Expected.push_back(Id);
  }
  EXPECT_EQ(decoded(**Coder, ids(**Coder, Text)), Text);
  EXPECT_EQ(decoded(**Coder, Expected), Text);
}

TEST(Tokenizer, IdsThatAreNoneAreErrorsOrReplaced) {
  auto Coder = fromJson(smallByteLevelJson());
  ASSERT_TRUE(Coder.ok());
  EXPECT_ERROR((*Coder)->decode({1, 264}), "token 1 has the id 264");
  EXPECT_ERROR((*Coder)->decode({-1}), "token 0 has the id -1");
  DecodeState State;
  std::string Text;
  (*Coder)->append(264, State, Text);
  (*Coder)->append(-1, State, Text);
  EXPECT_EQ(Text, "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Vocabulary, IsATokenizer) {
  Vocabulary Bytes = Vocabulary::bytes();
  const Tokenizer &Coder = Bytes;
  EXPECT_THAT(ids(Coder, "a\xff"), ElementsAre(97, 255));
  EXPECT_EQ(Coder.token(255), "<0xFF>");
  EXPECT_EQ(Coder.find("<0x61>"), 97);
  EXPECT_EQ(Coder.find("a"), std::nullopt);
  EXPECT_EQ(Coder.vocabularySize(), 256);
  Vocabulary Characters = Vocabulary::characters({'a', 0xE9});
  EXPECT_EQ(Characters.token(1), "\xc3\xa9");
  EXPECT_EQ(static_cast<const Tokenizer &>(Characters).find("\xc3\xa9"), 1);
  EXPECT_ERROR(Characters.encode("ab"), "the character 'b' at byte 1");
  EXPECT_ERROR(Vocabulary::tokens().encode("a"), "how text becomes ids");
  EXPECT_EQ(decoded(Vocabulary::tokens(), {1, 70000}), "1 70000");
}

} // namespace
