// Conversations with a program.

#include "tests/runtime/GenerationTest.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <unistd.h>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::HasSubstr;

namespace {

using InteractiveTest = GenerationTest;

/// Runs with standard input.
Outcome converse(const FakeProgram &Fake, const std::string &Input,
                 std::vector<std::string> Arguments) {
  std::ofstream("input") << Input;
  Arguments.push_back("--interactive");
  Arguments.push_back("--weights=model.safetensors");
  return run(Fake.get(), Arguments, [] {
    if (!std::freopen("input", "r", stdin))
      std::_Exit(99);
  });
}

TEST_F(InteractiveTest, ATextGoesOnInteractively) {
  Outcome End = converse(Fake, "abc\nde\n\n", {"--tokens=5", "--top-k=1"});
  ASSERT_EQ(End.ExitCode, 0) << End.Err;
  // A newline ends an answer, unless the model wrote it: 5 characters each.
  ASSERT_EQ(End.Out.size(), 18u);
  std::string First = End.Out.substr(0, 5), Second = End.Out.substr(6, 5),
              Third = End.Out.substr(12, 5);
  auto After = [&](const std::string &Prompt) {
    return infer(Fake, {"--prompt", Prompt, "--tokens=5", "--top-k=1"})
        .Out.substr(Prompt.size());
  };
  EXPECT_EQ(First, After("abc"));
  EXPECT_EQ(Second, After("abc" + First + "de"));
  EXPECT_EQ(Third, After("abc" + First + "de" + Second));
}

TEST_F(InteractiveTest, LinesOfAllSystemsAreReadAlike) {
  std::vector<std::string> Flags = {"--tokens=5", "--top-k=1"};
  Outcome Plain = converse(Fake, "abc\nde\n\nab", Flags);
  ASSERT_EQ(Plain.ExitCode, 0) << Plain.Err;
  Outcome End = converse(Fake,
                         "\xEF\xBB\xBF"
                         "abc\r\nde\r\n\r\nab\r",
                         Flags);
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
  EXPECT_EQ(End.Out, Plain.Out);
}

TEST_F(InteractiveTest, AConversationEndsWithTheContext) {
  FakeProgram Short(STATOR_MODE_INFER, sizes(1, 10));
  Outcome End = converse(Short, "abc\nabc\nabc\n", {"--tokens=4"});
  EXPECT_EQ(End.ExitCode, 4);
  EXPECT_THAT(End.Err, HasSubstr("the context of Fake, 10 tokens, is full"));
  FakeProgram Two(STATOR_MODE_INFER, sizes(2, 10));
  End = converse(Two, "abc\n", {});
  EXPECT_EQ(End.ExitCode, 2);
  EXPECT_THAT(End.Err, HasSubstr("compiled with --batch 1; this one has 2"));
  End = converse(Fake, "abx\n", {});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("'x' at byte 2"));
}

TEST_F(InteractiveTest, AConversationBeginsWithThePrefix) {
  FakeProgram Together(STATOR_MODE_INFER, sizes(1, 30));
  Together.edit().NumBlocks = 0;
  Together.edit().Prefix = 5;
  Outcome End = converse(Together, "abcd\n", {"--tokens=2"});
  EXPECT_EQ(End.ExitCode, 1);
  EXPECT_THAT(End.Err, HasSubstr("the text has 4 tokens, but Fake is given the "
                                 "first 5 together"));
  End = converse(Together, "abcde\na\n", {"--tokens=2"});
  EXPECT_EQ(End.ExitCode, 0) << End.Err;
}

/// A conversation that is still going on.
class Dialog {
public:
  Dialog(const FakeProgram &Fake, const std::vector<std::string> &Arguments) {
    EXPECT_EQ(::pipe(ToChild), 0);
    EXPECT_EQ(::pipe(FromChild), 0);
    Process.emplace(Fake.get(), Arguments, [this] {
      ::dup2(ToChild[0], STDIN_FILENO);
      ::dup2(FromChild[1], STDOUT_FILENO);
      for (int Descriptor :
           {ToChild[0], ToChild[1], FromChild[0], FromChild[1]})
        ::close(Descriptor);
    });
    ::close(ToChild[0]);
    ::close(FromChild[1]);
  }
  void say(const std::string &Line) {
    EXPECT_EQ(::write(ToChild[1], Line.data(), Line.size()),
              static_cast<ssize_t>(Line.size()));
  }
  /// Reads so many bytes, or up to a newline if that comes first.
  std::string hear(size_t Count) {
    std::string Result;
    for (char Byte;
         Result.size() < Count && ::read(FromChild[0], &Byte, 1) == 1;)
      if (Result += Byte; Byte == '\n')
        break;
    return Result;
  }
  void interrupt() { Process->send(SIGINT); }
  Outcome end() {
    ::close(ToChild[1]);
    Outcome Result = Process->wait();
    ::close(FromChild[0]);
    return Result;
  }

private:
  int ToChild[2], FromChild[2];
  std::optional<Child> Process;
};

TEST_F(InteractiveTest, InterruptsStopAnAnswerAndThenTheProgram) {
  // No newline is ever written.
  writeFakeWeights("model.safetensors", std::vector<float>(64, 0),
                   {-1000, 0, 0, 0, 0, 0, 0, 0});
  const std::vector<std::string> Flags = {"--weights=model.safetensors",
                                          "--interactive", "--slide",
                                          "--tokens=1000000000000"};
  Dialog First(Fake, Flags);
  for (const char *Line : {"abc\n", "de\n"}) {
    First.say(Line);
    EXPECT_EQ(First.hear(300).size(), 300u);
    First.interrupt();
    std::string Rest;
    do {
      Rest = First.hear(1000);
      ASSERT_FALSE(Rest.empty()) << "it ended without a newline";
    } while (!Rest.ends_with("\n"));
  }
  Outcome End = First.end();
  EXPECT_EQ(End.ExitCode, 0) << End.Err;

  Dialog Second(Fake,
                {"--weights=model.safetensors", "--interactive", "--tokens=5"});
  Second.say("abc\n");
  EXPECT_EQ(Second.hear(100).size(), 6u);
  Second.interrupt();
  End = Second.end();
  EXPECT_EQ(End.ExitCode, 130) << End.Err;
}

} // namespace
