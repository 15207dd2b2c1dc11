#include "runtime/core/MappedFile.h"
#include "runtime/core/Errors.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace stator::runtime {

MappedFile &MappedFile::operator=(MappedFile &&Other) noexcept {
  std::swap(Bytes, Other.Bytes);
  std::swap(Size, Other.Size);
  return *this;
}

MappedFile::~MappedFile() {
  if (Bytes)
    ::munmap(const_cast<uint8_t *>(Bytes), Size);
}

absl::StatusOr<MappedFile> MappedFile::open(const std::string &Path) {
  int Descriptor = ::open(Path.c_str(), O_RDONLY | O_CLOEXEC);
  if (Descriptor < 0)
    return fileError("read", Path, errno);
  MappedFile File;
  absl::Status Result;
  struct stat Info;
  if (::fstat(Descriptor, &Info) != 0) {
    Result = fileError("read", Path, errno);
  } else if (!S_ISREG(Info.st_mode)) {
    Result = S_ISDIR(Info.st_mode)
                 ? error("cannot read ", Path, ": it is a directory")
                 : error("cannot read ", Path, ": it is not a regular file");
  } else if (Info.st_size > 0) {
    auto Size = static_cast<size_t>(Info.st_size);
    void *Memory = ::mmap(nullptr, Size, PROT_READ, MAP_PRIVATE, Descriptor, 0);
    if (Memory == MAP_FAILED) {
      Result = fileError("map", Path, errno);
    } else {
      File.Bytes = static_cast<const uint8_t *>(Memory);
      File.Size = Size;
    }
  }
  ::close(Descriptor);
  if (!Result.ok())
    return Result;
  return File;
}

} // namespace stator::runtime
