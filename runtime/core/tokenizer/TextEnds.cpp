#include "runtime/core/tokenizer/TextEnds.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/tokenizer/JsonFields.h"
#include <algorithm>

namespace stator::runtime {

static void addOnce(std::vector<int32_t> &Ids, int32_t Id) {
  if (std::ranges::find(Ids, Id) == Ids.end())
    Ids.push_back(Id);
}

/// A token of tokenizer_config.json: its name, or an object with "content".
/// -1 if there is none.
static absl::StatusOr<int32_t> configToken(const JsonFields &Config,
                                           const char *Name,
                                           const TokenTable &Tokens) {
  const nlohmann::json *Field = Config.get(Name);
  if (!Field)
    return -1;
  if (Field->is_object()) {
    STATOR_ASSIGN_OR_RETURN(JsonFields Token, Config.object(Name));
    STATOR_ASSIGN_OR_RETURN(std::string Content, Token.string("content"));
    return Tokens.find(Content);
  }
  STATOR_ASSIGN_OR_RETURN(std::string Content, Config.string(Name));
  return Tokens.find(Content);
}

/// bos_token and eos_token of tokenizer_config.json or special_tokens_map.json,
/// unless a file before has said them.
static absl::Status readTokens(const JsonFields &Config,
                               const TokenTable &Tokens, TextEnds &Result) {
  STATOR_ASSIGN_OR_RETURN(int32_t Begin,
                          configToken(Config, "bos_token", Tokens));
  STATOR_ASSIGN_OR_RETURN(int32_t End,
                          configToken(Config, "eos_token", Tokens));
  if (Begin >= 0 && !Result.Begin)
    Result.Begin = Begin;
  if (End >= 0 && Result.End.empty())
    addOnce(Result.End, End);
  return absl::OkStatus();
}

static absl::Status readTokenizerConfig(const JsonFields &Config,
                                        const TokenTable &Tokens,
                                        TextEnds &Result) {
  STATOR_RETURN_IF_ERROR(readTokens(Config, Tokens, Result));
  STATOR_ASSIGN_OR_RETURN(std::string Class,
                          Config.string("tokenizer_class", ""));
  Result.Class = std::string(absl::StripSuffix(Class, "Fast"));
  if (Config.has("add_bos_token")) {
    STATOR_ASSIGN_OR_RETURN(Result.AddBegin,
                            Config.boolean("add_bos_token", false));
  }
  if (Config.has("add_eos_token")) {
    STATOR_ASSIGN_OR_RETURN(Result.AddEnd,
                            Config.boolean("add_eos_token", false));
  }
  if (Config.has("add_prefix_space")) {
    STATOR_ASSIGN_OR_RETURN(Result.AddPrefixSpace,
                            Config.boolean("add_prefix_space", false));
  }
  return absl::OkStatus();
}

static absl::Status readGenerationConfig(const JsonFields &Config,
                                         const TokenTable &Tokens,
                                         TextEnds &Result) {
  const nlohmann::json *Ends = Config.get("eos_token_id");
  if (!Ends)
    return absl::OkStatus();
  auto Add = [&](const nlohmann::json &Id) -> absl::Status {
    if (!Id.is_number_integer())
      return Config.fail("eos_token_id", "is neither an id nor a list of ids");
    // -1 stands for none in some files.
    if (!Id.is_number_unsigned() && Id.get<int64_t>() == -1)
      return absl::OkStatus();
    // Compared as unsigned, so that negative ones are out of range.
    if (auto Value = Id.get<uint64_t>();
        Value < static_cast<uint64_t>(Tokens.size()))
      addOnce(Result.End, static_cast<int32_t>(Value));
    else
      return Config.fail("eos_token_id",
                         absl::StrCat("is ", Id.dump(),
                                      ", which is outside of the vocabulary: "
                                      "ids are from 0 to ",
                                      Tokens.size() - 1));
    return absl::OkStatus();
  };
  if (!Ends->is_array())
    return Add(*Ends);
  for (const nlohmann::json &Id : *Ends)
    STATOR_RETURN_IF_ERROR(Add(Id));
  return absl::OkStatus();
}

absl::StatusOr<TextEnds> readTextEnds(const TokenizerFiles &Files,
                                      const TokenTable &Tokens) {
  TextEnds Result;
  auto Read = [&](const char *Name, auto Reader) -> absl::Status {
    const TokenizerFiles::File *File = Files.find(Name);
    if (!File)
      return absl::OkStatus();
    nlohmann::json Storage;
    STATOR_ASSIGN_OR_RETURN(JsonFields Config,
                            JsonFields::parse(File->Contents, Name, Storage));
    return Reader(Config, Tokens, Result);
  };
  STATOR_RETURN_IF_ERROR(Read("tokenizer_config.json", readTokenizerConfig));
  STATOR_RETURN_IF_ERROR(Read("special_tokens_map.json", readTokens));
  STATOR_RETURN_IF_ERROR(Read("generation_config.json", readGenerationConfig));
  return Result;
}

void surroundText(const TextEnds &Ends, const TokenTable &Tokens,
                  std::vector<int32_t> &Before, std::vector<int32_t> &After) {
  // These classes make a post-processor of their own from the two flags, and
  // forget the one of the tokenizer.json.
  bool MakesOwn =
      Ends.Class == "LlamaTokenizer" || Ends.Class == "CodeLlamaTokenizer" ||
      Ends.Class == "GemmaTokenizer" || Ends.Class == "CohereTokenizer";
  std::optional<int32_t> Begin = Ends.Begin;
  if (!Begin && MakesOwn)
    Begin = Tokens.lookUp(Ends.Class == "GemmaTokenizer" ? "<bos>" : "<s>");
  std::optional<bool> AddBegin = Ends.AddBegin, AddEnd = Ends.AddEnd;
  if (MakesOwn) {
    AddBegin = AddBegin.value_or(true);
    AddEnd = AddEnd.value_or(false);
  }
  if (AddBegin == false)
    Before.clear();
  else if (AddBegin && Before.empty() && Begin)
    Before = {*Begin};
  if (AddEnd == false)
    After.clear();
  else if (AddEnd && After.empty() && !Ends.End.empty())
    After = {Ends.End[0]};
}

std::vector<int32_t> usualEnds(const TokenTable &Tokens) {
  std::vector<int32_t> Result;
  for (const char *Name : {"<|endoftext|>", "</s>", "<eos>", "<|end_of_text|>",
                           "<|eot_id|>", "<|im_end|>", "<end_of_turn>"})
    if (int32_t Id = Tokens.find(Name); Id >= 0)
      addOnce(Result, Id);
  return Result;
}

} // namespace stator::runtime
