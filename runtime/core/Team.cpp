// The threads of compiled programs: what OpenMP's runtime would be to them.
//
// Compiled kernels are parallel in one way only. A region runs a function once
// on each thread of a team, and each thread takes its part of a loop by its
// number (codegen/DivideParallelLoops.h). That takes five functions of the
// OpenMP runtime, and these are they. libomp has them too, but Debian has no
// archive of it, and a program should run where there is no LLVM; a region here
// costs one store, and one for each thread at its end.
//
// A thread that enters a region is thread 0 of a team of its own, which lives
// as long as the thread: sessions of a library may compute at the same time.
// Regions inside of regions run on the thread that enters them.

#include "runtime/core/Team.h"
#include "runtime/core/Threads.h"
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdlib>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <vector>

namespace {

using Region = void (*)(int32_t *Thread, int32_t *Bound, void *Argument);

/// How many threads a team has unless its first one says otherwise.
int getDefaultThreads() {
  static const int Threads = [] {
    if (const char *Text = std::getenv("OMP_NUM_THREADS"))
      if (int Count = std::atoi(Text); Count > 0)
        return Count;
    int64_t Cpus = stator::runtime::countCpus();
    return Cpus > 0 ? static_cast<int>(Cpus) : 1;
  }();
  return Threads;
}

std::atomic<bool> IsPinned{false};
cpu_set_t PinnedTo; ///< the CPUs there were when threads were to be pinned

thread_local int WantedThreads = 0; ///< 0: the default
thread_local int TeamSize = 1;      ///< of the region that this thread is in
thread_local int Number = 0;        ///< of this thread in it

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits until the condition holds, or until it is time to sleep: the next
/// region of a step begins within microseconds. Others are let in now and then,
/// and at once where there are more threads than CPUs: the thread that is
/// waited for may itself be waiting, for this CPU.
template <typename Fn> bool spinUntil(Fn Holds, bool IsCrowded) {
  constexpr int FirstPauses = 500, NextPauses = 250, YieldsPerLook = 32;
  constexpr auto Longest = std::chrono::milliseconds(20);
  auto Start = std::chrono::steady_clock::time_point();
  int Pauses = IsCrowded ? 0 : FirstPauses;
  for (;;) {
    for (int Yields = 0; Yields < YieldsPerLook; ++Yields) {
      for (int I = 0; I < Pauses; ++I) {
        if (Holds())
          return true;
        pause();
      }
      if (Holds())
        return true;
      ::sched_yield();
      Pauses = IsCrowded ? 0 : NextPauses;
    }
    auto Now = std::chrono::steady_clock::now();
    if (Start == std::chrono::steady_clock::time_point())
      Start = Now;
    else if (Now - Start > Longest)
      return Holds();
  }
}

void pinTo(int Index) {
  for (int Cpu = 0, Seen = 0; Cpu < CPU_SETSIZE; ++Cpu) {
    if (!CPU_ISSET(Cpu, &PinnedTo) || Seen++ != Index)
      continue;
    cpu_set_t Own;
    CPU_ZERO(&Own);
    CPU_SET(Cpu, &Own);
    (void)::pthread_setaffinity_np(::pthread_self(), sizeof(Own), &Own);
    return;
  }
}

/// A thread and those that help it.
class Team {
public:
  explicit Team(int Size)
      : Size(Size), IsCrowded(Size > stator::runtime::countCpus()) {
    for (int Thread = 1; Thread < Size; ++Thread)
      Helpers.emplace_back([this, Thread] { help(Thread); });
    if (IsPinned)
      pinTo(0);
  }
  Team(const Team &) = delete;
  Team &operator=(const Team &) = delete;
  ~Team() {
    Function = nullptr;
    begin();
    for (std::thread &Helper : Helpers)
      Helper.join();
  }

  int size() const { return Size; }

  void run(Region NewFunction, void *NewArgument) {
    Function = NewFunction;
    Argument = NewArgument;
    Running.store(Size - 1, std::memory_order_relaxed);
    begin();
    call(0);
    while (
        !spinUntil([&] { return Running.load(std::memory_order_acquire) == 0; },
                   IsCrowded)) {
    }
  }

private:
  /// Lets the helpers go. Those that sleep are waked: either this sees that
  /// they are about to, or they see that there is a new region.
  void begin() {
    Regions.fetch_add(1, std::memory_order_seq_cst);
    if (Sleeping.load(std::memory_order_seq_cst) > 0)
      Regions.notify_all();
  }

  void call(int32_t Thread) {
    TeamSize = Size;
    Number = Thread;
    int32_t Bound = Thread;
    Function(&Thread, &Bound, Argument);
    TeamSize = 1;
    Number = 0;
  }

  void help(int Thread) {
    if (IsPinned)
      pinTo(Thread);
    for (int32_t Seen = 0;; ++Seen) {
      auto IsNext = [&] {
        return Regions.load(std::memory_order_acquire) != Seen;
      };
      if (!spinUntil(IsNext, IsCrowded)) {
        Sleeping.fetch_add(1, std::memory_order_seq_cst);
        Regions.wait(Seen, std::memory_order_seq_cst);
        Sleeping.fetch_sub(1, std::memory_order_relaxed);
      }
      if (!Function)
        return;
      call(Thread);
      Running.fetch_sub(1, std::memory_order_release);
    }
  }

  const int Size;
  const bool IsCrowded;
  Region Function = nullptr;
  void *Argument = nullptr;
  /// Each on a line of its own: how many regions there were, which helpers
  /// watch, and how many of them still run, which thread 0 watches.
  alignas(64) std::atomic<int32_t> Regions{0};
  std::atomic<int32_t> Sleeping{0};
  alignas(64) std::atomic<int32_t> Running{0};
  std::vector<std::thread> Helpers;
};

thread_local std::unique_ptr<Team> OwnTeam;

} // namespace

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): names of OpenMP

int omp_get_max_threads() {
  return WantedThreads > 0 ? WantedThreads : getDefaultThreads();
}

void omp_set_num_threads(int Threads) {
  WantedThreads = Threads > 0 ? Threads : 0;
}

int omp_get_num_threads() { return TeamSize; }
int omp_get_thread_num() { return Number; }
int32_t __kmpc_global_thread_num(void *) { return Number; }

// The compiler passes all that a region needs in one structure.
void __kmpc_fork_call(void *, int32_t NumArguments, Region Function, ...) {
  void *Argument = nullptr;
  if (NumArguments > 1)
    std::abort(); // no region of codegen/ is like this
  if (NumArguments == 1) {
    std::va_list List;
    va_start(List, Function);
    Argument = va_arg(List, void *);
    va_end(List);
  }
  int Threads = omp_get_max_threads();
  if (Threads == 1 || TeamSize > 1) {
    int32_t Thread = 0;
    int OldSize = TeamSize, OldNumber = Number;
    TeamSize = 1;
    Number = 0;
    Function(&Thread, &Thread, Argument);
    TeamSize = OldSize;
    Number = OldNumber;
    return;
  }
  if (!OwnTeam || OwnTeam->size() != Threads) {
    OwnTeam.reset();
    OwnTeam = std::make_unique<Team>(Threads);
  }
  OwnTeam->run(Function, Argument);
}

// NOLINTEND(readability-identifier-naming)

void statorPinThreads() {
  if (::sched_getaffinity(0, sizeof(PinnedTo), &PinnedTo) == 0)
    IsPinned = true;
}
}
