#include "runtime/core/Parallel.h"
#include "runtime/core/Threads.h"
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace stator::runtime {

void forPieces(uint64_t Total, uint64_t Piece,
               absl::FunctionRef<void(uint64_t, uint64_t)> Work) {
  std::atomic<uint64_t> Next = 0;
  auto Run = [&] {
    for (;;) {
      uint64_t Begin = Next.fetch_add(Piece);
      if (Begin >= Total)
        return;
      Work(Begin, std::min(Begin + Piece, Total));
    }
  };
  uint64_t Pieces = (Total + Piece - 1) / Piece;
  auto Cpus = static_cast<uint64_t>(std::max<int64_t>(countCpus(), 1));
  std::vector<std::thread> Threads;
  for (uint64_t I = 1; I < std::min(Cpus, Pieces); ++I)
    Threads.emplace_back(Run);
  Run();
  for (std::thread &Thread : Threads)
    Thread.join();
}

} // namespace stator::runtime
