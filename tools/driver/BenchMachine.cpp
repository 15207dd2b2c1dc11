//===- BenchMachine.cpp - What this machine can do ------------------------===//

#include "tools/driver/BenchMachine.h"
#include "runtime/core/State.h"
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

/// Adds up whole numbers, eight vectors at a time; Size is a multiple of 512
/// bytes.
#define STATOR_READ_LOOP(Name, Attribute, Bytes)                               \
  Attribute void Name(const uint8_t *Data, int64_t Size) {                     \
    typedef uint64_t Vector __attribute__((vector_size(Bytes)));               \
    const auto *Next = reinterpret_cast<const Vector *>(Data);                 \
    const auto *End = reinterpret_cast<const Vector *>(Data + Size);           \
    Vector Sums[8] = {};                                                       \
    for (; Next != End; Next += 8) {                                           \
      _Pragma("GCC unroll 8") for (int I = 0; I < 8; ++I) Sums[I] += Next[I];  \
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

/// Runs `Work(0)` to `Work(Threads - 1)` at once; seconds from the first begin
/// to the last end.
double timeTogether(int Threads, const std::function<void(int)> &Work) {
  std::vector<Clock::time_point> Begins(Threads), Ends(Threads);
  std::atomic<int> Waiting = Threads;
  auto Run = [&](int Index) {
    --Waiting;
    while (Waiting.load(std::memory_order_relaxed) > 0)
      std::this_thread::yield();
    Begins[Index] = Clock::now();
    Work(Index);
    Ends[Index] = Clock::now();
  };
  std::vector<std::thread> Others;
  for (int I = 1; I < Threads; ++I)
    Others.emplace_back(Run, I);
  Run(0);
  for (std::thread &Other : Others)
    Other.join();
  return std::chrono::duration<double>(
             *std::max_element(Ends.begin(), Ends.end()) -
             *std::min_element(Begins.begin(), Begins.end()))
      .count();
}

double measureFlops(const Loops &Best, int Threads, int Attempts) {
  int64_t Iterations = 1 << 16;
  auto Time = [&](int Count) {
    return timeTogether(Count, [&](int) { Best.Multiply(Iterations); });
  };
  while (Time(1) < 0.04)
    Iterations *= 2;
  double Seconds = Time(Threads);
  for (int Attempt = 1; Attempt < Attempts; ++Attempt)
    Seconds = std::min(Seconds, Time(Threads));
  return static_cast<double>(Iterations * Best.FlopsAnIteration) * Threads /
         Seconds;
}

double measureBytes(const Loops &Best, int Threads, const uint8_t *Data,
                    int64_t Bytes) {
  int64_t Share = Bytes / Threads / 4096 * 4096;
  double Seconds = 1e30;
  for (int Attempt = 0; Attempt < 6; ++Attempt)
    Seconds = std::min(Seconds, timeTogether(Threads, [&](int Index) {
                         Best.Read(Data + Index * Share, Share);
                       }));
  return static_cast<double>(Share) * Threads / Seconds;
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

/// 1 GiB, which no cache holds, or a quarter of what is free.
int64_t chooseArrayBytes() {
  std::istringstream Available(readField("/proc/meminfo", "MemAvailable"));
  int64_t Kilobytes = 0;
  Available >> Kilobytes;
  int64_t Bytes = int64_t(1) << 30;
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

MachineSpeed measureMachine(int Threads) {
  MachineSpeed Result;
  Loops Best = chooseLoops();
  Result.Cpu = readField("/proc/cpuinfo", "model name");
  if (Result.Cpu.empty())
    Result.Cpu = "CPU";
  Result.Vectors = Best.Name;
  Result.Threads = Threads;
  Result.FlopsOne = measureFlops(Best, 1, 6);
  Result.FlopsAll =
      Threads > 1 ? measureFlops(Best, Threads, 6) : Result.FlopsOne;

  Result.ArrayBytes = chooseArrayBytes();
  absl::StatusOr<runtime::Memory> Array = runtime::Memory::allocate(
      static_cast<uint64_t>(Result.ArrayBytes), "array");
  if (!Array.ok())
    return Result;
  std::fill_n(Array->data(), Result.ArrayBytes, uint8_t(1));
  Result.BytesOne = measureBytes(Best, 1, Array->data(), Result.ArrayBytes);
  Result.BytesAll = Threads > 1 ? measureBytes(Best, Threads, Array->data(),
                                               Result.ArrayBytes)
                                : Result.BytesOne;
  return Result;
}

void remeasurePeak(MachineSpeed &Machine) {
  Loops Best = chooseLoops();
  Machine.FlopsOne = std::max(Machine.FlopsOne, measureFlops(Best, 1, 2));
  double All = Machine.Threads > 1 ? measureFlops(Best, Machine.Threads, 2)
                                   : Machine.FlopsOne;
  Machine.FlopsAll = std::max(Machine.FlopsAll, All);
}

} // namespace stator::driver
