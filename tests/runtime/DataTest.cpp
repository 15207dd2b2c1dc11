#include "runtime/core/Data.h"
#include "runtime/core/Vocabulary.h"
#include "tests/runtime/TestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

class DataTest : public FolderTest {
protected:
  static std::vector<int32_t> all(TokenView Tokens) {
    std::vector<int32_t> Ids(static_cast<size_t>(Tokens.size()));
    Tokens.copy(0, Tokens.size(), Ids.data());
    return Ids;
  }
};

TEST_F(DataTest, FormatFollowsTheNameUnlessSaid) {
  EXPECT_EQ(dataFormat("", "a.txt"), DataFormat::Text);
  EXPECT_EQ(dataFormat("", "a"), DataFormat::Text);
  EXPECT_EQ(dataFormat("", "a.bin"), DataFormat::Uint16);
  EXPECT_EQ(dataFormat("uint32", "a.bin"), DataFormat::Uint32);
  EXPECT_EQ(dataFormat("text", "a.bin"), DataFormat::Text);
  EXPECT_EQ(dataFormat("bytes", "a.txt"), DataFormat::Bytes);
  for (const char *Name : {"text", "bytes", "uint16", "uint32"})
    EXPECT_EQ(dataFormatName(dataFormat(Name, "")), Name);
}

TEST_F(DataTest, TextIsEncodedByItsOwnVocabulary) {
  write("text", "b\xc3\xa4"
                "ab");
  auto File = TokenFile::open("text", DataFormat::Text, nullptr, 3);
  ASSERT_TRUE(File.ok());
  EXPECT_THAT(all(File->tokens()), ElementsAre(1, 2, 0, 1));
}

TEST_F(DataTest, ManyCharactersTakeMoreBytes) {
  // 70000 different characters, so that an id does not fit 16 bits.
  std::vector<char32_t> Characters;
  for (char32_t Code = 0x10000; Code < 0x10000 + 70000; ++Code)
    Characters.push_back(Code);
  Vocabulary Wide = Vocabulary::characters(Characters);
  write("text", *Wide.decode({0, 69999}));
  auto File = TokenFile::open("text", DataFormat::Text,
                              std::make_shared<Vocabulary>(Wide), 70000);
  ASSERT_TRUE(File.ok()) << File.status();
  EXPECT_THAT(all(File->tokens()), ElementsAre(0, 69999));
  Characters.resize(300);
  Vocabulary Middle = Vocabulary::characters(Characters);
  write("text", *Middle.decode({299}));
  File = TokenFile::open("text", DataFormat::Text,
                         std::make_shared<Vocabulary>(Middle), 300);
  ASSERT_TRUE(File.ok()) << File.status();
  EXPECT_THAT(all(File->tokens()), ElementsAre(299));
}

TEST_F(DataTest, TextIsEncodedByAnyTokenizer) {
  auto Bytes = std::make_shared<Vocabulary>(Vocabulary::bytes());
  write("text", "a\xff");
  auto File = TokenFile::open("text", DataFormat::Text, Bytes, 256);
  ASSERT_TRUE(File.ok()) << File.status();
  EXPECT_THAT(all(File->tokens()), ElementsAre(97, 255));
  EXPECT_EQ(File->tokenizer(), Bytes);
  EXPECT_ERROR(TokenFile::open("text", DataFormat::Text, Bytes, 255),
               "but the model was compiled for 255");
}

TEST_F(DataTest, IdsAreThoseOfATokenizer) {
  auto Characters =
      std::make_shared<Vocabulary>(Vocabulary::characters({'a', 'b'}));
  write("ids", std::string("\x01\x00", 2));
  auto File = TokenFile::open("ids", DataFormat::Uint16, Characters, 2);
  ASSERT_TRUE(File.ok()) << File.status();
  EXPECT_EQ(File->tokenizer(), Characters);
  EXPECT_ERROR(TokenFile::open("ids", DataFormat::Uint16, Characters, 1),
               "compiled for 1");
  EXPECT_ERROR(TokenFile::open("ids", DataFormat::Bytes, Characters, 256),
               "encodes text, but --format bytes");
}

TEST_F(DataTest, IdsAreReadInPlace) {
  write("ids", std::string("\xff\x01\x00\x02", 4));
  auto File = TokenFile::open("ids", DataFormat::Uint16, nullptr, 1000);
  ASSERT_TRUE(File.ok());
  EXPECT_THAT(all(File->tokens()), ElementsAre(511, 512));
  File = TokenFile::open("ids", DataFormat::Uint32, nullptr, 1 << 30);
  ASSERT_TRUE(File.ok());
  EXPECT_THAT(all(File->tokens()), ElementsAre(0x020001ff));
  write("ids", std::string("\0\0\0\x80", 4));
  EXPECT_ERROR(TokenFile::open("ids", DataFormat::Uint32, nullptr, 1 << 30),
               "token 0 has the id 2147483648");
}

/// Python: n = 11; int(n * 0.9) is 9.
TEST_F(DataTest, TheEndIsHeldOut) {
  write("text", "abcdefghijk");
  auto Data = openDataset({"text", "", 0.1, "", ""}, nullptr, 4, 16);
  ASSERT_TRUE(Data.ok()) << Data.status();
  EXPECT_EQ(Data->Training.size(), 9);
  EXPECT_THAT(all(Data->Validation), ElementsAre(9, 10));
  EXPECT_EQ(Data->tokenizer().vocabularySize(), 11) << "of both parts";
}

TEST_F(DataTest, ValidationSharesTheVocabulary) {
  write("text", "abcdefghijk");
  write("val", "kk\x61");
  auto Data = openDataset({"text", "val", 0, "", ""}, nullptr, 4, 16);
  ASSERT_TRUE(Data.ok()) << Data.status();
  EXPECT_EQ(Data->Training.size(), 11);
  EXPECT_THAT(all(Data->Validation), ElementsAre(10, 10, 0));
}

TEST_F(DataTest, TheFingerprintTellsContentsApart) {
  write("a", "abcdef");
  write("b", "abcdef");
  write("c", "abcdeg");
  auto Print = [](const char *Path) {
    return TokenFile::open(Path, DataFormat::Text, nullptr, 16)->fingerprint();
  };
  EXPECT_EQ(Print("a"), Print("b"));
  EXPECT_NE(Print("a"), Print("c"));
}

} // namespace
