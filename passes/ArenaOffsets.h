//===- ArenaOffsets.h - Offsets of buffers in one arena ---------*- C++ -*-===//
//
// The part of memory planning that knows nothing of IR: lifetimes and sizes in,
// offsets out.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_ARENAOFFSETS_H
#define STATOR_PASSES_ARENAOFFSETS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace stator {

/// Offsets in the arena are multiples of this many bytes: a cache line, and the
/// widest vector register.
inline constexpr int64_t ArenaAlignment = 64;

/// A buffer and the time that it is needed: from position First to position
/// Last of a schedule, both included.
struct BufferLifetime {
  int64_t Bytes = 0;
  int64_t First = 0;
  int64_t Last = 0;
};

struct ArenaPlan {
  std::vector<int64_t> Offsets; ///< one a buffer, multiples of ArenaAlignment
  int64_t Bytes = 0;            ///< the largest end of a buffer, aligned
  int64_t LowerBound = 0;       ///< the most aligned bytes alive at once
};

/// Gives each buffer an offset such that no two overlap in memory that overlap
/// in time. Greedy by size with the best-fitting gap (Pisarchyk and Lee,
/// "Efficient memory management for deep neural net inference", 2020), tried in
/// four orders of which the smallest result counts; where that is not the lower
/// bound, what ends highest is placed first, some times over.
ArenaPlan planArena(llvm::ArrayRef<BufferLifetime> Buffers);

} // namespace stator

#endif // STATOR_PASSES_ARENAOFFSETS_H
