//===- SentencePieceTest.cpp - compared with the library ------------------===//

#include "runtime/core/TextStream.h"
#include "tests/runtime/tokenizer/SentencePieceOracle.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

class SentencePiece : public FolderTest {
protected:
  /// Sentences with words that come again, so that there is something to learn.
  static std::string corpus() {
    std::mt19937 Random(11);
    std::vector<std::string> Words;
    for (int I = 0; I < 300; ++I) {
      std::string Word;
      for (unsigned Size = 1 + Random() % 7; Size > 0; --Size)
        Word += std::vector<std::string>{"a",
                                         "e",
                                         "i",
                                         "n",
                                         "s",
                                         "t",
                                         "r",
                                         "th",
                                         "ing",
                                         "\xc3\xa9",
                                         "\xe4\xb8\xad",
                                         "1",
                                         "2",
                                         "'",
                                         ".",
                                         "M"}[Random() % 16];
      Words.push_back(Word);
    }
    std::string Result;
    for (int Line = 0; Line < 600; ++Line) {
      for (unsigned Size = 3 + Random() % 10; Size > 0; --Size)
        // Some words are more frequent than others.
        Result += Words[Random() % (1 + Random() % Words.size())] + " ";
      Result += '\n';
    }
    return Result;
  }

  static absl::StatusOr<std::unique_ptr<Tokenizer>>
  fromModel(const std::string &Model) {
    TokenizerFiles Files;
    Files.Kind = TokenizerKind::SentencePiece;
    Files.Origin = "tokenizer.model";
    Files.Files = {{"tokenizer.model", Model}};
    return makeTokenizer(std::move(Files));
  }

  static void compare(const std::string &Options) {
    SCOPED_TRACE(Options);
    std::string Text = corpus();
    std::string Model = trainSentencePiece(Text, Options);
    ASSERT_FALSE(Model.empty());
    SentencePieceOracle Oracle(Model);
    auto Coder = fromModel(Model);
    ASSERT_TRUE(Coder.ok()) << Coder.status();
    EncodeOptions Plain;
    Plain.AddSpecial = Plain.ParseSpecial = false;
    std::mt19937 Random(12);
    for (int I = 0; I < 400; ++I) {
      std::string Part;
      if (I % 3 != 0)
        Part = Text.substr(Random() % Text.size(), Random() % 60);
      if (I % 3 != 1)
        Part += randomText(Random, Random() % 12);
      if (I % 10 == 9)
        Part += randomBytes(Random, Random() % 12);
      // The library's own interface ends strings nowhere else, but its
      // normalizer ends what it replaces at a NUL.
      std::vector<int> Expected = Oracle.encode(Part);
      std::vector<int32_t> Ids = ids(**Coder, Part, Plain);
      ASSERT_EQ(Ids, Expected) << ::testing::PrintToString(Part);
      if (I % 10 != 9) {
        ASSERT_EQ(decoded(**Coder, Ids), Oracle.decode(Expected))
            << ::testing::PrintToString(Part);
      }
    }
  }
};

TEST_F(SentencePiece, UnigramAsTheLibrary) {
  compare("--model_type=unigram --vocab_size=300");
}

TEST_F(SentencePiece, UnigramWithBytesAsTheLibrary) {
  compare("--model_type=unigram --vocab_size=500 --byte_fallback=true");
}

TEST_F(SentencePiece, UnigramWithUserSymbolsAsTheLibrary) {
  compare("--model_type=unigram --vocab_size=300 "
          "--user_defined_symbols=<sep>,thing,aa");
}

TEST_F(SentencePiece, BpeAsTheLibrary) {
  compare("--model_type=bpe --vocab_size=300");
}

TEST_F(SentencePiece, BpeAsLlamasAsTheLibrary) {
  // How the tokenizers of Llama 2 and Mistral were trained.
  compare("--model_type=bpe --vocab_size=600 --byte_fallback=true "
          "--normalization_rule_name=identity "
          "--remove_extra_whitespaces=false --split_digits=true "
          "--allow_whitespace_only_pieces=true");
}

TEST_F(SentencePiece, BpeWithUserSymbolsAsTheLibrary) {
  compare("--model_type=bpe --vocab_size=300 "
          "--user_defined_symbols=<sep>,thing,aa");
}

TEST_F(SentencePiece, WithoutDummyPrefixAsTheLibrary) {
  compare("--model_type=bpe --vocab_size=300 --add_dummy_prefix=false");
  compare("--model_type=unigram --vocab_size=300 --add_dummy_prefix=false "
          "--remove_extra_whitespaces=false");
}

TEST_F(SentencePiece, SpacesAsSuffixesAsTheLibrary) {
  compare("--model_type=unigram --vocab_size=300 "
          "--treat_whitespace_as_suffix=true");
}

TEST_F(SentencePiece, OtherNormalizationsAsTheLibrary) {
  compare("--model_type=unigram --vocab_size=300 "
          "--normalization_rule_name=nfkc_cf");
  compare("--model_type=unigram --vocab_size=300 "
          "--normalization_rule_name=identity");
}

TEST_F(SentencePiece, BeginsWithBos) {
  auto Coder = fromModel(
      trainSentencePiece(corpus(), "--model_type=bpe --vocab_size=300"));
  ASSERT_TRUE(Coder.ok()) << Coder.status();
  EXPECT_EQ((*Coder)->bos(), 1);
  EXPECT_THAT((*Coder)->eos(), ElementsAre(2));
  EXPECT_THAT(ids(**Coder, ""), ElementsAre(1));
  EXPECT_EQ((*Coder)->token(1), "<s>");
  EXPECT_TRUE((*Coder)->isSpecial(1));
  std::vector<int32_t> Parsed = ids(**Coder, "ing</s>");
  EXPECT_EQ(Parsed.front(), 1);
  EXPECT_EQ(Parsed.back(), 2);
  TextStream Stream(**Coder);
  std::string Shown;
  for (int32_t Id : ids(**Coder, "thing and a thing"))
    Shown += Stream.push(Id);
  EXPECT_EQ(Shown + Stream.finish(),
            decoded(**Coder, ids(**Coder, "thing and a thing")));
}

TEST_F(SentencePiece, DamagedModelsAreErrors) {
  EXPECT_ERROR(fromModel(""), "it has no pieces");
  EXPECT_ERROR(fromModel("\x0a"), "the protocol buffer is damaged");
  EXPECT_ERROR(fromModel(std::string("\x0a\x00", 2)), "piece 0 is empty");
  EXPECT_ERROR(fromModel("\x0a\x03\x0a\x01"
                         "a"),
               "no piece is the unknown one");
  std::string Unknown = "\x0a\x05\x0a\x01"
                        "u\x18\x02";
  EXPECT_TRUE(fromModel(Unknown).ok());
  EXPECT_ERROR(fromModel(Unknown + Unknown), "\"u\" is there twice");
  EXPECT_ERROR(fromModel(Unknown + "\x12\x02\x18\x03"), "is not supported");
  EXPECT_ERROR(fromModel(Unknown + "\x1a\x04\x12\x02"
                                   "ab"),
               "its table of characters is too short");
  EXPECT_ERROR(fromModel(Unknown + std::string("\x1a\x08\x12\x06\x08\x00\x00"
                                               "\x00zz",
                                               10)),
               "its table of characters is damaged");
}

} // namespace
