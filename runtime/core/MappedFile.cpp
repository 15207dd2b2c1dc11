#include "runtime/core/MappedFile.h"
#include "absl/strings/match.h"
#include "runtime/core/AvailableMemory.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

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

/// Git leaves such a text in the place of a file that is kept elsewhere.
static absl::Status checkNotPointer(absl::string_view Text,
                                    const std::string &Name) {
  constexpr absl::string_view Beginning =
      "version https://git-lfs.github.com/spec/";
  if (Text.size() > 1024 || !absl::StartsWith(Text, Beginning))
    return absl::OkStatus();
  return error(Name, " is a Git LFS pointer, not the file itself\nhint: run "
                     "`git lfs pull` in the repository to download it");
}

absl::Status MappedFile::map(int Descriptor, size_t Length,
                             const std::string &Name) {
  void *Memory = ::mmap(nullptr, Length, PROT_READ, MAP_PRIVATE, Descriptor, 0);
  if (Memory == MAP_FAILED)
    return fileError("map", Name, errno);
  Bytes = static_cast<const uint8_t *>(Memory);
  Size = Length;
  return absl::OkStatus();
}

absl::Status MappedFile::readToEnd(int Descriptor, const std::string &Name) {
  uint64_t Available = availableMemory();
  std::vector<char> Contents;
  for (size_t Used = 0;;) {
    if (Used == Contents.size()) {
      if (Available && 2 * Used > Available / 2)
        return error("cannot read ", Name,
                     ": it has no end, or is too large "
                     "to be held in memory");
      Contents.resize(std::max<size_t>(2 * Used, size_t{1} << 16));
    }
    ssize_t Count =
        ::read(Descriptor, Contents.data() + Used, Contents.size() - Used);
    if (Count < 0 && errno == EINTR)
      continue;
    if (Count < 0)
      return fileError("read", Name, errno);
    if (Count == 0) {
      Contents.resize(Used);
      break;
    }
    Used += static_cast<size_t>(Count);
  }
  if (Contents.empty())
    return absl::OkStatus();
  void *Memory = ::mmap(nullptr, Contents.size(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (Memory == MAP_FAILED)
    return fileError("read", Name, errno);
  std::memcpy(Memory, Contents.data(), Contents.size());
  Bytes = static_cast<const uint8_t *>(Memory);
  Size = Contents.size();
  return absl::OkStatus();
}

absl::StatusOr<MappedFile> MappedFile::ofDescriptor(int Descriptor,
                                                    const std::string &Name) {
  MappedFile File;
  struct stat Info;
  if (::fstat(Descriptor, &Info) != 0)
    return fileError("read", Name, errno);
  if (S_ISDIR(Info.st_mode))
    return error("cannot read ", Name, ": it is a directory");
  // A descriptor that was handed to the program may be inside of its file, and
  // files of /proc are regular without a size.
  if (S_ISREG(Info.st_mode) && Info.st_size > 0 &&
      ::lseek(Descriptor, 0, SEEK_CUR) == 0) {
    STATOR_RETURN_IF_ERROR(
        File.map(Descriptor, static_cast<size_t>(Info.st_size), Name));
  } else {
    STATOR_RETURN_IF_ERROR(File.readToEnd(Descriptor, Name));
  }
  STATOR_RETURN_IF_ERROR(checkNotPointer(File.text(), Name));
  return File;
}

absl::StatusOr<MappedFile> MappedFile::open(const std::string &Path) {
  int Descriptor = ::open(Path.c_str(), O_RDONLY | O_CLOEXEC);
  if (Descriptor < 0)
    return fileError("read", Path, errno);
  absl::StatusOr<MappedFile> File = ofDescriptor(Descriptor, Path);
  ::close(Descriptor);
  return File;
}

absl::StatusOr<MappedFile> MappedFile::openInput(const std::string &Path) {
  return Path == "-" ? ofDescriptor(STDIN_FILENO, "standard input")
                     : open(Path);
}

} // namespace stator::runtime
