#include "runtime/core/Json.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace stator::runtime {

using nlohmann::json;

namespace {

/// What Python writes for numbers that JSON does not have.
struct SpecialNumber {
  absl::string_view Word;
  double Value;
};

constexpr double Infinity = std::numeric_limits<double>::infinity();
constexpr SpecialNumber SpecialNumbers[] = {
    {"NaN", std::numeric_limits<double>::quiet_NaN()},
    {"Infinity", Infinity},
    {"-Infinity", -Infinity},
};

/// A beginning that no string of \p Text can have: more number signs than there
/// are in it, counting those that are written as escapes.
std::string unusedMark(absl::string_view Text) {
  auto Signs = std::ranges::count(Text, '#');
  constexpr absl::string_view Escape = "\\u0023";
  for (size_t At = Text.find(Escape); At != absl::string_view::npos;
       At = Text.find(Escape, At + 1))
    ++Signs;
  return std::string(static_cast<size_t>(Signs) + 1, '#');
}

/// \p Text with strings in place of special numbers, or "" if it has none.
std::string replaceSpecialNumbers(absl::string_view Text,
                                  absl::string_view Mark) {
  std::string Result;
  size_t Copied = 0;
  for (size_t I = 0; I < Text.size();) {
    if (Text[I] == '"') {
      for (++I; I < Text.size() && Text[I] != '"'; ++I)
        I += Text[I] == '\\';
      ++I;
      continue;
    }
    absl::string_view Rest = Text.substr(I);
    size_t Length = 0;
    for (const SpecialNumber &Each : SpecialNumbers)
      if (absl::StartsWith(Rest, Each.Word))
        Length = Each.Word.size();
    if (Length == 0) {
      ++I;
      continue;
    }
    absl::StrAppend(&Result, Text.substr(Copied, I - Copied), "\"", Mark,
                    Rest.substr(0, Length), "\"");
    Copied = I += Length;
  }
  if (Copied > 0)
    absl::StrAppend(&Result, Text.substr(Copied));
  return Result;
}

/// Puts numbers into the places of the strings that stand for them.
template <typename JsonType>
void restoreSpecialNumbers(JsonType &Whole, absl::string_view Mark) {
  std::vector<JsonType *> Pending = {&Whole}; // nesting may be deep
  while (!Pending.empty()) {
    JsonType &Value = *Pending.back();
    Pending.pop_back();
    if (Value.is_structured()) {
      for (JsonType &Each : Value)
        Pending.push_back(&Each);
      continue;
    }
    if (!Value.is_string())
      continue;
    const std::string Text = Value.template get<std::string>();
    if (!absl::StartsWith(Text, Mark))
      continue;
    for (const SpecialNumber &Each : SpecialNumbers)
      if (Text.substr(Mark.size()) == Each.Word)
        Value = Each.Value;
  }
}

/// What nlohmann's parser says is wrong, without what is said of the place.
std::string reasonOf(absl::string_view Message) {
  if (absl::StrContains(Message, "surrogate"))
    return "a surrogate (\\ud800 to \\udfff) stands alone; a character beyond "
           "U+FFFF is written as a pair of them, such as \\ud83d\\ude00";
  if (absl::StrContains(Message, "ill-formed UTF-8"))
    return "not valid UTF-8";
  if (absl::StrContains(Message, "number overflow"))
    return "a number is too large";
  if (absl::StrContains(Message, "unexpected end of input"))
    return "the text ends too early";
  size_t Begin = Message.find(" - ");
  if (Begin == absl::string_view::npos)
    return "not valid JSON";
  Message = Message.substr(Begin + 3);
  return absl::StrCat("not valid JSON: ",
                      Message.substr(0, Message.find("; last read")));
}

template <typename JsonType>
absl::StatusOr<JsonType> parse(absl::string_view Text, absl::string_view Name,
                               int64_t FirstLine) {
  STATOR_RETURN_IF_ERROR(checkEncoding(Text, Name));
  Text = withoutByteOrderMark(Text);
  try {
    return JsonType::parse(Text.begin(), Text.end());
  } catch (const json::exception &) {
    // Again below: with numbers that Python writes, or for the message.
  }
  std::string Mark = unusedMark(Text);
  std::string Replaced = replaceSpecialNumbers(Text, Mark);
  try {
    JsonType Result = Replaced.empty()
                          ? JsonType::parse(Text.begin(), Text.end())
                          : JsonType::parse(Replaced.begin(), Replaced.end());
    restoreSpecialNumbers(Result, Mark);
    return Result;
  } catch (const json::parse_error &Problem) {
    // The place in the text as it was given.
    size_t Byte = Problem.byte > 0 ? Problem.byte - 1 : 0;
    absl::string_view Parsed = Replaced.empty() ? Text : Replaced;
    size_t Added = 0;
    std::string Quoted = absl::StrCat("\"", Mark);
    for (size_t At = Parsed.find(Quoted); At < Byte;
         At = Parsed.find(Quoted, At + 1))
      Added += Quoted.size() + 1;
    TextPlace Place = placeOf(Text, Byte > Added ? Byte - Added : 0);
    return error(Name, ": line ", FirstLine + Place.Line - 1, ", column ",
                 Place.Column, ": ", reasonOf(Problem.what()));
  } catch (const json::exception &Problem) {
    return error(Name, ": ", reasonOf(Problem.what()));
  }
}

} // namespace

absl::StatusOr<json> parseJson(absl::string_view Text, absl::string_view Name,
                               int64_t FirstLine) {
  return parse<json>(Text, Name, FirstLine);
}

absl::StatusOr<nlohmann::ordered_json>
parseOrderedJson(absl::string_view Text, absl::string_view Name) {
  return parse<nlohmann::ordered_json>(Text, Name, /*FirstLine=*/1);
}

absl::StatusOr<json> parseJsonObject(absl::string_view Text,
                                     absl::string_view Name) {
  STATOR_ASSIGN_OR_RETURN(json Result, parseJson(Text, Name));
  if (!Result.is_object())
    return error(Name, ": expected a JSON object");
  return Result;
}

} // namespace stator::runtime
