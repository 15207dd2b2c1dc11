//===- TokenizerExport.cpp - Tokenizers as others read them ---------------===//

#include "frontend/export/TokenizerExport.h"
#include "frontend/import/GgufPreTokenizers.h"
#include "frontend/import/GgufTokenizer.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include "runtime/core/tokenizer/ByteAlphabet.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include "llvm/ADT/StringRef.h"
#include <memory>

using nlohmann::json;
using nlohmann::ordered_json;
using stator::runtime::Tokenizer;
using stator::runtime::TokenizerFiles;
using stator::runtime::TokenizerKind;

namespace stator {

/// A tokenizer.json of byte-level BPE without merges: every byte is a token.
/// None: some character is not one byte.
static absl::StatusOr<std::optional<TokenizerFiles>>
writeByteLevel(const TokenizerFiles &From) {
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Ids,
                          runtime::makeTokenizer(From));
  ordered_json Vocabulary = ordered_json::object();
  for (int64_t Id = 0; Id < Ids->vocabularySize(); ++Id) {
    auto Token = static_cast<int32_t>(Id);
    std::string Bytes;
    if (From.Kind == TokenizerKind::Bytes) {
      Bytes = static_cast<char>(Id);
    } else {
      STATOR_ASSIGN_OR_RETURN(Bytes, Ids->decode({Token}));
    }
    if (Bytes.size() != 1)
      return std::nullopt;
    Vocabulary[runtime::tokenOfBytes(Bytes)] = Id;
  }
  ordered_json ByteLevel = {{"type", "ByteLevel"},
                            {"add_prefix_space", false},
                            {"trim_offsets", true},
                            {"use_regex", true}};
  ordered_json Json = {
      {"version", "1.0"},          {"truncation", nullptr},
      {"padding", nullptr},        {"added_tokens", ordered_json::array()},
      {"normalizer", nullptr},     {"pre_tokenizer", ByteLevel},
      {"post_processor", nullptr}, {"decoder", ByteLevel}};
  Json["model"] = describeBpe();
  Json["model"]["vocab"] = Vocabulary;
  Json["model"]["merges"] = ordered_json::array();
  TokenizerFiles Files;
  Files.Kind = TokenizerKind::HuggingFace;
  Files.Origin = From.Origin;
  Files.Files.push_back({"tokenizer.json", Json.dump(1) + "\n"});
  return Files;
}

absl::StatusOr<std::optional<TokenizerFiles>>
readTokenizerToExport(const std::string &Folder, const std::string &Given,
                      std::vector<std::string> &Notes) {
  if (Given.empty() && !runtime::holdsTokenizer(Folder)) {
    Notes.push_back("there is no tokenizer beside the weights; --tokenizer "
                    "takes one along");
    return std::nullopt;
  }
  STATOR_ASSIGN_OR_RETURN(
      TokenizerFiles Files,
      runtime::readTokenizerFiles(Given.empty() ? Folder : Given));
  switch (Files.Kind) {
  case TokenizerKind::Tokens:
    Notes.push_back("the model was trained on token ids, whose text is not "
                    "known; --tokenizer takes a tokenizer along");
    return std::nullopt;
  case TokenizerKind::Characters:
  case TokenizerKind::Bytes: {
    STATOR_ASSIGN_OR_RETURN(std::optional<TokenizerFiles> Written,
                            writeByteLevel(Files));
    if (!Written)
      Notes.push_back("the vocabulary has characters of several bytes, which "
                      "byte-level BPE cannot express; no tokenizer was "
                      "written");
    return Written;
  }
  default:
    return Files;
  }
}

//===----------------------------------------------------------------------===//
// GGUF
//===----------------------------------------------------------------------===//

namespace {
/// A byte-level BPE, by id.
struct BytePairs {
  std::vector<std::string> Texts;
  std::vector<int32_t> Types; ///< 1 normal, 3 control, 4 user-defined, 5 unused
  std::vector<std::string> Merges;
  std::string Pre;
};
} // namespace

static json parseObject(const TokenizerFiles &Files, const char *Name) {
  const TokenizerFiles::File *File = Files.find(Name);
  if (!File)
    return json::object();
  // Read by the tokenizer before, which said what was wrong.
  auto Parsed = runtime::parseJsonObject(File->Contents, Name);
  return Parsed.ok() ? *std::move(Parsed) : json::object();
}

/// Puts a text at its id. False: not an id of the vocabulary.
static bool place(BytePairs &Pairs, const json &Id, const std::string &Text,
                  int32_t Type) {
  if (!Id.is_number_unsigned() || Id.get<uint64_t>() >= Pairs.Texts.size())
    return false;
  Pairs.Texts[Id.get<uint64_t>()] = Text;
  Pairs.Types[Id.get<uint64_t>()] = Type;
  return true;
}

static BytePairs emptyPairs(int64_t Vocabulary) {
  BytePairs Pairs;
  for (int64_t Id = 0; Id < Vocabulary; ++Id)
    Pairs.Texts.push_back("[PAD" + std::to_string(Id) + "]");
  Pairs.Types.assign(static_cast<size_t>(Vocabulary), 5);
  return Pairs;
}

/// Reads a tokenizer.json. None: it is not byte-level BPE with one of the ways
/// to divide words that GGUF has names for.
static std::optional<BytePairs> readTokenizerJson(const TokenizerFiles &Files,
                                                  int64_t Vocabulary) {
  json Json = parseObject(Files, "tokenizer.json");
  json Model = Json.value("model", json::object());
  json PreTokenizer = Json.value("pre_tokenizer", json());
  BytePairs Pairs = emptyPairs(Vocabulary);
  std::string Pre = nameOfPreTokenizer(PreTokenizer);
  if (Pre.empty() || !Model.is_object() || !Model.contains("vocab") ||
      !Model["vocab"].is_object())
    return std::nullopt;
  Pairs.Pre = Pre;
  for (const auto &[Text, Id] : Model["vocab"].items())
    if (!place(Pairs, Id, Text, 1))
      return std::nullopt;
  if (Json.contains("added_tokens") && Json["added_tokens"].is_array())
    for (const json &Token : Json["added_tokens"])
      if (!Token.is_object() || !Token.contains("content") ||
          !Token["content"].is_string() || !Token.contains("id") ||
          !place(Pairs, Token["id"], Token["content"].get<std::string>(),
                 Token.contains("special") && Token["special"] == true ? 3 : 4))
        return std::nullopt;
  if (Model.contains("merges") && Model["merges"].is_array())
    for (const json &Merge : Model["merges"]) {
      if (Merge.is_string())
        Pairs.Merges.push_back(Merge.get<std::string>());
      else if (Merge.is_array() && Merge.size() == 2 && Merge[0].is_string() &&
               Merge[1].is_string())
        Pairs.Merges.push_back(Merge[0].get<std::string>() + " " +
                               Merge[1].get<std::string>());
      else
        return std::nullopt;
    }
  return Pairs;
}

/// Reads GPT-2's pair of files.
static std::optional<BytePairs> readVocabMerges(const TokenizerFiles &Files,
                                                int64_t Size) {
  BytePairs Pairs = emptyPairs(Size);
  Pairs.Pre = "gpt-2";
  for (const TokenizerFiles::File &File : Files.Files) {
    if (File.Name == "vocab.json" || File.Name == "encoder.json") {
      json Vocabulary = parseObject(Files, File.Name.c_str());
      for (const auto &[Text, Id] : Vocabulary.items())
        if (!place(Pairs, Id, Text, Text == "<|endoftext|>" ? 3 : 1))
          return std::nullopt;
    } else if (File.Name == "merges.txt" || File.Name == "vocab.bpe") {
      for (absl::string_view Each : runtime::splitLines(File.Contents)) {
        llvm::StringRef Line(Each.data(), Each.size());
        if (!Line.starts_with("#version") && !Line.trim().empty())
          Pairs.Merges.push_back(Line.trim().str());
      }
    }
  }
  return Pairs;
}

absl::Status addGgufTokenizer(const std::optional<TokenizerFiles> &Files,
                              const KnownModel &Model,
                              runtime::GgufWriter &Writer,
                              std::vector<std::string> &Notes) {
  auto Vocabulary = Model.Config["vocab_size"].get<int64_t>();
  std::optional<BytePairs> Pairs;
  if (Files && Files->Kind == TokenizerKind::HuggingFace)
    Pairs = readTokenizerJson(*Files, Vocabulary);
  else if (Files && Files->Kind == TokenizerKind::VocabMerges)
    Pairs = readVocabMerges(*Files, Vocabulary);
  // What the model was trained with goes before what the tokenizer says.
  auto Known = [&](const char *Key) -> std::optional<uint32_t> {
    auto Found = Model.Config.find(Key);
    if (Found == Model.Config.end() || Found->empty())
      return std::nullopt;
    const ordered_json &Id = Found->is_array() ? Found->front() : *Found;
    return Id.is_number_unsigned() ? std::optional(Id.get<uint32_t>())
                                   : std::nullopt;
  };
  std::optional<uint32_t> Bos = Known("bos_token_id"),
                          Eos = Known("eos_token_id");
  bool PutsBos = false; // in front of a text, if only the tokenizer is asked
  if (!Pairs) {
    if (Files)
      Notes.push_back("the tokenizer cannot be put into the GGUF file");
    Writer.text("tokenizer.ggml.model", "no_vocab");
  } else {
    Writer.text("tokenizer.ggml.model", "gpt2");
    Writer.text("tokenizer.ggml.pre", Pairs->Pre);
    Writer.texts("tokenizer.ggml.tokens", Pairs->Texts);
    Writer.wholes("tokenizer.ggml.token_type", Pairs->Types);
    Writer.texts("tokenizer.ggml.merges", Pairs->Merges);
    STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> Ids,
                            runtime::makeTokenizer(*Files));
    if (std::optional<int32_t> Id = Ids->bos(); Id && !Bos)
      Bos = static_cast<uint32_t>(*Id);
    if (std::vector<int32_t> All = Ids->eos(); !All.empty() && !Eos)
      Eos = static_cast<uint32_t>(All[0]);
    runtime::EncodeOptions How;
    How.AddSpecial = true;
    STATOR_ASSIGN_OR_RETURN(std::vector<int32_t> Empty, Ids->encode("", How));
    PutsBos =
        Bos && !Empty.empty() && Empty.front() == static_cast<int32_t>(*Bos);
  }
  if (Bos)
    Writer.whole("tokenizer.ggml.bos_token_id", *Bos);
  if (Eos)
    Writer.whole("tokenizer.ggml.eos_token_id", *Eos);
  if (Pairs || Model.AddBos)
    Writer.flag("tokenizer.ggml.add_bos_token", Model.AddBos.value_or(PutsBos));
  return absl::OkStatus();
}

} // namespace stator
