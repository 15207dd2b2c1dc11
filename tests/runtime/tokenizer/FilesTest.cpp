#include "runtime/core/Vocabulary.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"
#include <sys/stat.h>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;

namespace {

std::vector<std::string> fileNames(const TokenizerFiles &Files) {
  std::vector<std::string> Result;
  Result.reserve(Files.Files.size());
  for (const TokenizerFiles::File &File : Files.Files)
    Result.push_back(File.Name);
  return Result;
}

class TokenizerFilesTest : public FolderTest {
protected:
  static void expect(const std::string &Path, TokenizerKind Kind,
                     const std::vector<std::string> &Names) {
    auto Files = readTokenizerFiles(Path);
    ASSERT_TRUE(Files.ok()) << Files.status();
    EXPECT_EQ(Files->Kind, Kind) << tokenizerKindName(Files->Kind);
    EXPECT_EQ(fileNames(*Files), Names);
  }
};

TEST_F(TokenizerFilesTest, AnotherTokenizerInTheFolderIsRefused) {
  mkdir("f", 0777);
  EXPECT_FALSE(holdsTokenizer("f"));
  EXPECT_TRUE(refuseOtherTokenizer("f", std::nullopt).ok());
  EXPECT_TRUE(refuseOtherTokenizer("missing", std::nullopt).ok());
  write("f/tokenizer.bin", smallLlama2c());
  EXPECT_TRUE(holdsTokenizer("f"));
  auto Own = readTokenizerFiles("f");
  ASSERT_TRUE(Own.ok()) << Own.status();
  EXPECT_TRUE(refuseOtherTokenizer("f", *Own).ok());
  EXPECT_ERROR(refuseOtherTokenizer("f", std::nullopt),
               "f holds the tokenizer of something else: tokenizer.bin\n"
               "hint: remove it, or give another folder");
  write("f/spm.model", "x");
  write("f/generation_config.json", "{}");
  EXPECT_ERROR(refuseOtherTokenizer("f", *Own),
               "f holds the tokenizer of something else: spm.model, "
               "generation_config.json\n");
}

TEST_F(TokenizerFilesTest, KindsAreFoundInFolders) {
  mkdir("f", 0777);
  EXPECT_ERROR(readTokenizerFiles("f"), "f holds no tokenizer: looked for");
  write("f/vocab.json", R"({"kind": "bytes"})");
  expect("f", TokenizerKind::Bytes, {"vocab.json"});
  write("f/merges.txt", "#version: 0.2\n");
  expect("f", TokenizerKind::VocabMerges, {"vocab.json", "merges.txt"});
  write("f/tokenizer.bin", smallLlama2c());
  expect("f", TokenizerKind::Llama2c, {"tokenizer.bin"});
  write("f/spm.model", "x");
  expect("f", TokenizerKind::SentencePiece, {"tokenizer.model"});
  write("f/tokenizer_config.json", "{}");
  expect("f", TokenizerKind::SentencePiece,
         {"tokenizer.model", "tokenizer_config.json"});
  write("f/tokenizer.model", "x");
  write("f/generation_config.json", "{}");
  expect(
      "f", TokenizerKind::SentencePiece,
      {"tokenizer.model", "tokenizer_config.json", "generation_config.json"});
  write("f/tokenizer.json", smallByteLevelJson());
  expect("f", TokenizerKind::HuggingFace,
         {"tokenizer.json", "tokenizer_config.json", "generation_config.json"});
}

TEST_F(TokenizerFilesTest, ADamagedTokenizerIsThereAllTheSame) {
  EXPECT_FALSE(holdsTokenizer("none"));
  mkdir("f", 0777);
  for (const char *Name : {"f/merges.txt", "f/config.json", "f/x.bin"}) {
    write(Name, "x");
    EXPECT_FALSE(holdsTokenizer("f")) << Name;
  }
  for (const char *Name : {"f/tokenizer.json", "f/spm.model", "f/tokenizer.bin",
                           "f/vocab.json", "f/encoder.json"}) {
    write(Name, "");
    EXPECT_TRUE(holdsTokenizer("f")) << Name;
    ASSERT_EQ(unlink(Name), 0);
  }
}

TEST_F(TokenizerFilesTest, KindsAreFoundByContents) {
  write("any.json", smallByteLevelJson());
  expect("any.json", TokenizerKind::HuggingFace, {"tokenizer.json"});
  write("own.json", R"({"kind": "characters", "characters": ["a"]})");
  expect("own.json", TokenizerKind::Characters, {"vocab.json"});
  write("some.bin", smallLlama2c());
  expect("some.bin", TokenizerKind::Llama2c, {"tokenizer.bin"});
  write("some.model", "x");
  expect("some.model", TokenizerKind::SentencePiece, {"tokenizer.model"});
  write("words.json", R"({"a": 0})");
  EXPECT_ERROR(readTokenizerFiles("words.json"),
               "words.json is no tokenizer.json");
  write("merges.txt", "#version: 0.2\n");
  expect("words.json", TokenizerKind::VocabMerges,
         {"vocab.json", "merges.txt"});
  EXPECT_ERROR(readTokenizerFiles("merges.txt"),
               "beside it is no vocab.json or encoder.json");
  write("encoder.json", "{}");
  expect("merges.txt", TokenizerKind::VocabMerges,
         {"vocab.json", "merges.txt"});
  write("text.txt", "hello");
  EXPECT_ERROR(readTokenizerFiles("text.txt"), "text.txt is no tokenizer");
  write("empty", "");
  EXPECT_ERROR(readTokenizerFiles("empty"), "empty is no tokenizer");
  EXPECT_ERROR(readTokenizerFiles("none"), "none");
}

TEST_F(TokenizerFilesTest, SerializedFilesComeBack) {
  TokenizerFiles Files;
  Files.Kind = TokenizerKind::VocabMerges;
  Files.Files = {{"vocab.json", std::string("a\0b", 3)}, {"merges.txt", ""}};
  std::string Bytes = serializeTokenizer(Files);
  auto Back = deserializeTokenizer(Bytes, "image");
  ASSERT_TRUE(Back.ok()) << Back.status();
  EXPECT_EQ(Back->Kind, Files.Kind);
  EXPECT_EQ(fileNames(*Back), fileNames(Files));
  EXPECT_EQ(Back->Files[0].Contents, Files.Files[0].Contents);
  EXPECT_EQ(Back->Origin, "image");
  for (size_t Size = 0; Size < Bytes.size(); ++Size)
    EXPECT_ERROR(deserializeTokenizer(Bytes.substr(0, Size), "image"),
                 "image is not a serialized tokenizer");
  EXPECT_ERROR(deserializeTokenizer(Bytes + "x", "image"),
               "something follows its end");
  std::string Version = Bytes;
  Version[17] = 9;
  EXPECT_ERROR(deserializeTokenizer(Version, "image"), "version 9");
  std::string Kind = Bytes;
  Kind[21] = 77;
  EXPECT_ERROR(deserializeTokenizer(Kind, "image"), "unknown kind 77");
  Files.Files[0].Name = "../x";
  EXPECT_ERROR(deserializeTokenizer(serializeTokenizer(Files), "image"),
               "a file's name is not one");
}

TEST_F(TokenizerFilesTest, EveryKindIsTheSameWhenSerialized) {
  write("tokenizer.json", smallByteLevelJson());
  write("meta.json", smallMetaspaceJson());
  write("tok.bin", smallLlama2c());
  write("vocab.json", R"({"kind": "bytes"})");
  for (const char *Path :
       {"tokenizer.json", "meta.json", "tok.bin", "vocab.json"}) {
    auto Coder = open(Path);
    ASSERT_TRUE(Coder);
    std::string Bytes = serializeTokenizer(Coder->files());
    auto Back = openTokenizerFromBytes(Bytes, "image");
    ASSERT_TRUE(Back.ok()) << Back.status();
    EXPECT_EQ((*Back)->kind(), Coder->kind());
    EXPECT_EQ(ids(**Back, " a"), ids(*Coder, " a")) << Path;
    // A serialized tokenizer may also lie in a file.
    write("serialized", Bytes);
    auto File = open("serialized");
    ASSERT_TRUE(File);
    EXPECT_EQ(ids(*File, " a"), ids(*Coder, " a")) << Path;
    // And its files be written into a folder, where they are found.
    std::string Folder = std::string("folder-") + Path;
    mkdir(Folder.c_str(), 0777);
    ASSERT_TRUE(writeTokenizerFiles(Coder->files(), Folder).ok());
    auto Written = open(Folder);
    ASSERT_TRUE(Written);
    EXPECT_EQ(ids(*Written, " a"), ids(*Coder, " a")) << Path;
  }
}

TEST_F(TokenizerFilesTest, DamagedLlama2cFilesAreErrors) {
  auto Expect = [](const std::string &Contents, const char *Message) {
    TokenizerFiles Files;
    Files.Kind = TokenizerKind::Llama2c;
    Files.Origin = "tok.bin";
    Files.Files = {{"tok.bin", Contents}};
    EXPECT_ERROR(makeTokenizer(Files), Message);
  };
  std::string Good = smallLlama2c();
  Expect("", "tok.bin is not a tokenizer of llama2.c: it is shorter");
  Expect(Good.substr(0, 4), "it has no tokens");
  Expect(Good.substr(0, 10), "it ends inside of token 0");
  Expect(Good.substr(0, Good.size() - 1), "it ends inside of token 271");
  std::string Long = Good;
  Long[0] = 2;
  Expect(Long, "token 0 has 5 bytes, but the longest one should have 2");
  TokenizerFiles None;
  None.Kind = TokenizerKind::VocabMerges;
  EXPECT_ERROR(makeTokenizer(None), "has 2 files, but there are 0");
}

TEST_F(TokenizerFilesTest, DamagedVocabulariesAndMergesAreErrors) {
  auto Expect = [](const std::string &Merges, const char *Message) {
    TokenizerFiles Files;
    Files.Kind = TokenizerKind::VocabMerges;
    Files.Origin = "vocab.json";
    Files.Files = {{"vocab.json", R"({"a": 0, "b": 1, "ab": 2})"},
                   {"merges.txt", Merges}};
    EXPECT_ERROR(makeTokenizer(Files), Message);
  };
  Expect("#version: 0.2\na  b\n", "merges.txt: line 2 is not two tokens");
  Expect("ab\n", "merges.txt: line 1 is not two tokens");
  Expect("a \n", "merges.txt: line 1 is not two tokens");
  Expect("a c\n", "merge 0 joins \"a\" and \"c\", but \"c\"");
  TokenizerFiles Files;
  Files.Kind = TokenizerKind::VocabMerges;
  Files.Origin = "vocab.json";
  Files.Files = {{"vocab.json", R"({"abc": 0})"}, {"merges.txt", ""}};
  EXPECT_ERROR(makeTokenizer(Files), "vocab.json has no token for any byte");
}

TEST_F(TokenizerFilesTest, BytesWithoutATokenAreLeftOut) {
  TokenizerFiles Files;
  Files.Kind = TokenizerKind::VocabMerges;
  Files.Origin = "vocab.json";
  Files.Files = {{"vocab.json", R"({"a": 0, "b": 1, "ab": 2})"},
                 {"merges.txt", "a b\n"}};
  auto Coder = makeTokenizer(Files);
  ASSERT_TRUE(Coder.ok()) << Coder.status();
  EXPECT_THAT(ids(**Coder, "abcba"), ::testing::ElementsAre(2, 1, 0));
}

} // namespace
