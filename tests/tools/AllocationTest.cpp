// A compiled training step allocates nothing: every allocator of the C library
// is replaced by one that counts, for this program and for all libraries in it.
// operator new is one of their callers.

#include "runtime/core/State.h"
#include "runtime/core/Threads.h"
#include "gtest/gtest.h"
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

using namespace stator::runtime;

namespace {
std::atomic<bool> Counting = false;
std::atomic<int64_t> Count = 0;

void note() {
  if (Counting.load(std::memory_order_relaxed))
    ++Count;
}
} // namespace

// NOLINTBEGIN: names of the C library
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t Size) {
  note();
  return __libc_malloc(Size);
}
void *calloc(size_t Number, size_t Size) {
  note();
  return __libc_calloc(Number, Size);
}
void *realloc(void *Old, size_t Size) {
  note();
  return __libc_realloc(Old, Size);
}
void *memalign(size_t Alignment, size_t Size) {
  note();
  return __libc_memalign(Alignment, Size);
}
void *aligned_alloc(size_t Alignment, size_t Size) {
  note();
  return __libc_memalign(Alignment, Size);
}
int posix_memalign(void **Out, size_t Alignment, size_t Size) {
  note();
  *Out = __libc_memalign(Alignment, Size);
  return *Out ? 0 : ENOMEM;
}
void *mmap(void *Address, size_t Length, int Protection, int Flags, int File,
           off_t Offset) {
  note();
  return reinterpret_cast<void *>(
      syscall(SYS_mmap, Address, Length, Protection, Flags, File, Offset));
}
}
// NOLINTEND

namespace {

class Allocation : public ::testing::TestWithParam<int> {};

TEST(Allocation, IsCounted) {
  Count = 0;
  Counting = true;
  void *volatile Block = std::malloc(100);
  int *volatile Number = new int(3);
  Counting = false;
  std::free(Block);
  delete Number;
  EXPECT_EQ(Count, 2);
}

// The first call may: OpenMP starts its threads.
TEST_P(Allocation, NoneInAStep) {
  ASSERT_TRUE(setThreads(GetParam(), /*Pin=*/false).ok());
  const StatorProgram &Program = stator_program;
  ASSERT_TRUE(checkProgram(Program).ok());
  ASSERT_NE(Program.TrainStep, nullptr);
  ASSERT_NE(Program.Evaluate, nullptr);
  auto Size = static_cast<size_t>(Program.Batch * Program.Time);
  absl::StatusOr<ProgramMemory> Memory = ProgramMemory::allocate(Program, Size);
  ASSERT_TRUE(Memory.ok()) << Memory.status();
  initializeState(Program, Memory->state(), 1);
  std::vector<int32_t> Tokens(Size), Targets(Size);
  for (size_t I = 0; I < Size; ++I) {
    Tokens[I] = static_cast<int32_t>(I * 7 % 65);
    Targets[I] = static_cast<int32_t>((I + 1) * 7 % 65);
  }
  int64_t Info[STATOR_INFO_COUNT] = {0, 10, 1, 0};
  auto Call = [&](StatorEntry Entry) {
    Entry(nullptr, Memory->state(), Memory->cache(), Memory->arena(),
          Tokens.data(), Targets.data(), Info, Memory->result());
  };
  Call(Program.TrainStep);
  Call(Program.Evaluate);
  float First = Memory->result()[0];

  Count = 0;
  Counting = true;
  for (Info[STATOR_INFO_STEP] = 1; Info[STATOR_INFO_STEP] < 4;
       ++Info[STATOR_INFO_STEP]) {
    Call(Program.TrainStep);
    Call(Program.Evaluate);
  }
  Counting = false;
  EXPECT_EQ(Count, 0);
  EXPECT_TRUE(std::isfinite(First));
  EXPECT_NE(Memory->result()[0], First) << "nothing was trained";
}

INSTANTIATE_TEST_SUITE_P(Threads, Allocation, ::testing::Values(1, 2, 4));

} // namespace
