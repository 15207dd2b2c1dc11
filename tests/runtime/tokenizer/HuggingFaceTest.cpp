#include "nlohmann/json.hpp"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;
using nlohmann::json;
using ::testing::ElementsAre;

namespace {

constexpr const char *Mark = "\xe2\x96\x81"; // ▁

/// smallByteLevelJson with something changed.
absl::StatusOr<std::unique_ptr<Tokenizer>>
byteLevel(const std::function<void(json &)> &Change) {
  json Json = json::parse(smallByteLevelJson());
  Change(Json);
  return fromJson(Json.dump());
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
metaspace(const std::function<void(json &)> &Change) {
  json Json = json::parse(smallMetaspaceJson());
  Change(Json);
  return fromJson(Json.dump());
}

#define ASSERT_OK(Result) ASSERT_TRUE((Result).ok()) << (Result).status()

TEST(HuggingFace, ByteLevel) {
  auto Coder = fromJson(smallByteLevelJson());
  ASSERT_OK(Coder);
  EXPECT_EQ((*Coder)->vocabularySize(), 264);
  EXPECT_THAT(names(**Coder, "the the thing"),
              ElementsAre("the", "\xc4\xa0the", "\xc4\xa0", "th", "ing"));
  // Ranks decide, not places: "aaaa" is a pair of pairs, "aaa" is not.
  EXPECT_THAT(names(**Coder, "aaaaaaa"), ElementsAre("aaaa", "aa", "a"));
  EXPECT_EQ((*Coder)->find("ing"), 260);
  EXPECT_EQ((*Coder)->find("nothing"), std::nullopt);
  EXPECT_EQ((*Coder)->token(264), "");
  EXPECT_THAT((*Coder)->eos(), ElementsAre(263));
  EXPECT_EQ((*Coder)->bos(), std::nullopt);
}

TEST(HuggingFace, MergesMayBePairs) {
  auto Coder = byteLevel([](json &Json) {
    json Pairs = json::array();
    for (const json &Merge : Json["model"]["merges"]) {
      std::string Text = Merge;
      size_t Space = Text.find(' ');
      Pairs.push_back({Text.substr(0, Space), Text.substr(Space + 1)});
    }
    Json["model"]["merges"] = Pairs;
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(names(**Coder, "thing"), ElementsAre("th", "ing"));
}

TEST(HuggingFace, IgnoreMergesTakesWholeWords) {
  auto Change = [](bool Ignore) {
    return [Ignore](json &Json) {
      Json["model"]["vocab"]["thing"] = 300;
      Json["model"]["ignore_merges"] = Ignore;
    };
  };
  auto With = byteLevel(Change(true)), Without = byteLevel(Change(false));
  ASSERT_OK(With);
  ASSERT_OK(Without);
  EXPECT_THAT(names(**With, "thing"), ElementsAre("thing"));
  EXPECT_THAT(names(**Without, "thing"), ElementsAre("th", "ing"));
  EXPECT_EQ((*With)->vocabularySize(), 301);
  // The ids between have no token.
  EXPECT_EQ((*With)->token(299), "");
  EXPECT_EQ(decoded(**With, {299}), "\xef\xbf\xbd");
}

TEST(HuggingFace, PrefixSpace) {
  auto Coder = byteLevel(
      [](json &Json) { Json["pre_tokenizer"]["add_prefix_space"] = true; });
  ASSERT_OK(Coder);
  EXPECT_THAT(names(**Coder, "the"), ElementsAre("\xc4\xa0the"));
  EXPECT_THAT(names(**Coder, " the"), ElementsAre("\xc4\xa0the"));
}

TEST(HuggingFace, TheConfigDecidesOnAPrefixSpace) {
  for (bool InJson : {false, true})
    for (bool InConfig : {false, true}) {
      json Json = json::parse(smallByteLevelJson());
      Json["pre_tokenizer"]["add_prefix_space"] = InJson;
      auto Coder = fromJson(Json.dump(),
                            {{"tokenizer_config.json",
                              json{{"add_prefix_space", InConfig}}.dump()}});
      ASSERT_OK(Coder);
      EXPECT_THAT(names(**Coder, "the"),
                  ElementsAre(InConfig ? "\xc4\xa0the" : "the"));
    }
}

TEST(HuggingFace, TheConfigMayAddTokens) {
  auto With = [](const char *Tokens) {
    return fromJson(
        smallByteLevelJson(),
        {{"tokenizer_config.json",
          absl::StrCat("{\"added_tokens_decoder\": ", Tokens, "}")}});
  };
  auto Coder = With(R"({"263": {"content": "<|endoftext|>", "special": true},
                        "300": {"content": "<extra>", "special": true}})");
  ASSERT_OK(Coder);
  EXPECT_THAT(ids(**Coder, "a<extra>"), ElementsAre('a', 300));
  EXPECT_ERROR(With(R"({"x": {"content": "<extra>"}})"),
               "tokenizer_config.json: added_tokens_decoder.x is not named "
               "after the id of a token");
  EXPECT_ERROR(With(R"({"5": {"content": "<extra>"}})"), "is that of two");
  EXPECT_ERROR(With(R"({"5": 1})"), "added_tokens_decoder.5 is not an object");
}

TEST(HuggingFace, SplitThenBytes) {
  // As Qwen's and Llama 3's files have it.
  auto Coder = byteLevel([](json &Json) {
    Json["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"},
           {"pattern", {{"Regex", R"([aeiou]|\p{N}{1,2})"}}},
           {"behavior", "Isolated"},
           {"invert", false}},
          {{"type", "ByteLevel"},
           {"add_prefix_space", false},
           {"use_regex", false}}}}};
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(names(**Coder, "the123"), ElementsAre("th", "e", "1", "2", "3"));
  EXPECT_THAT(names(**Coder, "aa"), ElementsAre("a", "a"));
}

TEST(HuggingFace, BehaviorsOfSplit) {
  auto Words = [](const char *Behavior, bool Invert) {
    auto Coder = metaspace([&](json &Json) {
      Json["normalizer"] = nullptr;
      Json["post_processor"] = nullptr;
      Json["pre_tokenizer"] = {{"type", "Split"},
                               {"pattern", {{"String", "c"}}},
                               {"behavior", Behavior},
                               {"invert", Invert}};
      // What a word is can be seen: each is a token.
      Json["model"]["ignore_merges"] = true;
      int Next = 1000;
      for (const char *Word :
           {"ab", "abc", "cc", "c", "ca", "cab", "abcc", "a"})
        if (!Json["model"]["vocab"].contains(Word))
          Json["model"]["vocab"][Word] = Next++;
    });
    EXPECT_TRUE(Coder.ok()) << Coder.status();
    return names(**Coder, "abcca");
  };
  EXPECT_THAT(Words("Removed", false), ElementsAre("ab", "a"));
  EXPECT_THAT(Words("Removed", true), ElementsAre("c", "c"));
  EXPECT_THAT(Words("Isolated", false), ElementsAre("ab", "c", "c", "a"));
  EXPECT_THAT(Words("MergedWithPrevious", false), ElementsAre("abc", "c", "a"));
  EXPECT_THAT(Words("MergedWithNext", false), ElementsAre("ab", "c", "ca"));
  EXPECT_THAT(Words("Contiguous", false), ElementsAre("ab", "cc", "a"));
}

TEST(HuggingFace, DigitsAreSplit) {
  // SmolLM's and StarCoder's: digits one by one, then GPT-2's words.
  auto Coder = byteLevel([](json &Json) {
    Json["model"]["vocab"]["12"] = 300;
    Json["model"]["merges"].push_back("1 2");
    Json["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Digits"}, {"individual_digits", true}},
          {{"type", "ByteLevel"}, {"add_prefix_space", false}}}}};
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(names(**Coder, "12 the"), ElementsAre("1", "2", "\xc4\xa0the"));
}

TEST(HuggingFace, ByteFallbackAndPrefix) {
  auto Coder = fromJson(smallMetaspaceJson());
  ASSERT_OK(Coder);
  EXPECT_EQ((*Coder)->bos(), 1);
  EXPECT_THAT((*Coder)->eos(), ElementsAre(2));
  EXPECT_THAT(names(**Coder, "the  abz"),
              ElementsAre("<s>", std::string(Mark) + "the", Mark, Mark, "ab",
                          "<0x7A>"));
  EXPECT_THAT(names(**Coder, "\xc3\xa9"),
              ElementsAre("<s>", Mark, "<0xC3>", "<0xA9>"));
  EXPECT_EQ(decoded(**Coder, ids(**Coder, "the \xc3\xa9 ab")),
            "the \xc3\xa9 ab");
  EXPECT_EQ(decoded(**Coder, ids(**Coder, "  the")), "  the");
  EncodeOptions Plain;
  Plain.AddSpecial = false;
  EXPECT_TRUE(ids(**Coder, "", Plain).empty());
  EXPECT_THAT(ids(**Coder, ""), ElementsAre(1));
  // Each section between special tokens gets its prefix.
  EXPECT_THAT(names(**Coder, "a<s>the", Plain),
              ElementsAre(Mark, "a", "<s>", std::string(Mark) + "the"));
  // Bytes that are no UTF-8 are bytes.
  EXPECT_THAT(names(**Coder, "a\xff", Plain), ElementsAre(Mark, "a", "<0xFF>"));
  EXPECT_EQ(decoded(**Coder, ids(**Coder, "a\xff"
                                          "b\xe2\x96")),
            "a\xff"
            "b\xe2\x96");
}

TEST(HuggingFace, UnknownCharacters) {
  auto Coder = metaspace([](json &Json) {
    Json["model"]["byte_fallback"] = false;
    Json["post_processor"] = nullptr;
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(names(**Coder, "axyb"), ElementsAre(Mark, "a", "<unk>", "b"));
  EXPECT_ERROR((*Coder)->encode("a\xff"), "byte 1 is not valid UTF-8");
  auto Apart = metaspace([](json &Json) {
    Json["model"]["byte_fallback"] = false;
    Json["model"]["fuse_unk"] = false;
    Json["post_processor"] = nullptr;
  });
  ASSERT_OK(Apart);
  EXPECT_THAT(names(**Apart, "axyb"),
              ElementsAre(Mark, "a", "<unk>", "<unk>", "b"));
}

TEST(HuggingFace, MetaspaceStages) {
  auto With = [](const char *Scheme) {
    return metaspace([Scheme](json &Json) {
      Json["normalizer"] = nullptr;
      Json["post_processor"] = nullptr;
      Json["pre_tokenizer"] = {{"type", "Metaspace"},
                               {"replacement", Mark},
                               {"prepend_scheme", Scheme},
                               {"split", false}};
      Json["decoder"] = {{"type", "Metaspace"},
                         {"replacement", Mark},
                         {"prepend_scheme", Scheme}};
    });
  };
  auto First = With("first"), Always = With("always"), Never = With("never");
  ASSERT_OK(First);
  ASSERT_OK(Always);
  ASSERT_OK(Never);
  std::string The = std::string(Mark) + "the";
  EXPECT_THAT(names(**First, "the</s>the"), ElementsAre(The, "</s>", "the"));
  EXPECT_THAT(names(**Always, "the</s>the"), ElementsAre(The, "</s>", The));
  EXPECT_THAT(names(**Never, "the the"), ElementsAre("the", The));
  EXPECT_THAT(names(**First, " the"), ElementsAre(The));
  EXPECT_EQ(decoded(**First, ids(**First, "the the")), "the the");
  EXPECT_EQ(decoded(**Never, ids(**Never, " the the")), " the the");
}

TEST(HuggingFace, CutsDoNotChangeTokens) {
  // A token with a space inside forbids to cut, and is found.
  std::string Inside = std::string("b") + Mark;
  auto Coder = metaspace([&](json &Json) {
    Json["post_processor"] = nullptr;
    Json["model"]["vocab"][Inside] = 900;
    Json["model"]["merges"].push_back({"b", Mark});
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(names(**Coder, "cb a"), ElementsAre(Mark, "c", Inside, "a"));
  // Where characters that have no token vanish, spaces around them meet.
  std::string Two = std::string(Mark) + Mark;
  auto Vanishing = metaspace([&](json &Json) {
    Json["post_processor"] = nullptr;
    Json["normalizer"]["normalizers"].erase(0);
    Json["model"]["byte_fallback"] = false;
    Json["model"]["unk_token"] = nullptr;
    Json["model"]["vocab"][Two] = 900;
    Json["model"]["merges"].push_back({Mark, Mark});
  });
  ASSERT_OK(Vanishing);
  EXPECT_THAT(names(**Vanishing, " x a"), ElementsAre(Two, "a"));
}

TEST(HuggingFace, Normalizers) {
  auto Normalized = [](const json &Normalizer, const std::string &Text) {
    auto Coder =
        byteLevel([&](json &Json) { Json["normalizer"] = Normalizer; });
    EXPECT_TRUE(Coder.ok()) << Coder.status();
    return decoded(**Coder, ids(**Coder, Text));
  };
  EXPECT_EQ(Normalized({{"type", "NFC"}}, "e\xcc\x81"), "\xc3\xa9");
  EXPECT_EQ(Normalized({{"type", "NFD"}}, "\xc3\xa9"), "e\xcc\x81");
  EXPECT_EQ(Normalized({{"type", "NFKC"}}, "\xef\xac\x81"), "fi");
  EXPECT_EQ(Normalized({{"type", "NFKD"}}, "\xef\xac\x81\xc3\xa9"),
            "fie\xcc\x81");
  EXPECT_EQ(
      Normalized(
          {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}},
          " \n a b\t"),
      "a b");
  EXPECT_EQ(
      Normalized(
          {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}},
          "  "),
      "");
  EXPECT_EQ(Normalized({{"type", "Replace"},
                        {"pattern", {{"Regex", "[xy]+"}}},
                        {"content", "-"}},
                       "axybx"),
            "a-b-");
  // Bytes that are no UTF-8 stay.
  EXPECT_EQ(Normalized({{"type", "NFC"}}, "e\xcc\x81\xff"), "\xc3\xa9\xff");
}

TEST(HuggingFace, NormalizationByPartsIsThatOfTheWhole) {
  auto Coder =
      byteLevel([](json &Json) { Json["normalizer"] = {{"type", "NFC"}}; });
  ASSERT_OK(Coder);
  std::mt19937 Random(5);
  std::string Text, Expected;
  while (Text.size() < 200000) {
    std::string Filler(Random() % 3, 'x');
    Text += Filler + "e\xcc\x81";
    Expected += Filler + "\xc3\xa9";
  }
  EXPECT_TRUE(decoded(**Coder, ids(**Coder, Text)) == Expected);
}

TEST(HuggingFace, AddedTokens) {
  auto Coder = byteLevel([](json &Json) {
    auto Add = [&](const char *Name, int Id, const char *Flag) {
      json Token = {
          {"id", Id},        {"content", Name}, {"single_word", false},
          {"lstrip", false}, {"rstrip", false}, {"normalized", false},
          {"special", false}};
      if (*Flag)
        Token[Flag] = true;
      Json["added_tokens"].push_back(Token);
    };
    Add("<l>", 300, "lstrip");
    Add("<r>", 301, "rstrip");
    Add("whole", 302, "single_word");
    Add("<r><r>", 303, "");
    Add("<tool>", 304, "special");
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(ids(**Coder, "a \n<l>b"), ElementsAre(97, 300, 98));
  EXPECT_THAT(ids(**Coder, "a<r> \xc2\xa0"
                           "b"),
              ElementsAre(97, 301, 98));
  EXPECT_THAT(ids(**Coder, "a<r><r>b"), ElementsAre(97, 303, 98));
  EXPECT_THAT(ids(**Coder, "<r><l>"), ElementsAre(301, 300));
  EXPECT_THAT(ids(**Coder, "whole"), ElementsAre(302));
  EXPECT_THAT(ids(**Coder, "(whole)"),
              ElementsAre(::testing::_, 302, ::testing::_));
  for (const char *Text : {"wholes", "_whole", "\xc3\xa9whole", "3whole"})
    EXPECT_THAT(ids(**Coder, Text), ::testing::Not(::testing::Contains(302)))
        << Text;
  EXPECT_EQ(decoded(**Coder, {97, 302, 304}), "awhole");
  EncodeOptions Plain;
  Plain.ParseSpecial = false;
  // Added tokens that are not special are found all the same.
  EXPECT_THAT(ids(**Coder, "whole", Plain), ElementsAre(302));
  EXPECT_THAT(ids(**Coder, "<tool>", Plain),
              ::testing::Not(::testing::Contains(304)));
}

TEST(HuggingFace, AddedTokensOfTheVocabularyKeepTheirIds) {
  auto Coder = byteLevel([](json &Json) {
    Json["added_tokens"].push_back({{"id", 300}, {"content", "the"}});
  });
  ASSERT_OK(Coder);
  EXPECT_EQ(ids(**Coder, "the"),
            std::vector<int32_t>{(*Coder)->find("the").value_or(-1)});
  EXPECT_THAT(names(**Coder, "athe"), ElementsAre("a", "the"));
  EXPECT_EQ((*Coder)->vocabularySize(), 264);
}

TEST(HuggingFace, NormalizedAddedTokensComeAfterTheOthers) {
  auto Coder = byteLevel([](json &Json) {
    Json["added_tokens"].push_back(
        {{"id", 300}, {"content", "aab"}, {"normalized", true}});
    Json["added_tokens"].push_back(
        {{"id", 301}, {"content", "bc"}, {"normalized", false}});
  });
  ASSERT_OK(Coder);
  // Though it begins before it, and nothing is normalized.
  EXPECT_THAT(ids(**Coder, "aabc"), ElementsAre(256 + 5, 301));
  EXPECT_THAT(ids(**Coder, "aab"), ElementsAre(300));
}

TEST(HuggingFace, PrependIsPutInFrontOfNormalizedAddedTokens) {
  auto Coder = byteLevel([](json &Json) {
    Json["normalizer"] = {{"type", "Prepend"}, {"prepend", "_"}};
    Json["added_tokens"].push_back(
        {{"id", 300}, {"content", "xy"}, {"normalized", true}});
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(ids(**Coder, "xyxy"), ElementsAre(300, 'x', 'y'));
}

TEST(HuggingFace, NormalizedAddedTokens) {
  auto Coder = byteLevel([](json &Json) {
    Json["normalizer"] = {{"type", "NFC"}};
    for (bool Normalized : {false, true})
      Json["added_tokens"].push_back(
          {{"id", 300 + Normalized},
           {"content", Normalized ? "\xc3\xa9!" : "\xc3\xa9?"},
           {"single_word", false},
           {"lstrip", false},
           {"rstrip", false},
           {"normalized", Normalized},
           {"special", false}});
  });
  ASSERT_OK(Coder);
  EXPECT_THAT(ids(**Coder, "e\xcc\x81!"), ElementsAre(301));
  EXPECT_THAT(ids(**Coder, "e\xcc\x81?"),
              ::testing::Not(::testing::Contains(300)));
  EXPECT_THAT(ids(**Coder, "\xc3\xa9?"), ElementsAre(300));
}

TEST(HuggingFace, SideFilesSayWhatEndsAText) {
  auto Coder = fromJson(
      smallByteLevelJson(),
      {{"tokenizer_config.json",
        R"({"bos_token": {"content": "the"}, "eos_token": "ing"})"},
       {"generation_config.json", R"({"eos_token_id": [263, 260, -1]})"}});
  ASSERT_OK(Coder);
  EXPECT_EQ((*Coder)->bos(), 257);
  EXPECT_THAT((*Coder)->eos(), ElementsAre(260, 263));
  EXPECT_ERROR(fromJson(smallByteLevelJson(), {{"generation_config.json",
                                                R"({"eos_token_id": "x"})"}}),
               "generation_config.json: eos_token_id is neither an id");
  for (const char *Outside : {"9999", "-2", "18446744073709551615"})
    EXPECT_ERROR(
        fromJson(smallByteLevelJson(),
                 {{"generation_config.json",
                   absl::StrCat("{\"eos_token_id\": [263, ", Outside, "]}")}}),
        absl::StrCat("generation_config.json: eos_token_id is ", Outside,
                     ", which is outside of the vocabulary: ids are from 0 to "
                     "263"));
  // What tokenizer_config.json does not say, special_tokens_map.json may.
  Coder = fromJson(smallByteLevelJson(),
                   {{"tokenizer_config.json", R"({"bos_token": "the"})"},
                    {"special_tokens_map.json",
                     R"({"bos_token": "th", "eos_token": "ing"})"}});
  ASSERT_OK(Coder);
  EXPECT_EQ((*Coder)->bos(), 257);
  EXPECT_THAT((*Coder)->eos(), ElementsAre(260));
  EXPECT_ERROR(fromJson(smallByteLevelJson(), {{"tokenizer_config.json", "{"}}),
               "tokenizer_config.json: line 1, column ");
}

/// The ids of "a" with what is put around texts. `Post`: the post-processor
/// puts "the" in front and "ing" behind.
static std::vector<int32_t> surrounded(const char *Config, bool Post) {
  json Json = json::parse(smallByteLevelJson());
  auto Special = [](const char *Name) -> json {
    return {{"SpecialToken", {{"id", Name}, {"type_id", 0}}}};
  };
  auto Ids = [](const char *Name, int Id) -> json {
    return {{"id", Name}, {"ids", {Id}}, {"tokens", {Name}}};
  };
  if (Post)
    Json["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single",
         {Special("the"),
          {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
          Special("ing")}},
        {"special_tokens",
         {{"the", Ids("the", 257)}, {"ing", Ids("ing", 260)}}}};
  auto Coder = fromJson(Json.dump(), {{"tokenizer_config.json", Config}});
  EXPECT_TRUE(Coder.ok()) << Coder.status();
  EncodeOptions How;
  How.AddSpecial = true;
  return Coder.ok() ? ids(**Coder, "a", How) : std::vector<int32_t>();
}

TEST(HuggingFace, WhatIsPutAroundATextIsSaidByTheFiles) {
  // The post-processor, where nothing else is said.
  EXPECT_THAT(surrounded("{}", true), ElementsAre(257, 'a', 260));
  EXPECT_THAT(surrounded("{}", false), ElementsAre('a'));
  // A BOS that has a name is not put anywhere by that alone.
  EXPECT_THAT(surrounded(R"({"bos_token": "th", "eos_token": "in",
                             "tokenizer_class": "GPT2Tokenizer"})",
                         false),
              ElementsAre('a'));
  // Two flags.
  EXPECT_THAT(
      surrounded(R"({"bos_token": "th", "add_bos_token": true})", false),
      ElementsAre(256, 'a'));
  EXPECT_THAT(
      surrounded(R"({"eos_token": "in", "add_eos_token": true})", false),
      ElementsAre('a', 259));
  EXPECT_THAT(surrounded(R"({"add_bos_token": false})", true),
              ElementsAre('a', 260));
  EXPECT_THAT(
      surrounded(R"({"add_bos_token": null, "add_eos_token": false})", true),
      ElementsAre(257, 'a'));
  // Classes with a post-processor of their own.
  EXPECT_THAT(surrounded(R"({"tokenizer_class": "LlamaTokenizerFast",
                             "bos_token": "th"})",
                         false),
              ElementsAre(256, 'a'));
  EXPECT_THAT(surrounded(R"({"tokenizer_class": "LlamaTokenizer",
                             "bos_token": "th"})",
                         true),
              ElementsAre(257, 'a'));
  EXPECT_THAT(surrounded(R"({"tokenizer_class": "LlamaTokenizer",
                             "bos_token": "th", "add_bos_token": false})",
                         true),
              ElementsAre('a'));
  EXPECT_THAT(surrounded(R"({"tokenizer_class": "LlamaTokenizer"})", false),
              ElementsAre('a'));
}

TEST(HuggingFace, PostProcessorsInTurnWrapEachOther) {
  auto Coder = byteLevel([](json &Json) {
    auto Wrap = [](int Begin, int End) -> json {
      return {{"type", "BertProcessing"},
              {"cls", {"x", Begin}},
              {"sep", {"y", End}}};
    };
    Json["post_processor"] = {{"type", "Sequence"},
                              {"processors", {Wrap(1, 2), Wrap(3, 4)}}};
  });
  ASSERT_OK(Coder);
  EncodeOptions How;
  How.AddSpecial = true;
  EXPECT_THAT(ids(**Coder, "a", How), ElementsAre(3, 1, 'a', 2, 4));
}

TEST(HuggingFace, WhatIsNotSupportedIsNamed) {
  auto Expect = [](const char *Message,
                   const std::function<void(json &)> &Change) {
    EXPECT_ERROR(byteLevel(Change), Message);
  };
  Expect("model.type is \"WordPiece\", which is not supported",
         [](json &Json) { Json["model"]["type"] = "WordPiece"; });
  EXPECT_ERROR(fromJson(R"({"model": {"unk_id": 0, "vocab": [["<unk>", 0]]}})"),
               "tokenizer.json: model.type is \"Unigram\", which is not "
               "supported: only BPE is");
  EXPECT_ERROR(fromJson(R"({"model": {"type": "Unigram", "vocab": []}})"),
               "tokenizer.json: model.type is \"Unigram\"");
  EXPECT_ERROR(fromJson(R"({"model": {"vocab": {"a": 0},
                                      "max_input_chars_per_word": 100}})"),
               "tokenizer.json: model.type is \"WordPiece\"");
  Expect("model.dropout is not supported",
         [](json &Json) { Json["model"]["dropout"] = 0.5; });
  Expect("model.end_of_word_suffix is \"</w>\", which is not supported",
         [](json &Json) { Json["model"]["end_of_word_suffix"] = "</w>"; });
  Expect("normalizer.type is \"Lowercase\", which is not supported",
         [](json &Json) { Json["normalizer"] = {{"type", "Lowercase"}}; });
  Expect("normalizer.normalizers[1].type is \"Nmt\"", [](json &Json) {
    Json["normalizer"] = {
        {"type", "Sequence"},
        {"normalizers", {{{"type", "NFC"}}, {{"type", "Nmt"}}}}};
  });
  Expect("pre_tokenizer.type is \"UnicodeScripts\"", [](json &Json) {
    Json["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
  });
  Expect(
      "pretokenizers[1].type is \"Digits\" behind ByteLevel", [](json &Json) {
        Json["pre_tokenizer"] = {
            {"type", "Sequence"},
            {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}};
      });
  Expect("post_processor.type is \"Magic\"",
         [](json &Json) { Json["post_processor"] = {{"type", "Magic"}}; });
  Expect("decoder.type is \"CTC\"",
         [](json &Json) { Json["decoder"] = {{"type", "CTC"}}; });
  Expect("pattern.Regex cannot be used", [](json &Json) {
    Json["pre_tokenizer"] = {{"type", "Split"},
                             {"pattern", {{"Regex", "(a"}}},
                             {"behavior", "Isolated"}};
  });
  Expect("behavior is \"Sideways\", which is not known", [](json &Json) {
    Json["pre_tokenizer"] = {{"type", "Split"},
                             {"pattern", {{"String", "a"}}},
                             {"behavior", "Sideways"}};
  });
}

TEST(HuggingFace, DamagedFilesAreErrors) {
  EXPECT_ERROR(fromJson("{"),
               "tokenizer.json: line 1, column 2: the text ends too early");
  EXPECT_ERROR(fromJson("[]"), "tokenizer.json is not an object");
  EXPECT_ERROR(fromJson("{}"), "model is missing");
  auto Expect = [](const char *Message,
                   const std::function<void(json &)> &Change) {
    EXPECT_ERROR(byteLevel(Change), Message);
  };
  Expect("model.vocab is missing",
         [](json &Json) { Json["model"].erase("vocab"); });
  Expect("the token \"x\" has the id -1",
         [](json &Json) { Json["model"]["vocab"] = {{"x", -1}}; });
  Expect("the token \"x\" has the id 99999999999",
         [](json &Json) { Json["model"]["vocab"] = {{"x", 99999999999}}; });
  Expect("the token \"x\", whose id is not an integer",
         [](json &Json) { Json["model"]["vocab"] = {{"x", 1.5}}; });
  Expect("the id 1 is that of two tokens",
         [](json &Json) { Json["model"]["vocab"] = {{"x", 1}, {"y", 1}}; });
  Expect("model.merges[7] is not a pair of tokens",
         [](json &Json) { Json["model"]["merges"].push_back("a b c"); });
  Expect("merge 7 joins \"a\" and \"b\", but \"ab\" is not in the vocabulary",
         [](json &Json) { Json["model"]["merges"].push_back("a b"); });
  Expect("model.unk_token is \"<unk>\", which is not in the vocabulary",
         [](json &Json) { Json["model"]["unk_token"] = "<unk>"; });
  Expect("added_tokens[0].id is missing",
         [](json &Json) { Json["added_tokens"][0].erase("id"); });
  Expect("added_tokens[0].special is neither true nor false",
         [](json &Json) { Json["added_tokens"][0]["special"] = 1; });
  Expect("added_tokens[0] is damaged: the id 0 is that of two tokens",
         [](json &Json) { Json["added_tokens"][0]["id"] = 0; });
}

} // namespace
