#include "runtime/core/JsonLog.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/StatusMacros.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace stator::runtime {

std::string formatStep(const StepRecord &Record) {
  std::string Line = absl::StrCat(
      "{\"step\": ", Record.Step, ", \"loss\": ", formatFloat(Record.Loss),
      ", \"lr\": ", formatFloat(Record.LearningRate),
      ", \"grad_norm\": ", formatFloat(Record.GradientNorm),
      absl::StrFormat(", \"ms\": %.3f, \"tokens_per_s\": %.1f",
                      Record.Milliseconds, Record.TokensPerSecond));
  if (Record.ValidationLoss) {
    absl::StrAppendFormat(&Line, ", \"val_loss\": %.9g",
                          *Record.ValidationLoss);
    // JSON has no infinity, which e^710 is.
    double Perplexity = Record.validationPerplexity();
    if (std::isfinite(Perplexity))
      absl::StrAppendFormat(&Line, ", \"val_perplexity\": %.9g", Perplexity);
  }
  return Line + "}\n";
}

JsonLog &JsonLog::operator=(JsonLog &&Other) noexcept {
  std::swap(Path, Other.Path);
  std::swap(Descriptor, Other.Descriptor);
  return *this;
}

JsonLog::~JsonLog() {
  if (Descriptor >= 0)
    ::close(Descriptor);
}

/// Bytes of \p Text up to the end of the line of step \p LastStep. A line that
/// a killed process left unfinished at the very end is not counted.
static absl::StatusOr<size_t>
lengthUpTo(absl::string_view Text, int64_t LastStep, const std::string &Path) {
  size_t Length = 0;
  while (Length < Text.size()) {
    size_t End = Text.find('\n', Length);
    if (End == absl::string_view::npos)
      return Length;
    absl::string_view Line = Text.substr(Length, End - Length);
    absl::StatusOr<nlohmann::json> Json = parseJson(Line, Path);
    if (!Json.ok() || !Json->is_object() || !Json->contains("step") ||
        !Json->at("step").is_number_integer())
      return error("cannot continue the log ", Path, ": at byte ", Length,
                   " is no line of a training log\nhint: give another file as "
                   "--log");
    if (Json->at("step").get<int64_t>() > LastStep)
      return Length;
    Length = End + 1;
  }
  return Length;
}

static int openToAppend(const std::string &Path) {
  return ::open(Path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

absl::Status JsonLog::checkWritable(const std::string &Path) {
  int Descriptor = openToAppend(Path);
  if (Descriptor < 0)
    return fileError("write", Path, errno);
  ::close(Descriptor);
  return absl::OkStatus();
}

absl::StatusOr<JsonLog> JsonLog::open(const std::string &Path,
                                      int64_t KeptSteps) {
  size_t Kept = 0;
  struct stat Info;
  if (KeptSteps > 0 && ::stat(Path.c_str(), &Info) == 0 && Info.st_size > 0) {
    STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
    STATOR_ASSIGN_OR_RETURN(Kept, lengthUpTo(File.text(), KeptSteps, Path));
  }
  JsonLog Result;
  Result.Path = Path;
  Result.Descriptor = openToAppend(Path);
  if (Result.Descriptor < 0)
    return fileError("write", Path, errno);
  // A pipe or /dev/null has no length to cut.
  if (::fstat(Result.Descriptor, &Info) == 0 && S_ISREG(Info.st_mode) &&
      ::ftruncate(Result.Descriptor, static_cast<off_t>(Kept)) != 0)
    return fileError("write", Path, errno);
  return Result;
}

absl::Status JsonLog::append(const StepRecord &Record) {
  std::string Line = formatStep(Record);
  ssize_t Written;
  do
    Written = ::write(Descriptor, Line.data(), Line.size());
  while (Written < 0 && errno == EINTR);
  if (Written != static_cast<ssize_t>(Line.size()))
    return fileError("write", Path, Written < 0 ? errno : ENOSPC);
  return absl::OkStatus();
}

absl::Status JsonLog::sync() {
  if (::fsync(Descriptor) != 0 && errno != EINVAL && errno != EROFS)
    return fileError("write", Path, errno);
  return absl::OkStatus();
}

} // namespace stator::runtime
