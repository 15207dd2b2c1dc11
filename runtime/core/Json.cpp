#include "runtime/core/Json.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include <limits>
#include <string>
#include <vector>

namespace stator::runtime {

using nlohmann::json;

namespace {

/// What Python writes for numbers that JSON does not have, and text of the same
/// length that stands for it while the rest is parsed. Nobody else can write
/// it: a raw control character is not valid inside a JSON string, so each is
/// written as an escape that only this file makes.
struct SpecialNumber {
  absl::string_view Word, StandIn;
  double Value;
};

constexpr double Infinity = std::numeric_limits<double>::infinity();
const SpecialNumber SpecialNumbers[] = {
    {"NaN", "NaN", std::numeric_limits<double>::quiet_NaN()},
    {"Infinity", "Infinity", Infinity},
    {"-Infinity", "-Infinity", -Infinity},
};

/// A prefix of the strings that stand for special numbers; longer by one than
/// any that the text itself holds, so that none of its own is taken for one.
std::string unusedMark(absl::string_view Text) {
  std::string Mark = "#";
  while (absl::StrContains(Text, Mark))
    Mark += '#';
  return Mark;
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
    Result += Text.substr(Copied);
  return Result;
}

/// Puts numbers into the places of the strings that stand for them.
void restoreSpecialNumbers(json &Whole, absl::string_view Mark) {
  std::vector<json *> Pending = {&Whole}; // nesting may be deep
  while (!Pending.empty()) {
    json &Value = *Pending.back();
    Pending.pop_back();
    if (Value.is_structured()) {
      for (json &Each : Value)
        Pending.push_back(&Each);
      continue;
    }
    if (!Value.is_string())
      continue;
    const std::string Text = Value.get<std::string>();
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

} // namespace

absl::StatusOr<json> parseJson(absl::string_view Text, absl::string_view Name,
                               int64_t FirstLine) {
  STATOR_RETURN_IF_ERROR(checkEncoding(Text, Name));
  Text = withoutByteOrderMark(Text);
  try {
    return json::parse(Text.begin(), Text.end());
  } catch (const json::exception &) {
    // Again below: with numbers that Python writes, or for the message.
  }
  std::string Mark = unusedMark(Text);
  std::string Replaced = replaceSpecialNumbers(Text, Mark);
  try {
    json Result =
        Replaced.empty() ? json::parse(Text.begin(), Text.end())
                         : json::parse(Replaced.begin(), Replaced.end());
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

absl::StatusOr<json> parseJsonObject(absl::string_view Text,
                                     absl::string_view Name) {
  STATOR_ASSIGN_OR_RETURN(json Result, parseJson(Text, Name));
  if (!Result.is_object())
    return error(Name, ": expected a JSON object");
  return Result;
}

} // namespace stator::runtime
