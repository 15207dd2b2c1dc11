//===- GgufTokenizer.cpp - Tokenizers inside of GGUF files ----------------===//

#include "frontend/import/GgufTokenizer.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Utf8.h"
#include "llvm/ADT/StringSwitch.h"

using nlohmann::json;
using nlohmann::ordered_json;
using stator::runtime::GgufFile;
using stator::runtime::TokenizerFiles;
using stator::runtime::TokenizerKind;

namespace stator {

namespace {
/// tokenizer.ggml.token_type, which are those of SentencePiece.
enum TokenType : int64_t {
  Normal = 1,
  Unknown = 2,
  Control = 3,
  UserDefined = 4,
  Unused = 5,
  Byte = 6
};

/// The arrays of a tokenizer, one element a token.
struct Tokens {
  std::vector<absl::string_view> Texts;
  std::vector<int64_t> Types;
  std::vector<double> Scores;
};
} // namespace

static bool isUtf8(absl::string_view Text) {
  char32_t CodePoint;
  for (size_t I = 0; I < Text.size();) {
    unsigned Length = runtime::decodeUtf8(Text, I, CodePoint);
    if (Length == 0)
      return false;
    I += Length;
  }
  return true;
}

static std::string keyOf(const char *Key) {
  return std::string("tokenizer.ggml.") + Key;
}

static absl::StatusOr<Tokens> readTokens(const GgufFile &File) {
  Tokens Result;
  Result.Texts = *File.value<std::vector<absl::string_view>>(keyOf("tokens"));
  size_t Count = Result.Texts.size();
  for (size_t I = 0; I < Count; ++I)
    if (!isUtf8(Result.Texts[I]))
      return runtime::error(File.path(), ": tokenizer.ggml.tokens: token ", I,
                            " is not UTF-8");
  Result.Types.assign(Count, Normal);
  Result.Scores.assign(Count, 0);
  auto Take = [&](const char *Key, auto &Target) -> absl::Status {
    using ArrayType = std::decay_t<decltype(Target)>;
    const auto *Found = File.value<ArrayType>(keyOf(Key));
    if (Found && Found->size() != Count)
      return runtime::error(File.path(), ": tokenizer.ggml.", Key, " has ",
                            Found->size(), " elements for ", Count, " tokens");
    if (Found)
      Target = *Found;
    return absl::OkStatus();
  };
  STATOR_RETURN_IF_ERROR(Take("token_type", Result.Types));
  STATOR_RETURN_IF_ERROR(Take("scores", Result.Scores));
  return Result;
}

/// The id of a special token; none if it is missing or no token.
static std::optional<size_t> specialId(const GgufFile &File, const Tokens &All,
                                       const char *Key) {
  const auto *Id = File.value<int64_t>(keyOf(Key));
  if (!Id || *Id < 0 || static_cast<size_t>(*Id) >= All.Texts.size())
    return std::nullopt;
  return static_cast<size_t>(*Id);
}

/// How a text is divided into words before merges, by tokenizer.ggml.pre. None:
/// it is not known here.
static std::optional<ordered_json> preTokenizer(llvm::StringRef Name) {
  ordered_json ByteLevel = {{"type", "ByteLevel"},
                            {"add_prefix_space", false},
                            {"trim_offsets", true},
                            {"use_regex", true}};
  // Contractions; words; numbers; punctuation; line ends; other space.
  const std::string Begin = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]"
                            "?\\p{L}+|";
  const std::string End = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
                          "\\s+(?!\\S)|\\s+";
  auto Split = [&](const char *Numbers) -> ordered_json {
    ByteLevel["use_regex"] = false;
    ordered_json First = {{"type", "Split"},
                          {"pattern", {{"Regex", Begin + Numbers + End}}},
                          {"behavior", "Isolated"},
                          {"invert", false}};
    return {{"type", "Sequence"},
            {"pretokenizers", ordered_json::array({First, ByteLevel})}};
  };
  enum { Gpt2, Llama3, Qwen2, SmolLm, Other };
  switch (llvm::StringSwitch<int>(Name)
              .Cases({"gpt-2", "default", "", "mpt", "olmo"}, Gpt2)
              .Cases({"llama-bpe", "llama3", "llama-v3"}, Llama3)
              .Case("qwen2", Qwen2)
              .Case("smollm", SmolLm)
              .Default(Other)) {
  case Gpt2:
    return ByteLevel;
  case Llama3:
    return Split("\\p{N}{1,3}");
  case Qwen2:
    return Split("\\p{N}");
  case SmolLm:
    return ordered_json{
        {"type", "Sequence"},
        {"pretokenizers",
         ordered_json::array(
             {{{"type", "Digits"}, {"individual_digits", true}}, ByteLevel})}};
  default:
    return std::nullopt;
  }
}

/// What distinguishes pre-tokenizers: kinds, expressions and whether words are
/// divided at all; "" for what is of another form.
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

ordered_json describeBpe() {
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false}};
}

std::string nameOfPreTokenizer(const json &PreTokenizer) {
  std::string Wanted = summarize(PreTokenizer);
  if (!Wanted.empty())
    for (const char *Name : {"gpt-2", "llama-bpe", "qwen2", "smollm"})
      if (summarize(json(*preTokenizer(Name))) == Wanted)
        return Name;
  return "";
}

/// Byte-level BPE as Hugging Face's tokenizer.json.
static absl::StatusOr<TokenizerFiles> writeBpe(const GgufFile &File,
                                               const Tokens &All) {
  const auto *Name = File.value<absl::string_view>(keyOf("pre"));
  std::string Pre = Name ? std::string(*Name) : "default";
  std::optional<ordered_json> PreTokenizer = preTokenizer(Pre);
  if (!PreTokenizer)
    return runtime::error(File.path(), ": tokenizer.ggml.pre \"", Pre,
                          "\" is not supported; known are gpt-2, llama-bpe, "
                          "qwen2 and smollm");
  const auto *Merges =
      File.value<std::vector<absl::string_view>>(keyOf("merges"));
  ordered_json Added = ordered_json::array();
  json Seen = json::object();
  for (size_t Id = 0; Id < All.Texts.size(); ++Id) {
    std::string Text(All.Texts[Id]);
    int64_t Type = All.Types[Id];
    if (Type == Control || Type == UserDefined || Type == Unknown) {
      Added.push_back({{"id", Id},
                       {"content", Text},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", Type != UserDefined}});
      continue;
    }
    if (Seen.contains(Text))
      return runtime::error(File.path(), ": tokens ", Seen[Text].get<size_t>(),
                            " and ", Id, " are the same text");
    Seen[Text] = Id;
  }
  std::string MergeList = "[";
  for (size_t I = 0; Merges && I < Merges->size(); ++I) {
    if (!isUtf8((*Merges)[I]))
      return runtime::error(File.path(), ": tokenizer.ggml.merges: merge ", I,
                            " is not UTF-8");
    MergeList += (I ? "," : "") + json(std::string((*Merges)[I])).dump();
  }
  MergeList += "]";

  ordered_json Json;
  Json["version"] = "1.0";
  Json["added_tokens"] = Added;
  Json["normalizer"] =
      Pre == "qwen2" ? ordered_json{{"type", "NFC"}} : ordered_json();
  Json["pre_tokenizer"] = *PreTokenizer;
  Json["post_processor"] = nullptr;
  const auto *AddBos = File.value<bool>(keyOf("add_bos_token"));
  std::optional<size_t> Bos = specialId(File, All, "bos_token_id");
  std::optional<size_t> Eos = specialId(File, All, "eos_token_id");
  if (AddBos && *AddBos && Bos) {
    std::string Text(All.Texts[*Bos]);
    auto Piece = [](const char *Kind, const std::string &Id) -> ordered_json {
      return {{Kind, {{"id", Id}, {"type_id", 0}}}};
    };
    ordered_json Single = ordered_json::array(
        {Piece("SpecialToken", Text), Piece("Sequence", "A")});
    Json["post_processor"] = {{"type", "TemplateProcessing"},
                              {"single", Single},
                              {"pair", Single},
                              {"special_tokens",
                               {{Text,
                                 {{"id", Text},
                                  {"ids", ordered_json::array({*Bos})},
                                  {"tokens", ordered_json::array({Text})}}}}}};
  }
  Json["decoder"] = {{"type", "ByteLevel"},
                     {"add_prefix_space", true},
                     {"trim_offsets", true},
                     {"use_regex", true}};
  std::string Head = Json.dump();
  Head.pop_back(); // the brace, so that the model can be appended as text
  ordered_json Model = describeBpe();
  Model["ignore_merges"] = Pre == "llama-bpe";
  std::string ModelText = Model.dump();
  ModelText.pop_back();

  TokenizerFiles Files;
  Files.Kind = TokenizerKind::HuggingFace;
  Files.Origin = File.path();
  Files.Files.push_back({"tokenizer.json", Head + ",\"model\":" + ModelText +
                                               ",\"vocab\":" + Seen.dump() +
                                               ",\"merges\":" + MergeList +
                                               "}}\n"});
  ordered_json Config;
  if (Bos)
    Config["bos_token"] = std::string(All.Texts[*Bos]);
  if (Eos)
    Config["eos_token"] = std::string(All.Texts[*Eos]);
  if (!Config.empty())
    Files.Files.push_back({"tokenizer_config.json", Config.dump() + "\n"});
  return Files;
}

//===----------------------------------------------------------------------===//
// SentencePiece
//===----------------------------------------------------------------------===//

// The protocol buffer of sentencepiece_model.proto, field by field. Numbers
// are those of its fields, wire types those of protocol buffers.

static void appendVarint(std::string &Out, uint64_t Value) {
  for (; Value >= 0x80; Value >>= 7)
    Out += static_cast<char>(Value | 0x80);
  Out += static_cast<char>(Value);
}

static void appendNumber(std::string &Out, uint32_t Field, uint64_t Value) {
  appendVarint(Out, Field << 3);
  appendVarint(Out, Value);
}

static void appendBytes(std::string &Out, uint32_t Field,
                        absl::string_view Bytes) {
  appendVarint(Out, Field << 3 | 2);
  appendVarint(Out, Bytes.size());
  Out.append(Bytes.data(), Bytes.size());
}

static void appendFloat(std::string &Out, uint32_t Field, float Value) {
  appendVarint(Out, Field << 3 | 5);
  Out.append(reinterpret_cast<const char *>(&Value), sizeof Value);
}

/// SentencePiece BPE as its own model file.
static TokenizerFiles writeSentencePiece(const GgufFile &File,
                                         const Tokens &All) {
  std::string Out;
  bool ByteFallback = false;
  std::optional<size_t> Unk = specialId(File, All, "unknown_token_id");
  for (size_t Id = 0; Id < All.Texts.size(); ++Id) {
    std::string Piece;
    int64_t Type = All.Types[Id];
    ByteFallback = ByteFallback || Type == Byte;
    if (Type == Unknown && !Unk)
      Unk = Id;
    appendBytes(Piece, 1, All.Texts[Id]);
    appendFloat(Piece, 2, static_cast<float>(All.Scores[Id]));
    if (Type > Normal && Type <= Byte)
      appendNumber(Piece, 3, static_cast<uint64_t>(Type));
    appendBytes(Out, 1, Piece);
  }
  const uint64_t None = ~uint64_t(0); // -1
  std::string Trainer;
  appendNumber(Trainer, 3, 2); // model_type: BPE
  appendNumber(Trainer, 4, All.Texts.size());
  appendNumber(Trainer, 35, ByteFallback);
  appendNumber(Trainer, 40, Unk.value_or(0));
  appendNumber(Trainer, 41,
               specialId(File, All, "bos_token_id").value_or(None));
  appendNumber(Trainer, 42,
               specialId(File, All, "eos_token_id").value_or(None));
  appendNumber(Trainer, 43, None); // pad_id
  appendBytes(Out, 2, Trainer);
  const auto *Prefix = File.value<bool>(keyOf("add_space_prefix"));
  std::string Normalizer;
  appendBytes(Normalizer, 1, "identity");
  appendNumber(Normalizer, 3, Prefix ? *Prefix : true); // add_dummy_prefix
  appendNumber(Normalizer, 4, 0); // remove_extra_whitespaces
  appendNumber(Normalizer, 5, 1); // escape_whitespaces
  appendBytes(Out, 3, Normalizer);

  TokenizerFiles Files;
  Files.Kind = TokenizerKind::SentencePiece;
  Files.Origin = File.path();
  Files.Files.push_back({"tokenizer.model", Out});
  return Files;
}

absl::StatusOr<std::optional<TokenizerFiles>>
readGgufTokenizer(const GgufFile &File) {
  const auto *Model = File.value<absl::string_view>(keyOf("model"));
  if (!Model || *Model == "no_vocab" || *Model == "none")
    return std::nullopt;
  if (!File.value<std::vector<absl::string_view>>(keyOf("tokens")))
    return runtime::error(File.path(), ": tokenizer.ggml.tokens is missing");
  STATOR_ASSIGN_OR_RETURN(Tokens All, readTokens(File));
  if (*Model == "llama")
    return writeSentencePiece(File, All);
  if (*Model != "gpt2")
    return runtime::error(
        File.path(), ": tokenizer.ggml.model ",
        json(std::string(*Model))
            .dump(-1, ' ', false, json::error_handler_t::replace),
        " is not supported; known are gpt2 and llama");
  STATOR_ASSIGN_OR_RETURN(TokenizerFiles Files, writeBpe(File, All));
  return Files;
}

} // namespace stator
