#include "runtime/core/tokenizer/Pattern.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/WordScanner.h"
#include "tests/runtime/tokenizer/TokenizerTestSupport.h"

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

std::vector<std::string> matches(const Pattern &What, absl::string_view Text) {
  std::vector<std::string> Result;
  size_t Begin, End, Position = 0;
  while (What.find(Text, Position, Begin, End) == Pattern::Outcome::Found) {
    Result.emplace_back(Text.substr(Begin, End - Begin));
    Position = End;
  }
  return Result;
}

std::vector<std::string> matches(const char *Regex, absl::string_view Text) {
  auto What = pcrePattern(Regex);
  EXPECT_TRUE(What.ok()) << What.status();
  return What.ok() ? matches(**What, Text) : std::vector<std::string>();
}

constexpr const char *Llama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char *Qwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

TEST(Pattern, ScannersMatchAsTheirRegularExpressions) {
  for (absl::string_view Regex :
       {Gpt2Words, absl::string_view(Llama3), absl::string_view(Qwen2)}) {
    auto Scanned = scannedPattern(Regex);
    auto Matched = pcrePattern(Regex);
    ASSERT_TRUE(Scanned);
    ASSERT_TRUE(Matched.ok()) << Matched.status();
    std::mt19937 Random(7);
    for (int I = 0; I < 3000; ++I) {
      std::string Text = randomText(Random, 1 + Random() % 12);
      ASSERT_EQ(matches(*Scanned, Text), matches(**Matched, Text)) << Text;
    }
  }
}

TEST(Pattern, ScannersLeaveNothingOut) {
  auto Scanned = scannedPattern(Llama3);
  std::mt19937 Random(8);
  std::string Text = randomText(Random, 2000), Joined;
  for (const std::string &Word : matches(*Scanned, Text))
    Joined += Word;
  EXPECT_EQ(Joined, Text);
}

TEST(Pattern, ClassesAreThoseOfUnicode) {
  // U+180E is no white space, U+0085 is; marks and connectors are of words.
  EXPECT_THAT(matches(R"(\s)", "\xe1\xa0\x8e\xc2\x85\xe3\x80\x80"),
              ElementsAre("\xc2\x85", "\xe3\x80\x80"));
  EXPECT_THAT(matches(R"([^\s]+)", "a\xc2\x85"
                                   "b"),
              ElementsAre("a", "b"));
  EXPECT_THAT(matches(R"(\w+)", "e\xcc\x81_1 -"), ElementsAre("e\xcc\x81_1"));
  EXPECT_THAT(matches(R"(\S)", "a b"), ElementsAre("a", "b"));
  EXPECT_THAT(matches(R"(^b)", "a\nb"), ElementsAre("b"));
  EXPECT_THAT(matches(R"([]a]+)", "]a["), ElementsAre("]a"));
  EXPECT_THAT(matches(R"((?i:STRA))", "stra"), ElementsAre("stra"));
}

TEST(Pattern, WordCharactersAreOnigurumas) {
  // Of numbers the digits, the letters of Number Forms, and Latin-1's.
  EXPECT_THAT(matches(R"(\w+)", "\xe2\x85\xa7-\xc2\xbd-\xe2\x91\xa0"),
              ElementsAre("\xe2\x85\xa7", "\xc2\xbd"));
  EXPECT_THAT(matches(R"(\W)", "\xe2\x92\xb6\xe2\x91\xa0\xe2\x80\x8d"),
              ElementsAre("\xe2\x91\xa0", "\xe2\x80\x8d"));
}

TEST(Pattern, IntervalsAreOnigurumas) {
  EXPECT_THAT(matches("[0-9]{1,3}", "12345"), ElementsAre("123", "45"));
  // Not possessive, but repeated.
  EXPECT_THAT(matches("[0-9]{1,3}+", "12345"), ElementsAre("12345"));
  EXPECT_THAT(matches("a[0-9]{0,3}+5", "a12345"), ElementsAre("a12345"));
  EXPECT_THAT(matches("[0-9]{2,}+5", "12345"), ElementsAre("12345"));
  EXPECT_THAT(matches("a{,2}b", "aaab"), ElementsAre("aab"));
  EXPECT_THAT(matches("a{2}", "aaa"), ElementsAre("aa"));
  EXPECT_THAT(matches("a{1,2}?", "aa"), ElementsAre("a", "a"));
  EXPECT_THAT(matches("a{x}|{}|{,}", "a{x}{}{,}"),
              ElementsAre("a{x}", "{}", "{,}"));
  EXPECT_THAT(matches(R"(\x{e9}{2}|\d{2})", "\xc3\xa9\xc3\xa9"
                                            "12"),
              ElementsAre("\xc3\xa9\xc3\xa9", "12"));
  EXPECT_ERROR(pcrePattern("a{2,3}+"), "a + behind {n,m}");
  EXPECT_ERROR(pcrePattern("a{2}?"), "a ? behind {n}");
  EXPECT_THAT(matches("a{1", "a{1"), ElementsAre("a{1"));
}

TEST(Pattern, ScriptsAreWithoutExtensions) {
  // U+30FC is of Hiragana and Katakana, and so of neither script alone.
  EXPECT_THAT(matches(R"(\p{Katakana}+)", "\xe3\x82\xab\xe3\x83\xbc"),
              ElementsAre("\xe3\x82\xab"));
  EXPECT_THAT(matches(R"(\p{^Han}+|\p{Lu})", "a\xe4\xb8\xad"),
              ElementsAre("a"));
  EXPECT_THAT(matches(R"(\P{Han}+)", "a\xe4\xb8\xad"), ElementsAre("a"));
  EXPECT_ERROR(pcrePattern(R"(\p{Elvish})"), "unknown property");
  EXPECT_ERROR(pcrePattern(R"(\p{Han)"), "the regular expression");
}

TEST(Pattern, EmptyMatchesAreRefused) {
  for (const char *Regex : {"x*", "a|$", "(?=a)", "\\A|b"})
    EXPECT_ERROR(pcrePattern(Regex), "can match an empty text");
}

TEST(Pattern, WhatReadsDifferentlyIsRefused) {
  EXPECT_ERROR(pcrePattern("[a&&[b]]"), "which is not supported");
  EXPECT_ERROR(pcrePattern("[a[b]]"), "brackets in brackets");
  EXPECT_ERROR(pcrePattern(R"(\h)"), "\\h");
  EXPECT_ERROR(pcrePattern("(?m:a.b)"), "an option other than (?i)");
  EXPECT_ERROR(pcrePattern("(*UTF)a"), "(*");
  EXPECT_ERROR(pcrePattern("a)"), "the regular expression \"a)\"");
  EXPECT_ERROR(pcrePattern(R"([\S])"), "\\S in brackets");
}

TEST(Pattern, MatchingEnds) {
  auto What = pcrePattern("(a+)+$");
  ASSERT_TRUE(What.ok());
  size_t Begin, End;
  EXPECT_EQ((*What)->find(std::string(5000, 'a') + "b", 0, Begin, End),
            Pattern::Outcome::Failed);
  auto Coder = fromJson([] {
    auto Text = smallByteLevelJson();
    std::string From = R"("pre_tokenizer":{"type":"ByteLevel")";
    size_t At = Text.find(From);
    EXPECT_NE(At, std::string::npos);
    std::string To = R"("pre_tokenizer":{"type":"Split","pattern":)"
                     R"({"Regex":"(a+)+$"},"behavior":"Isolated")";
    return Text.replace(At, From.size(), To);
  }());
  ASSERT_TRUE(Coder.ok()) << Coder.status();
  EXPECT_ERROR((*Coder)->encode(std::string(5000, 'a') + "b"),
               "dividing the text into words takes too long");
}

} // namespace
