#include "runtime/core/Interactive.h"
#include "runtime/core/ContextLimit.h"
#include "runtime/core/Errors.h"
#include "runtime/core/ExitCodes.h"
#include "runtime/core/Finite.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/StopText.h"
#include "runtime/core/TextFile.h"
#include "runtime/core/TextStream.h"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace stator::runtime {

namespace {

volatile std::sig_atomic_t Interrupted = 0;

/// Has SIGINT noted, and interrupt a read, while it lives.
class InterruptGuard {
public:
  InterruptGuard() {
    struct sigaction Action = {};
    Action.sa_handler = [](int) { Interrupted = 1; };
    ::sigaction(SIGINT, &Action, &Before);
  }
  ~InterruptGuard() { ::sigaction(SIGINT, &Before, nullptr); }
  InterruptGuard(const InterruptGuard &) = delete;
  InterruptGuard &operator=(const InterruptGuard &) = delete;

private:
  struct sigaction Before;
};

/// Lines of standard input. Not stdio's, which goes on after a signal.
class LineReader {
public:
  /// The next line without its end; nothing at the end of the input, after a
  /// signal, or if it cannot be read.
  std::optional<std::string> next() {
    for (;;) {
      if (size_t End = Held.find('\n'); End != std::string::npos) {
        std::string Line = Held.substr(0, End + 1);
        Held.erase(0, End + 1);
        return clean(Line);
      }
      if (!wait())
        return std::nullopt;
      char Bytes[4096];
      ssize_t Count = ::read(STDIN_FILENO, Bytes, sizeof Bytes);
      if (Count > 0)
        Held.append(Bytes, static_cast<size_t>(Count));
      else if (Count == 0 || errno != EINTR)
        return Held.empty() ? std::nullopt
                            : std::optional(clean(std::exchange(Held, "")));
    }
  }

private:
  /// A line of any system without its end, and without a byte order mark at the
  /// beginning of the input.
  std::string clean(absl::string_view Line) {
    Line = withoutLineEnd(Line);
    if (std::exchange(AtStart, false))
      Line = withoutByteOrderMark(Line);
    return std::string(Line);
  }

  /// Until there is something to read; false if SIGINT came. The signal is
  /// blocked but while waiting, so that none is missed in between.
  static bool wait() {
    sigset_t Blocked, Before;
    ::sigemptyset(&Blocked);
    ::sigaddset(&Blocked, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &Blocked, &Before);
    ::sigdelset(&Before, SIGINT);
    pollfd Input = {STDIN_FILENO, POLLIN, 0};
    while (!Interrupted && ::ppoll(&Input, 1, nullptr, &Before) < 0 &&
           errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &Before, nullptr);
    return !Interrupted;
  }

  std::string Held;
  bool AtStart = true;
};

class Conversation {
public:
  Conversation(const Model &Model, Decoder &Text, const InferOptions &Options,
               const GeneratorOptions &How)
      : Model(Model), Text(Text), Options(Options), How(How),
        Draw(How.Sampling), Stream(Model.writer()) {}

  absl::StatusOr<int> run();

private:
  /// Whether the context had room.
  absl::StatusOr<bool> answer(const std::string &Line);
  void show(const std::string &Piece) {
    std::fwrite(Piece.data(), 1, Piece.size(), stdout);
    std::fflush(stdout);
  }

  const Model &Model;
  Decoder &Text;
  const InferOptions &Options;
  const GeneratorOptions &How;
  Sampler Draw;
  TextStream Stream;
  std::vector<int32_t> Written; ///< everything so far
  std::vector<int32_t> Pending; ///< of that, what has not been fed
  uint32_t Generated = 0;
};

absl::StatusOr<bool> Conversation::answer(const std::string &Line) {
  bool AtStart = Written.empty();
  std::vector<int32_t> Given;
  if (!Line.empty()) {
    STATOR_ASSIGN_OR_RETURN(Given,
                            Model.encode(Line, "standard input", AtStart));
  } else if (AtStart) {
    Given = {Model.beginning()};
  }
  Stream.skip(Given);
  Pending.insert(Pending.end(), Given.begin(), Given.end());
  Written.insert(Written.end(), Given.begin(), Given.end());
  if (Pending.empty())
    return true; // the last answer ended, and there is nothing to add to it
  StopText Shown(Options.Stops);
  for (int64_t I = 0; I < How.Tokens && !Interrupted && !Shown.found(); ++I) {
    if (static_cast<int64_t>(Pending.size()) > Text.room() && How.Slide) {
      auto Kept = std::min(keptBySlide(Text.context()),
                           static_cast<int64_t>(Written.size()));
      Pending.assign(Written.end() - Kept, Written.end());
      Text.reset();
    }
    if (static_cast<int64_t>(Pending.size()) > Text.room()) {
      show(Shown.push(Stream.finish()) + Shown.finish());
      return false;
    }
    STATOR_RETURN_IF_ERROR(
        Text.feed(Pending.data(), static_cast<int64_t>(Pending.size())));
    Pending.clear();
    STATOR_RETURN_IF_ERROR(checkLogits(
        Text.logits(0), Text.vocabulary(),
        absl::StrCat("step ", Generated, " (position ", Written.size(), ")")));
    int32_t Next =
        Draw.sample(Text.logits(0), Text.vocabulary(), Generated, 0, Written);
    ++Generated;
    Written.push_back(Next);
    Pending.push_back(Next);
    if (std::ranges::find(How.StopIds, Next) != How.StopIds.end())
      break;
    show(Shown.push(Stream.push(Next)));
  }
  if (!Shown.found())
    show(Shown.push(Stream.finish()) + Shown.finish());
  return true;
}

absl::StatusOr<int> Conversation::run() {
  InterruptGuard Guard;
  Interrupted = 0;
  LineReader Lines;
  bool Terminal = ::isatty(STDIN_FILENO) != 0;
  for (;;) {
    if (Terminal)
      show("> ");
    std::optional<std::string> Line = Lines.next();
    if (!Line) {
      if (Terminal)
        show("\n");
      return Interrupted ? ExitSignal + SIGINT : int(ExitSuccess);
    }
    absl::StatusOr<bool> HadRoom = answer(*Line);
    if (!HadRoom.ok()) {
      // A line with a character that has no token can be written anew.
      if (!Terminal)
        return HadRoom.status();
      std::fprintf(stderr, "error: %s\n",
                   std::string(HadRoom.status().message()).c_str());
      continue;
    }
    // What comes from now on is meant for the next line.
    Interrupted = 0;
    show("\n");
    if (!*HadRoom) {
      std::fprintf(stderr, "the context of %s, %ld tokens, is full\nhint: %s\n",
                   Model.program().Name, static_cast<long>(Text.context()),
                   adviceForMore(Model.program()).c_str());
      return int(ExitContext);
    }
  }
}

} // namespace

absl::StatusOr<int> runInteractive(const Model &Model, Decoder &Text,
                                   const InferOptions &Options,
                                   const GeneratorOptions &How) {
  if (Text.batch() != 1)
    return usageError("--interactive needs a program compiled with --batch 1; "
                      "this one has ",
                      Text.batch());
  return Conversation(Model, Text, Options, How).run();
}

} // namespace stator::runtime
