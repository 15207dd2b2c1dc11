#include "runtime/core/Batches.h"
#include "runtime/core/philox.h"
#include <algorithm>
#include <utility>

namespace stator::runtime {

/// A number below \p Bound from 64 random bits.
static uint64_t scale(StatorPhilox Random, uint64_t Bound) {
  uint64_t Bits = static_cast<uint64_t>(Random.Word[1]) << 32 | Random.Word[0];
  return static_cast<uint64_t>((static_cast<__uint128_t>(Bits) * Bound) >> 64);
}

/// Where \p Position comes in a random order of \p Size things: four Feistel
/// rounds over the next even power of two, walked until the result is inside
/// (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
static uint64_t permute(uint64_t Position, uint64_t Size, uint64_t Seed,
                        uint32_t Epoch) {
  unsigned HalfBits = 1;
  while (HalfBits < 31 && (uint64_t(1) << 2 * HalfBits) < Size)
    ++HalfBits;
  uint32_t Mask = (uint32_t(1) << HalfBits) - 1;
  do {
    auto Left = static_cast<uint32_t>(Position >> HalfBits);
    auto Right = static_cast<uint32_t>(Position) & Mask;
    for (uint32_t Round = 0; Round < 4; ++Round) {
      uint32_t Mixed =
          statorRandomBits(Seed, Right, 1 + Round, Epoch, STATOR_RANDOM_BATCH);
      Left = std::exchange(Right, Left ^ (Mixed & Mask));
    }
    Position = static_cast<uint64_t>(Left) << HalfBits | Right;
  } while (Position >= Size);
  return Position;
}

void drawBatch(TokenView Data, int64_t Batch, int64_t Time, uint64_t Seed,
               int64_t Sequence, int32_t *Tokens, int32_t *Targets) {
  int64_t Windows = std::max<int64_t>(1, (Data.size() - Time) / Time);
  int64_t Phases = Data.size() - Windows * Time;
  for (int64_t Row = 0; Row < Batch; ++Row) {
    int64_t Sample = Sequence * Batch + Row;
    auto Epoch = static_cast<uint32_t>(Sample / Windows);
    uint64_t Phase = scale(statorPhilox(Seed, 0, 0, Epoch, STATOR_RANDOM_BATCH),
                           static_cast<uint64_t>(Phases));
    uint64_t Window = permute(static_cast<uint64_t>(Sample % Windows),
                              static_cast<uint64_t>(Windows), Seed, Epoch);
    auto Start =
        static_cast<int64_t>(Phase) + static_cast<int64_t>(Window) * Time;
    Data.copy(Start, Time, Tokens + Row * Time);
    Data.copy(Start + 1, Time, Targets + Row * Time);
  }
}

int64_t Windows::numBatches() const {
  int64_t PerBatch = Batch * Time;
  return (numTargets() + PerBatch - 1) / PerBatch;
}

int64_t Windows::fill(int64_t Index, int32_t *Tokens, int32_t *Targets) const {
  int64_t Size = Batch * Time;
  int64_t Begin = Index * Size;
  int64_t Real = std::min(Size, numTargets() - Begin);
  Data.copy(Begin, Real, Tokens);
  Data.copy(Begin + 1, Real, Targets);
  std::fill(Tokens + Real, Tokens + Size, 0);
  std::fill(Targets + Real, Targets + Size, -1);
  return Real;
}

} // namespace stator::runtime
