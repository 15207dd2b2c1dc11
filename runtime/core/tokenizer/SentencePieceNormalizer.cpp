#include "runtime/core/tokenizer/SentencePieceNormalizer.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/tokenizer/WordModel.h"
#include <cstring>
#include <utility>

namespace stator::runtime {

absl::Status SentencePieceNormalizer::init(const SentencePieceModel &Model,
                                           ByteTrie Kept) {
  UserDefined = std::move(Kept);
  AddDummyPrefix = Model.AddDummyPrefix;
  RemoveExtraSpaces = Model.RemoveExtraSpaces;
  EscapeSpaces = Model.EscapeSpaces;
  SpaceAsSuffix = Model.SpaceAsSuffix;
  absl::string_view Map = Model.CharacterMap;
  if (Map.empty())
    return absl::OkStatus();
  // uint32 size of the double array in bytes, the array, the replacements.
  uint32_t Size;
  if (Map.size() < sizeof Size)
    return error("its table of characters is too short");
  std::memcpy(&Size, Map.data(), sizeof Size);
  Map.remove_prefix(sizeof Size);
  if (Size == 0 || Size % sizeof(uint32_t) != 0 || Size >= Map.size())
    return error("its table of characters is damaged");
  Units.resize(Size / sizeof(uint32_t));
  std::memcpy(Units.data(), Map.data(), Size);
  Replacements = std::string(Map.substr(Size));
  if (Replacements.back() != '\0')
    return error("its table of characters is damaged");
  return absl::OkStatus();
}

// A unit of the double array.
static bool hasLeaf(uint32_t Unit) { return Unit >> 8 & 1; }
static uint32_t leafValue(uint32_t Unit) { return Unit & 0x7FFFFFFF; }
static uint32_t labelOf(uint32_t Unit) { return Unit & 0x800000FF; }
static uint32_t offsetOf(uint32_t Unit) {
  return (Unit >> 10) << ((Unit & 0x200) >> 6);
}

absl::string_view SentencePieceNormalizer::replaceFirst(absl::string_view Text,
                                                        size_t &Size) const {
  if (ByteTrie::Found Found = UserDefined.longest(Text, 0); Found.Size > 0) {
    Size = Found.Size;
    return Text.substr(0, Size);
  }
  // The longest entry that the text begins with. Whatever a damaged array
  // says, what is read lies in it.
  size_t Longest = 0;
  uint32_t Value = 0;
  if (!Units.empty()) {
    uint32_t Position = offsetOf(Units[0]);
    for (size_t I = 0; I < Text.size() && Position < Units.size(); ++I) {
      auto Byte = static_cast<unsigned char>(Text[I]);
      Position ^= Byte;
      if (Position >= Units.size() || labelOf(Units[Position]) != Byte)
        break;
      uint32_t Unit = Units[Position];
      Position ^= offsetOf(Unit);
      if (hasLeaf(Unit) && Position < Units.size()) {
        Longest = I + 1;
        Value = leafValue(Units[Position]);
      }
    }
  }
  if (Longest > 0 && Value < Replacements.size()) {
    Size = Longest;
    return absl::string_view(Replacements.data() + Value);
  }
  char32_t Character;
  Size = decodeUtf8(Text, 0, Character);
  if (Size > 0)
    return Text.substr(0, Size);
  Size = 1;
  return "\xef\xbf\xbd";
}

std::string SentencePieceNormalizer::run(absl::string_view Text,
                                         bool DummyPrefix) const {
  std::string Result;
  size_t Size;
  if (RemoveExtraSpaces)
    while (!Text.empty() && replaceFirst(Text, Size) == " ")
      Text.remove_prefix(Size);
  if (Text.empty())
    return Result;
  Result.reserve(Text.size() + Text.size() / 2);
  absl::string_view Space = EscapeSpaces ? SpaceMark : " ";
  DummyPrefix &= AddDummyPrefix;
  if (DummyPrefix && !SpaceAsSuffix)
    absl::StrAppend(&Result, Space);
  bool AfterSpace = RemoveExtraSpaces;
  while (!Text.empty()) {
    absl::string_view Piece = replaceFirst(Text, Size);
    Text.remove_prefix(Size);
    while (AfterSpace && absl::ConsumePrefix(&Piece, " ")) {
    }
    for (char C : Piece)
      if (C == ' ')
        absl::StrAppend(&Result, Space);
      else
        Result.push_back(C);
    if (!Piece.empty())
      AfterSpace = RemoveExtraSpaces && absl::EndsWith(Piece, " ");
  }
  if (RemoveExtraSpaces)
    while (absl::EndsWith(Result, Space))
      Result.resize(Result.size() - Space.size());
  if (DummyPrefix && SpaceAsSuffix)
    absl::StrAppend(&Result, Space);
  return Result;
}

} // namespace stator::runtime
