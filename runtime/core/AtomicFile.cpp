#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace stator::runtime {

AtomicFile::AtomicFile(AtomicFile &&Other) noexcept
    : Path(std::move(Other.Path)), Temporary(std::move(Other.Temporary)),
      Descriptor(std::exchange(Other.Descriptor, -1)) {}

AtomicFile::~AtomicFile() {
  if (Descriptor < 0)
    return;
  ::close(Descriptor);
  if (!Temporary.empty())
    ::unlink(Temporary.c_str());
}

/// Where the links of \p Path end; \p Path itself if they end nowhere.
static std::string followLinks(const std::string &Path) {
  char *Real = ::realpath(Path.c_str(), nullptr);
  std::string Result = Real ? Real : Path;
  std::free(Real);
  return Result;
}

absl::StatusOr<AtomicFile> AtomicFile::create(const std::string &Name) {
  struct stat Info;
  if (::stat(Name.c_str(), &Info) == 0 && !S_ISREG(Info.st_mode) &&
      !S_ISDIR(Info.st_mode)) {
    // Renaming over /dev/null would put a plain file in its place.
    int Descriptor = ::open(Name.c_str(), O_WRONLY | O_CLOEXEC);
    if (Descriptor < 0)
      return fileError("write", Name, errno);
    return AtomicFile(Name, "", Descriptor);
  }
  bool Link = ::lstat(Name.c_str(), &Info) == 0 && S_ISLNK(Info.st_mode);
  std::string Path = Link ? followLinks(Name) : Name;
  std::string Temporary = absl::StrCat(Path, ".tmp-", ::getpid());
  int Descriptor =
      ::open(Temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (Descriptor < 0)
    return fileError("write", Path, errno);
  return AtomicFile(Path, std::move(Temporary), Descriptor);
}

absl::Status AtomicFile::write(const void *Data, size_t Size) {
  // One write(2) moves at most 2 GB; larger ones would come back short anyway.
  constexpr size_t LargestWrite = size_t(1) << 30;
  const char *Next = static_cast<const char *>(Data);
  while (Size > 0) {
    ssize_t Written = ::write(Descriptor, Next, std::min(Size, LargestWrite));
    if (Written < 0 && errno == EINTR)
      continue;
    if (Written < 0)
      return fileError("write", Path, errno);
    Next += Written;
    Size -= static_cast<size_t>(Written);
  }
  return absl::OkStatus();
}

absl::Status AtomicFile::commit() {
  if (Temporary.empty())
    return ::close(std::exchange(Descriptor, -1)) == 0
               ? absl::OkStatus()
               : fileError("write", Path, errno);
  if (::fsync(Descriptor) != 0)
    return fileError("write", Path, errno);
  if (::rename(Temporary.c_str(), Path.c_str()) != 0)
    return fileError("write", Path, errno);
  ::close(std::exchange(Descriptor, -1));
  return syncDirectory(directoryOf(Path));
}

absl::Status writeFileAtomically(const std::string &Path,
                                 absl::string_view Contents) {
  STATOR_ASSIGN_OR_RETURN(AtomicFile File, AtomicFile::create(Path));
  STATOR_RETURN_IF_ERROR(File.write(Contents.data(), Contents.size()));
  return File.commit();
}

absl::Status syncDirectory(const std::string &Path) {
  int Descriptor = ::open(Path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (Descriptor < 0)
    return fileError("open", Path, errno);
  // Some network file systems refuse to sync a directory; that is no error.
  int Result = ::fsync(Descriptor) != 0 && errno != EINVAL ? errno : 0;
  ::close(Descriptor);
  return Result ? fileError("write", Path, Result) : absl::OkStatus();
}

std::string directoryOf(const std::string &Path) {
  size_t Slash = Path.rfind('/');
  if (Slash == std::string::npos)
    return ".";
  return Slash == 0 ? "/" : Path.substr(0, Slash);
}

} // namespace stator::runtime
