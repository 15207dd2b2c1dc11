//===- GgufPreTokenizers.cpp - The names of tokenizer.ggml.pre ------------===//
//
// A GGUF file does not hold the regular expressions that split a text into
// words before merges, only a name for them. These are the names that llama.cpp
// knows, with the expressions that it splits by. Where the tokenizer.json of
// the models in question has an expression that llama.cpp only approximates,
// for want of classes such as \p{Lu}, the one of the tokenizer.json is taken.
//
//===----------------------------------------------------------------------===//

#include "frontend/import/GgufPreTokenizers.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/Errors.h"
#include "runtime/core/tokenizer/Pattern.h"
#include "llvm/ADT/StringSwitch.h"
#include <vector>

using llvm::StringRef;
using nlohmann::json;
using nlohmann::ordered_json;

namespace stator {

namespace {
/// Ways to split, each by one or several expressions in turn.
enum class Split {
  Unknown,
  NotExpressible, ///< known to llama.cpp, but not what a tokenizer.json can say
  Default,
  Gpt2,
  Digits, ///< every digit alone, then as GPT-2
  Llama3,
  Qwen2,
  Qwen35,
  UfakZeka,
  SeedCoder,
  Bailing,
  ExaoneMoe,
  Jais2,
  MiniCpm5,
  Laguna,
  Tekken,
  Gpt4o,
  TinyAya,
  SuperBpe,
  Falcon,
  Bloom,
  Viking,
  Chameleon,
  DeepSeekLlm,
  DeepSeekCoder,
  DeepSeek3,
  Spark,
  Youtu
};
} // namespace

static Split splitOf(StringRef Name) {
  return llvm::StringSwitch<Split>(Name)
      .Cases({"default", ""}, Split::Default)
      .Cases({"gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es",
              "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jina-v1-en",
              "jina-v2-code", "mpt", "granite-docling", "roberta-bpe", "olmo",
              "jais", "trillion", "exaone4"},
             Split::Gpt2)
      .Cases({"smollm", "starcoder", "refact", "command-r", "codeshell",
              "exaone", "minerva-7b", "mellum2"},
             Split::Digits)
      .Cases({"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1",
              "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "dbrx",
              "smaug-bpe", "glm4", "chatglm-bpe"},
             Split::Llama3)
      .Cases({"qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez",
              "stablelm2", "hunyuan", "solar-open", "grok-2"},
             Split::Qwen2)
      .Case("qwen35", Split::Qwen35)
      .Case("ufakzeka", Split::UfakZeka)
      .Case("seed-coder", Split::SeedCoder)
      .Cases({"bailingmoe", "bailingmoe2", "llada-moe"}, Split::Bailing)
      .Case("exaone-moe", Split::ExaoneMoe)
      .Case("jais-2", Split::Jais2)
      .Case("minicpm5", Split::MiniCpm5)
      .Case("laguna", Split::Laguna)
      .Case("tekken", Split::Tekken)
      .Cases({"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2",
              "granite-embed-multi-97m"},
             Split::Gpt4o)
      .Cases({"tiny_aya", "cohere2moe"}, Split::TinyAya)
      .Case("superbpe", Split::SuperBpe)
      .Case("falcon", Split::Falcon)
      .Cases({"bloom", "gpt3-finnish", "poro-chat"}, Split::Bloom)
      .Case("viking", Split::Viking)
      .Case("chameleon", Split::Chameleon)
      .Case("deepseek-llm", Split::DeepSeekLlm)
      .Case("deepseek-coder", Split::DeepSeekCoder)
      .Cases({"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"},
             Split::DeepSeek3)
      .Case("spark2_5", Split::Spark)
      .Case("youtu", Split::Youtu)
      .Cases({"kimi-k2", "afmoe", "gemma4", "granite-embed-multi-311m",
              "sarvam-moe", "whitespace"},
             Split::NotExpressible)
      .Default(Split::Unknown);
}

using Expressions = std::vector<std::string>;

static constexpr absl::string_view Contractions =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
static constexpr absl::string_view Word = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
static constexpr absl::string_view Signs = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
static constexpr absl::string_view Spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
static constexpr absl::string_view Ideographs =
    "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+";

/// Contractions, words, numbers as `Numbers` says, other signs, spaces.
static std::string words(absl::string_view Numbers) {
  return absl::StrCat(Contractions, "|", Word, "|", Numbers, "|", Signs, "|",
                      Spaces);
}

/// Words whose capitals come first, as in the tokenizers of GPT-4o and of
/// Mistral NeMo, which differ in contractions and in numbers.
static std::string capitalWords(absl::string_view Ending,
                                absl::string_view Numbers) {
  constexpr absl::string_view Before = "[^\\r\\n\\p{L}\\p{N}]?";
  constexpr absl::string_view Upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  constexpr absl::string_view Lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  return absl::StrCat(absl::StrCat(Before, Upper, "*", Lower, "+", Ending, "|"),
                      absl::StrCat(Before, Upper, "+", Lower, "*", Ending, "|"),
                      Numbers, "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|", Spaces);
}

/// DeepSeek's words: a sign joined to letters, letters with marks, signs.
static std::string signWords(absl::string_view SignEnds,
                             absl::string_view LineEnds) {
  return absl::StrCat(
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
      "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+",
      SignEnds, "|", LineEnds, "|\\s+(?!\\S)|\\s+");
}

/// The letters with a case, up to a version of Unicode, that the tokenizer of
/// DeepSeek LLM lists.
static const char CasedLetters[] =
    "A-Za-z\\x{b5}\\x{c0}-\\x{d6}\\x{d8}-\\x{f6}\\x{f8}-\\x{1ba}"
    "\\x{1bc}-\\x{1bf}\\x{1c4}-\\x{293}\\x{295}-\\x{2af}\\x{370}-\\x{373}"
    "\\x{376}\\x{377}\\x{37b}-\\x{37d}\\x{37f}\\x{386}\\x{388}-\\x{38a}"
    "\\x{38c}\\x{38e}-\\x{3a1}\\x{3a3}-\\x{3f5}\\x{3f7}-\\x{481}"
    "\\x{48a}-\\x{52f}\\x{531}-\\x{556}\\x{10a0}-\\x{10c5}\\x{13a0}-\\x{13f5}"
    "\\x{13f8}-\\x{13fd}\\x{1c90}-\\x{1cba}\\x{1cbd}-\\x{1cbf}"
    "\\x{1d00}-\\x{1d2b}\\x{1d6b}-\\x{1d77}\\x{1d79}-\\x{1d9a}"
    "\\x{1e00}-\\x{1f15}\\x{1f18}-\\x{1f1d}\\x{1f20}-\\x{1f45}"
    "\\x{1f48}-\\x{1f4d}\\x{1f50}-\\x{1f57}\\x{1f59}\\x{1f5b}\\x{1f5d}"
    "\\x{1f5f}-\\x{1f7d}\\x{1f80}-\\x{1fb4}\\x{1fb6}-\\x{1fbc}\\x{1fbe}"
    "\\x{1fc2}-\\x{1fc4}\\x{1fc6}-\\x{1fcc}\\x{1fd0}-\\x{1fd3}"
    "\\x{1fd6}-\\x{1fdb}\\x{1fe0}-\\x{1fec}\\x{1ff2}-\\x{1ff4}"
    "\\x{1ff6}-\\x{1ffc}\\x{2102}\\x{2107}\\x{210a}-\\x{2113}\\x{2115}"
    "\\x{2119}-\\x{211d}\\x{2124}\\x{2126}\\x{2128}\\x{212a}-\\x{212d}"
    "\\x{212f}-\\x{2134}\\x{2139}\\x{213c}-\\x{213f}\\x{2145}-\\x{2149}"
    "\\x{214e}\\x{2183}\\x{2184}\\x{2c00}-\\x{2c7b}\\x{2c7e}-\\x{2ce4}"
    "\\x{2ceb}-\\x{2cee}\\x{2cf2}\\x{2cf3}\\x{a640}-\\x{a66d}"
    "\\x{a680}-\\x{a69b}\\x{a722}-\\x{a76f}\\x{a771}-\\x{a787}"
    "\\x{a78b}-\\x{a78e}\\x{ab70}-\\x{abbf}\\x{fb00}-\\x{fb06}"
    "\\x{fb13}-\\x{fb17}\\x{ff21}-\\x{ff3a}\\x{ff41}-\\x{ff5a}"
    "\\x{10400}-\\x{1044f}\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}"
    "\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}\\x{118a0}-\\x{118df}"
    "\\x{1e900}-\\x{1e943}";

/// The expressions of a way to split, in turn: what one matches is a piece of
/// its own, and the next looks at each piece.
static Expressions expressionsOf(Split How) {
  const std::string Gpt2(runtime::Gpt2Words);
  const std::string EastAsian =
      "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+";
  // Groups of three digits, counted from the end of the number.
  auto FromTheEnd = [](const char *Boundary) {
    return absl::StrCat("\\d{1,3}(?=(?:\\d{3})*", Boundary, ")");
  };
  const std::string Sentence =
      " ?[^(\\s|.,!?\\x{2026}\\x{3002}\\x{ff0c}\\x{3001}\\x{964}\\x{6d4}"
      "\\x{60c})]+";
  switch (How) {
  case Split::Default:
    return {"[\\p{P}$+<=>^~|]+", Gpt2, "\\p{N}+", "[0-9][0-9][0-9]"};
  case Split::Falcon:
    return {"[\\p{P}$+<=>^~|`]+", Gpt2, "[0-9][0-9][0-9]"};
  case Split::Llama3:
    return {words("\\p{N}{1,3}")};
  case Split::Qwen2:
    return {words("\\p{N}")};
  case Split::Qwen35:
    return {absl::StrCat(Contractions,
                         "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}|"
                         " ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|",
                         Spaces)};
  case Split::UfakZeka:
    return {absl::StrCat(Word, "|\\p{N}|", Signs, "|", Spaces)};
  case Split::SeedCoder:
    return {absl::StrCat(Contractions, "|", Word,
                         "|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|", Spaces)};
  case Split::Bailing:
    return {absl::StrCat("'(?i:[sdmt]|ll|ve|re)|", Word, "|\\p{N}|", Signs,
                         "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")};
  case Split::ExaoneMoe:
    return {absl::StrCat(
        Contractions,
        "|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|"
        "\\p{N}| "
        "?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")};
  case Split::Jais2:
    return {absl::StrCat(
        Contractions, "|", Word, "|\\p{N}{1,3}|", Signs,
        "|\\s*[\\r\\n]+|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|"
        "\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)|"
        "\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s")};
  case Split::MiniCpm5:
    return {"\\p{N}{1,3}", words("\\p{N}+")};
  case Split::Laguna:
    return {"[^\\n]+|[\\n]+", words("\\p{N}")};
  case Split::Tekken:
    return {capitalWords("", "\\p{N}")};
  case Split::Gpt4o:
    return {capitalWords(absl::StrCat(Contractions, "?"), "\\p{N}{1,3}")};
  case Split::TinyAya:
    return {FromTheEnd("(?!\\w)"),
            capitalWords(absl::StrCat(Contractions, "?"), "\\p{N}{1,3}")};
  case Split::SuperBpe:
    return {"\\p{N}+", FromTheEnd("(?!\\d)")};
  case Split::Bloom:
    return {Sentence};
  case Split::Viking:
    return {Sentence, "\\p{N}"};
  case Split::Chameleon:
    return {"<sentinel:[0-9]+>",      "IMGIMG[A-I]{1,4}Z",
            "[\\t\\n]|    |  ",       "\\p{N}",
            "[\\p{P}!-/:-@\\[-`{-~]", Gpt2};
  case Split::DeepSeekLlm:
    return {"[\\r\\n]",
            absl::StrCat("\\s?[", CasedLetters, "]+"),
            "\\s?[!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}"
            "\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}]+",
            "\\s+$",
            EastAsian,
            "\\p{N}+"};
  case Split::DeepSeekCoder:
    return {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", EastAsian, "\\p{N}"};
  case Split::DeepSeek3:
    return {"\\p{N}{1,3}", std::string(Ideographs),
            signWords("[\\r\\n]*", "\\s*[\\r\\n]+")};
  case Split::Spark:
    return {"\\p{N}{1,3}", std::string(Ideographs), signWords("", "[\\r\\n]"),
            "\\p{N}"};
  case Split::Youtu:
    return {
        absl::StrCat(
            "[\\x{ac00}-\\x{d7a3}\\x{3131}-\\x{318e}]+|"
            "[\\x{ff01}\\x{2026}\\x{201c}\\x{201d}\\x{2018}\\x{2019}\\x{2014}"
            "\\x{ff1a}\\x{ff1b}\\x{ff0c}\\x{3001}-\\x{303f}"
            "\\x{fe30}-\\x{fe4f}]+|[\\x{3105}-\\x{312f}]+|",
            Ideographs),
        capitalWords(absl::StrCat(Contractions, "?"), "\\p{N}")};
  default:
    return {};
  }
}

static ordered_json describeByteLevel(bool Splits) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", Splits}};
}

static ordered_json describeStages(Split How) {
  if (How == Split::Gpt2)
    return describeByteLevel(/*Splits=*/true);
  ordered_json Stages = ordered_json::array();
  if (How == Split::Digits)
    Stages.push_back({{"type", "Digits"}, {"individual_digits", true}});
  for (const std::string &Each : expressionsOf(How))
    Stages.push_back({{"type", "Split"},
                      {"pattern", {{"Regex", Each}}},
                      {"behavior", "Isolated"},
                      {"invert", false}});
  Stages.push_back(describeByteLevel(How == Split::Digits));
  return {{"type", "Sequence"}, {"pretokenizers", Stages}};
}

absl::StatusOr<GgufPreTokenizer> findGgufPreTokenizer(StringRef Name) {
  Split How = splitOf(Name);
  if (How == Split::Unknown)
    return runtime::error("tokenizer.ggml.pre \"", Name.str(),
                          "\" is unknown to llama.cpp and to Stator, so text "
                          "cannot be split into words");
  if (How == Split::NotExpressible)
    return runtime::error("tokenizer.ggml.pre \"", Name.str(),
                          "\" is not supported: its way to split text into "
                          "words cannot be written as a tokenizer.json");
  GgufPreTokenizer Result;
  Result.Stages = describeStages(How);
  bool IsLlama3 =
      llvm::StringSwitch<bool>(Name)
          .Cases({"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1",
                  "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"},
                 true)
          .Default(false);
  Result.IgnoreMerges = IsLlama3 || Name == "tekken" || Name == "minicpm5" ||
                        Name == "youtu" || Name == "granite-embed-multi-97m";
  Result.AddBos = IsLlama3 || Name == "tekken" || Name == "chameleon";
  Result.HasDefaultBos = Name != "glm4" && Name != "chatglm-bpe";
  Result.NormalizeNfc = Name == "qwen2";
  return Result;
}

/// What distinguishes pre-tokenizers: kinds, expressions and whether words are
/// split at all; "" for what is of another form.
static std::string summarize(const json &PreTokenizer) {
  if (!PreTokenizer.is_object())
    return "";
  json Type = PreTokenizer.value("type", json());
  if (Type == "ByteLevel")
    return PreTokenizer.value("use_regex", json(true)) == false ? "bytes;"
                                                                : "gpt2;";
  if (Type == "Digits")
    return PreTokenizer.value("individual_digits", json(false)) == true
               ? "digits;"
               : "";
  if (Type == "Split") {
    json Pattern = PreTokenizer.value("pattern", json());
    json Regex = Pattern.is_object() ? Pattern.value("Regex", json()) : json();
    return Regex.is_string() ? Regex.get<std::string>() + ";" : "";
  }
  json Parts = PreTokenizer.value("pretokenizers", json());
  if (Type != "Sequence" || !Parts.is_array())
    return "";
  std::string Result;
  for (const json &Part : Parts) {
    // One deep is what tokenizers have.
    std::string Each =
        Part.is_object() && Part.value("type", json()) == "Sequence"
            ? ""
            : summarize(Part);
    if (Each.empty())
      return "";
    Result += Each;
  }
  return Result;
}

std::string nameOfPreTokenizer(const json &PreTokenizer) {
  std::string Wanted = summarize(PreTokenizer);
  if (!Wanted.empty())
    for (const char *Name : {"gpt-2", "llama-bpe", "qwen2", "smollm"})
      if (summarize(json(describeStages(splitOf(Name)))) == Wanted)
        return Name;
  return "";
}

} // namespace stator
