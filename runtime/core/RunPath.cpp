#include "runtime/core/RunPath.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/core/AtomicFile.h"
#include <filesystem>

namespace stator::runtime {

namespace fs = std::filesystem;

static constexpr absl::string_view StepPrefix = "step-";

std::string checkpointName(int64_t Step) {
  return absl::StrCat(StepPrefix, absl::StrFormat("%08d", Step));
}

int64_t stepOfCheckpointName(absl::string_view Name) {
  int64_t Step;
  if (!absl::StartsWith(Name, StepPrefix) ||
      !absl::SimpleAtoi(Name.substr(StepPrefix.size()), &Step) || Step < 0)
    return -1;
  return Step;
}

static std::string withoutSlashes(std::string Path) {
  while (Path.size() > 1 && Path.back() == '/')
    Path.pop_back();
  return Path;
}

std::string runDirectory(const std::string &Given) {
  std::string Path = withoutSlashes(Given);
  std::string Name = fs::path(Path).filename().string();
  std::error_code Ignored;
  bool Checkpoint =
      Name == "latest" || Name == "best" || stepOfCheckpointName(Name) >= 0;
  // A run may be called like a checkpoint; only a run has a lock.
  if (!Checkpoint || fs::exists(Path + "/.lock", Ignored))
    return Path;
  return directoryOf(Path);
}

std::string checkpointFolder(const std::string &Given) {
  std::string Path = withoutSlashes(Given);
  std::error_code Ignored;
  auto Follow = [&](const std::string &Link) {
    fs::path Target = fs::read_symlink(Link, Ignored);
    if (Target.empty() || !fs::is_directory(Link, Ignored))
      return false;
    Path = Target.is_absolute() || !absl::StrContains(Link, '/')
               ? Target.string()
               : directoryOf(Link) + "/" + Target.string();
    return true;
  };
  while (Follow(Path) || Follow(Path + "/latest"))
    ;
  return Path;
}

std::string hintOfPrevious(const std::string &Path) {
  std::string Previous = runDirectory(Path) + "/previous";
  std::error_code Ignored;
  if (!fs::exists(Previous, Ignored))
    return "";
  return absl::StrCat("\nhint: the run that was to be replaced is still in ",
                      Previous);
}

} // namespace stator::runtime
