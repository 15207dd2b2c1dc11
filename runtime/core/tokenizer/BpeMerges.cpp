#include "runtime/core/tokenizer/BpeMerges.h"
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <queue>

namespace stator::runtime {

constexpr uint32_t NoRank = std::numeric_limits<uint32_t>::max();
constexpr uint64_t EmptyPair = ~uint64_t{0};
/// Up to here the scans of applyToShort are faster than a heap.
constexpr size_t ShortWord = 40;

static uint64_t pairOf(int32_t Left, int32_t Right) {
  return uint64_t{static_cast<uint32_t>(Left)} << 32 |
         static_cast<uint32_t>(Right);
}

BpeMerges::BpeMerges(size_t Count)
    : Slots(std::bit_ceil(std::max<size_t>(2 * Count, 2))),
      Shift(64 - static_cast<unsigned>(std::countr_zero(Slots.size()))) {}

/// Fibonacci hashing: the upper bits of the product depend on all of the pair.
static size_t slotOf(uint64_t Pair, unsigned Shift) {
  uint64_t Mixed = Pair ^ (Pair >> 29);
  return static_cast<size_t>((Mixed * 0x9E3779B97F4A7C15u) >> Shift);
}

void BpeMerges::add(int32_t Left, int32_t Right, uint32_t Rank, int32_t Id) {
  uint64_t Pair = pairOf(Left, Right);
  size_t Slot = slotOf(Pair, Shift);
  while (Slots[Slot].Pair != EmptyPair && Slots[Slot].Pair != Pair)
    Slot = (Slot + 1) & (Slots.size() - 1);
  Slots[Slot] = {Pair, Rank, Id};
}

const BpeMerges::Merge *BpeMerges::find(int32_t Left, int32_t Right) const {
  uint64_t Pair = pairOf(Left, Right);
  if (Pair == EmptyPair)
    return nullptr;
  size_t Slot = slotOf(Pair, Shift);
  while (Slots[Slot].Pair != Pair) {
    if (Slots[Slot].Pair == EmptyPair)
      return nullptr;
    Slot = (Slot + 1) & (Slots.size() - 1);
  }
  return &Slots[Slot];
}

void BpeMerges::apply(std::vector<int32_t> &Symbols) const {
  if (Symbols.size() < 2)
    return;
  if (Symbols.size() <= ShortWord)
    applyToShort(Symbols);
  else
    applyToLong(Symbols);
}

void BpeMerges::applyToShort(std::vector<int32_t> &Symbols) const {
  // Pairs[I] is what Symbols[I] and its right neighbour become.
  struct Candidate {
    uint32_t Rank;
    int32_t Id;
  };
  std::array<Candidate, ShortWord> Pairs;
  auto Look = [&](size_t I) {
    const Merge *Found = find(Symbols[I], Symbols[I + 1]);
    Pairs[I] =
        Found ? Candidate{Found->Rank, Found->Id} : Candidate{NoRank, -1};
  };
  size_t Size = Symbols.size();
  for (size_t I = 0; I + 1 < Size; ++I)
    Look(I);
  while (Size > 1) {
    size_t Best = 0;
    for (size_t I = 1; I + 1 < Size; ++I)
      if (Pairs[I].Rank < Pairs[Best].Rank)
        Best = I;
    if (Pairs[Best].Rank == NoRank)
      break;
    Symbols[Best] = Pairs[Best].Id;
    for (size_t I = Best + 1; I + 1 < Size; ++I) {
      Symbols[I] = Symbols[I + 1];
      Pairs[I] = Pairs[I + 1];
    }
    --Size;
    if (Best + 1 < Size)
      Look(Best);
    if (Best > 0)
      Look(Best - 1);
  }
  Symbols.resize(Size);
}

void BpeMerges::applyToLong(std::vector<int32_t> &Symbols) const {
  struct Candidate {
    uint32_t Rank;
    int32_t Left, Right, Id;
    size_t Position;
    bool operator>(const Candidate &Other) const {
      return Rank != Other.Rank ? Rank > Other.Rank : Position > Other.Position;
    }
  };
  size_t Size = Symbols.size();
  std::vector<size_t> Next(Size), Previous(Size);
  std::vector<bool> Gone(Size);
  std::vector<Candidate> Initial;
  for (size_t I = 0; I < Size; ++I) {
    Next[I] = I + 1;
    Previous[I] = I - 1; // of the first one: Size or more
    if (I + 1 < Size)
      if (const Merge *Found = find(Symbols[I], Symbols[I + 1]))
        Initial.push_back(
            {Found->Rank, Symbols[I], Symbols[I + 1], Found->Id, I});
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> Queue(
      std::greater<>(), std::move(Initial));
  auto Look = [&](size_t Left) {
    if (Left >= Size || Next[Left] >= Size)
      return;
    if (const Merge *Found = find(Symbols[Left], Symbols[Next[Left]]))
      Queue.push(
          {Found->Rank, Symbols[Left], Symbols[Next[Left]], Found->Id, Left});
  };
  while (!Queue.empty()) {
    Candidate Best = Queue.top();
    Queue.pop();
    size_t Left = Best.Position, Right = Next[Left];
    if (Gone[Left] || Right >= Size || Symbols[Left] != Best.Left ||
        Symbols[Right] != Best.Right)
      continue;
    Symbols[Left] = Best.Id;
    Gone[Right] = true;
    Next[Left] = Next[Right];
    if (Next[Left] < Size)
      Previous[Next[Left]] = Left;
    Look(Left);
    Look(Previous[Left]);
  }
  size_t Kept = 0;
  for (size_t I = 0; I < Size; I = Next[I])
    Symbols[Kept++] = Symbols[I];
  Symbols.resize(Kept);
}

} // namespace stator::runtime
