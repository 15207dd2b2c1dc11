// Event files, and the checksums and progress that go with them.

#include "runtime/core/EventFile.h"
#include "runtime/core/Crc32c.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <csignal>
#include <cstring>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

TEST(Crc32cTest, KnownValues) {
  // RFC 3720, B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

class EventFileTest : public FolderTest {
protected:
  EventFileTest() { write("text.txt", sampleText(600)); }

  FakeProgram Fake{STATOR_MODE_TRAIN};
};

/// Files are read in the order of their names, also where several processes
/// begin in one second.
TEST_F(EventFileTest, EveryProcessHasAFileAfterTheOthers) {
  std::vector<std::string> Made;
  for (int I = 0; I < 3; ++I) {
    ASSERT_TRUE(EventFile::open("a/b", I).ok());
    std::vector<std::string> Now = list("a/b");
    ASSERT_EQ(Now.size(), Made.size() + 1);
    EXPECT_THAT(Now.back(), ::testing::StartsWith("events.out.tfevents."));
    Now.pop_back();
    EXPECT_EQ(Now, Made);
    Made = list("a/b");
  }
}

TEST_F(EventFileTest, ADirectoryThatCannotBeWrittenIsAnError) {
  Outcome End = run(Fake.get(), {"--data=text.txt", "--tensorboard=text.txt"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("cannot create"));
  EXPECT_THAT(End.Err, HasSubstr("text.txt"));
}

TEST_F(EventFileTest, IsContinuedWhenTheRunIs) {
  Fake.BeforeStep = [](int64_t Step) {
    if (Step == 5)
      ::raise(SIGTERM);
  };
  ASSERT_EQ(run(Fake.get(), {"--data=text.txt", "--tensorboard=tb"}).ExitCode,
            143);
  Fake.BeforeStep = [](int64_t) {};
  ASSERT_EQ(run(Fake.get(), {"--resume=out"}).ExitCode, 0);
  EXPECT_EQ(list("tb").size(), 2u);
}

} // namespace
