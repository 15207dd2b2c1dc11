// Text from files of all systems, pipes among them.

#include "runtime/core/TextFile.h"
#include "runtime/core/MappedFile.h"
#include "tests/runtime/TestSupport.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

using TextFileTest = FolderTest;

TEST_F(TextFileTest, SplitsLinesOfAllSystems) {
  EXPECT_THAT(splitLines("a\nb\r\nc\rd"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(splitLines("a\n\nb\r\n\r\n"), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(splitLines("\r\r\n\n"), ElementsAre("", "", ""));
  EXPECT_THAT(splitLines("\xEF\xBB\xBF"
                         "a\n"),
              ElementsAre("a"));
  EXPECT_THAT(splitLines("\xEF\xBB\xBF"), IsEmpty());
  EXPECT_EQ(withoutLineEnd("a\n\r\n"), "a\n");
  EXPECT_EQ(withoutLineEnd("a\n\n"), "a\n");
  EXPECT_EQ(withoutLineEnd("a\r"), "a");
  EXPECT_EQ(withoutLineEnd(""), "");
}

TEST_F(TextFileTest, PlacesCountLinesOfAllSystems) {
  TextPlace Place = placeOf("a\r\nb\rc\n\xC3\xA4x", 9);
  EXPECT_EQ(Place.Line, 4);
  EXPECT_EQ(Place.Column, 2);
}

TEST_F(TextFileTest, PipesAreReadToTheirEnd) {
  std::string Text(300000, 'x');
  ASSERT_EQ(::mkfifo("pipe", 0600), 0);
  std::thread Writer([&] {
    int Out = ::open("pipe", O_WRONLY);
    for (size_t I = 0; I < Text.size(); I += 1000)
      EXPECT_EQ(::write(Out, Text.data() + I, 1000), 1000);
    ::close(Out);
  });
  auto File = MappedFile::open("pipe");
  Writer.join();
  ASSERT_TRUE(File.ok()) << File.status();
  EXPECT_EQ(File->text(), Text);
  auto Nothing = MappedFile::open("/dev/null");
  ASSERT_TRUE(Nothing.ok());
  EXPECT_EQ(Nothing->size(), 0u);
}

TEST_F(TextFileTest, PointersOfGitAreNamed) {
  write("model.safetensors",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"
        "size 497774208\n");
  EXPECT_ERROR(MappedFile::open("model.safetensors"),
               "model.safetensors is a Git LFS pointer, not the file itself\n"
               "hint: run `git lfs pull`");
}

} // namespace
