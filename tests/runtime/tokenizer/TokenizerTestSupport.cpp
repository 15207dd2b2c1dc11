#include "tests/runtime/tokenizer/TokenizerTestSupport.h"
#include <fstream>
#include <sstream>

namespace stator::runtime::testing {

std::string contentsOf(const std::string &Path) {
  std::ifstream File(Path, std::ios::binary);
  std::stringstream Result;
  Result << File.rdbuf();
  return Result.str();
}

std::unique_ptr<Tokenizer> open(const std::string &Path) {
  absl::StatusOr<std::unique_ptr<Tokenizer>> Result = openTokenizer(Path);
  EXPECT_TRUE(Result.ok()) << Result.status();
  return Result.ok() ? *std::move(Result) : nullptr;
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
fromJson(const std::string &Contents, std::vector<TokenizerFiles::File> Side) {
  TokenizerFiles Files;
  Files.Kind = TokenizerKind::HuggingFace;
  Files.Origin = "tokenizer.json";
  Files.Files = {{"tokenizer.json", Contents}};
  for (TokenizerFiles::File &File : Side)
    Files.Files.push_back(std::move(File));
  return makeTokenizer(std::move(Files));
}

std::vector<int32_t> ids(const Tokenizer &Coder, absl::string_view Text,
                         EncodeOptions Options) {
  absl::StatusOr<std::vector<int32_t>> Result = Coder.encode(Text, Options);
  EXPECT_TRUE(Result.ok()) << Result.status();
  return Result.value_or(std::vector<int32_t>());
}

std::vector<std::string> names(const Tokenizer &Coder, absl::string_view Text,
                               EncodeOptions Options) {
  std::vector<std::string> Result;
  for (int32_t Id : ids(Coder, Text, Options))
    Result.push_back(Coder.token(Id));
  return Result;
}

std::string decoded(const Tokenizer &Coder, const std::vector<int32_t> &Ids) {
  absl::StatusOr<std::string> Result = Coder.decode(Ids);
  EXPECT_TRUE(Result.ok()) << Result.status();
  return Result.value_or("");
}

std::string randomText(std::mt19937 &Random, size_t Size) {
  static const std::vector<std::string> Parts = {
      "a",
      "b",
      "the",
      "ing",
      "s",
      "Z",
      "\xc3\xa9" /* é */,
      "e\xcc\x81" /* e and an acute */,
      "\xd0\xb6" /* ж */,
      "\xe4\xb8\xad" /* 中 */,
      "\xc5\xbf" /* long s */,
      "\xe0\xa4\x95\xe0\xa4\xbf" /* Devanagari with a vowel sign */,
      "\xea\xb0\x80" /* a Hangul syllable */,
      "\xf0\x9d\x94\x98" /* 𝔘 */,
      "0",
      "1",
      "7",
      "42",
      "2024",
      "\xc2\xbd" /* ½ */,
      "\xd9\xa3" /* Arabic 3 */,
      "\xe2\x85\xa7" /* Ⅷ */,
      " ",
      " ",
      " ",
      "  ",
      "\n",
      "\r\n",
      "\t",
      "\xc2\xa0" /* no-break */,
      "\xe3\x80\x80" /* ideographic */,
      "\xe2\x80\xa8" /* line separator */,
      "\xc2\x85" /* next line */,
      "\xe1\xa0\x8e" /* U+180E, no space */,
      "\xe2\x80\x8b" /* U+200B */,
      "'",
      "'s",
      "'T",
      "'re",
      "'VE",
      "'ll",
      "'\xc5\xbf",
      ".",
      ",",
      "!!",
      "_",
      "-",
      "(",
      "$",
      "+",
      "\xe2\x82\xac" /* € */,
      "\xf0\x9f\x98\x80" /* 😀 */,
      "\xef\xbb\xbf" /* BOM */,
      std::string(1, '\0'),
      "\x7f"};
  std::string Result;
  for (size_t I = 0; I < Size; ++I)
    Result += Parts[Random() % Parts.size()];
  return Result;
}

std::string randomBytes(std::mt19937 &Random, size_t Size) {
  std::string Result(Size, '\0');
  for (char &Byte : Result)
    Byte = static_cast<char>(Random() % 4 ? Random() : Random() % 128);
  return Result;
}

std::string mutated(std::mt19937 &Random, std::string Text) {
  for (unsigned Count = 1 + Random() % 4; Count > 0 && !Text.empty(); --Count) {
    size_t At = Random() % Text.size();
    switch (Random() % 6) {
    case 0:
      Text[At] = static_cast<char>(Random());
      break;
    case 1:
      Text[At] = static_cast<char>(Text[At] ^ (1 << Random() % 8));
      break;
    case 2:
      Text.erase(At, 1 + Random() % 8);
      break;
    case 3:
      Text.insert(At, Text.substr(Random() % Text.size(), Random() % 40));
      break;
    case 4:
      // A piece of JSON, for files that are JSON.
      Text.insert(At, std::vector<std::string>{"null", "-1", "\"", "{}", "[]",
                                               "1e99", ","}[Random() % 7]);
      break;
    default:
      if (Random() % 4 == 0)
        Text.resize(At);
    }
  }
  return Text;
}

} // namespace stator::runtime::testing
