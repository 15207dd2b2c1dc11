#include "tests/runtime/TestSupport.h"
#include "runtime/core/Main.h"
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace stator::runtime::testing {

namespace fs = std::filesystem;

/// Memory rather than a disk where there is one: the runtime syncs every file
/// that it writes, which the tests would spend most of their time on.
static fs::path scratch() {
  if (!std::getenv("TMPDIR") && ::access("/dev/shm", W_OK) == 0)
    return "/dev/shm";
  return fs::temp_directory_path();
}

FolderTest::FolderTest() : Before(fs::current_path()) {
  std::string Template = scratch() / "stator-test-XXXXXX";
  Folder = ::mkdtemp(Template.data());
  fs::current_path(Folder);
}

FolderTest::~FolderTest() {
  fs::current_path(Before);
  std::error_code Ignored;
  fs::remove_all(Folder, Ignored);
}

std::string FolderTest::read(const std::string &Path) {
  std::ifstream File(Path, std::ios::binary);
  EXPECT_TRUE(File) << "no file " << Path;
  return {std::istreambuf_iterator<char>(File), {}};
}

void FolderTest::write(const std::string &Path, const std::string &Contents) {
  std::ofstream(Path, std::ios::binary) << Contents;
}

std::vector<std::string> FolderTest::list(const std::string &Path) {
  std::vector<std::string> Names;
  for (const auto &Entry : fs::directory_iterator(Path))
    Names.push_back(Entry.path().filename());
  std::sort(Names.begin(), Names.end());
  return Names;
}

Child::Child(const StatorProgram &Program,
             const std::vector<std::string> &Arguments,
             const std::function<void()> &Prepare) {
  static int Count = 0;
  std::string Base = "/stator-child-" + std::to_string(::getpid()) + "-" +
                     std::to_string(Count++);
  OutPath = scratch().string() + Base + ".out";
  ErrPath = scratch().string() + Base + ".err";
  std::fflush(nullptr);
  Process = ::fork();
  if (Process != 0)
    return;
  if (!std::freopen(OutPath.c_str(), "w", stdout) ||
      !std::freopen(ErrPath.c_str(), "w", stderr))
    std::_Exit(99);
  std::vector<std::string> Storage = {"fake"};
  Storage.insert(Storage.end(), Arguments.begin(), Arguments.end());
  std::vector<char *> Argv;
  Argv.reserve(Storage.size() + 1);
  for (std::string &Argument : Storage)
    Argv.push_back(Argument.data());
  Argv.push_back(nullptr);
  Prepare();
  int Code =
      stator_main(&Program, static_cast<int>(Storage.size()), Argv.data());
  std::fflush(nullptr);
  std::_Exit(Code);
}

void Child::send(int Signal) const { ::kill(Process, Signal); }

Outcome Child::wait() {
  int Status = 0;
  ::waitpid(Process, &Status, 0);
  Outcome Result;
  if (WIFEXITED(Status))
    Result.ExitCode = WEXITSTATUS(Status);
  else
    Result.Signal = WTERMSIG(Status);
  auto Take = [](const std::string &Path) {
    std::ifstream File(Path, std::ios::binary);
    std::string Text{std::istreambuf_iterator<char>(File), {}};
    std::remove(Path.c_str());
    return Text;
  };
  Result.Out = Take(OutPath);
  Result.Err = Take(ErrPath);
  return Result;
}

Outcome run(const StatorProgram &Program,
            const std::vector<std::string> &Arguments,
            const std::function<void()> &Prepare) {
  return Child(Program, Arguments, Prepare).wait();
}

std::string sampleText(size_t Size) {
  std::string Text;
  unsigned State = 1;
  while (Text.size() < Size) {
    State = State * 1103515245u + 12345u;
    Text += "abcdefg\n"[(Text.size() + (State >> 16) % 3) % 8];
  }
  return Text;
}

} // namespace stator::runtime::testing
