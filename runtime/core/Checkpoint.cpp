#include "runtime/core/Checkpoint.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/State.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Weights.h"
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace stator::runtime {

namespace fs = std::filesystem;

static constexpr absl::string_view StepPrefix = "step-";
static constexpr absl::string_view TemporaryPrefix = ".tmp-";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

absl::StatusOr<Checkpoint> Checkpoint::open(const std::string &Directory) {
  std::error_code Ignored;
  Checkpoint Result;
  if (!fs::exists(Directory, Ignored))
    return error("cannot resume from ", Directory, ": it does not exist");
  if (fs::exists(Directory + "/run.json", Ignored))
    Result.Path = Directory;
  else if (fs::exists(Directory + "/latest/run.json", Ignored))
    Result.Path =
        absl::StrCat(Directory, "/",
                     fs::read_symlink(Directory + "/latest", Ignored).string());
  else
    return error("cannot resume from ", Directory,
                 ": there is no checkpoint in it");
  STATOR_ASSIGN_OR_RETURN(Result.Run,
                          RunRecord::load(Result.Path + "/run.json"));
  STATOR_ASSIGN_OR_RETURN(Result.Coder, openTokenizer(Result.Path));
  return Result;
}

absl::Status Checkpoint::load(const StatorProgram &Program,
                              uint8_t *State) const {
  auto Load = [&](const char *Name, int32_t Role) -> absl::Status {
    std::error_code Ignored;
    if (Run.Step == 0 && !fs::exists(Path + Name, Ignored))
      return absl::OkStatus();
    STATOR_ASSIGN_OR_RETURN(SafetensorsFile File,
                            SafetensorsFile::open(Path + Name));
    return loadTensors(File, Program, Role, State);
  };
  if (Run.Step == 0)
    initializeState(Program, State, static_cast<uint64_t>(Run.Seed));
  STATOR_RETURN_IF_ERROR(Load("/model.safetensors", STATOR_ROLE_PARAMETER));
  return Load("/state.safetensors", STATOR_ROLE_MOMENT);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

CheckpointStore &CheckpointStore::operator=(CheckpointStore &&Other) noexcept {
  std::swap(Directory, Other.Directory);
  std::swap(Lock, Other.Lock);
  return *this;
}

CheckpointStore::~CheckpointStore() {
  if (Lock >= 0)
    ::close(Lock); // which also unlocks it
}

std::string CheckpointStore::stepPath(int64_t Step) const {
  return absl::StrCat(Directory, "/", StepPrefix,
                      absl::StrFormat("%08d", Step));
}

/// Step that a file name stands for, or -1.
static int64_t stepOfName(absl::string_view Name) {
  int64_t Step;
  if (!absl::StartsWith(Name, StepPrefix) ||
      !absl::SimpleAtoi(Name.substr(StepPrefix.size()), &Step) || Step < 0)
    return -1;
  return Step;
}

static absl::Status removeTree(const fs::path &Path) {
  std::error_code Error;
  fs::remove_all(Path, Error);
  if (Error)
    return fileError("remove", Path.string(), Error.value());
  return absl::OkStatus();
}

/// Removes what is in \p Directory and has a name that \p Select chooses.
template <typename SelectType>
static absl::Status removeIf(const std::string &Directory, SelectType Select) {
  std::error_code Error;
  std::vector<fs::path> Selected;
  for (fs::directory_iterator It(Directory, Error), End; !Error && It != End;
       It.increment(Error))
    if (Select(It->path().filename().string()))
      Selected.push_back(It->path());
  if (Error)
    return fileError("read", Directory, Error.value());
  for (const fs::path &Path : Selected)
    STATOR_RETURN_IF_ERROR(removeTree(Path));
  return absl::OkStatus();
}

absl::StatusOr<CheckpointStore>
CheckpointStore::open(const std::string &Directory, double BytesNeeded) {
  std::error_code Error;
  fs::create_directories(Directory, Error);
  if (Error)
    return fileError("create", Directory, Error.value());
  CheckpointStore Result;
  Result.Directory = Directory;
  std::string LockPath = Directory + "/.lock";
  Result.Lock = ::open(LockPath.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (Result.Lock < 0)
    return fileError("write to", Directory, errno);
  if (::flock(Result.Lock, LOCK_EX | LOCK_NB) != 0)
    return error(Directory, " is in use by another training run");
  struct statvfs Space;
  if (::statvfs(Directory.c_str(), &Space) == 0) {
    double Free = static_cast<double>(Space.f_bavail) *
                  static_cast<double>(Space.f_frsize);
    if (Free < BytesNeeded)
      return error("the checkpoints in ", Directory, " will take ",
                   formatBytes(BytesNeeded), ", but only ", formatBytes(Free),
                   " are free there");
  }
  STATOR_RETURN_IF_ERROR(removeIf(Directory, [](const std::string &Name) {
    return absl::StartsWith(Name, TemporaryPrefix);
  }));
  return Result;
}

int64_t CheckpointStore::latestStep() const {
  std::error_code Error;
  fs::path Target = fs::read_symlink(Directory + "/latest", Error);
  return Error ? -1 : stepOfName(Target.string());
}

absl::Status CheckpointStore::removeSteps(int64_t KeptStep) {
  return removeIf(Directory, [&](const std::string &Name) {
    int64_t Step = stepOfName(Name);
    return Step >= 0 && Step != KeptStep;
  });
}

absl::Status CheckpointStore::clear() {
  // The pointer first: a checkpoint that it does not name does not count.
  STATOR_RETURN_IF_ERROR(removeTree(Directory + "/latest"));
  STATOR_RETURN_IF_ERROR(syncDirectory(Directory));
  return removeSteps(-1);
}

absl::Status CheckpointStore::pointLatestTo(int64_t Step) {
  std::string Temporary =
      absl::StrCat(Directory, "/", TemporaryPrefix, "latest");
  std::string Target = fs::path(stepPath(Step)).filename().string();
  ::unlink(Temporary.c_str());
  if (::symlink(Target.c_str(), Temporary.c_str()) != 0 ||
      ::rename(Temporary.c_str(), (Directory + "/latest").c_str()) != 0)
    return fileError("write", Directory + "/latest", errno);
  return syncDirectory(Directory);
}

/// The config values of the model, as JSON: `stator export` knows from them
/// what the tensors are for.
static std::string configOf(const StatorProgram &Program) {
  auto Options = nlohmann::ordered_json::parse(
      Program.Options ? Program.Options : "", /*cb=*/nullptr,
      /*allow_exceptions=*/false);
  if (!Options.is_object() || !Options.contains("config"))
    return "{}";
  return Options["config"].dump();
}

absl::Status CheckpointStore::save(const StatorProgram &Program,
                                   const uint8_t *State, const RunRecord &Run,
                                   const Tokenizer &Coder,
                                   CheckpointParts Parts) {
  // Only the last good one stays while the next is written, so there are never
  // more than two.
  STATOR_RETURN_IF_ERROR(removeSteps(latestStep()));
  std::string Temporary =
      absl::StrCat(Directory, "/", TemporaryPrefix, StepPrefix, Run.Step);
  STATOR_RETURN_IF_ERROR(removeTree(Temporary));
  std::error_code Error;
  fs::create_directory(Temporary, Error);
  if (Error)
    return fileError("create", Temporary, Error.value());
  auto Write = [&]() -> absl::Status {
    std::map<std::string, std::string> Metadata = {
        {"format", "stator"},
        {"model", Program.Name},
        {"step", absl::StrCat(Run.Step)},
        {"seed", absl::StrCat(Run.Seed)},
        {"config", configOf(Program)},
    };
    if (Parts != CheckpointParts::Nothing)
      STATOR_RETURN_IF_ERROR(writeSafetensors(
          Temporary + "/model.safetensors",
          tensorsOf(Program, STATOR_ROLE_PARAMETER, State), Metadata));
    if (Parts == CheckpointParts::All)
      STATOR_RETURN_IF_ERROR(writeSafetensors(
          Temporary + "/state.safetensors",
          tensorsOf(Program, STATOR_ROLE_MOMENT, State), Metadata));
    STATOR_RETURN_IF_ERROR(writeTokenizerFiles(Coder.files(), Temporary));
    STATOR_RETURN_IF_ERROR(
        writeFileAtomically(Temporary + "/run.json", Run.toJson()));
    std::string Final = stepPath(Run.Step);
    if (::rename(Temporary.c_str(), Final.c_str()) != 0)
      return fileError("write", Final, errno);
    STATOR_RETURN_IF_ERROR(syncDirectory(Directory));
    return pointLatestTo(Run.Step);
  };
  absl::Status Result = Write();
  if (!Result.ok())
    removeTree(Temporary).IgnoreError();
  return Result;
}

} // namespace stator::runtime
