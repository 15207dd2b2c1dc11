//===- BenchWorkers.cpp - Programs that run steps on demand ---------------===//

#include "tools/driver/BenchWorkers.h"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // NOLINT(readability-identifier-naming)

namespace stator::driver {
namespace {

/// Starts a process. `In` and `Out`, if not negative, become its standard input
/// and output; without `Out` its output is thrown away.
pid_t spawn(const std::vector<std::string> &Command, int In, int Out,
            std::string &Error) {
  std::vector<char *> Values;
  Values.reserve(Command.size() + 1);
  for (const std::string &Argument : Command)
    Values.push_back(const_cast<char *>(Argument.c_str()));
  Values.push_back(nullptr);
  posix_spawn_file_actions_t Actions;
  posix_spawn_file_actions_init(&Actions);
  if (In >= 0)
    posix_spawn_file_actions_adddup2(&Actions, In, STDIN_FILENO);
  if (Out >= 0)
    posix_spawn_file_actions_adddup2(&Actions, Out, STDOUT_FILENO);
  else
    posix_spawn_file_actions_addopen(&Actions, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
  pid_t Process = -1;
  int Code = posix_spawn(&Process, Values[0], &Actions, nullptr, Values.data(),
                         environ);
  posix_spawn_file_actions_destroy(&Actions);
  if (Code == 0)
    return Process;
  Error = "cannot start " + Command[0] + ": " + std::strerror(Code);
  return -1;
}

/// Waits for the end of a process; "" if it was a success.
std::string waitFor(pid_t Process) {
  int Status = 0;
  while (waitpid(Process, &Status, 0) < 0)
    if (errno != EINTR)
      return "was lost";
  if (WIFSIGNALED(Status))
    return std::string("was ended by signal ") +
           std::to_string(WTERMSIG(Status)) + " (" +
           strsignal(WTERMSIG(Status)) + ")";
  if (int Code = WEXITSTATUS(Status))
    return "failed with exit code " + std::to_string(Code);
  return "";
}

} // namespace

bool runCommand(const std::vector<std::string> &Command, std::string &Error) {
  pid_t Process = spawn(Command, -1, -1, Error);
  if (Process < 0)
    return false;
  std::string End = waitFor(Process);
  if (!End.empty())
    Error = Command[0] + " " + End;
  return End.empty();
}

std::optional<std::string> readCommand(const std::string &Name,
                                       const std::vector<std::string> &Command,
                                       std::string &Error) {
  int Output[2];
  if (pipe2(Output, O_CLOEXEC) != 0) {
    Error = std::string("cannot make a pipe: ") + std::strerror(errno);
    return std::nullopt;
  }
  pid_t Process = spawn(Command, -1, Output[1], Error);
  close(Output[1]);
  std::string Text;
  char Block[65536];
  ssize_t Count = 0;
  while (Process >= 0 && ((Count = read(Output[0], Block, sizeof Block)) > 0 ||
                          (Count < 0 && errno == EINTR)))
    if (Count > 0)
      Text.append(Block, static_cast<size_t>(Count));
  close(Output[0]);
  if (Process < 0)
    return std::nullopt;
  if (std::string End = waitFor(Process); !End.empty()) {
    Error = Name + " " + End;
    return std::nullopt;
  }
  return Text;
}

std::unique_ptr<BenchWorker>
BenchWorker::start(std::string Name, const std::vector<std::string> &Command,
                   std::string &Error) {
  // A worker that has ended is told by what it does not answer.
  std::signal(SIGPIPE, SIG_IGN);
  int Commands[2], Answers[2];
  if (pipe2(Commands, O_CLOEXEC) != 0) {
    Error = std::string("cannot make a pipe: ") + std::strerror(errno);
    return nullptr;
  }
  if (pipe2(Answers, O_CLOEXEC) != 0) {
    Error = std::string("cannot make a pipe: ") + std::strerror(errno);
    close(Commands[0]);
    close(Commands[1]);
    return nullptr;
  }
  std::unique_ptr<BenchWorker> Worker(new BenchWorker(std::move(Name)));
  Worker->ToWorker = Commands[1];
  Worker->FromWorker = Answers[0];
  Worker->Process = spawn(Command, Commands[0], Answers[1], Error);
  close(Commands[0]);
  close(Answers[1]);
  if (Worker->Process < 0)
    return nullptr;
  Worker->About = Worker->readAnswer(Error);
  if (Worker->About.is_discarded())
    return nullptr;
  return Worker;
}

BenchWorker::~BenchWorker() {
  if (ToWorker >= 0)
    close(ToWorker);
  if (FromWorker >= 0)
    close(FromWorker);
  if (Process > 0)
    waitFor(Process);
}

std::string BenchWorker::describeEnd() {
  std::string End = waitFor(Process);
  Process = -1;
  return Name + " " + (End.empty() ? "ended before its time" : End);
}

BenchWorker::Json BenchWorker::readAnswer(std::string &Error) {
  size_t Newline;
  while ((Newline = Buffered.find('\n')) == std::string::npos) {
    char Block[65536];
    ssize_t Count = read(FromWorker, Block, sizeof Block);
    if (Count < 0 && errno == EINTR)
      continue;
    if (Count <= 0) {
      Error = describeEnd();
      return Json(Json::value_t::discarded);
    }
    Buffered.append(Block, static_cast<size_t>(Count));
  }
  Json Answer = Json::parse(Buffered.begin(), Buffered.begin() + Newline,
                            nullptr, /*allow_exceptions=*/false);
  Buffered.erase(0, Newline + 1);
  if (!Answer.is_object()) {
    Error = Name + " gave an answer that is not understood";
    return Json(Json::value_t::discarded);
  }
  return Answer;
}

BenchWorker::Json BenchWorker::run(int64_t Steps, std::string &Error) {
  std::string Line = "run " + std::to_string(Steps) + "\n";
  // A short line is one write.
  if (write(ToWorker, Line.data(), Line.size()) < 0) {
    Error = describeEnd();
    return Json(Json::value_t::discarded);
  }
  return readAnswer(Error);
}

} // namespace stator::driver
