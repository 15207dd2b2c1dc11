#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/core/tokenizer/Pattern.h"
#include "absl/strings/strip.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/WordScanner.h"
#include <algorithm>
#include <pcre2.h>
#include <utility>

namespace stator::runtime {

namespace {

/// What is between the brackets of a class for one of \s and \w. PCRE2's own
/// differ: its \s has U+180E, its \w no marks but all numbers. Of those that
/// are no digits, Oniguruma's has the ones of Latin-1.
constexpr absl::string_view SpaceClass = R"(\t-\r \x{85}\p{Z})";
constexpr absl::string_view WordClass =
    R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";
constexpr absl::string_view Digits = "0123456789";

/// Compiles what is PCRE2's; null, with \p Code and \p Offset of the error, if
/// it is wrong. ^ and $ are of lines, and a dot is anything but a newline.
pcre2_code *compile(absl::string_view Regex, int &Code, size_t &Offset) {
  std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)>
      Compiling(pcre2_compile_context_create(nullptr),
                pcre2_compile_context_free);
  pcre2_set_newline(Compiling.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(Compiling.get(), 50);
  return pcre2_compile(reinterpret_cast<PCRE2_SPTR>(Regex.data()), Regex.size(),
                       PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE |
                           PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
                       &Code, &Offset, Compiling.get());
}

bool isScript(absl::string_view Name) {
  int Code;
  size_t Offset;
  pcre2_code *Compiled =
      compile(absl::StrCat("\\p{sc:", Name, "}"), Code, Offset);
  pcre2_code_free(Compiled);
  return Compiled != nullptr;
}

/// Rewrites Oniguruma's syntax as PCRE2's, as far as they differ in what
/// patterns of tokenizers use.
class SyntaxTranslation {
public:
  explicit SyntaxTranslation(absl::string_view Regex) : Regex(Regex) {}

  absl::StatusOr<std::string> run() {
    for (; Position < Regex.size(); ++Position) {
      char C = Regex[Position];
      if (C == '\\' && Position + 1 < Regex.size())
        STATOR_RETURN_IF_ERROR(escape(Regex[++Position]));
      else if (C == '[')
        STATOR_RETURN_IF_ERROR(openClass());
      else if (C == ']' && InClass && Position > ClassBegin) {
        InClass = false;
        Result += C;
      } else if (C == '&' && InClass && Regex.substr(Position, 2) == "&&")
        return unsupported("&& in brackets");
      else if (C == '(' && !InClass)
        STATOR_RETURN_IF_ERROR(openGroup());
      else if (C == '{' && !InClass)
        STATOR_RETURN_IF_ERROR(interval());
      else
        Result += C;
    }
    return std::move(Result);
  }

private:
  absl::Status unsupported(absl::string_view What) {
    return error("the regular expression \"", Regex, "\" has ", What,
                 ", which is not supported");
  }

  /// Of {n,m}: a + behind it is one more repetition, not possessive; a ?
  /// behind {n} makes it optional, not lazy; and {,m} is {0,m}.
  absl::Status interval() {
    absl::string_view Rest = Regex.substr(Position);
    size_t Comma = std::min(Rest.find_first_not_of(Digits, 1), Rest.size());
    bool HasComma = Rest.substr(Comma, 1) == ",";
    size_t End = HasComma ? Rest.find_first_not_of(Digits, Comma + 1) : Comma;
    if (Rest.substr(std::min(End, Rest.size()), 1) != "}" ||
        End == 1 + (HasComma ? 1 : 0)) {
      Result += "\\{";
      return absl::OkStatus();
    }
    absl::string_view Low = Rest.substr(1, Comma - 1);
    absl::string_view High =
        HasComma ? Rest.substr(Comma + 1, End - Comma - 1) : Low;
    if (Low.empty())
      Low = "0";
    Position += End;
    char Behind = End + 1 < Rest.size() ? Rest[End + 1] : '\0';
    if (Behind == '+') {
      if (Low != "0" && Low != "1" && !High.empty())
        return unsupported("a + behind {n,m}");
      High = "";
      ++Position;
    } else if (Behind == '?' && !HasComma) {
      return unsupported("a ? behind {n}");
    }
    absl::StrAppend(&Result, "{", Low, ",", High, "}");
    return absl::OkStatus();
  }

  /// \p{Han} is the script alone, without characters of several scripts.
  absl::Status property(char C) {
    size_t End = Regex.find('}', Position);
    absl::StrAppend(&Result, "\\", absl::string_view(&C, 1));
    if (Regex.substr(Position + 1, 1) != "{" || End == absl::string_view::npos)
      return absl::OkStatus();
    absl::string_view Name = Regex.substr(Position + 2, End - Position - 2);
    bool Negated = absl::ConsumePrefix(&Name, "^");
    absl::StrAppend(&Result, Negated ? "{^" : "{", isScript(Name) ? "sc:" : "",
                    Name, "}");
    Position = End;
    return absl::OkStatus();
  }

  absl::Status escape(char C) {
    if (C == 'p' || C == 'P')
      return property(C);
    if (C == 'x' && Regex.substr(Position + 1, 1) == "{") {
      size_t End = std::min(Regex.find('}', Position), Regex.size() - 1);
      absl::StrAppend(&Result, "\\",
                      Regex.substr(Position, End - Position + 1));
      Position = End;
      return absl::OkStatus();
    }
    bool Negated = C == 'S' || C == 'W';
    absl::string_view Members = C == 's' || C == 'S'   ? SpaceClass
                                : C == 'w' || C == 'W' ? WordClass
                                                       : "";
    if (C == 'h' || C == 'H' || C == 'R' || C == 'X' || C == 'Q' || C == 'K' ||
        C == 'b' || C == 'B')
      return unsupported(absl::StrCat("\\", std::string(1, C)));
    if (Members.empty())
      absl::StrAppend(&Result, "\\", absl::string_view(&C, 1));
    else if (!InClass)
      absl::StrAppend(&Result, Negated ? "[^" : "[", Members, "]");
    else if (Negated)
      return unsupported(absl::StrCat("\\", std::string(1, C), " in brackets"));
    else
      absl::StrAppend(&Result, Members);
    return absl::OkStatus();
  }

  absl::Status openClass() {
    if (InClass)
      return unsupported("brackets in brackets");
    InClass = true;
    Result += '[';
    if (Regex.substr(Position + 1, 1) == "^") {
      Result += '^';
      ++Position;
    }
    ClassBegin = Position + 1; // a ] in this place is a member
    return absl::OkStatus();
  }

  absl::Status openGroup() {
    // Of the options, m has another meaning, and x would change what spaces
    // are.
    absl::string_view Rest = Regex.substr(Position);
    size_t End = Rest.find_first_not_of("(?imsx-");
    if (Rest.substr(0, 2) == "(?" && End != absl::string_view::npos &&
        (Rest[End] == ':' || Rest[End] == ')') &&
        Rest.substr(2, End - 2).find_first_of("msx-") !=
            absl::string_view::npos)
      return unsupported("an option other than (?i)");
    if (Rest.substr(0, 2) == "(*")
      return unsupported("(*");
    Result += '(';
    return absl::OkStatus();
  }

  absl::string_view Regex;
  std::string Result;
  size_t Position = 0, ClassBegin = 0;
  bool InClass = false;
};

/// How many steps a match may take. A pattern of words takes a few for each
/// character; this is for those that never end.
constexpr uint32_t MatchLimit = 4'000'000;

class PcrePattern final : public Pattern {
public:
  PcrePattern(pcre2_code *Code, pcre2_match_context *Context)
      : Code(Code), Context(Context) {}
  ~PcrePattern() override {
    pcre2_code_free(Code);
    pcre2_match_context_free(Context);
  }
  PcrePattern(const PcrePattern &) = delete;
  PcrePattern &operator=(const PcrePattern &) = delete;

  Outcome find(absl::string_view Text, size_t From, size_t &Begin,
               size_t &End) const override {
    // Threads may share a pattern but not what a match writes to.
    thread_local std::unique_ptr<pcre2_match_data,
                                 decltype(&pcre2_match_data_free)>
        Match(pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
    if (From >= Text.size())
      return Outcome::None;
    int Count = pcre2_match(Code, reinterpret_cast<PCRE2_SPTR>(Text.data()),
                            Text.size(), From, PCRE2_NO_UTF_CHECK, Match.get(),
                            Context);
    if (Count == PCRE2_ERROR_NOMATCH)
      return Outcome::None;
    if (Count < 0)
      return Outcome::Failed;
    const size_t *Bounds = pcre2_get_ovector_pointer(Match.get());
    Begin = Bounds[0];
    End = Bounds[1];
    return Outcome::Found;
  }

private:
  pcre2_code *Code;
  pcre2_match_context *Context;
};

class LiteralPattern final : public Pattern {
public:
  explicit LiteralPattern(std::string Wanted) : Wanted(std::move(Wanted)) {}

  Outcome find(absl::string_view Text, size_t From, size_t &Begin,
               size_t &End) const override {
    Begin = Wanted.empty() ? absl::string_view::npos : Text.find(Wanted, From);
    End = Begin + Wanted.size();
    return Begin == absl::string_view::npos ? Outcome::None : Outcome::Found;
  }

private:
  std::string Wanted;
};

class DigitsPattern final : public Pattern {
public:
  explicit DigitsPattern(bool Each) : Each(Each) {}

  Outcome find(absl::string_view Text, size_t From, size_t &Begin,
               size_t &End) const override {
    Begin = End = Text.size();
    for (size_t I = From; I < Text.size();) {
      char32_t Character;
      size_t Next = I + nextCharacter(Text, I, Character);
      if (classify(Character) == CharacterClass::Number) {
        if (Begin == Text.size())
          Begin = I;
        End = Next;
        if (Each)
          break;
      } else if (Begin < Text.size()) {
        break;
      }
      I = Next;
    }
    return Begin < Text.size() ? Outcome::Found : Outcome::None;
  }

private:
  bool Each;
};

} // namespace

absl::StatusOr<std::unique_ptr<Pattern>> pcrePattern(absl::string_view Regex) {
  STATOR_ASSIGN_OR_RETURN(std::string Translated,
                          SyntaxTranslation(Regex).run());
  int Code;
  size_t Offset;
  pcre2_code *Compiled = compile(Translated, Code, Offset);
  if (!Compiled) {
    PCRE2_UCHAR Message[256];
    pcre2_get_error_message(Code, Message, sizeof Message);
    return error("the regular expression \"", Regex,
                 "\": ", reinterpret_cast<const char *>(Message));
  }
  // An empty match would be a border between words, and would hide others.
  uint32_t MayBeEmpty = 0;
  pcre2_pattern_info(Compiled, PCRE2_INFO_MATCHEMPTY, &MayBeEmpty);
  if (MayBeEmpty) {
    pcre2_code_free(Compiled);
    return error("the regular expression \"", Regex,
                 "\" can match an empty text, which is not supported");
  }
  // Where memory cannot be made executable, PCRE2 interprets.
  pcre2_jit_compile(Compiled, PCRE2_JIT_COMPLETE);
  pcre2_match_context *Context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(Context, MatchLimit);
  return std::make_unique<PcrePattern>(Compiled, Context);
}

absl::StatusOr<std::unique_ptr<Pattern>> regexPattern(absl::string_view Regex) {
  if (std::unique_ptr<Pattern> Known = scannedPattern(Regex))
    return Known;
  return pcrePattern(Regex);
}

std::unique_ptr<Pattern> literalPattern(std::string Wanted) {
  return std::make_unique<LiteralPattern>(std::move(Wanted));
}

std::unique_ptr<Pattern> digitsPattern(bool Each) {
  return std::make_unique<DigitsPattern>(Each);
}

} // namespace stator::runtime
