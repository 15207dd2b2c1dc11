#include "runtime/core/tokenizer/BpeModel.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/tokenizer/ByteAlphabet.h"
#include <algorithm>

namespace stator::runtime {

absl::Status BpeModel::encode(absl::string_view Word,
                              std::vector<int32_t> &Ids) const {
  if (IgnoreMerges) {
    int32_t Whole =
        Tokens->find(ByteLevel ? tokenOfBytes(Word) : std::string(Word));
    if (Whole >= 0) {
      Ids.push_back(Whole);
      return absl::OkStatus();
    }
  }
  size_t Before = Ids.size();
  if (ByteLevel)
    for (char Byte : Word) {
      if (int32_t Id = ByteTokens[static_cast<uint8_t>(Byte)]; Id != None)
        Ids.push_back(Id);
      else if (Unknown != None)
        Ids.push_back(Unknown);
    }
  else
    splitCharacters(Word, Ids);
  if (Before == 0) {
    Merges.apply(Ids);
    return absl::OkStatus();
  }
  std::vector<int32_t> Symbols(Ids.begin() + static_cast<ptrdiff_t>(Before),
                               Ids.end());
  Merges.apply(Symbols);
  Ids.resize(Before);
  Ids.insert(Ids.end(), Symbols.begin(), Symbols.end());
  return absl::OkStatus();
}

void BpeModel::splitCharacters(absl::string_view Word,
                               std::vector<int32_t> &Ids) const {
  bool AfterUnknown = false;
  for (size_t I = 0; I < Word.size();) {
    char32_t Character;
    size_t Length = std::max(decodeUtf8(Word, I, Character), 1u);
    absl::string_view Bytes = Word.substr(I, Length);
    I += Length;
    int32_t Id = Tokens->find(Bytes);
    bool IsUnknown = false;
    if (Id >= 0) {
      Ids.push_back(Id);
    } else if (AnyByteFallback && std::ranges::all_of(Bytes, [&](char Byte) {
                 return ByteTokens[static_cast<uint8_t>(Byte)] != None;
               })) {
      for (char Byte : Bytes)
        Ids.push_back(ByteTokens[static_cast<uint8_t>(Byte)]);
    } else if (Unknown != None) {
      IsUnknown = true;
      if (!AfterUnknown || !FuseUnknown)
        Ids.push_back(Unknown);
    }
    AfterUnknown = IsUnknown;
  }
}

void BpeModel::findCuts(absl::string_view Space) {
  CutMark = {};
  // Where characters may vanish, those around them meet and may merge.
  bool KeepsAll = Unknown != None ||
                  (AnyByteFallback &&
                   std::ranges::find(ByteTokens, None) == ByteTokens.end());
  if (!KeepsAll || Tokens->find(Space) < 0)
    return;
  for (int64_t Id = 0; Id < Tokens->size(); ++Id) {
    absl::string_view Name = Tokens->name(static_cast<int32_t>(Id));
    while (absl::ConsumePrefix(&Name, Space)) {
    }
    if (absl::StrContains(Name, Space))
      return;
  }
  CutMark = Space;
}

int byteOfName(absl::string_view Name) {
  if (Name.size() != 6 || !absl::StartsWith(Name, "<0x") || Name[5] != '>')
    return -1;
  int Result = 0;
  for (char C : Name.substr(3, 2)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(C)))
      return -1;
    int Digit =
        absl::ascii_isdigit(static_cast<unsigned char>(C))
            ? C - '0'
            : absl::ascii_toupper(static_cast<unsigned char>(C)) - 'A' + 10;
    Result = Result * 16 + Digit;
  }
  return Result;
}

bool findByteTokens(const TokenTable &Tokens, std::array<int32_t, 256> &Ids) {
  bool Any = false;
  for (unsigned Byte = 0; Byte < 256; ++Byte) {
    Ids[Byte] = Tokens.find(absl::StrFormat("<0x%02X>", Byte));
    Any |= Ids[Byte] >= 0;
  }
  return Any;
}

} // namespace stator::runtime
