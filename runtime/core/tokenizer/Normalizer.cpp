#include "runtime/core/tokenizer/Normalizer.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "utf8proc.h"
#include <algorithm>
#include <cstdlib>
#include <utility>

namespace stator::runtime {

static bool isAscii(absl::string_view Text) {
  return std::ranges::all_of(
      Text, [](char C) { return static_cast<unsigned char>(C) < 0x80; });
}

static void appendNormalized(absl::string_view Text, Normalizer::Form Form,
                             std::string &Result) {
  if (isAscii(Text)) {
    absl::StrAppend(&Result, Text);
    return;
  }
  int Options = UTF8PROC_STABLE;
  bool Composes =
      Form == Normalizer::Form::Nfc || Form == Normalizer::Form::Nfkc;
  Options |= Composes ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (Form == Normalizer::Form::Nfkc || Form == Normalizer::Form::Nfkd)
    Options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t *Mapped = nullptr;
  utf8proc_ssize_t Size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t *>(Text.data()),
                   static_cast<utf8proc_ssize_t>(Text.size()), &Mapped,
                   static_cast<utf8proc_option_t>(Options));
  // Valid text only fails where there is no memory.
  if (Size >= 0)
    Result.append(reinterpret_cast<const char *>(Mapped),
                  static_cast<size_t>(Size));
  else
    absl::StrAppend(&Result, Text);
  std::free(Mapped); // NOLINT: utf8proc's is from malloc
}

std::string toUnicodeForm(absl::string_view Text, Normalizer::Form Form) {
  // utf8proc needs eight times the memory of the text, so that it is given a
  // part at a time. Nothing combines with an ASCII character in front of it.
  constexpr size_t PartSize = size_t{1} << 16;
  std::string Result;
  Result.reserve(Text.size());
  while (!Text.empty()) {
    size_t End = std::min(PartSize, Text.size());
    while (End < Text.size() && static_cast<unsigned char>(Text[End]) >= 0x80)
      ++End;
    appendNormalized(Text.substr(0, End), Form, Result);
    Text.remove_prefix(End);
  }
  return Result;
}

void Normalizer::addUnicodeForm(Form Wanted) {
  Step New(Kind::Unicode);
  New.Unicode = Wanted;
  Steps.push_back(std::move(New));
}

void Normalizer::addPrefix(std::string Text) {
  Step New(Kind::Prefix);
  New.With = std::move(Text);
  Steps.push_back(std::move(New));
}

void Normalizer::addReplacement(std::unique_ptr<Pattern> What,
                                std::string With) {
  Step New(Kind::Replacement);
  New.Replaced = std::move(What);
  New.With = std::move(With);
  Steps.push_back(std::move(New));
}

void Normalizer::addStrip(bool Left, bool Right) {
  Step New(Kind::Strip);
  New.Left = Left;
  New.Right = Right;
  Steps.push_back(std::move(New));
}

static bool replaceAll(std::string &Text, const Pattern &What,
                       absl::string_view With) {
  std::string Result;
  size_t Position = 0, Begin, End;
  while (true) {
    Pattern::Outcome Found = What.find(Text, Position, Begin, End);
    if (Found == Pattern::Outcome::Failed)
      return false;
    if (Found == Pattern::Outcome::None)
      break;
    absl::StrAppend(&Result,
                    absl::string_view(Text).substr(Position, Begin - Position),
                    With);
    Position = End;
  }
  if (Position > 0) {
    Result.append(Text, Position);
    Text = std::move(Result);
  }
  return true;
}

static void strip(std::string &Text, bool Left, bool Right) {
  char32_t Character;
  size_t Begin = 0, End = 0;
  bool Inside = !Left;
  for (size_t I = 0; I < Text.size();) {
    size_t Next = I + nextCharacter(Text, I, Character);
    bool Space = classify(Character) == CharacterClass::Space;
    if (!Space && !std::exchange(Inside, true))
      Begin = I;
    if (!Space || !Right)
      End = Next;
    I = Next;
  }
  if (!Inside)
    Begin = End;
  Text = Text.substr(Begin, End - Begin);
}

bool Normalizer::apply(std::string &Text, bool AtStart) const {
  for (const Step &Now : Steps) {
    switch (Now.What) {
    case Kind::Unicode:
      if (!isAscii(Text))
        Text = toUnicodeForm(Text, Now.Unicode);
      break;
    case Kind::Prefix:
      if (AtStart && !Text.empty())
        Text.insert(0, Now.With);
      break;
    case Kind::Replacement:
      if (!replaceAll(Text, *Now.Replaced, Now.With))
        return false;
      break;
    case Kind::Strip:
      strip(Text, Now.Left, Now.Right);
      break;
    }
  }
  return true;
}

} // namespace stator::runtime
