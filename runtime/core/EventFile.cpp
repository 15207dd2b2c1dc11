#include "runtime/core/EventFile.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "runtime/core/Crc32c.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>
#include <vector>

namespace stator::runtime {

constexpr absl::string_view Prefix = "events.out.tfevents.";

/// Fields of the messages Event, Summary, Summary.Value and SessionLog of
/// tensorflow/core/util/event.proto and framework/summary.proto.
enum Field : uint8_t {
  EventWallTime = 1,
  EventStep = 2,
  EventFileVersion = 3,
  EventSummary = 5,
  EventSessionLog = 7,
  SummaryValue = 1,
  ValueTag = 1,
  ValueSimple = 2,
  SessionLogStatus = 1
};

/// SessionLog.START: what was said before of this step, and of later ones, does
/// not hold any more.
constexpr uint64_t SessionStart = 1;

/// \p Value in \p Bytes bytes, the lowest first.
static void putFixed(std::string &To, uint64_t Value, int Bytes) {
  for (int I = 0; I < Bytes; ++I)
    To += static_cast<char>(Value >> 8 * I & 0xff);
}

static void putVarint(std::string &To, uint64_t Value) {
  for (; Value >= 0x80; Value >>= 7)
    To += static_cast<char>(Value | 0x80);
  To += static_cast<char>(Value);
}

static void putVarint(std::string &To, Field Number, uint64_t Value) {
  putVarint(To, uint64_t(Number) << 3 | 0);
  putVarint(To, Value);
}

static void putDouble(std::string &To, Field Number, double Value) {
  putVarint(To, uint64_t(Number) << 3 | 1);
  putFixed(To, std::bit_cast<uint64_t>(Value), 8);
}

static void putFloat(std::string &To, Field Number, float Value) {
  putVarint(To, uint64_t(Number) << 3 | 5);
  putFixed(To, std::bit_cast<uint32_t>(Value), 4);
}

static void putBytes(std::string &To, Field Number, absl::string_view Bytes) {
  putVarint(To, uint64_t(Number) << 3 | 2);
  putVarint(To, Bytes.size());
  To.append(Bytes.data(), Bytes.size());
}

/// An event without its contents.
static std::string beginEvent(int64_t Step) {
  std::chrono::duration<double> Now =
      std::chrono::system_clock::now().time_since_epoch();
  std::string Event;
  putDouble(Event, EventWallTime, Now.count());
  if (Step)
    putVarint(Event, EventStep, static_cast<uint64_t>(Step));
  return Event;
}

/// As TFRecords mask their checksums, so that one of data that holds checksums
/// is a good one too.
static uint32_t maskedChecksum(absl::string_view Data) {
  return std::rotr(crc32c(Data), 15) + 0xa282ead8u;
}

/// The number in the name of the newest event file of a directory, or 0. Files
/// are read in the order of their names.
static int64_t newestFile(const std::string &Directory) {
  int64_t Newest = 0;
  std::error_code Error;
  for (std::filesystem::directory_iterator Each(Directory, Error), End;
       !Error && Each != End; Each.increment(Error)) {
    std::string Name = Each->path().filename().string();
    if (!absl::StartsWith(Name, Prefix))
      continue;
    std::vector<std::string> Parts =
        absl::StrSplit(Name.substr(Prefix.size()), '.');
    int64_t Number;
    if (absl::SimpleAtoi(Parts[0], &Number))
      Newest = std::max(Newest, Number);
  }
  return Newest;
}

EventFile &EventFile::operator=(EventFile &&Other) noexcept {
  std::swap(Path, Other.Path);
  std::swap(Descriptor, Other.Descriptor);
  return *this;
}

EventFile::~EventFile() {
  if (Descriptor >= 0)
    ::close(Descriptor);
}

absl::StatusOr<EventFile> EventFile::open(const std::string &Directory,
                                          int64_t DoneSteps) {
  std::error_code Error;
  std::filesystem::create_directories(Directory, Error);
  if (Error)
    return fileError("create", Directory, Error.value());
  int64_t Newest = newestFile(Directory);
  auto Now =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char Host[256] = "localhost";
  ::gethostname(Host, sizeof(Host) - 1);

  EventFile Result;
  Result.Path =
      absl::StrFormat("%s/%s%010d.%s.%d", Directory, Prefix,
                      std::max<int64_t>(Now, Newest + 1), Host, ::getpid());
  Result.Descriptor = ::open(Result.Path.c_str(),
                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (Result.Descriptor < 0)
    return fileError("write", Result.Path, errno);
  std::string Version = beginEvent(0);
  putBytes(Version, EventFileVersion, "brain.Event:2");
  STATOR_RETURN_IF_ERROR(Result.write(Version));
  if (!Newest)
    return Result;
  std::string Restart = beginEvent(DoneSteps + 1), Session;
  putVarint(Session, SessionLogStatus, SessionStart);
  putBytes(Restart, EventSessionLog, Session);
  STATOR_RETURN_IF_ERROR(Result.write(Restart));
  return Result;
}

absl::Status EventFile::write(const std::string &Event) {
  std::string Length, Record;
  putFixed(Length, Event.size(), 8);
  Record = Length;
  putFixed(Record, maskedChecksum(Length), 4);
  Record += Event;
  putFixed(Record, maskedChecksum(Event), 4);
  // One write, so that a process that is killed leaves whole records.
  ssize_t Written;
  do
    Written = ::write(Descriptor, Record.data(), Record.size());
  while (Written < 0 && errno == EINTR);
  if (Written != static_cast<ssize_t>(Record.size()))
    return fileError("write", Path, Written < 0 ? errno : ENOSPC);
  return absl::OkStatus();
}

absl::Status EventFile::append(const StepRecord &Record) {
  if (Descriptor < 0)
    return absl::OkStatus();
  std::string Summary;
  auto Add = [&](const char *Tag, double Number) {
    std::string Value;
    putBytes(Value, ValueTag, Tag);
    putFloat(Value, ValueSimple, static_cast<float>(Number));
    putBytes(Summary, SummaryValue, Value);
  };
  Add("loss", Record.Loss);
  Add("lr", Record.LearningRate);
  Add("grad_norm", Record.GradientNorm);
  Add("tokens_per_s", Record.TokensPerSecond);
  if (Record.ValidationLoss) {
    Add("val_loss", *Record.ValidationLoss);
    Add("val_perplexity", Record.validationPerplexity());
  }
  std::string Event = beginEvent(Record.Step);
  putBytes(Event, EventSummary, Summary);
  return write(Event);
}

absl::Status EventFile::sync() {
  if (Descriptor >= 0 && ::fsync(Descriptor) != 0 && errno != EINVAL &&
      errno != EROFS)
    return fileError("write", Path, errno);
  return absl::OkStatus();
}

} // namespace stator::runtime
