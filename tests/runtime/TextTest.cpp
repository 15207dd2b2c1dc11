// Characters, vocabularies and the stream of generated text.

#include "runtime/core/TextStream.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/Vocabulary.h"
#include "tests/runtime/TestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

TEST(Utf8, EveryCodePointComesBack) {
  for (char32_t Code = 0; Code < CodePointLimit; ++Code) {
    std::string Text;
    appendUtf8(Text, Code);
    char32_t Back = 0;
    unsigned Length = decodeUtf8(Text, 0, Back);
    if (Code >= 0xD800 && Code < 0xE000) {
      ASSERT_EQ(Length, 0u) << "surrogate " << static_cast<uint32_t>(Code);
      continue;
    }
    ASSERT_EQ(Length, Text.size());
    ASSERT_EQ(Back, Code);
    // No proper prefix is a character, each is the beginning of one.
    for (size_t Cut = 1; Cut < Text.size(); ++Cut) {
      ASSERT_EQ(decodeUtf8(absl::string_view(Text).substr(0, Cut), 0, Back),
                0u);
      ASSERT_EQ(incompleteUtf8Suffix(absl::string_view(Text).substr(0, Cut)),
                Cut);
    }
    ASSERT_EQ(incompleteUtf8Suffix(Text), 0u);
  }
}

TEST(Utf8, RejectsWhatIsNoCharacter) {
  char32_t Code;
  for (const char *Bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80", "\xff", "\xc3x", "\xe2\x82x"})
    EXPECT_EQ(decodeUtf8(Bad, 0, Code), 0u);
}

TEST(Vocabulary, IsSortedByCodePoint) {
  auto Ids = Vocabulary::ofText("hello \xc3\xa4\n\xf0\x9f\x98\x80", "text");
  ASSERT_TRUE(Ids.ok());
  EXPECT_EQ(Ids->size(), 8);
  EXPECT_EQ(Ids->find('\n'), 0);
  EXPECT_EQ(Ids->find(' '), 1);
  EXPECT_EQ(Ids->find('e'), 2);
  EXPECT_EQ(Ids->find(0xE4), 6);
  EXPECT_EQ(Ids->find(0x1F600), 7);
  EXPECT_EQ(Ids->find('x'), -1);
  EXPECT_EQ(Ids->find(0x10FFFF), -1);
  auto Encoded = Ids->encode("hell\xc3\xa4");
  ASSERT_TRUE(Encoded.ok());
  EXPECT_THAT(*Encoded, ElementsAre(3, 2, 4, 4, 6));
  auto Decoded = Ids->decode(*Encoded);
  ASSERT_TRUE(Decoded.ok());
  EXPECT_EQ(*Decoded, "hell\xc3\xa4");
  EXPECT_ERROR(Ids->decode({99}), "token 0 has the id 99");
  std::string Back = *Decoded;
  DecodeState State;
  Ids->append(99, State, Back);
  EXPECT_EQ(Back, "hell\xc3\xa4\xef\xbf\xbd");
}

class VocabularyTest : public FolderTest {};

TEST_F(VocabularyTest, ComesBackFromAFile) {
  auto Text = Vocabulary::ofText("q\"\\\x01\xc3\xa4", "text");
  ASSERT_TRUE(Text.ok());
  for (const Vocabulary &Ids :
       {*Text, Vocabulary::bytes(), Vocabulary::tokens()}) {
    write("vocab.json", Ids.toJson());
    auto Back = Vocabulary::load("vocab.json");
    ASSERT_TRUE(Back.ok()) << Back.status();
    EXPECT_TRUE(*Back == Ids);
  }
}

TEST_F(VocabularyTest, DamagedFilesAreErrors) {
  auto Expect = [](const char *Contents, const char *Message) {
    write("vocab.json", Contents);
    EXPECT_ERROR(Vocabulary::load("vocab.json"), Message);
  };
  Expect("", "vocab.json: line 1, column 1: the text ends too early");
  Expect("[]", "expected a JSON object");
  Expect("{\"kind\": 3}", "\"kind\"");
  Expect("{\"kind\": \"words\"}", "unknown kind \"words\"");
  Expect("{\"kind\": \"characters\"}", "array \"characters\"");
  Expect(R"({"kind": "characters", "characters": [1]})", "entry 0 is not");
  Expect(R"({"kind": "characters", "characters": ["ab"]})",
         "entry 0 is not one character");
  Expect(R"({"kind": "characters", "characters": [""]})",
         "entry 0 is not one character");
  Expect(R"({"kind": "characters", "characters": ["a", "a"]})",
         "entry 1, 'a', is there twice");
  EXPECT_ERROR(Vocabulary::load("none.json"), "none.json");
}

TEST(TextStream, HoldsACharacterBackUntilItIsWhole) {
  Vocabulary Bytes = Vocabulary::bytes();
  TextStream Stream(Bytes);
  EXPECT_EQ(Stream.push('a'), "a");
  EXPECT_EQ(Stream.push(0xE2), "");
  EXPECT_EQ(Stream.push(0x82), "");
  EXPECT_EQ(Stream.push(0xAC), "\xe2\x82\xac");
  EXPECT_EQ(Stream.push(0xE2), "");
  EXPECT_EQ(Stream.push('b'), "\xef\xbf\xbd"
                              "b");
  EXPECT_EQ(Stream.push(0x80), "\xef\xbf\xbd");
  EXPECT_EQ(Stream.push(0xF0), "");
  EXPECT_EQ(Stream.finish(), "\xef\xbf\xbd");
  EXPECT_EQ(Stream.finish(), "");
}

TEST(TextStream, ShowsIdsAsNumbers) {
  Vocabulary Ids = Vocabulary::tokens();
  TextStream Stream(Ids);
  EXPECT_EQ(Stream.push(3), "3");
  EXPECT_EQ(Stream.push(50256), " 50256");
}

TEST(TextStream, GoesOnWhereAPromptEnds) {
  Vocabulary Ids = Vocabulary::tokens();
  TextStream Numbers(Ids);
  Numbers.skip({1, 2});
  EXPECT_EQ(Numbers.push(3), " 3");
  Vocabulary Bytes = Vocabulary::bytes();
  TextStream Stream(Bytes);
  Stream.skip({'a', 0xE2, 0x82});
  EXPECT_EQ(Stream.push(0xAC), "\xe2\x82\xac");
}

} // namespace
