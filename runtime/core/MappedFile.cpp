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

static int64_t timeOf(const struct stat &Info) {
  return Info.st_mtim.tv_sec * int64_t(1000000000) + Info.st_mtim.tv_nsec;
}

MappedFile &MappedFile::operator=(MappedFile &&Other) noexcept {
  std::swap(Bytes, Other.Bytes);
  std::swap(Size, Other.Size);
  std::swap(Descriptor, Other.Descriptor);
  std::swap(Modified, Other.Modified);
  std::swap(Range, Other.Range);
  return *this;
}

MappedFile::~MappedFile() {
  if (Range)
    forgetRange(Range);
  if (Bytes)
    ::munmap(const_cast<uint8_t *>(Bytes), Size);
  if (Descriptor >= 0)
    ::close(Descriptor);
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

absl::Status MappedFile::map(int From, const struct stat &Info,
                             const std::string &Name) {
  auto Length = static_cast<size_t>(Info.st_size);
  void *Memory = ::mmap(nullptr, Length, PROT_READ, MAP_PRIVATE, From, 0);
  if (Memory == MAP_FAILED)
    return fileError("map", Name, errno);
  Bytes = static_cast<const uint8_t *>(Memory);
  Size = Length;
  Modified = timeOf(Info);
  Range = rememberRange(Memory, Length, Name);
  Descriptor = ::fcntl(From, F_DUPFD_CLOEXEC, 0);
  return Descriptor < 0 ? fileError("read", Name, errno) : absl::OkStatus();
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
    STATOR_RETURN_IF_ERROR(File.map(Descriptor, Info, Name));
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

void MappedFile::readZerosForMissing() {
  if (Range)
    Range->ReadsZeros = true;
}

absl::Status MappedFile::checkSize() const {
  if (!Range)
    return absl::OkStatus();
  struct stat Info;
  if (::fstat(Descriptor, &Info) != 0)
    return fileError("read", Range->Path, errno);
  auto Now = static_cast<size_t>(Info.st_size);
  if (Now != Size)
    return error(Range->Path, " was ", Now < Size ? "truncated" : "extended",
                 " while it was in use: it had ", Size, " bytes and now has ",
                 Now);
  if (Range->Faulted)
    return error(Range->Path, " has ", Size,
                 " bytes, but some of them could not be read: it was truncated "
                 "for a while, or its disk has failed");
  return absl::OkStatus();
}

int64_t MappedFile::modified() const {
  struct stat Info;
  return Range && ::fstat(Descriptor, &Info) == 0 ? timeOf(Info) : Modified;
}

absl::Status MappedFile::checkUnchanged() const {
  STATOR_RETURN_IF_ERROR(checkSize());
  return modified() != Modified
             ? error(Range->Path, " was written to while it was read")
             : absl::OkStatus();
}

} // namespace stator::runtime
