//===- TestSupport.h - files and processes for tests ------------*- C++ -*-===//
#ifndef STATOR_TESTS_RUNTIME_TESTSUPPORT_H
#define STATOR_TESTS_RUNTIME_TESTSUPPORT_H

#include "runtime/core/program.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace stator::runtime::testing {

/// A test with a folder of its own, empty at the start, as working directory.
class FolderTest : public ::testing::Test {
protected:
  FolderTest();
  ~FolderTest() override;

  static std::string read(const std::string &Path);
  static void write(const std::string &Path, const std::string &Contents);
  /// Names in a folder, sorted; without "." and "..".
  static std::vector<std::string> list(const std::string &Path);

private:
  std::string Before, Folder;
};

/// How a process ended, and what it wrote.
struct Outcome {
  int ExitCode = -1; ///< -1 if a signal ended it
  int Signal = 0;
  std::string Out, Err;
};

/// A program run in a process of its own.
class Child {
public:
  /// Runs stator_main(\p Program, \p Arguments) after \p Prepare.
  Child(
      const StatorProgram &Program, const std::vector<std::string> &Arguments,
      const std::function<void()> &Prepare = [] {});
  void send(int Signal) const;
  Outcome wait();

private:
  pid_t Process;
  std::string OutPath, ErrPath;
};

/// Runs a program to its end.
Outcome run(
    const StatorProgram &Program, const std::vector<std::string> &Arguments,
    const std::function<void()> &Prepare = [] {});

/// A text of \p Size characters out of "abcdefg\n", with some order in it.
std::string sampleText(size_t Size);

/// Expects an error whose message has \p Part.
#define EXPECT_ERROR(Expression, Part)                                         \
  do {                                                                         \
    auto &&Result = (Expression);                                              \
    ASSERT_FALSE(Result.ok());                                                 \
    EXPECT_THAT(                                                               \
        std::string(::stator::runtime::testing::statusOf(Result).message()),   \
        ::testing::HasSubstr(Part));                                           \
  } while (false)

template <typename ResultType> const auto &statusOf(const ResultType &Result) {
  if constexpr (requires { Result.status(); })
    return Result.status();
  else
    return Result;
}

} // namespace stator::runtime::testing

#endif // STATOR_TESTS_RUNTIME_TESTSUPPORT_H
