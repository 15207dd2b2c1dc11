//===- TeamTest.cpp - the threads of compiled programs --------------------===//

#include "runtime/core/Team.h"
#include "gtest/gtest.h"
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace {

/// What a region finds: how often each thread ran it, and of how many.
struct Seen {
  std::vector<std::atomic<int>> Times;
  std::atomic<int> WrongSize{0};
  int Expected;
  explicit Seen(int Threads) : Times(Threads), Expected(Threads) {}
};

void look(int32_t *Thread, int32_t *, void *Argument) {
  auto &S = *static_cast<Seen *>(Argument);
  if (omp_get_num_threads() != S.Expected || *Thread != omp_get_thread_num())
    ++S.WrongSize;
  else
    ++S.Times[*Thread];
}

void expectOnEachThread(int Threads, int Regions) {
  omp_set_num_threads(Threads);
  ASSERT_EQ(omp_get_max_threads(), Threads);
  Seen S(Threads);
  for (int I = 0; I < Regions; ++I)
    __kmpc_fork_call(nullptr, 1, look, static_cast<void *>(&S));
  EXPECT_EQ(S.WrongSize, 0);
  for (std::atomic<int> &Times : S.Times)
    EXPECT_EQ(Times, Regions);
}

TEST(Team, RunsEachThreadOnce) {
  for (int Threads : {1, 2, 3, 8, 2, 1, 5})
    expectOnEachThread(Threads, 200);
  EXPECT_EQ(omp_get_num_threads(), 1);
  EXPECT_EQ(omp_get_thread_num(), 0);
}

TEST(Team, StaysInStepOverManyRegions) { expectOnEachThread(2, 100000); }

// Long enough for helpers to fall asleep in between.
TEST(Team, WakesUp) {
  for (int I = 0; I < 5; ++I) {
    expectOnEachThread(3, 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  }
}

TEST(Team, WritesBeforeAreSeenAndAfterToo) {
  struct Sum {
    int In[4] = {}, Out[4] = {};
  } Numbers;
  omp_set_num_threads(4);
  for (int I = 1; I < 3000; ++I) {
    for (int &N : Numbers.In)
      N = I;
    __kmpc_fork_call(
        nullptr, 1,
        [](int32_t *Thread, int32_t *, void *Argument) {
          auto &S = *static_cast<Sum *>(Argument);
          S.Out[*Thread] = 2 * S.In[3 - *Thread];
        },
        static_cast<void *>(&Numbers));
    for (int N : Numbers.Out)
      ASSERT_EQ(N, 2 * I);
  }
}

TEST(Team, RegionsInsideRunAlone) {
  struct Counts {
    std::atomic<int> Inner{0}, Wrong{0};
  } C;
  omp_set_num_threads(3);
  __kmpc_fork_call(
      nullptr, 1,
      [](int32_t *, int32_t *, void *Argument) {
        int Own = omp_get_thread_num();
        __kmpc_fork_call(
            nullptr, 1,
            [](int32_t *Thread, int32_t *, void *Argument) {
              auto &C = *static_cast<Counts *>(Argument);
              ++C.Inner;
              C.Wrong += *Thread != 0 || omp_get_num_threads() != 1;
            },
            Argument);
        auto &C = *static_cast<Counts *>(Argument);
        C.Wrong += omp_get_thread_num() != Own || omp_get_num_threads() != 3;
      },
      static_cast<void *>(&C));
  EXPECT_EQ(C.Inner, 3);
  EXPECT_EQ(C.Wrong, 0);
}

// Each thread that enters regions has a team and a number of threads of its
// own.
TEST(Team, ThreadsHaveTeamsOfTheirOwn) {
  std::vector<std::thread> Users;
  for (int User = 0; User < 4; ++User)
    Users.emplace_back([User] { expectOnEachThread(1 + User, 2000); });
  for (std::thread &User : Users)
    User.join();
}

TEST(Team, RunsARegionWithoutArguments) {
  static std::atomic<int> Ran;
  Ran = 0;
  omp_set_num_threads(2);
  __kmpc_fork_call(nullptr, 0, [](int32_t *, int32_t *, void *Argument) {
    Ran += Argument == nullptr;
  });
  EXPECT_EQ(Ran, 2);
}

} // namespace
