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

TEST(Pattern, EmptyMatchesAreNone) {
  EXPECT_THAT(matches("x*", "axxb\xc3\xa9x"), ElementsAre("xx", "x"));
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
