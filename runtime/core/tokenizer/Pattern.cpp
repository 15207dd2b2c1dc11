#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/core/tokenizer/Pattern.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/WordScanner.h"
#include <pcre2.h>
#include <utility>

namespace stator::runtime {

namespace {

/// What is between the brackets of a class for one of \s and \w. PCRE2's own
/// differ: its \s has U+180E, its \w no marks.
constexpr absl::string_view SpaceClass = R"(\t-\r \x{85}\p{Z})";
constexpr absl::string_view WordClass = R"(\p{L}\p{M}\p{N}\p{Pc})";

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

  absl::Status escape(char C) {
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
    while (From < Text.size()) {
      int Count = pcre2_match(Code, reinterpret_cast<PCRE2_SPTR>(Text.data()),
                              Text.size(), From, PCRE2_NO_UTF_CHECK,
                              Match.get(), Context);
      if (Count == PCRE2_ERROR_NOMATCH)
        return Outcome::None;
      if (Count < 0)
        return Outcome::Failed;
      const size_t *Bounds = pcre2_get_ovector_pointer(Match.get());
      if (Bounds[1] > Bounds[0]) {
        Begin = Bounds[0];
        End = Bounds[1];
        return Outcome::Found;
      }
      if (Bounds[0] >= Text.size())
        break;
      char32_t Ignored;
      From = Bounds[0] + nextCharacter(Text, Bounds[0], Ignored);
    }
    return Outcome::None;
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
  // ^ and $ are of lines, and a dot is anything but a newline.
  int Code;
  size_t Offset;
  std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)>
      Compiling(pcre2_compile_context_create(nullptr),
                pcre2_compile_context_free);
  pcre2_set_newline(Compiling.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(Compiling.get(), 50);
  pcre2_code *Compiled = pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(Translated.data()), Translated.size(),
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C |
          PCRE2_NO_AUTO_CAPTURE,
      &Code, &Offset, Compiling.get());
  if (!Compiled) {
    PCRE2_UCHAR Message[256];
    pcre2_get_error_message(Code, Message, sizeof Message);
    return error("the regular expression \"", Regex,
                 "\": ", reinterpret_cast<const char *>(Message));
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
