// How much memory there is, from copies of what Linux says.

#include "runtime/core/AvailableMemory.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>

using stator::runtime::availableMemory;
namespace fs = std::filesystem;

namespace {

class AvailableMemory : public testing::Test {
protected:
  void SetUp() override {
    Root = testing::TempDir() + "/available-memory-" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(Root);
    write("/proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");
  }
  void TearDown() override { fs::remove_all(Root); }
  void write(const std::string &Path, const std::string &Text) {
    fs::create_directories(fs::path(Root + Path).parent_path());
    std::ofstream(Root + Path) << Text;
  }
  std::string Root;
};

TEST_F(AvailableMemory, WithoutGroupsIsThatOfTheSystem) {
  EXPECT_EQ(availableMemory(Root), 8000u * 1024);
  write("/proc/self/cgroup", "0::/\nnonsense\n");
  EXPECT_EQ(availableMemory(Root), 8000u * 1024);
  EXPECT_EQ(availableMemory(Root + "/nowhere"), 0u);
}

TEST_F(AvailableMemory, OfThisMachineIsKnown) {
  EXPECT_GT(availableMemory(), 0u);
}

TEST_F(AvailableMemory, IsLessInALimitedGroup) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write("/sys/fs/cgroup/a/b/memory.max", "max\n");
  write("/sys/fs/cgroup/a/b/memory.current", "1000\n");
  write("/sys/fs/cgroup/a/memory.max", "50000\n");
  write("/sys/fs/cgroup/a/memory.current", "21000\n");
  write("/sys/fs/cgroup/a/memory.stat", "anon 20000\ninactive_file 1000\n");
  EXPECT_EQ(availableMemory(Root), 30000u);
}

TEST_F(AvailableMemory, InAContainerIsThatOfTheRoot) {
  write("/proc/self/cgroup", "0::/../hidden\n");
  write("/sys/fs/cgroup/memory.max", "5000\n");
  write("/sys/fs/cgroup/memory.current", "6000\n");
  EXPECT_EQ(availableMemory(Root), 1u);
}

TEST_F(AvailableMemory, KnowsTheFirstVersionToo) {
  write("/proc/self/cgroup", "4:cpu,cpuacct:/x\n7:memory:/job\n");
  write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "70000\n");
  write("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "10000\n");
  EXPECT_EQ(availableMemory(Root), 60000u);
}

} // namespace
