#include "runtime/core/Progress.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/core/Format.h"
#include <algorithm>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

namespace stator::runtime {

constexpr std::chrono::seconds TimeBetweenLines(30);

Progress::Progress(int64_t FirstStep, int64_t Steps, bool Quiet,
                   std::function<Clock::time_point()> Now)
    : FirstStep(FirstStep), Steps(Steps), Quiet(Quiet),
      Bar(!Quiet && ::isatty(STDERR_FILENO)),
      Lines(!Bar || !::isatty(STDOUT_FILENO)), Now(std::move(Now)),
      LastLine(this->Now()) {}

static size_t terminalWidth() {
  struct winsize Size;
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &Size) == 0 && Size.ws_col > 0)
    return Size.ws_col;
  return 80;
}

void Progress::clear() {
  if (!std::exchange(Drawn, false))
    return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void Progress::draw(const std::string &Line) {
  // A line that wraps could not be redrawn.
  std::string Cut = Line.substr(0, terminalWidth() - 1);
  std::fprintf(stderr, "\r%s\033[K", Cut.c_str());
  std::fflush(stderr);
  Drawn = true;
  LastDrawn = Now();
}

void Progress::activity(const std::string &What) {
  if (Bar)
    draw(What);
}

void Progress::message(const std::string &Line) {
  if (!Quiet)
    result(Line);
}

void Progress::result(const std::string &Line) {
  clear();
  std::printf("%s\n", Line.c_str());
  std::fflush(stdout);
}

void Progress::step(const StepRecord &Record) {
  if (Quiet)
    return;
  // The mean over about ten steps, or over all while they are fewer.
  auto Seen =
      static_cast<double>(std::min<int64_t>(Record.Step - FirstStep, 10));
  SmoothMilliseconds += (Record.Milliseconds - SmoothMilliseconds) / Seen;
  std::string Evaluated =
      Record.ValidationLoss
          ? absl::StrFormat("  val_loss %.4f  perplexity %.4g",
                            *Record.ValidationLoss,
                            Record.validationPerplexity())
          : "";
  double Speed =
      Record.TokensPerSecond * Record.Milliseconds / SmoothMilliseconds;
  std::string Numbers =
      absl::StrFormat("loss %.4f  lr %.2e  %s tokens/s", Record.Loss,
                      Record.LearningRate, formatCount(Speed));
  double Seconds =
      static_cast<double>(Steps - Record.Step) * SmoothMilliseconds / 1000.0;
  std::string Left = Record.Step < Steps
                         ? absl::StrCat("  ", formatDuration(Seconds), " left")
                         : "";
  if (Record.ValidationLoss ||
      (Lines && Now() - LastLine >= TimeBetweenLines)) {
    message(absl::StrCat("step ", Record.Step, "/", Steps, "  ", Numbers,
                         Evaluated, Left));
    LastLine = Now();
  }
  bool Soon = Now() - LastDrawn < std::chrono::milliseconds(100);
  if (!Bar || (Soon && Drawn && Record.Step < Steps))
    return;
  std::string Text =
      absl::StrCat(" ", Record.Step, "/", Steps, "  ", Numbers, Left);
  // The bar has what the text leaves of the line.
  size_t Room = terminalWidth() - 1;
  size_t Width =
      Text.size() < Room ? std::min<size_t>(Room - Text.size(), 30) : 0;
  size_t Filled = Width * static_cast<size_t>(Record.Step) /
                  static_cast<size_t>(std::max<int64_t>(1, Steps));
  draw(absl::StrCat(std::string(Filled, '#'), std::string(Width - Filled, '.'),
                    Text));
}

} // namespace stator::runtime
