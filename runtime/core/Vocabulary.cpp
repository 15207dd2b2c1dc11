#include "runtime/core/Vocabulary.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Utf8.h"
#include <algorithm>
#include <utility>

namespace stator::runtime {

Vocabulary Vocabulary::bytes() {
  Vocabulary Result;
  Result.TheKind = Kind::Bytes;
  return Result;
}

Vocabulary Vocabulary::tokens() { return Vocabulary(); }

Vocabulary Vocabulary::characters(std::vector<char32_t> Characters) {
  Vocabulary Result;
  Result.TheKind = Kind::Characters;
  char32_t Largest = 0;
  for (char32_t Character : Characters)
    Largest = std::max(Largest, Character);
  Result.Ids.assign(Largest + 1, -1);
  for (size_t Id = 0; Id < Characters.size(); ++Id)
    Result.Ids[Characters[Id]] = static_cast<int32_t>(Id);
  Result.Characters = std::move(Characters);
  return Result;
}

absl::Status notUtf8(absl::string_view Text, size_t Position,
                     absl::string_view Name) {
  return error(
      Name,
      absl::StrFormat(": byte %d (0x%02x) is not valid UTF-8", Position,
                      static_cast<unsigned char>(Text[Position])),
      "\nhint: --format bytes reads any file as bytes, with a vocabulary of "
      "256");
}

absl::StatusOr<Vocabulary> Vocabulary::ofText(absl::string_view Text,
                                              absl::string_view Name) {
  std::vector<bool> Present(CodePointLimit);
  for (size_t Position = 0; Position < Text.size();) {
    char32_t CodePoint;
    unsigned Length = decodeUtf8(Text, Position, CodePoint);
    if (Length == 0)
      return notUtf8(Text, Position, Name);
    Present[CodePoint] = true;
    Position += Length;
  }
  std::vector<char32_t> Characters;
  for (char32_t CodePoint = 0; CodePoint < CodePointLimit; ++CodePoint)
    if (Present[CodePoint])
      Characters.push_back(CodePoint);
  return characters(std::move(Characters));
}

absl::StatusOr<Vocabulary> Vocabulary::load(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
  return parse(File.text(), Path);
}

absl::StatusOr<Vocabulary> Vocabulary::parse(absl::string_view Contents,
                                             absl::string_view Name) {
  auto Invalid = [&](absl::string_view Why) {
    return error(Name, " is not a vocabulary: ", Why);
  };
  STATOR_ASSIGN_OR_RETURN(nlohmann::json Json, parseJson(Contents, Name));
  if (!Json.is_object() || !Json.contains("kind") ||
      !Json.at("kind").is_string())
    return Invalid("expected a JSON object with \"kind\"");
  const auto &KindName = Json.at("kind").get_ref<const std::string &>();
  if (KindName == "bytes")
    return bytes();
  if (KindName == "tokens")
    return tokens();
  if (KindName != "characters")
    return Invalid(absl::StrCat("unknown kind \"", KindName, "\""));
  if (!Json.contains("characters") || !Json.at("characters").is_array())
    return Invalid("expected an array \"characters\"");
  std::vector<char32_t> Characters;
  std::vector<bool> Seen(CodePointLimit);
  for (const nlohmann::json &Entry : Json.at("characters")) {
    std::string Where = absl::StrCat("entry ", Characters.size());
    if (!Entry.is_string())
      return Invalid(Where + " is not a string");
    const auto &Text = Entry.get_ref<const std::string &>();
    char32_t CodePoint;
    if (Text.empty() || decodeUtf8(Text, 0, CodePoint) != Text.size())
      return Invalid(Where + " is not one character");
    if (Seen[CodePoint])
      return Invalid(absl::StrCat(Where, ", ", describeCharacter(CodePoint),
                                  ", is there twice"));
    Seen[CodePoint] = true;
    Characters.push_back(CodePoint);
  }
  return characters(std::move(Characters));
}

std::string Vocabulary::toJson() const {
  nlohmann::ordered_json Json;
  switch (TheKind) {
  case Kind::Bytes:
    Json["kind"] = "bytes";
    break;
  case Kind::Tokens:
    Json["kind"] = "tokens";
    break;
  default:
    Json["kind"] = "characters";
    Json["characters"] = nlohmann::ordered_json::array();
    for (char32_t Character : Characters) {
      std::string Text;
      appendUtf8(Text, Character);
      Json["characters"].push_back(std::move(Text));
    }
    break;
  }
  return Json.dump() + "\n";
}

int64_t Vocabulary::size() const {
  switch (TheKind) {
  case Kind::Bytes:
    return 256;
  case Kind::Tokens:
    return 0;
  default:
    break;
  }
  return static_cast<int64_t>(Characters.size());
}

absl::Status Vocabulary::encodeTo(absl::string_view Text, EncodeOptions,
                                  IdSink Sink) const {
  if (TheKind == Kind::Tokens)
    return error("the model was trained on token ids, and how text becomes ids "
                 "is not known\nhint: --prompt-ids takes token ids");
  constexpr size_t Portion = size_t{1} << 14;
  std::vector<int32_t> Portions;
  Portions.reserve(std::min(Text.size(), Portion));
  for (size_t Position = 0; Position < Text.size();) {
    if (TheKind == Kind::Bytes) {
      Portions.push_back(static_cast<unsigned char>(Text[Position++]));
    } else {
      char32_t CodePoint;
      unsigned Length = decodeUtf8(Text, Position, CodePoint);
      if (Length == 0)
        return error("byte ", Position, " is not valid UTF-8");
      int32_t Id = find(CodePoint);
      if (Id < 0)
        return error("the character ", describeCharacter(CodePoint),
                     " at byte ", Position,
                     " does not occur in the text that the model was trained "
                     "on");
      Portions.push_back(Id);
      Position += Length;
    }
    if (Portions.size() == Portion) {
      Sink(Portions, Position);
      Portions.clear();
    }
  }
  Sink(Portions, Text.size());
  return absl::OkStatus();
}

void Vocabulary::append(int32_t Id, DecodeState &State,
                        std::string &Text) const {
  bool First = std::exchange(State.AtStart, false);
  if (TheKind == Kind::Tokens)
    absl::StrAppend(&Text, First ? "" : " ", Id);
  else if (TheKind == Kind::Bytes && Id >= 0 && Id < 256)
    Text.push_back(static_cast<char>(Id));
  else if (TheKind == Kind::Characters && Id >= 0 &&
           static_cast<size_t>(Id) < Characters.size())
    appendUtf8(Text, Characters[static_cast<size_t>(Id)]);
  else
    appendUtf8(Text, 0xFFFD);
}

std::string Vocabulary::token(int32_t Id) const {
  std::string Result;
  if (TheKind == Kind::Bytes && Id >= 0 && Id < 256)
    Result = absl::StrFormat("<0x%02X>", Id);
  else if (TheKind == Kind::Characters && Id >= 0 &&
           static_cast<size_t>(Id) < Characters.size())
    appendUtf8(Result, Characters[static_cast<size_t>(Id)]);
  return Result;
}

std::optional<int32_t> Vocabulary::find(absl::string_view Token) const {
  if (TheKind == Kind::Bytes)
    for (int32_t Id = 0; Id < 256; ++Id)
      if (token(Id) == Token)
        return Id;
  char32_t CodePoint;
  if (TheKind == Kind::Characters && !Token.empty() &&
      decodeUtf8(Token, 0, CodePoint) == Token.size())
    if (int32_t Id = find(CodePoint); Id >= 0)
      return Id;
  return std::nullopt;
}

TokenizerFiles Vocabulary::files() const {
  return {TheKind, {{"vocab.json", toJson()}}, "vocab.json"};
}

} // namespace stator::runtime
