//===- BenchMachine.cpp - What this machine can do ------------------------===//

#include "tools/driver/BenchMachine.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <sched.h>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <vector>

namespace stator::driver {
namespace {

using Clock = std::chrono::steady_clock;

/// Written to, so that no loop is dead.
std::atomic<uint64_t> Sink;

/// A function for each instruction set rather than a template: the attribute
/// that allows the instructions is part of the text. `Count` vectors are kept
/// in registers, more than the latency of an instruction times how many begin
/// in a cycle, and no more than there are registers.
#define STATOR_FMA_LOOP(Name, Attribute, Bytes, Count)                         \
  Attribute void Name(int64_t Iterations) {                                    \
    typedef float Vector __attribute__((vector_size(Bytes)));                  \
    volatile float Factor = 0.999f, Addend = 0.001f;                           \
    Vector X = Vector{} + Factor, Y = Vector{} + Addend;                       \
    Vector Sums[Count];                                                        \
    for (int I = 0; I < (Count); ++I)                                          \
      Sums[I] = Y * static_cast<float>(I);                                     \
    for (int64_t N = 0; N < Iterations; ++N) {                                 \
      _Pragma("GCC unroll 32") for (int I = 0; I < (Count); ++I) Sums[I] =     \
          Sums[I] * X + Y;                                                     \
    }                                                                          \
    for (int I = 1; I < (Count); ++I)                                          \
      Sums[0] += Sums[I];                                                      \
    Sink.fetch_add(static_cast<uint64_t>(Sums[0][0]),                          \
                   std::memory_order_relaxed);                                 \
  }

/// Adds up whole numbers: two streams, of which the prefetcher of each core
/// follows either, in turns of eight vectors. Size is a multiple of 1024 bytes.
#define STATOR_READ_LOOP(Name, Attribute, Bytes)                               \
  Attribute void Name(const uint8_t *Data, int64_t Size) {                     \
    typedef uint64_t Vector __attribute__((vector_size(Bytes)));               \
    const auto *First = reinterpret_cast<const Vector *>(Data);                \
    const auto *Second = reinterpret_cast<const Vector *>(Data + Size / 2);    \
    const auto *End = Second;                                                  \
    Vector Sums[8] = {};                                                       \
    for (; First != End; First += 8, Second += 8) {                            \
      _Pragma("GCC unroll 8") for (int I = 0; I < 8; ++I) Sums[I] += First[I]; \
      _Pragma("GCC unroll 8") for (int I = 0; I < 8; ++I) Sums[I] +=           \
          Second[I];                                                           \
    }                                                                          \
    for (int I = 1; I < 8; ++I)                                                \
      Sums[0] += Sums[I];                                                      \
    Sink.fetch_add(Sums[0][0], std::memory_order_relaxed);                     \
  }

#if defined(__x86_64__)
#define STATOR_AVX512 __attribute__((target("avx512f")))
#define STATOR_AVX2 __attribute__((target("avx2,fma")))
STATOR_FMA_LOOP(multiplyAvx512, STATOR_AVX512, 64, 12)
STATOR_READ_LOOP(readAvx512, STATOR_AVX512, 64)
STATOR_FMA_LOOP(multiplyAvx2, STATOR_AVX2, 32, 12)
STATOR_READ_LOOP(readAvx2, STATOR_AVX2, 32)
STATOR_FMA_LOOP(multiplyPlain, , 16, 10)
#else
STATOR_FMA_LOOP(multiplyPlain, , 16, 16)
#endif
STATOR_READ_LOOP(readPlain, , 16)

/// The loops for one instruction set.
struct Loops {
  const char *Name;
  int64_t FlopsAnIteration;
  void (*Multiply)(int64_t Iterations);
  void (*Read)(const uint8_t *Data, int64_t Size);
};

Loops chooseLoops() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {"AVX-512", 2 * 16 * 12, multiplyAvx512, readAvx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {"AVX2", 2 * 8 * 12, multiplyAvx2, readAvx2};
  return {"SSE2", 2 * 4 * 10, multiplyPlain, readPlain};
#elif defined(__aarch64__)
  return {"NEON", 2 * 4 * 16, multiplyPlain, readPlain};
#else
  return {"vectors of 128 bits", 2 * 4 * 16, multiplyPlain, readPlain};
#endif
}

/// Seconds that `Work(0)` to `Work(Threads - 1)` take at once, each on a thread
/// of its own, from the first begin to the last end: the median of some runs.
/// Threads live from the first to the last run, as those of programs do; the
/// first finds them cold and does not count.
double timeTogether(int Threads, const std::function<void(int)> &Work) {
  constexpr int Runs = 5;
  std::vector<std::vector<Clock::time_point>> Begins(
      Runs + 1, std::vector<Clock::time_point>(Threads)),
      Ends = Begins;
  std::atomic<int> Arrived = 0;
  auto RunAll = [&](int Index) {
    for (int Run = 0; Run <= Runs; ++Run) {
      ++Arrived;
      while (Arrived.load(std::memory_order_relaxed) < (Run + 1) * Threads)
        std::this_thread::yield();
      Begins[Run][Index] = Clock::now();
      Work(Index);
      Ends[Run][Index] = Clock::now();
    }
  };
  std::vector<std::thread> Others;
  for (int I = 1; I < Threads; ++I)
    Others.emplace_back(RunAll, I);
  RunAll(0);
  for (std::thread &Other : Others)
    Other.join();
  Samples Seconds;
  for (int Run = 1; Run <= Runs; ++Run)
    Seconds.Values.push_back(
        std::chrono::duration<double>(*llvm::max_element(Ends[Run]) -
                                      *llvm::min_element(Begins[Run]))
            .count());
  return Seconds.getMedian();
}

/// The value of a field of a file of "name: value" lines.
std::string readField(const char *Path, const std::string &Name) {
  std::ifstream File(Path);
  for (std::string Line; std::getline(File, Line);) {
    size_t Colon = Line.find(':');
    if (Colon == std::string::npos || Line.compare(0, Name.size(), Name) != 0)
      continue;
    size_t Begin = Line.find_first_not_of(" \t", Colon + 1);
    return Begin == std::string::npos ? "" : Line.substr(Begin);
  }
  return "";
}

/// 512 MiB, which no cache holds, or a quarter of what is free.
int64_t chooseArrayBytes() {
  std::istringstream Available(readField("/proc/meminfo", "MemAvailable"));
  int64_t Kilobytes = 0;
  Available >> Kilobytes;
  int64_t Bytes = int64_t(1) << 29;
  if (Kilobytes)
    Bytes = std::min(Bytes, Kilobytes * 1024 / 4);
  return std::max<int64_t>(Bytes, 1 << 22) / 4096 * 4096;
}

} // namespace

int countCpus() {
  cpu_set_t Set;
  if (sched_getaffinity(0, sizeof Set, &Set) == 0)
    return std::max(1, CPU_COUNT(&Set));
  return std::max(1u, std::thread::hardware_concurrency());
}

MachineMeter::MachineMeter(int Threads) {
  Speed.Cpu = readField("/proc/cpuinfo", "model name");
  if (Speed.Cpu.empty())
    Speed.Cpu = "CPU";
  Loops Best = chooseLoops();
  Speed.Vectors = Best.Name;
  Speed.Threads = Threads;
  // Long enough that the clock says it exactly.
  while (timeTogether(1, [&](int) { Best.Multiply(Iterations); }) < 0.005)
    Iterations *= 2;
  int64_t Bytes = chooseArrayBytes();
  absl::StatusOr<runtime::Memory> Got =
      runtime::Memory::allocate(static_cast<uint64_t>(Bytes), "array");
  if (Got.ok()) {
    Array = *std::move(Got);
    Speed.ArrayBytes = Bytes;
    std::fill_n(Array.data(), Bytes, uint8_t(1));
  }
  Speed.One = measure(1);
}

MachineLimits MachineMeter::measure(int Threads) {
  Loops Best = chooseLoops();
  double Flops = static_cast<double>(Iterations * Best.FlopsAnIteration);
  MachineLimits Result;
  Result.Flops = Flops * Threads /
                 timeTogether(Threads, [&](int) { Best.Multiply(Iterations); });
  if (int64_t Part = Speed.ArrayBytes / Threads / 4096 * 4096)
    Result.Bytes = static_cast<double>(Part * Threads) /
                   timeTogether(Threads, [&](int Index) {
                     Best.Read(Array.data() + Index * Part, Part);
                   });
  return Result;
}

MachineLimits MachineMeter::read() {
  MachineLimits Result = measure(Speed.Threads);
  Speed.Flops.Values.push_back(Result.Flops);
  Speed.Bytes.Values.push_back(Result.Bytes);
  return Result;
}

} // namespace stator::driver
