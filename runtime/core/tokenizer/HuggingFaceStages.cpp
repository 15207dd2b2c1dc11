#include "runtime/core/tokenizer/HuggingFaceStages.h"
#include "absl/strings/str_replace.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/tokenizer/BpeModel.h"
#include "runtime/core/tokenizer/ByteAlphabet.h"

namespace stator::runtime {

static absl::Status notSupported(const JsonFields &Json,
                                 absl::string_view Type) {
  return Json.fail("type",
                   absl::StrCat("is \"", Type, "\", which is not supported"));
}

/// A "pattern": {"String": ...} or {"Regex": ...}.
static absl::StatusOr<std::unique_ptr<Pattern>>
readPattern(const JsonFields &Json) {
  STATOR_ASSIGN_OR_RETURN(JsonFields Fields, Json.object("pattern"));
  if (Fields.has("String")) {
    STATOR_ASSIGN_OR_RETURN(std::string Text, Fields.string("String"));
    if (Text.empty())
      return Fields.fail("String", "is empty");
    return literalPattern(std::move(Text));
  }
  STATOR_ASSIGN_OR_RETURN(std::string Regex, Fields.string("Regex"));
  absl::StatusOr<std::unique_ptr<Pattern>> Result = regexPattern(Regex);
  if (!Result.ok())
    return Fields.fail(
        "Regex", absl::StrCat("cannot be used: ", Result.status().message()));
  return Result;
}

static absl::Status readReplacement(const JsonFields &Json,
                                    Normalizer &Result) {
  STATOR_ASSIGN_OR_RETURN(std::unique_ptr<Pattern> What, readPattern(Json));
  STATOR_ASSIGN_OR_RETURN(std::string With, Json.string("content"));
  Result.addReplacement(std::move(What), std::move(With));
  return absl::OkStatus();
}

// NOLINTNEXTLINE(misc-no-recursion): nested as the file is, to a bound
absl::Status readNormalizer(const JsonFields &Json, int Depth,
                            Normalizer &Result) {
  using Form = Normalizer::Form;
  STATOR_ASSIGN_OR_RETURN(std::string Type, Json.string("type"));
  for (auto [Name, Wanted] :
       {std::pair("NFC", Form::Nfc), std::pair("NFD", Form::Nfd),
        std::pair("NFKC", Form::Nfkc), std::pair("NFKD", Form::Nfkd)})
    if (Type == Name) {
      Result.addUnicodeForm(Wanted);
      return absl::OkStatus();
    }
  if (Type == "Replace")
    return readReplacement(Json, Result);
  if (Type == "Prepend") {
    STATOR_ASSIGN_OR_RETURN(std::string Text, Json.string("prepend"));
    Result.addPrefix(std::move(Text));
    return absl::OkStatus();
  }
  if (Type == "Strip") {
    STATOR_ASSIGN_OR_RETURN(bool Left, Json.boolean("strip_left", false));
    STATOR_ASSIGN_OR_RETURN(bool Right, Json.boolean("strip_right", false));
    Result.addStrip(Left, Right);
    return absl::OkStatus();
  }
  if (Type == "Sequence" && Depth < MaxStageDepth) {
    STATOR_ASSIGN_OR_RETURN(std::vector<JsonFields> List,
                            Json.objects("normalizers"));
    for (const JsonFields &Next : List)
      STATOR_RETURN_IF_ERROR(readNormalizer(Next, Depth + 1, Result));
    return absl::OkStatus();
  }
  return notSupported(Json, Type);
}

static absl::StatusOr<SplitBehavior> readBehavior(const JsonFields &Json) {
  STATOR_ASSIGN_OR_RETURN(std::string Name,
                          Json.string("behavior", "Isolated"));
  if (Name == "Removed")
    return SplitBehavior::Removed;
  if (Name == "Isolated")
    return SplitBehavior::Isolated;
  if (Name == "MergedWithPrevious")
    return SplitBehavior::MergedWithPrevious;
  if (Name == "MergedWithNext")
    return SplitBehavior::MergedWithNext;
  if (Name == "Contiguous")
    return SplitBehavior::Contiguous;
  return Json.fail("behavior",
                   absl::StrCat("is \"", Name, "\", which is not known"));
}

/// What Metaspace writes for a space, and whether it puts one in front of a
/// text: "always", "first" or "never".
static absl::Status readMetaspace(const JsonFields &Json,
                                  std::string &Replacement,
                                  std::string &Scheme) {
  STATOR_ASSIGN_OR_RETURN(Replacement,
                          Json.string("replacement", std::string(SpaceMark)));
  if (Replacement.empty())
    return Json.fail("replacement", "is empty");
  STATOR_ASSIGN_OR_RETURN(bool AddPrefix,
                          Json.boolean("add_prefix_space", true));
  STATOR_ASSIGN_OR_RETURN(
      Scheme, Json.string("prepend_scheme", AddPrefix ? "always" : "never"));
  if (Scheme != "always" && Scheme != "first" && Scheme != "never")
    return Json.fail("prepend_scheme",
                     absl::StrCat("is \"", Scheme, "\", which is not known"));
  return absl::OkStatus();
}

static absl::StatusOr<PreTokenizer::Stage>
readMetaspaceStage(const JsonFields &Json) {
  PreTokenizer::Stage Result;
  std::string Scheme;
  STATOR_RETURN_IF_ERROR(readMetaspace(Json, Result.Space, Scheme));
  if (Scheme != "never")
    Result.Prefix = Result.Space;
  Result.OnlyFirst = Scheme == "first";
  STATOR_ASSIGN_OR_RETURN(bool Splits, Json.boolean("split", true));
  if (Splits) {
    Result.Splits = literalPattern(Result.Space);
    Result.Behavior = SplitBehavior::MergedWithNext;
  }
  return Result;
}

static absl::StatusOr<PreTokenizer::Stage>
readByteLevelStage(const JsonFields &Json) {
  PreTokenizer::Stage Result;
  STATOR_ASSIGN_OR_RETURN(bool Prefix, Json.boolean("add_prefix_space", true));
  STATOR_ASSIGN_OR_RETURN(bool Splits, Json.boolean("use_regex", true));
  if (Prefix)
    Result.Prefix = " ";
  if (Splits) {
    STATOR_ASSIGN_OR_RETURN(Result.Splits, regexPattern(Gpt2Words));
  }
  return Result;
}

static absl::StatusOr<PreTokenizer::Stage> readStage(const JsonFields &Json,
                                                     const std::string &Type) {
  PreTokenizer::Stage Result;
  if (Type == "ByteLevel")
    return readByteLevelStage(Json);
  if (Type == "Metaspace")
    return readMetaspaceStage(Json);
  if (Type == "Split") {
    STATOR_ASSIGN_OR_RETURN(Result.Splits, readPattern(Json));
    STATOR_ASSIGN_OR_RETURN(Result.Behavior, readBehavior(Json));
    STATOR_ASSIGN_OR_RETURN(Result.Invert, Json.boolean("invert", false));
    return Result;
  }
  if (Type == "Digits") {
    STATOR_ASSIGN_OR_RETURN(bool Each,
                            Json.boolean("individual_digits", false));
    Result.Splits = digitsPattern(Each);
    return Result;
  }
  if (Type == "Punctuation") {
    STATOR_ASSIGN_OR_RETURN(Result.Splits, pcrePattern(R"([\p{P}$+<=>^`|~])"));
    STATOR_ASSIGN_OR_RETURN(Result.Behavior, readBehavior(Json));
    return Result;
  }
  if (Type == "Whitespace") {
    // \w as Rust has it, whose regular expressions these are.
    constexpr absl::string_view Word =
        R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d})";
    STATOR_ASSIGN_OR_RETURN(
        Result.Splits,
        pcrePattern(absl::StrCat("[", Word, "]+|[^", Word, "\\s]+")));
    Result.Behavior = SplitBehavior::Removed;
    Result.Invert = true;
    return Result;
  }
  if (Type == "WhitespaceSplit") {
    STATOR_ASSIGN_OR_RETURN(Result.Splits, pcrePattern(R"(\s)"));
    Result.Behavior = SplitBehavior::Removed;
    return Result;
  }
  return notSupported(Json, Type);
}

// NOLINTNEXTLINE(misc-no-recursion): nested as the file is, to a bound
absl::Status readPreTokenizer(const JsonFields &Json, int Depth,
                              PreTokenizer &Result, bool &ByteLevel) {
  STATOR_ASSIGN_OR_RETURN(std::string Type, Json.string("type"));
  if (Type == "Sequence" && Depth < MaxStageDepth) {
    STATOR_ASSIGN_OR_RETURN(std::vector<JsonFields> List,
                            Json.objects("pretokenizers"));
    for (const JsonFields &Next : List)
      STATOR_RETURN_IF_ERROR(
          readPreTokenizer(Next, Depth + 1, Result, ByteLevel));
    return absl::OkStatus();
  }
  // Behind it there are no characters any more that could be looked at.
  if (ByteLevel)
    return Json.fail("type", absl::StrCat("is \"", Type,
                                          "\" behind ByteLevel, which is not "
                                          "supported"));
  STATOR_ASSIGN_OR_RETURN(PreTokenizer::Stage Stage, readStage(Json, Type));
  Result.add(std::move(Stage));
  ByteLevel = Type == "ByteLevel";
  return absl::OkStatus();
}

static absl::Status readStripDecoder(const JsonFields &Json,
                                     PieceDecoder &Result) {
  STATOR_ASSIGN_OR_RETURN(std::string Content, Json.string("content"));
  STATOR_ASSIGN_OR_RETURN(int64_t Start, Json.integer("start", 0));
  STATOR_ASSIGN_OR_RETURN(int64_t Stop, Json.integer("stop", 0));
  if (Start == 0 && Stop == 0)
    return absl::OkStatus();
  if (!Result.Fused || Content != " " || Start != 1 || Stop != 0)
    return Json.fail("", "strips something other than one space in front of "
                         "the text, which is not supported");
  Result.StripFirstSpace = true;
  return absl::OkStatus();
}

// NOLINTNEXTLINE(misc-no-recursion): nested as the file is, to a bound
absl::Status readDecoder(const JsonFields &Json, int Depth,
                         PieceDecoder &Result) {
  STATOR_ASSIGN_OR_RETURN(std::string Type, Json.string("type"));
  if (Type == "Sequence" && Depth < MaxStageDepth) {
    STATOR_ASSIGN_OR_RETURN(std::vector<JsonFields> List,
                            Json.objects("decoders"));
    for (const JsonFields &Next : List)
      STATOR_RETURN_IF_ERROR(readDecoder(Next, Depth + 1, Result));
    return absl::OkStatus();
  }
  if (Type == "Strip")
    return readStripDecoder(Json, Result);
  if (Type == "Fuse") {
    Result.Fused = true;
    return absl::OkStatus();
  }
  if (Result.Fused)
    return Json.fail("type", absl::StrCat("is \"", Type,
                                          "\" behind Fuse, "
                                          "which is not "
                                          "supported"));
  if (Type == "ByteLevel") {
    Result.ByteLevel = true;
    return absl::OkStatus();
  }
  if (Type == "ByteFallback") {
    Result.ByteFallback = true;
    return absl::OkStatus();
  }
  if (Type == "Metaspace") {
    std::string Replacement, Scheme;
    STATOR_RETURN_IF_ERROR(readMetaspace(Json, Replacement, Scheme));
    Result.Replacements.emplace_back(std::move(Replacement), " ");
    Result.StripFirstSpace = Scheme != "never";
    return absl::OkStatus();
  }
  if (Type == "Replace") {
    STATOR_ASSIGN_OR_RETURN(JsonFields What, Json.object("pattern"));
    STATOR_ASSIGN_OR_RETURN(std::string From, What.string("String"));
    STATOR_ASSIGN_OR_RETURN(std::string To, Json.string("content"));
    if (From.empty())
      return What.fail("String", "is empty");
    Result.Replacements.emplace_back(std::move(From), std::move(To));
    return absl::OkStatus();
  }
  return notSupported(Json, Type);
}

std::vector<std::string> PieceDecoder::pieces(const TokenTable &Tokens) const {
  std::vector<std::string> Result;
  Result.reserve(static_cast<size_t>(Tokens.size()));
  for (int64_t Id = 0; Id < Tokens.size(); ++Id) {
    std::string Piece(Tokens.name(static_cast<int32_t>(Id)));
    for (const auto &[From, To] : Replacements)
      Piece = absl::StrReplaceAll(Piece, {{From, To}});
    int Byte = ByteFallback ? byteOfName(Piece) : -1;
    if (Byte >= 0)
      Piece.assign(1, static_cast<char>(Byte));
    else if (ByteLevel)
      Piece = bytesOfToken(Piece).value_or(Piece);
    Result.push_back(std::move(Piece));
  }
  return Result;
}

} // namespace stator::runtime
