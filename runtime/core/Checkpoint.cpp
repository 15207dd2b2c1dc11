#include "runtime/core/Checkpoint.h"
#include "absl/strings/match.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/CompiledConfig.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/RunPath.h"
#include "runtime/core/State.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Weights.h"
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace stator::runtime {

namespace fs = std::filesystem;

static constexpr absl::string_view TemporaryPrefix = ".tmp-";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

absl::StatusOr<Checkpoint> Checkpoint::open(const RunLock &Lock,
                                            const std::string &Path) {
  std::error_code Ignored;
  Checkpoint Result;
  Result.Path = checkpointFolder(Path);
  if (!fs::exists(Result.Path + "/run.json", Ignored))
    return error("cannot resume from ", Path, ": there is no checkpoint in it",
                 hintOfPrevious(Path));
  STATOR_ASSIGN_OR_RETURN(Result.Run,
                          RunRecord::load(Result.Path + "/run.json"));
  STATOR_RETURN_IF_ERROR(Result.Run.verifyFiles(Result.Path));
  // Saving goes on beside it, under the names that the steps have there.
  std::string Name = checkpointName(Result.Run.Step);
  if (fs::path(Result.Path).filename() != Name)
    return error("cannot resume from ", Path, ": ", Result.Path,
                 " is a copy of ", Name,
                 " outside of its run\nhint: rename it to ", Name,
                 " in a directory of its own, or begin a run with its weights: "
                 "--init-from");
  if (!Lock.held())
    return error("cannot resume from ", Path, ": it is in no run");
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

std::string CheckpointStore::stepPath(int64_t Step) const {
  return absl::StrCat(path(), "/", checkpointName(Step));
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

/// The steps whose checkpoints are in \p Directory, the last one first.
static std::vector<int64_t> stepsIn(const std::string &Directory) {
  std::vector<int64_t> Steps;
  std::error_code Error;
  for (fs::directory_iterator It(Directory, Error), End; !Error && It != End;
       It.increment(Error))
    if (int64_t Step = stepOfCheckpointName(It->path().filename().string());
        Step >= 0)
      Steps.push_back(Step);
  std::sort(Steps.rbegin(), Steps.rend());
  return Steps;
}

absl::StatusOr<CheckpointStore> CheckpointStore::open(RunLock Lock,
                                                      double BytesNeeded) {
  CheckpointStore Result;
  Result.Lock = std::move(Lock);
  const std::string &Directory = Result.path();
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

int64_t CheckpointStore::linkedStep(const char *Link) const {
  std::error_code Error;
  fs::path Target = fs::read_symlink(absl::StrCat(path(), "/", Link), Error);
  return Error ? -1 : stepOfCheckpointName(Target.string());
}

absl::Status CheckpointStore::point(const char *Link, int64_t Step) {
  std::string Temporary = absl::StrCat(path(), "/", TemporaryPrefix, Link);
  std::string Final = absl::StrCat(path(), "/", Link);
  ::unlink(Temporary.c_str());
  if (::symlink(checkpointName(Step).c_str(), Temporary.c_str()) != 0 ||
      ::rename(Temporary.c_str(), Final.c_str()) != 0)
    return fileError("write", Final, errno);
  return syncDirectory(path());
}

absl::Status CheckpointStore::pointTo(RunRecord &Run) {
  STATOR_RETURN_IF_ERROR(point("latest", Run.Step));
  std::error_code Ignored;
  if (Run.BestStep && fs::exists(stepPath(Run.BestStep), Ignored))
    return point("best", Run.BestStep);
  Run.BestStep = 0;
  return removeTree(path() + "/best");
}

absl::Status CheckpointStore::prune(int64_t Others, int64_t Best) {
  int64_t Latest = latestStep();
  return removeIf(
      path(), [&, Steps = stepsIn(path())](const std::string &Name) {
        int64_t Step = stepOfCheckpointName(Name);
        if (Step < 0 || Step == Latest || (Step == Best && Step > 0))
          return false;
        // How many there are between it and the latest one.
        auto Between =
            std::count_if(Steps.begin(), Steps.end(), [&](int64_t Other) {
              return Other > Step && Other < Latest;
            });
        return Step > Latest || Between >= Others;
      });
}

//===----------------------------------------------------------------------===//
// The run that is replaced
//===----------------------------------------------------------------------===//

static bool isRun(const std::string &Directory) {
  std::error_code Ignored;
  return fs::is_symlink(Directory + "/latest", Ignored) ||
         !stepsIn(Directory).empty();
}

bool CheckpointStore::holdsRun(const std::string &Directory) {
  return isRun(Directory) || isRun(Directory + "/previous");
}

bool CheckpointStore::keepsPrevious() const {
  std::error_code Ignored;
  return fs::exists(path() + "/previous/latest", Ignored);
}

absl::Status CheckpointStore::removePrevious() {
  std::string Previous = path() + "/previous";
  std::error_code Ignored;
  if (!fs::exists(Previous, Ignored))
    return absl::OkStatus();
  // Someone may have resumed it there; then it is theirs.
  absl::StatusOr<RunLock> Unused = RunLock::acquire(Previous);
  return Unused.ok() ? removeTree(Previous) : absl::OkStatus();
}

absl::Status CheckpointStore::putAside() {
  std::string Previous = path() + "/previous";
  std::error_code Ignored;
  bool Trained = fs::exists(path() + "/latest/state.safetensors", Ignored);
  if (keepsPrevious() && !Trained) {
    // The pointer first: a checkpoint that it does not name does not count.
    for (const char *Link : {"/latest", "/best"})
      STATOR_RETURN_IF_ERROR(removeTree(path() + Link));
    STATOR_RETURN_IF_ERROR(syncDirectory(path()));
    return removeIf(path(), [](const std::string &Name) {
      return stepOfCheckpointName(Name) >= 0;
    });
  }
  if (!isRun(path()))
    return absl::OkStatus();
  if (keepsPrevious())
    STATOR_RETURN_IF_ERROR(removePrevious());
  // If this is interrupted, it goes on from where it was: `latest` stays until
  // all it needs is on the other side, and each file is there once.
  fs::create_directory(Previous, Ignored);
  auto Move = [&](const std::string &Name) -> absl::Status {
    STATOR_RETURN_IF_ERROR(removeTree(Previous + "/" + Name));
    std::string From = path() + "/" + Name, To = Previous + "/" + Name;
    return ::rename(From.c_str(), To.c_str()) == 0
               ? absl::OkStatus()
               : fileError("move", From, errno);
  };
  for (int64_t Step : stepsIn(path()))
    STATOR_RETURN_IF_ERROR(Move(checkpointName(Step)));
  std::string Log = path() + "/log.jsonl";
  if (fs::is_symlink(Log, Ignored)) {
    // Where it leads to, the new run may write too.
    fs::copy_file(Log, Previous + "/log.jsonl",
                  fs::copy_options::overwrite_existing, Ignored);
    STATOR_RETURN_IF_ERROR(removeTree(Log));
  } else if (fs::exists(Log, Ignored)) {
    STATOR_RETURN_IF_ERROR(Move("log.jsonl"));
  }
  for (const char *Link : {"best", "latest"})
    if (fs::is_symlink(absl::StrCat(path(), "/", Link), Ignored))
      STATOR_RETURN_IF_ERROR(Move(Link));
  STATOR_RETURN_IF_ERROR(syncDirectory(Previous));
  return syncDirectory(path());
}

//===----------------------------------------------------------------------===//
// Saving
//===----------------------------------------------------------------------===//

absl::Status CheckpointStore::save(const StatorProgram &Program,
                                   const uint8_t *State, const RunRecord &Run,
                                   const Tokenizer &Coder,
                                   CheckpointParts Parts) {
  // Before, so that there are never more than will stay; the last good one is
  // needed until the next is whole.
  constexpr int64_t All = std::numeric_limits<int64_t>::max();
  int64_t Best = std::max<int64_t>(linkedStep("best"), 0);
  STATOR_RETURN_IF_ERROR(
      prune(Run.Keep ? std::max<int64_t>(Run.Keep - 2, 0) : All, Best));
  std::string Temporary =
      absl::StrCat(path(), "/", TemporaryPrefix, checkpointName(Run.Step));
  STATOR_RETURN_IF_ERROR(removeTree(Temporary));
  std::error_code Error;
  fs::create_directory(Temporary, Error);
  if (Error)
    return fileError("create", Temporary, Error.value());
  auto Write = [&]() -> absl::Status {
    const std::map<std::string, std::string> Metadata = {
        {"format", "stator"},
        {"model", Program.Name},
        {"step", absl::StrCat(Run.Step)},
        {"seed", absl::StrCat(Run.Seed)},
        {"config", compiledConfig(Program).dump()},
    };
    auto WriteTensors = [&](const char *Name, int32_t Role) {
      std::vector<SafetensorsTensor> Tensors = tensorsOf(Program, Role, State);
      std::map<std::string, std::string> All = Metadata;
      All.insert(checksumMetadata(Tensors));
      return writeSafetensors(Temporary + Name, Tensors, All);
    };
    if (Parts != CheckpointParts::Nothing)
      STATOR_RETURN_IF_ERROR(
          WriteTensors("/model.safetensors", STATOR_ROLE_PARAMETER));
    if (Parts == CheckpointParts::All)
      STATOR_RETURN_IF_ERROR(
          WriteTensors("/state.safetensors", STATOR_ROLE_MOMENT));
    STATOR_RETURN_IF_ERROR(writeTokenizerFiles(Coder.files(), Temporary));
    STATOR_RETURN_IF_ERROR(
        writeFileAtomically(Temporary + "/run.json", Run.toJson()));
    std::string Final = stepPath(Run.Step);
    if (::rename(Temporary.c_str(), Final.c_str()) != 0)
      return fileError("write", Final, errno);
    STATOR_RETURN_IF_ERROR(syncDirectory(path()));
    if (Run.BestStep == Run.Step && Run.Step > 0)
      STATOR_RETURN_IF_ERROR(point("best", Run.Step));
    return point("latest", Run.Step);
  };
  if (absl::Status Result = Write(); !Result.ok()) {
    removeTree(Temporary).IgnoreError();
    return Result;
  }
  if (Run.Keep == 1 || Run.BestStep != Best)
    STATOR_RETURN_IF_ERROR(prune(Run.Keep ? Run.Keep - 1 : All, Run.BestStep));
  return Parts == CheckpointParts::All ? removePrevious() : absl::OkStatus();
}

absl::Status CheckpointStore::update(const RunRecord &Run) {
  STATOR_RETURN_IF_ERROR(
      writeFileAtomically(stepPath(Run.Step) + "/run.json", Run.toJson()));
  return Run.BestStep == Run.Step ? point("best", Run.Step) : absl::OkStatus();
}

} // namespace stator::runtime
