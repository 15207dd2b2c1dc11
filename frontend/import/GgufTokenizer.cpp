//===- GgufTokenizer.cpp - Tokenizers inside of GGUF files ----------------===//

#include "frontend/import/GgufTokenizer.h"
#include "absl/strings/str_cat.h"
#include "frontend/import/GgufPreTokenizers.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Utf8.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>
#include <type_traits>
#include <unordered_map>

using nlohmann::json;
using nlohmann::ordered_json;
using stator::runtime::GgufFile;
using stator::runtime::TokenizerFiles;
using stator::runtime::TokenizerKind;

namespace stator {

static std::string keyOf(const char *Key) {
  return std::string("tokenizer.ggml.") + Key;
}

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

/// Reads the pairs of a tokenizer, whose keys begin with "tokenizer.ggml.".
class TokenizerReader {
public:
  TokenizerReader(const GgufFile &File, CheckpointSource &Source)
      : File(File), Source(Source) {}

  absl::Status run();

private:
  template <typename... PartTypes>
  absl::Status error(const PartTypes &...Parts) const {
    return runtime::error(File.path(), ": ", Parts...);
  }
  template <typename... PartTypes> void warn(const PartTypes &...Parts) {
    Source.Warnings.push_back(absl::StrCat(File.path(), ": ", Parts...));
  }
  bool has(const char *Key) const {
    return File.values().find(keyOf(Key)) != File.values().end();
  }
  std::string quote(size_t Id) const {
    return json(Texts[Id]).dump(-1, ' ', false, json::error_handler_t::replace);
  }

  // A value of one type; `Default` where there is none.
  absl::Status flag(const char *Key, std::optional<bool> &Value) const;
  absl::Status token(const char *Key, std::optional<size_t> &Id) const;
  template <typename ElementType>
  absl::Status perToken(const char *Key, std::vector<ElementType> &Values,
                        bool &Found) const;

  absl::Status readTokens();
  absl::Status readEnds();
  absl::Status writeBpe();
  absl::Status writeSentencePiece();
  ordered_json describeTemplate() const;
  std::string describeConfig() const;

  const GgufFile &File;
  CheckpointSource &Source;
  std::vector<std::string> Texts;
  std::vector<int64_t> Types;
  std::vector<double> Scores;
  std::optional<size_t> Bos, Eos, Unk;
  bool IsBpe = false, AddBos = false, AddEos = false;
  GgufPreTokenizer Pre; ///< of BPE
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

absl::Status TokenizerReader::flag(const char *Key,
                                   std::optional<bool> &Value) const {
  if (!has(Key))
    return absl::OkStatus();
  const auto *Found = File.value<bool>(keyOf(Key));
  if (!Found)
    return error(keyOf(Key), " should be true or false");
  Value = *Found;
  return absl::OkStatus();
}

absl::Status TokenizerReader::token(const char *Key,
                                    std::optional<size_t> &Id) const {
  if (!has(Key))
    return absl::OkStatus();
  const auto *Found = File.value<int64_t>(keyOf(Key));
  if (!Found)
    return error(keyOf(Key), " should be the id of a token");
  if (*Found < 0 || static_cast<size_t>(*Found) >= Texts.size())
    return error(keyOf(Key), " is ", *Found,
                 ", which is outside of the vocabulary: ids are from 0 to ",
                 Texts.size() - 1);
  Id = static_cast<size_t>(*Found);
  return absl::OkStatus();
}

template <typename ElementType>
absl::Status TokenizerReader::perToken(const char *Key,
                                       std::vector<ElementType> &Values,
                                       bool &Found) const {
  Found = has(Key);
  if (!Found)
    return absl::OkStatus();
  if (const auto *Whole = File.value<std::vector<int64_t>>(keyOf(Key)))
    Values.assign(Whole->begin(), Whole->end());
  else if (const auto *Floats = File.value<std::vector<double>>(keyOf(Key));
           Floats && std::is_same_v<ElementType, double>)
    Values.assign(Floats->begin(), Floats->end());
  else
    return error(keyOf(Key), " should be an array of numbers");
  // llama.cpp ignores what is there beyond the tokens.
  if (Values.size() < Texts.size())
    return error(keyOf(Key), " has ", Values.size(), " elements for ",
                 Texts.size(), " tokens");
  return absl::OkStatus();
}

absl::Status TokenizerReader::readTokens() {
  if (!has("tokens"))
    return error("tokenizer.ggml.tokens is missing");
  const auto *List =
      File.value<std::vector<absl::string_view>>(keyOf("tokens"));
  if (!List || List->empty())
    return error("tokenizer.ggml.tokens should be an array of texts");
  std::unordered_map<std::string, size_t> Seen;
  for (size_t I = 0; I < List->size(); ++I) {
    if (!isUtf8((*List)[I]))
      return error("tokenizer.ggml.tokens: token ", I, " is not UTF-8");
    Texts.emplace_back((*List)[I]);
    if (Texts.back().empty()) // llama.cpp's name for these
      Texts.back() = absl::StrCat("[EMPTY_", I, "]");
    auto [Place, IsNew] = Seen.emplace(Texts.back(), I);
    if (!IsNew)
      return error("tokens ", Place->second, " and ", I, " are the same text, ",
                   quote(I));
  }
  Types.assign(Texts.size(), Normal);
  Scores.assign(Texts.size(), 0);
  bool HasTypes, HasScores;
  STATOR_RETURN_IF_ERROR(perToken("token_type", Types, HasTypes));
  STATOR_RETURN_IF_ERROR(perToken("scores", Scores, HasScores));
  for (size_t I = 0; I < Texts.size(); ++I)
    if (!std::isfinite(Scores[I]))
      return error("tokenizer.ggml.scores: the score of token ", I, ", ",
                   quote(I), ", is not finite");
  if (!HasTypes)
    warn("tokenizer.ggml.token_type is missing; as in llama.cpp, all tokens "
         "are ordinary text");
  if (!HasScores && !IsBpe)
    warn("tokenizer.ggml.scores is missing; as in llama.cpp, all scores are 0");
  return absl::OkStatus();
}

/// Which tokens begin and end a text. Where keys are missing, they are those
/// that llama.cpp assumes: of the first SentencePiece models for "llama", of
/// Falcon for "gpt2".
absl::Status TokenizerReader::readEnds() {
  std::optional<size_t> Eot, Eom;
  STATOR_RETURN_IF_ERROR(token("bos_token_id", Bos));
  STATOR_RETURN_IF_ERROR(token("eos_token_id", Eos));
  STATOR_RETURN_IF_ERROR(token("eot_token_id", Eot));
  STATOR_RETURN_IF_ERROR(token("eom_token_id", Eom));
  STATOR_RETURN_IF_ERROR(token("unknown_token_id", Unk));
  std::optional<bool> Begins, Ends;
  STATOR_RETURN_IF_ERROR(flag("add_bos_token", Begins));
  STATOR_RETURN_IF_ERROR(flag("add_eos_token", Ends));
  AddBos = Begins.value_or(IsBpe ? Pre.AddBos : true);
  AddEos = Ends.value_or(false);
  if (!Begins)
    warn("tokenizer.ggml.add_bos_token is missing; as in llama.cpp, texts of "
         "this kind of tokenizer begin with ",
         AddBos ? "BOS" : "no BOS");
  auto Assume = [&](const char *Key, std::optional<size_t> &Id,
                    size_t Default) {
    if (Id || Default >= Texts.size())
      return;
    Id = Default;
    warn(keyOf(Key), " is missing; as in llama.cpp, it is ", Default, ", ",
         quote(Default));
  };
  if (AddBos && Pre.HasDefaultBos)
    Assume("bos_token_id", Bos, IsBpe ? 11 : 1);
  Assume("eos_token_id", Eos, IsBpe ? 11 : 2);
  if (AddBos && !Bos)
    return error("tokenizer.ggml.add_bos_token is true, but "
                 "tokenizer.ggml.bos_token_id is missing");
  if (AddEos && !Eos)
    return error("tokenizer.ggml.add_eos_token is true, but "
                 "tokenizer.ggml.eos_token_id is missing");
  if (Bos)
    Source.Generation.Bos = static_cast<int64_t>(*Bos);
  auto EndWith = [&](std::optional<size_t> Id) {
    std::vector<int64_t> &All = Source.Generation.Eos;
    if (Id && !llvm::is_contained(All, static_cast<int64_t>(*Id)))
      All.push_back(static_cast<int64_t>(*Id));
  };
  EndWith(Eos);
  EndWith(Eot);
  EndWith(Eom);
  // Tokens that llama.cpp takes for ends by their names.
  for (size_t Id = 0; Id < Texts.size(); ++Id)
    if (llvm::StringSwitch<bool>(Texts[Id])
            .Cases({"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>",
                    "<|endoftext|>", "<|end_of_text|>", "</s>", "<|eom_id|>",
                    "<EOT>", "_<EOT>", "<end_of_utterance>", "<eos>"},
                   true)
            .Default(false))
      EndWith(Id);
  return absl::OkStatus();
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

/// A post-processor that puts BOS in front of a text and EOS behind it.
ordered_json TokenizerReader::describeTemplate() const {
  if (!AddBos && !AddEos)
    return nullptr;
  ordered_json Single = ordered_json::array();
  ordered_json Specials = ordered_json::object();
  auto Special = [&](size_t Id) {
    const std::string &Text = Texts[Id];
    Single.push_back({{"SpecialToken", {{"id", Text}, {"type_id", 0}}}});
    Specials[Text] = {{"id", Text},
                      {"ids", ordered_json::array({Id})},
                      {"tokens", ordered_json::array({Text})}};
  };
  if (AddBos)
    Special(*Bos);
  Single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (AddEos)
    Special(*Eos);
  return {{"type", "TemplateProcessing"},
          {"single", Single},
          {"pair", Single},
          {"special_tokens", Specials}};
}

/// The tokenizer_config.json that says the same.
std::string TokenizerReader::describeConfig() const {
  ordered_json Config;
  Config["add_bos_token"] = AddBos;
  Config["add_eos_token"] = AddEos;
  if (Bos)
    Config["bos_token"] = Texts[*Bos];
  if (Eos)
    Config["eos_token"] = Texts[*Eos];
  return Config.dump() + "\n";
}

/// Byte-level BPE as Hugging Face's tokenizer.json.
absl::Status TokenizerReader::writeBpe() {
  if (!has("merges"))
    return error("tokenizer.ggml.merges is missing; without merges every text "
                 "would become single bytes");
  const auto *Merges =
      File.value<std::vector<absl::string_view>>(keyOf("merges"));
  if (!Merges)
    return error("tokenizer.ggml.merges should be an array of texts");
  ordered_json Added = ordered_json::array();
  json Vocabulary = json::object();
  for (size_t Id = 0; Id < Texts.size(); ++Id) {
    int64_t Type = Types[Id];
    if (Type == Control || Type == UserDefined || Type == Unknown)
      Added.push_back({{"id", Id},
                       {"content", Texts[Id]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", Type != UserDefined}});
    else
      Vocabulary[Texts[Id]] = Id;
  }
  std::string MergeList = "[";
  for (size_t I = 0; I < Merges->size(); ++I) {
    if (!isUtf8((*Merges)[I]))
      return error("tokenizer.ggml.merges: merge ", I, " is not UTF-8");
    MergeList += (I ? "," : "") + json(std::string((*Merges)[I])).dump();
  }
  MergeList += "]";

  ordered_json Json;
  Json["version"] = "1.0";
  Json["added_tokens"] = Added;
  Json["normalizer"] =
      Pre.NormalizeNfc ? ordered_json{{"type", "NFC"}} : ordered_json();
  Json["pre_tokenizer"] = Pre.Stages;
  Json["post_processor"] = describeTemplate();
  Json["decoder"] = {{"type", "ByteLevel"},
                     {"add_prefix_space", true},
                     {"trim_offsets", true},
                     {"use_regex", true}};
  std::string Head = Json.dump();
  Head.pop_back(); // the brace, so that the model can be appended as text
  ordered_json Model = describeBpe();
  Model["ignore_merges"] = Pre.IgnoreMerges;
  std::string ModelText = Model.dump();
  ModelText.pop_back();

  TokenizerFiles Files;
  Files.Kind = TokenizerKind::HuggingFace;
  Files.Origin = File.path();
  Files.Files.push_back(
      {"tokenizer.json", Head + ",\"model\":" + ModelText +
                             ",\"vocab\":" + Vocabulary.dump() +
                             ",\"merges\":" + MergeList + "}}\n"});
  Files.Files.push_back({"tokenizer_config.json", describeConfig()});
  Source.Tokenizer = std::move(Files);
  return absl::OkStatus();
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
absl::Status TokenizerReader::writeSentencePiece() {
  std::optional<bool> Prefix;
  STATOR_RETURN_IF_ERROR(flag("add_space_prefix", Prefix));
  std::string Out;
  bool ByteFallback = false;
  for (size_t Id = 0; Id < Texts.size() && !Unk; ++Id)
    if (Types[Id] == Unknown)
      Unk = Id;
  for (size_t Id = 0; Id < Texts.size(); ++Id) {
    std::string Piece;
    int64_t Type = Id == Unk.value_or(0) ? int64_t{Unknown} : Types[Id];
    if (Type == Unused) // llama.cpp makes no difference
      Type = Normal;
    ByteFallback = ByteFallback || Type == Byte;
    appendBytes(Piece, 1, Texts[Id]);
    appendFloat(Piece, 2, static_cast<float>(Scores[Id]));
    if (Type > Normal && Type <= Byte)
      appendNumber(Piece, 3, static_cast<uint64_t>(Type));
    appendBytes(Out, 1, Piece);
  }
  const uint64_t None = ~uint64_t(0); // -1
  std::string Trainer;
  appendNumber(Trainer, 3, 2); // model_type: BPE
  appendNumber(Trainer, 4, Texts.size());
  appendNumber(Trainer, 35, ByteFallback);
  appendNumber(Trainer, 40, Unk.value_or(0));
  appendNumber(Trainer, 41, Bos.value_or(None));
  appendNumber(Trainer, 42, Eos.value_or(None));
  appendNumber(Trainer, 43, None); // pad_id
  appendBytes(Out, 2, Trainer);
  std::string Normalizer;
  appendBytes(Normalizer, 1, "identity");
  appendNumber(Normalizer, 3, Prefix.value_or(true)); // add_dummy_prefix
  appendNumber(Normalizer, 4, 0); // remove_extra_whitespaces
  appendNumber(Normalizer, 5, 1); // escape_whitespaces
  appendBytes(Out, 3, Normalizer);

  TokenizerFiles Files;
  Files.Kind = TokenizerKind::SentencePiece;
  Files.Origin = File.path();
  Files.Files.push_back({"tokenizer.model", Out});
  Files.Files.push_back({"tokenizer_config.json", describeConfig()});
  Source.Tokenizer = std::move(Files);
  return absl::OkStatus();
}

absl::Status TokenizerReader::run() {
  const auto *Model = File.value<absl::string_view>(keyOf("model"));
  if (!Model) {
    if (has("model"))
      return error("tokenizer.ggml.model should be text");
    if (has("tokens") || has("merges"))
      return error("tokenizer.ggml.model is missing, so the tokens cannot be "
                   "used");
    Source.Notes.push_back(File.path() + " holds no tokenizer");
  }
  if (!Model || *Model == "no_vocab" || *Model == "none") {
    // Of such files it is known at most which tokens begin and end a text.
    auto Token = [&](const char *Key) -> std::optional<int64_t> {
      const auto *Id = File.value<int64_t>(keyOf(Key));
      return Id ? std::optional(*Id) : std::nullopt;
    };
    Source.Generation.Bos = Token("bos_token_id");
    for (const char *Key : {"eos_token_id", "eot_token_id"})
      if (std::optional<int64_t> Id = Token(Key);
          Id && !llvm::is_contained(Source.Generation.Eos, *Id))
        Source.Generation.Eos.push_back(*Id);
    return flag("add_bos_token", Source.Generation.AddBos);
  }
  IsBpe = *Model == "gpt2";
  if (!IsBpe && *Model != "llama")
    return error("tokenizer.ggml.model ",
                 json(std::string(*Model))
                     .dump(-1, ' ', false, json::error_handler_t::replace),
                 " is not supported; supported are gpt2 and llama");
  if (IsBpe) {
    const auto *Name = File.value<absl::string_view>(keyOf("pre"));
    if (!Name && has("pre"))
      return error("tokenizer.ggml.pre should be text");
    absl::StatusOr<GgufPreTokenizer> Found = findGgufPreTokenizer(
        Name ? llvm::StringRef(Name->data(), Name->size()) : "");
    if (!Found.ok())
      return error(Found.status().message());
    Pre = *Found;
    if (!Name || Name->empty() || *Name == "default")
      warn("tokenizer.ggml.pre is ",
           !Name           ? "missing"
           : Name->empty() ? "empty"
                           : "\"default\"",
           ", so how text is split into words is not known; as in llama.cpp, "
           "punctuation and groups of three digits are split off, which may "
           "not be what the model was trained with");
  }
  STATOR_RETURN_IF_ERROR(readTokens());
  STATOR_RETURN_IF_ERROR(readEnds());
  return IsBpe ? writeBpe() : writeSentencePiece();
}

absl::Status readGgufTokenizer(const GgufFile &File, CheckpointSource &Source) {
  return TokenizerReader(File, Source).run();
}

} // namespace stator
