//===- HuggingFaceReader.cpp - tokenizer.json -----------------------------===//
//
// The parts of a tokenizer.json, as Hugging Face's tokenizers reads them, as
// far as the tokenizers of GPT-2, Llama, Mistral, Qwen, SmolLM and Gemma use
// them. What is not here is an error that names it: text that were encoded
// almost right would be worse.
//
//===----------------------------------------------------------------------===//

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/tokenizer/BpeVocabulary.h"
#include "runtime/core/tokenizer/HuggingFaceStages.h"
#include "runtime/core/tokenizer/TokenizerReaders.h"
#include <utility>

namespace stator::runtime {

static absl::Status readMerges(const JsonFields &Model,
                               const TokenTable &Tokens, BpeModel &Result) {
  STATOR_ASSIGN_OR_RETURN(const nlohmann::json *List, Model.array("merges"));
  std::vector<std::pair<absl::string_view, absl::string_view>> Pairs;
  Pairs.reserve(List->size());
  for (const nlohmann::json &Entry : *List) {
    auto Invalid = [&] {
      return Model.fail(absl::StrCat("merges[", Pairs.size(), "]"),
                        "is not a pair of tokens");
    };
    if (Entry.is_array()) {
      if (Entry.size() != 2 || !Entry[0].is_string() || !Entry[1].is_string())
        return Invalid();
      Pairs.emplace_back(Entry[0].get_ref<const std::string &>(),
                         Entry[1].get_ref<const std::string &>());
      continue;
    }
    if (!Entry.is_string())
      return Invalid();
    absl::string_view Text = Entry.get_ref<const std::string &>();
    size_t Space = Text.find(' ');
    if (Space == absl::string_view::npos ||
        Text.find(' ', Space + 1) != absl::string_view::npos)
      return Invalid();
    Pairs.emplace_back(Text.substr(0, Space), Text.substr(Space + 1));
  }
  if (absl::Status Status = setMerges(Pairs, Tokens, "model.merges", Result);
      !Status.ok())
    return Model.fail("merges", absl::StrCat("is damaged: ", Status.message()));
  return absl::OkStatus();
}

static absl::Status readModel(const JsonFields &Model,
                              PipelineTokenizer::Parts &Parts) {
  // Old files do not say it.
  const char *Likely = Model.has("merges")                     ? "BPE"
                       : Model.has("unk_id")                   ? "Unigram"
                       : Model.has("max_input_chars_per_word") ? "WordPiece"
                                                               : "WordLevel";
  STATOR_ASSIGN_OR_RETURN(std::string Type, Model.string("type", Likely));
  if (Type != "BPE")
    return Model.fail(
        "type",
        absl::StrCat("is \"", Type, "\", which is not supported: only BPE is"));
  if (Model.has("dropout") && !(Model.get("dropout")->is_number() &&
                                Model.get("dropout")->get<double>() == 0.0))
    return Model.fail("dropout", "is not supported");
  for (const char *Name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    STATOR_ASSIGN_OR_RETURN(std::string Affix, Model.string(Name, ""));
    if (!Affix.empty())
      return Model.fail(
          Name, absl::StrCat("is \"", Affix, "\", which is not supported"));
  }
  STATOR_ASSIGN_OR_RETURN(JsonFields Vocabulary, Model.object("vocab"));
  STATOR_RETURN_IF_ERROR(addVocabulary(Vocabulary, Parts.Tokens));
  STATOR_RETURN_IF_ERROR(readMerges(Model, Parts.Tokens, Parts.Model));
  STATOR_ASSIGN_OR_RETURN(Parts.Model.IgnoreMerges,
                          Model.boolean("ignore_merges", false));
  STATOR_ASSIGN_OR_RETURN(Parts.Model.FuseUnknown,
                          Model.boolean("fuse_unk", false));
  STATOR_ASSIGN_OR_RETURN(bool ByteFallback,
                          Model.boolean("byte_fallback", false));
  if (ByteFallback)
    Parts.Model.AnyByteFallback =
        findByteTokens(Parts.Tokens, Parts.Model.ByteTokens);
  STATOR_ASSIGN_OR_RETURN(std::string Unknown, Model.string("unk_token", ""));
  if (!Unknown.empty()) {
    Parts.Model.Unknown = Parts.Tokens.find(Unknown);
    if (Parts.Model.Unknown < 0)
      return Model.fail(
          "unk_token",
          absl::StrCat("is \"", Unknown, "\", which is not in the vocabulary"));
  }
  return absl::OkStatus();
}

static absl::Status addToken(const JsonFields &Entry, int64_t Id,
                             PipelineTokenizer::Parts &Parts) {
  AddedToken Token;
  STATOR_ASSIGN_OR_RETURN(Token.Content, Entry.string("content"));
  if (Token.Content.empty())
    return Entry.fail("content", "is empty");
  STATOR_ASSIGN_OR_RETURN(Token.SingleWord,
                          Entry.boolean("single_word", false));
  STATOR_ASSIGN_OR_RETURN(Token.LeftStrip, Entry.boolean("lstrip", false));
  STATOR_ASSIGN_OR_RETURN(Token.RightStrip, Entry.boolean("rstrip", false));
  STATOR_ASSIGN_OR_RETURN(Token.Special, Entry.boolean("special", false));
  STATOR_ASSIGN_OR_RETURN(Token.Normalized,
                          Entry.boolean("normalized", !Token.Special));
  // A token of the vocabulary keeps the id it has there, whatever is said
  // here; so it is in Hugging Face's.
  Token.Id = Parts.Tokens.find(Token.Content);
  if (Token.Id < 0) {
    if (absl::Status Status = Parts.Tokens.add(Id, Token.Content); !Status.ok())
      return Entry.fail("", absl::StrCat("is damaged: ", Status.message()));
    Token.Id = static_cast<int32_t>(Id);
  }
  Parts.Added.push_back(std::move(Token));
  return absl::OkStatus();
}

static absl::Status readAdded(const JsonFields &Whole,
                              PipelineTokenizer::Parts &Parts) {
  STATOR_ASSIGN_OR_RETURN(std::vector<JsonFields> List,
                          Whole.objects("added_tokens"));
  for (const JsonFields &Entry : List) {
    STATOR_ASSIGN_OR_RETURN(int64_t Id, Entry.integer("id"));
    STATOR_RETURN_IF_ERROR(addToken(Entry, Id, Parts));
  }
  return absl::OkStatus();
}

/// Adds the tokens that tokenizer_config.json has in its added_tokens_decoder,
/// by id, and the tokenizer.json has not.
static absl::Status readAddedOfConfig(const TokenizerFiles &Files,
                                      PipelineTokenizer::Parts &Parts) {
  const TokenizerFiles::File *File = Files.find("tokenizer_config.json");
  if (!File)
    return absl::OkStatus();
  nlohmann::json Storage;
  STATOR_ASSIGN_OR_RETURN(
      JsonFields Config,
      JsonFields::parse(File->Contents, File->Name, Storage));
  if (!Config.has("added_tokens_decoder"))
    return absl::OkStatus();
  STATOR_ASSIGN_OR_RETURN(JsonFields Map,
                          Config.object("added_tokens_decoder"));
  for (const auto &[Key, Value] : Map.value().items()) {
    STATOR_ASSIGN_OR_RETURN(
        JsonFields Entry,
        JsonFields::of(Value, File->Name,
                       absl::StrCat("added_tokens_decoder.", Key)));
    int64_t Id;
    if (!absl::SimpleAtoi(Key, &Id))
      return Entry.fail("", "is not named after the id of a token");
    STATOR_ASSIGN_OR_RETURN(std::string Content, Entry.string("content"));
    if (Parts.Tokens.find(Content) < 0)
      STATOR_RETURN_IF_ERROR(addToken(Entry, Id, Parts));
  }
  return absl::OkStatus();
}

/// The ids of a special token of a template.
static absl::Status readTemplateToken(const JsonFields &Template,
                                      const std::string &Name,
                                      const TokenTable &Tokens,
                                      std::vector<int32_t> &Result) {
  STATOR_ASSIGN_OR_RETURN(JsonFields Special,
                          Template.object("special_tokens"));
  STATOR_ASSIGN_OR_RETURN(JsonFields Token, Special.object(Name.c_str()));
  STATOR_ASSIGN_OR_RETURN(const nlohmann::json *Ids, Token.array("ids"));
  for (const nlohmann::json &Id : *Ids) {
    if (!Id.is_number_integer() ||
        Id.get<uint64_t>() >= static_cast<uint64_t>(Tokens.size()))
      return Token.fail("ids", "has something that is no id of a token");
    Result.push_back(Id.get<int32_t>());
  }
  return absl::OkStatus();
}

static absl::Status readTemplate(const JsonFields &Template,
                                 PipelineTokenizer::Parts &Parts) {
  STATOR_ASSIGN_OR_RETURN(std::vector<JsonFields> Single,
                          Template.objects("single"));
  bool BeforeText = true;
  std::vector<int32_t> Before, After;
  for (const JsonFields &Item : Single) {
    if (Item.has("Sequence")) {
      if (!std::exchange(BeforeText, false))
        return Template.fail("single", "has the text twice, which is not "
                                       "supported");
      continue;
    }
    STATOR_ASSIGN_OR_RETURN(JsonFields Token, Item.object("SpecialToken"));
    STATOR_ASSIGN_OR_RETURN(std::string Name, Token.string("id"));
    STATOR_RETURN_IF_ERROR(readTemplateToken(Template, Name, Parts.Tokens,
                                             BeforeText ? Before : After));
  }
  if (BeforeText && Template.has("single"))
    return Template.fail("single", "has no place for the text");
  // Around what the processors before put there.
  Parts.Before.insert(Parts.Before.begin(), Before.begin(), Before.end());
  Parts.After.insert(Parts.After.end(), After.begin(), After.end());
  return absl::OkStatus();
}

/// The "cls" or "sep" of Bert's and Roberta's: a name and an id.
static absl::StatusOr<int32_t> readNamedId(const JsonFields &Processor,
                                           const char *Name,
                                           const TokenTable &Tokens) {
  STATOR_ASSIGN_OR_RETURN(const nlohmann::json *Pair, Processor.array(Name));
  if (Pair->size() != 2 || !(*Pair)[1].is_number_integer() ||
      (*Pair)[1].get<uint64_t>() >= static_cast<uint64_t>(Tokens.size()))
    return Processor.fail(Name, "is not a name and the id of a token");
  return (*Pair)[1].get<int32_t>();
}

// NOLINTNEXTLINE(misc-no-recursion): nested as the file is, to a bound
static absl::Status readPostProcessor(const JsonFields &Processor, int Depth,
                                      PipelineTokenizer::Parts &Parts) {
  STATOR_ASSIGN_OR_RETURN(std::string Type, Processor.string("type"));
  if (Type == "ByteLevel") // it changes offsets only
    return absl::OkStatus();
  if (Type == "TemplateProcessing")
    return readTemplate(Processor, Parts);
  if (Type == "RobertaProcessing" || Type == "BertProcessing") {
    STATOR_ASSIGN_OR_RETURN(int32_t Begin,
                            readNamedId(Processor, "cls", Parts.Tokens));
    STATOR_ASSIGN_OR_RETURN(int32_t End,
                            readNamedId(Processor, "sep", Parts.Tokens));
    Parts.Before.insert(Parts.Before.begin(), Begin);
    Parts.After.push_back(End);
    return absl::OkStatus();
  }
  if (Type == "Sequence" && Depth < MaxStageDepth) {
    STATOR_ASSIGN_OR_RETURN(std::vector<JsonFields> List,
                            Processor.objects("processors"));
    for (const JsonFields &Next : List)
      STATOR_RETURN_IF_ERROR(readPostProcessor(Next, Depth + 1, Parts));
    return absl::OkStatus();
  }
  return Processor.fail(
      "type", absl::StrCat("is \"", Type, "\", which is not supported"));
}

static void completeEnds(PipelineTokenizer::Parts &Parts) {
  surroundText(Parts.Ends, Parts.Tokens, Parts.Before, Parts.After);
  if (!Parts.Ends.Begin && !Parts.Before.empty())
    Parts.Ends.Begin = Parts.Before[0];
  if (Parts.Ends.End.empty())
    Parts.Ends.End = usualEnds(Parts.Tokens);
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
readHuggingFace(TokenizerFiles Files) {
  PipelineTokenizer::Parts Parts;
  nlohmann::json Storage;
  STATOR_ASSIGN_OR_RETURN(
      JsonFields Whole,
      JsonFields::parse(Files.Files[0].Contents, Files.Origin, Storage));
  STATOR_ASSIGN_OR_RETURN(JsonFields Model, Whole.object("model"));
  STATOR_RETURN_IF_ERROR(readModel(Model, Parts));
  STATOR_RETURN_IF_ERROR(readAdded(Whole, Parts));
  STATOR_RETURN_IF_ERROR(readAddedOfConfig(Files, Parts));
  STATOR_ASSIGN_OR_RETURN(Parts.Ends, readTextEnds(Files, Parts.Tokens));
  if (Whole.has("normalizer")) {
    STATOR_ASSIGN_OR_RETURN(JsonFields Normalizer, Whole.object("normalizer"));
    STATOR_RETURN_IF_ERROR(readNormalizer(Normalizer, 0, Parts.Normalize));
  }
  bool ByteLevel = false;
  if (Whole.has("pre_tokenizer")) {
    // The library changes a ByteLevel to what tokenizer_config.json says.
    if (nlohmann::json &Stage = Storage["pre_tokenizer"];
        Parts.Ends.AddPrefixSpace && Stage.is_object() &&
        Stage.value("type", nlohmann::json()) == "ByteLevel")
      Stage["add_prefix_space"] = *Parts.Ends.AddPrefixSpace;
    STATOR_ASSIGN_OR_RETURN(JsonFields Stages, Whole.object("pre_tokenizer"));
    STATOR_RETURN_IF_ERROR(
        readPreTokenizer(Stages, 0, Parts.Divide, ByteLevel));
  }
  if (ByteLevel)
    setByteLevel(Parts.Tokens, Parts.Model);
  if (Whole.has("post_processor")) {
    STATOR_ASSIGN_OR_RETURN(JsonFields Processor,
                            Whole.object("post_processor"));
    STATOR_RETURN_IF_ERROR(readPostProcessor(Processor, 0, Parts));
  }

  PieceDecoder Decoder;
  Decoder.ByteLevel = ByteLevel && !Whole.has("decoder");
  if (Whole.has("decoder")) {
    STATOR_ASSIGN_OR_RETURN(JsonFields Stages, Whole.object("decoder"));
    STATOR_RETURN_IF_ERROR(readDecoder(Stages, 0, Decoder));
  }
  Parts.Pieces = Decoder.pieces(Parts.Tokens);
  for (const AddedToken &Token : Parts.Added)
    if (Decoder.ByteLevel)
      Parts.Pieces[static_cast<size_t>(Token.Id)] = Token.Content;
  Parts.StripFirstSpace = Decoder.StripFirstSpace;
  // Where words are cut, nothing but merges may look across.
  if (!ByteLevel && !Parts.Model.IgnoreMerges) {
    Parts.Model.Tokens = &Parts.Tokens;
    Parts.Model.findCuts(SpaceMark);
  }
  Parts.Files = std::move(Files);
  completeEnds(Parts);
  return std::make_unique<PipelineTokenizer>(std::move(Parts));
}

} // namespace stator::runtime
