#include "runtime/core/tokenizer/WordEncoder.h"
#include "absl/strings/match.h"
#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <utility>

namespace stator::runtime {

constexpr size_t PortionSize = size_t{1} << 14;
/// 2 MiB: what a second-level cache holds.
constexpr size_t MaxSlots = size_t{1} << 15;

WordEncoder::WordEncoder(const WordModel &Model, absl::string_view Text,
                         Tokenizer::IdSink Sink)
    : Model(Model), Text(Text), Sink(Sink), CutMark(Model.cutMark()),
      Slots(std::clamp<size_t>(std::bit_ceil(Text.size() / 16), 16, MaxSlots)) {
  Portion.reserve(std::min(Text.size() + 16, PortionSize + 64));
}

static uint64_t load(const char *Bytes, size_t Size) {
  uint64_t Result = 0;
  std::memcpy(&Result, Bytes, Size);
  return Result;
}

static uint64_t hashOf(absl::string_view Word) {
  uint64_t Hash = Word.size() * 0x9E3779B97F4A7C15u;
  size_t I = 0;
  for (; I + 8 <= Word.size(); I += 8)
    Hash =
        std::rotl((Hash ^ load(Word.data() + I, 8)) * 0x9FB21C651E98DF25u, 29);
  if (I < Word.size())
    Hash =
        (Hash ^ load(Word.data() + I, Word.size() - I)) * 0x9FB21C651E98DF25u;
  return Hash ^ (Hash >> 32);
}

void WordEncoder::part(absl::string_view Word) {
  if (!Failure.ok() || Word.empty())
    return;
  Slot *Place = nullptr;
  if (Word.size() <= Slot::MaxBytes) {
    Place = &Slots[hashOf(Word) & (Slots.size() - 1)];
    if (Place->Size == Word.size() &&
        std::memcmp(Place->Bytes, Word.data(), Word.size()) == 0) {
      Portion.insert(Portion.end(), Place->Ids, Place->Ids + Place->Count);
      return;
    }
  }
  Scratch.clear();
  if (absl::Status Status = Model.encode(Word, Scratch); !Status.ok()) {
    fail(std::move(Status));
    return;
  }
  Portion.insert(Portion.end(), Scratch.begin(), Scratch.end());
  if (!Place || Scratch.size() > Slot::MaxIds)
    return;
  Place->Size = static_cast<uint8_t>(Word.size());
  Place->Count = static_cast<uint8_t>(Scratch.size());
  std::memcpy(Place->Bytes, Word.data(), Word.size());
  std::copy_n(Scratch.begin(), Scratch.size(), Place->Ids);
}

void WordEncoder::word(absl::string_view Word) {
  if (!CutMark.empty()) {
    size_t Begin = 0;
    for (size_t I = Word.find(CutMark, 1); I != absl::string_view::npos;
         I = Word.find(CutMark, I + CutMark.size())) {
      if (absl::EndsWith(Word.substr(0, I), CutMark))
        continue;
      part(Word.substr(Begin, I - Begin));
      Begin = I;
      if (Portion.size() >= PortionSize)
        flush(Consumed);
    }
    part(Word.substr(Begin));
  } else {
    part(Word);
  }
  // Whether the word lies in the text is a comparison of addresses of, perhaps,
  // different objects.
  std::less_equal<> NotAfter;
  if (!Word.empty() && NotAfter(Text.data(), Word.data()) &&
      NotAfter(Word.data() + Word.size(), Text.data() + Text.size()))
    Consumed = static_cast<size_t>(Word.data() + Word.size() - Text.data());
  if (Portion.size() >= PortionSize)
    flush(Consumed);
}

void WordEncoder::id(int32_t Id) { Portion.push_back(Id); }

void WordEncoder::flush(size_t Upto) {
  if (Failure.ok())
    Sink(Portion, Upto);
  Portion.clear();
}

absl::Status WordEncoder::finish() {
  if (Failure.ok())
    flush(Text.size());
  return Failure;
}

} // namespace stator::runtime
