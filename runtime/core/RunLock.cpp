#include "runtime/core/RunLock.h"
#include "runtime/core/Errors.h"
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace stator::runtime {

RunLock &RunLock::operator=(RunLock &&Other) noexcept {
  std::swap(Directory, Other.Directory);
  std::swap(Descriptor, Other.Descriptor);
  return *this;
}

RunLock::~RunLock() {
  if (Descriptor >= 0)
    ::close(Descriptor); // which also unlocks it
}

absl::StatusOr<RunLock> RunLock::acquire(const std::string &Directory) {
  RunLock Result;
  Result.Directory = Directory;
  std::string Path = Directory + "/.lock";
  Result.Descriptor = ::open(Path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (Result.Descriptor < 0)
    return fileError("write to", Directory, errno);
  if (::flock(Result.Descriptor, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK
               ? error(Directory, " is in use by another training run")
               : fileError("lock", Path, errno);
  return Result;
}

absl::StatusOr<RunLock> RunLock::create(const std::string &Directory) {
  std::error_code Error;
  std::filesystem::create_directories(Directory, Error);
  if (Error)
    return fileError("create", Directory, Error.value());
  return acquire(Directory);
}

} // namespace stator::runtime
