#include "runtime/core/Flags.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/core/Errors.h"
#include "runtime/core/FlagSpellings.h"
#include "runtime/core/Format.h"
#include <algorithm>
#include <cmath>
#include <utility>

namespace stator::runtime {

void Flags::section(std::string Title) {
  Flag New;
  New.Name = std::move(Title);
  New.Section = true;
  All.push_back(std::move(New));
}

void Flags::integer(std::string Name, std::string Help, int64_t *Target,
                    int64_t Min, int64_t Max, std::string Unset) {
  Flag New;
  New.Name = std::move(Name);
  New.Value = "N";
  New.Help = std::move(Help);
  New.Range = Max == std::numeric_limits<int64_t>::max()
                  ? absl::StrCat("an integer, at least ", Min)
                  : absl::StrCat("an integer from ", Min, " to ", Max);
  New.Default = Unset.empty() ? absl::StrCat(*Target) : std::move(Unset);
  New.Store = [=](const std::string &Text) {
    int64_t Value;
    if (!absl::SimpleAtoi(Text, &Value) || Value < Min || Value > Max)
      return false;
    *Target = Value;
    return true;
  };
  All.push_back(std::move(New));
}

void Flags::number(std::string Name, std::string Help, double *Target,
                   double Min, double Max, bool Open, std::string Unset) {
  Flag New;
  New.Name = std::move(Name);
  New.Value = "X";
  New.Help = std::move(Help);
  if (std::isinf(Max))
    New.Range = absl::StrCat("a number, at least ", Min);
  else
    New.Range = absl::StrCat("a number from ", Min,
                             Open ? " up to, not including, " : " to ", Max);
  New.Default = Unset.empty() ? absl::StrCat(*Target) : std::move(Unset);
  New.Store = [=](const std::string &Text) {
    double Value;
    if (!absl::SimpleAtod(Text, &Value) || !std::isfinite(Value) ||
        Value < Min || Value > Max || (Open && Value == Max))
      return false;
    *Target = Value;
    return true;
  };
  All.push_back(std::move(New));
}

void Flags::text(std::string Name, std::string Value, std::string Help,
                 std::string *Target, std::string Unset) {
  Flag New;
  New.Name = std::move(Name);
  New.Value = std::move(Value);
  New.Help = std::move(Help);
  New.Default = Unset.empty() ? *Target : std::move(Unset);
  New.Store = [=](const std::string &Text) {
    *Target = Text;
    return !Text.empty();
  };
  All.push_back(std::move(New));
}

void Flags::choice(std::string Name, std::string Help, std::string *Target,
                   std::vector<std::string> Choices, std::string Unset) {
  Flag New;
  New.Name = std::move(Name);
  New.Value = absl::StrJoin(Choices, "|");
  New.Help = std::move(Help);
  New.Range = absl::StrCat("one of ", absl::StrJoin(Choices, ", "));
  New.Default = std::move(Unset);
  New.Store = [=, Choices = std::move(Choices)](const std::string &Text) {
    if (std::ranges::find(Choices, Text) == Choices.end())
      return false;
    *Target = Text;
    return true;
  };
  All.push_back(std::move(New));
}

void Flags::toggle(std::string Name, std::string Help, bool *Target) {
  Flag New;
  New.Name = std::move(Name);
  New.Help = std::move(Help);
  New.Toggle = Target;
  All.push_back(std::move(New));
}

void Flags::list(std::string Name, std::string Value, std::string Help,
                 std::vector<std::string> *Target, std::string Unset) {
  Flag New;
  New.Name = std::move(Name);
  New.Value = std::move(Value);
  New.Help = std::move(Help);
  New.Default = std::move(Unset);
  New.Repeats = true;
  New.Store = [=](const std::string &Text) {
    Target->push_back(Text);
    return true;
  };
  All.push_back(std::move(New));
}

void Flags::optionalInteger(std::string Name, std::string Help, int64_t *Target,
                            int64_t Implied, int64_t Min, int64_t Max) {
  std::string Shown = absl::StrCat(Implied, " if N is left out");
  integer(std::move(Name), std::move(Help), Target, Min, Max, Shown);
  All.back().Value = "[N]";
  All.back().Imply = [=] { *Target = Implied; };
}

Flags::Flag *Flags::find(absl::string_view Name) {
  for (Flag &Each : All)
    if (!Each.Section && Each.Name == Name)
      return &Each;
  return nullptr;
}

bool Flags::given(absl::string_view Name) const {
  const Flag *Found = const_cast<Flags *>(this)->find(Name);
  return Found && Found->Given;
}

bool Flags::knows(absl::string_view Name) const {
  return const_cast<Flags *>(this)->find(Name) != nullptr;
}

bool Flags::takesValue(absl::string_view Name) const {
  const Flag *Found = const_cast<Flags *>(this)->find(Name);
  return Found && !Found->Toggle;
}

/// Levenshtein's distance: insertions, deletions and substitutions.
static size_t editDistance(absl::string_view A, absl::string_view B) {
  std::vector<size_t> Row(B.size() + 1);
  for (size_t J = 0; J <= B.size(); ++J)
    Row[J] = J;
  for (size_t I = 1; I <= A.size(); ++I) {
    size_t Diagonal = std::exchange(Row[0], I);
    for (size_t J = 1; J <= B.size(); ++J) {
      size_t Replaced = Diagonal + (A[I - 1] != B[J - 1]);
      Diagonal = Row[J];
      Row[J] = std::min({Replaced, Row[J] + 1, Row[J - 1] + 1});
    }
  }
  return Row[B.size()];
}

std::string Flags::suggest(const std::string &Name) const {
  std::string Advice = adviseOnSpelling(
      Name, [&](absl::string_view Flag) { return knows(Flag); });
  if (!Advice.empty())
    return Advice;
  const Flag *Best = nullptr;
  size_t Least = Name.size() / 3 + 2;
  for (const Flag &Each : All) {
    // What is cut short is likelier than what is misspelt: --temp.
    size_t Distance = Name.size() > 2 && absl::StartsWith(Each.Name, Name)
                          ? 0
                          : editDistance(Name, Each.Name);
    if (!Each.Section && Distance < Least) {
      Best = &Each;
      Least = Distance;
    }
  }
  return Best ? absl::StrCat("; did you mean --", Best->Name, "?")
              : "\nhint: --help lists the flags";
}

/// So that in `--data --quiet` a value is missing, and `--prompt --` has one.
bool Flags::isFlag(absl::string_view Argument) {
  return absl::StartsWith(Argument, "--") &&
         find(Argument.substr(2, Argument.find('=') - 2));
}

absl::Status Flags::parse(const std::vector<std::string> &Arguments) {
  for (size_t I = 0; I < Arguments.size(); ++I) {
    const std::string &Argument =
        Arguments[I] == "-h" ? "--help" : Arguments[I];
    size_t Dashes = std::min(Argument.find_first_not_of('-'), Argument.size());
    if (Dashes == 0 || Dashes == Argument.size())
      return usageError("unknown argument '", Argument,
                        "'; every value follows its flag\nhint: --help lists "
                        "the flags");
    size_t Equals = Argument.find('=');
    bool HasValue = Equals != std::string::npos;
    std::string Name =
        Argument.substr(Dashes, HasValue ? Equals - Dashes : std::string::npos);
    Flag *Found = Dashes == 2 ? find(Name) : nullptr;
    if (!Found)
      return usageError("unknown argument '", Argument.substr(0, Equals), "'",
                        suggest(Name));
    if (std::exchange(Found->Given, true) && !Found->Repeats)
      return usageError("--", Name, " is given twice");
    if (Found->Toggle) {
      if (HasValue)
        return usageError("--", Name, " takes no value");
      *Found->Toggle = true;
      continue;
    }
    bool Follows = I + 1 < Arguments.size() && !isFlag(Arguments[I + 1]);
    if (!HasValue && Found->Imply &&
        (!Follows || !Found->Store(Arguments[I + 1]))) {
      Found->Imply();
      continue;
    }
    if (!HasValue && !Follows)
      return usageError("--", Name, " needs a value, ", Found->Value);
    std::string Value = HasValue ? Argument.substr(Equals + 1) : Arguments[++I];
    bool Stored = Found->Store(Value);
    if (!Stored && Value.empty())
      return usageError("--", Name, " needs a value, ", Found->Value,
                        ", but the one given is empty");
    if (!Stored)
      return usageError("--", Name, " ", Value, ": expected ", Found->Range);
  }
  return absl::OkStatus();
}

std::string Flags::help() const {
  std::string Result;
  for (const Flag &Each : All) {
    if (Each.Section) {
      absl::StrAppend(&Result, "\n", Each.Name, ":\n");
      continue;
    }
    absl::StrAppend(&Result, "  --", Each.Name, Each.Value.empty() ? "" : " ",
                    Each.Value, "\n");
    std::string Notes;
    if (!Each.Range.empty() && !absl::StrContains(Each.Value, '|'))
      Notes = Each.Range;
    if (!Each.Default.empty())
      absl::StrAppend(&Notes, Notes.empty() ? "" : "; ",
                      Each.Imply ? "" : "default ", Each.Default);
    Result += wrapText(
        Notes.empty() ? Each.Help : absl::StrCat(Each.Help, " (", Notes, ")"),
        /*Indent=*/6);
  }
  return Result;
}

} // namespace stator::runtime
