//===- MemoryFile.h - bytes under the name of a file ------------*- C++ -*-===//
#ifndef STATOR_TESTS_FUZZ_MEMORYFILE_H
#define STATOR_TESTS_FUZZ_MEMORYFILE_H

#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace stator::runtime {

/// A file that is in memory only, for readers that open files.
class MemoryFile {
public:
  MemoryFile(const uint8_t *Data, size_t Size)
      : Descriptor(::memfd_create("input", MFD_CLOEXEC)) {
    if (Descriptor < 0 ||
        ::write(Descriptor, Data, Size) != static_cast<ssize_t>(Size))
      std::abort();
  }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;
  ~MemoryFile() { ::close(Descriptor); }

  std::string path() const {
    return "/proc/self/fd/" + std::to_string(Descriptor);
  }

private:
  int Descriptor;
};

} // namespace stator::runtime

#endif // STATOR_TESTS_FUZZ_MEMORYFILE_H
