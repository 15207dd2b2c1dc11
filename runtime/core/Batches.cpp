#include "runtime/core/Batches.h"
#include "runtime/core/philox.h"
#include <algorithm>

namespace stator::runtime {

void drawBatch(TokenView Data, int64_t Batch, int64_t Time, uint64_t Seed,
               int64_t Sequence, int32_t *Tokens, int32_t *Targets) {
  auto NumStarts = static_cast<uint64_t>(Data.size() - Time);
  for (int64_t Row = 0; Row < Batch; ++Row) {
    StatorPhilox Random =
        statorPhilox(Seed, static_cast<uint32_t>(Row), 0,
                     static_cast<uint32_t>(Sequence), STATOR_RANDOM_BATCH);
    uint64_t Bits =
        static_cast<uint64_t>(Random.Word[1]) << 32 | Random.Word[0];
    auto Start = static_cast<int64_t>(
        (static_cast<__uint128_t>(Bits) * NumStarts) >> 64);
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
