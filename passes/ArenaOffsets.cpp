//===- ArenaOffsets.cpp - Offsets of buffers in one arena -----------------===//

#include "passes/ArenaOffsets.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <iterator>
#include <numeric>

namespace stator {
namespace {

int64_t alignedBytes(const BufferLifetime &Buffer) {
  return static_cast<int64_t>(
      llvm::alignTo(static_cast<uint64_t>(std::max<int64_t>(Buffer.Bytes, 1)),
                    static_cast<uint64_t>(ArenaAlignment)));
}

/// Places the buffers in the given order, each into the smallest gap between
/// those placed before that it fits into, or above them all.
ArenaPlan placeInOrder(llvm::ArrayRef<BufferLifetime> Buffers,
                       llvm::ArrayRef<unsigned> Order) {
  ArenaPlan Plan;
  Plan.Offsets.resize(Buffers.size());
  std::vector<unsigned> Placed; // by offset
  Placed.reserve(Buffers.size());
  for (unsigned Index : Order) {
    const BufferLifetime &Buffer = Buffers[Index];
    const int64_t Bytes = alignedBytes(Buffer);
    int64_t Best = -1, BestGap = 0, End = 0;
    for (unsigned Other : Placed) {
      const BufferLifetime &B = Buffers[Other];
      if (B.Last < Buffer.First || Buffer.Last < B.First)
        continue;
      const int64_t Gap = Plan.Offsets[Other] - End;
      if (Gap >= Bytes && (Best < 0 || Gap < BestGap)) {
        Best = End;
        BestGap = Gap;
      }
      End = std::max(End, Plan.Offsets[Other] + alignedBytes(B));
    }
    const int64_t Offset = Best < 0 ? End : Best;
    Plan.Offsets[Index] = Offset;
    Plan.Bytes = std::max(Plan.Bytes, Offset + Bytes);
    Placed.insert(llvm::upper_bound(Placed, Index,
                                    [&](unsigned A, unsigned B) {
                                      return Plan.Offsets[A] < Plan.Offsets[B];
                                    }),
                  Index);
  }
  return Plan;
}

int64_t mostAliveAtOnce(llvm::ArrayRef<BufferLifetime> Buffers) {
  // Changes of the sum by position; a buffer leaves after its last position.
  std::vector<std::pair<int64_t, int64_t>> Changes;
  Changes.reserve(2 * Buffers.size());
  for (const BufferLifetime &Buffer : Buffers) {
    Changes.emplace_back(Buffer.First, alignedBytes(Buffer));
    Changes.emplace_back(Buffer.Last + 1, -alignedBytes(Buffer));
  }
  llvm::sort(Changes);
  int64_t Sum = 0, Most = 0;
  for (auto [Position, Change] : Changes) {
    Sum += Change;
    Most = std::max(Most, Sum);
  }
  return Most;
}

/// Places what ends highest before all others, again and again: what did not
/// fit anywhere comes to lie at the bottom, and something smaller takes its
/// place in the gaps. Keeps the best plan.
void improve(llvm::ArrayRef<BufferLifetime> Buffers,
             std::vector<unsigned> Order, ArenaPlan &Best) {
  constexpr double CloseEnough = 1.002;
  constexpr size_t MaxWork = 100'000'000, MaxTries = 64;
  const size_t Tries =
      std::min(MaxTries, MaxWork / (Buffers.size() * Buffers.size() + 1));
  ArenaPlan Plan = placeInOrder(Buffers, Order);
  for (size_t Try = 0; Try != Tries; ++Try) {
    if (static_cast<double>(Best.Bytes) <=
        CloseEnough * static_cast<double>(Best.LowerBound))
      return;
    std::vector<unsigned> Next, Rest;
    std::partition_copy(Order.begin(), Order.end(), std::back_inserter(Next),
                        std::back_inserter(Rest), [&](unsigned Index) {
                          return Plan.Offsets[Index] +
                                     alignedBytes(Buffers[Index]) ==
                                 Plan.Bytes;
                        });
    llvm::append_range(Next, Rest);
    Order = std::move(Next);
    Plan = placeInOrder(Buffers, Order);
    if (Plan.Bytes < Best.Bytes) {
      const int64_t LowerBound = Best.LowerBound;
      Best = Plan;
      Best.LowerBound = LowerBound;
    }
  }
}

} // namespace

ArenaPlan planArena(llvm::ArrayRef<BufferLifetime> Buffers) {
  std::vector<unsigned> Order(Buffers.size());
  std::iota(Order.begin(), Order.end(), 0u);

  ArenaPlan Best;
  bool HaveBest = false;
  std::vector<unsigned> BestOrder;
  auto Try = [&](auto KeyOf) {
    llvm::sort(Order, [&](unsigned A, unsigned B) {
      auto KeyA = KeyOf(Buffers[A]), KeyB = KeyOf(Buffers[B]);
      return KeyA != KeyB ? KeyA < KeyB : A < B;
    });
    ArenaPlan Plan = placeInOrder(Buffers, Order);
    if (!HaveBest || Plan.Bytes < Best.Bytes) {
      Best = std::move(Plan);
      BestOrder = Order;
    }
    HaveBest = true;
  };
  // Large first; large and long-lived first; in the order of the schedule.
  Try([](const BufferLifetime &B) {
    return std::make_pair(-alignedBytes(B), B.First);
  });
  Try([](const BufferLifetime &B) {
    return std::make_pair(B.First - B.Last, -alignedBytes(B));
  });
  Try([](const BufferLifetime &B) {
    return std::make_pair(B.First, -alignedBytes(B));
  });
  // What takes most memory for most time first.
  Try([](const BufferLifetime &B) {
    return std::make_pair(-static_cast<double>(alignedBytes(B)) *
                              static_cast<double>(B.Last - B.First + 1),
                          B.First);
  });

  Best.LowerBound = mostAliveAtOnce(Buffers);
  improve(Buffers, std::move(BestOrder), Best);
  return Best;
}

} // namespace stator
