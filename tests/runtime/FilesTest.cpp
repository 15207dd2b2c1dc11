#include "runtime/core/AtomicFile.h"
#include "runtime/core/MappedFile.h"
#include "tests/runtime/TestSupport.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

class FilesTest : public FolderTest {};

TEST_F(FilesTest, AppearsOnlyWhenCommitted) {
  write("file", "old");
  {
    auto File = AtomicFile::create("file");
    ASSERT_TRUE(File.ok());
    ASSERT_TRUE(File->write("new", 3).ok());
    EXPECT_EQ(read("file"), "old");
    ASSERT_TRUE(File->commit().ok());
  }
  EXPECT_EQ(read("file"), "new");
  EXPECT_THAT(list("."), ElementsAre("file"));
}

TEST_F(FilesTest, LeavesNothingWithoutCommit) {
  {
    auto File = AtomicFile::create("file");
    ASSERT_TRUE(File.ok());
    ASSERT_TRUE(File->write("new", 3).ok());
    AtomicFile Moved = std::move(*File);
  }
  EXPECT_THAT(list("."), IsEmpty());
}

TEST_F(FilesTest, SaysWhatItCannotWrite) {
  EXPECT_ERROR(AtomicFile::create("no/such/file"),
               "cannot write no/such/file: No such file");
  ::mkdir("folder", 0777);
  EXPECT_ERROR(writeFileAtomically("folder", "x"), "cannot write folder");
  EXPECT_THAT(list("."), ElementsAre("folder"));
}

TEST_F(FilesTest, WritesThroughLinksAndToDevices) {
  // A rename over /dev/null would make a plain file of it; a pipe stands for it
  // here.
  ASSERT_EQ(::mkfifo("pipe", 0666), 0);
  int Reader = ::open("pipe", O_RDONLY | O_NONBLOCK);
  ASSERT_GE(Reader, 0);
  ASSERT_TRUE(writeFileAtomically("pipe", "through").ok());
  char Buffer[16];
  EXPECT_EQ(::read(Reader, Buffer, sizeof Buffer), 7);
  ::close(Reader);
  EXPECT_THAT(list("."), ElementsAre("pipe"));

  write("file", "old");
  ASSERT_EQ(::symlink("file", "link"), 0);
  ASSERT_TRUE(writeFileAtomically("link", "new").ok());
  EXPECT_EQ(read("file"), "new");
  EXPECT_THAT(list("."), ElementsAre("file", "link", "pipe"));
}

TEST_F(FilesTest, DirectoryOf) {
  EXPECT_EQ(directoryOf("a"), ".");
  EXPECT_EQ(directoryOf("a/b/c"), "a/b");
  EXPECT_EQ(directoryOf("/a"), "/");
}

TEST_F(FilesTest, MapsAFile) {
  write("file", "contents");
  auto File = MappedFile::open("file");
  ASSERT_TRUE(File.ok());
  EXPECT_EQ(std::string(File->text()), "contents");
  write("empty", "");
  File = MappedFile::open("empty");
  ASSERT_TRUE(File.ok());
  EXPECT_EQ(File->size(), 0u);
  EXPECT_ERROR(MappedFile::open("none"), "cannot read none: No such file");
  EXPECT_ERROR(MappedFile::open("."), "it is a directory");
}

} // namespace
