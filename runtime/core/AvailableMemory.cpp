//===- AvailableMemory.cpp - how much memory there is to take -------------===//

#include "runtime/core/AvailableMemory.h"
#include <algorithm>
#include <fstream>
#include <limits>

namespace stator::runtime {

static constexpr uint64_t Unknown = std::numeric_limits<uint64_t>::max();

/// The number in a file; Unknown for "max" and where there is none.
static uint64_t readNumber(const std::string &Path) {
  std::ifstream File(Path);
  uint64_t Number;
  return File >> Number ? Number : Unknown;
}

/// The number behind a word in a file.
static uint64_t readEntry(const std::string &Path, const std::string &Name) {
  std::ifstream File(Path);
  for (std::string Word; File >> Word;) {
    uint64_t Number;
    if (Word == Name && File >> Number)
      return Number;
  }
  return Unknown;
}

/// What a group and all groups around it leave: limit less use. Cached files
/// that nobody has touched for a while count as used but can be dropped.
static uint64_t roomInGroup(const std::string &Base, std::string Group,
                            const std::string &LimitName,
                            const std::string &UseName) {
  uint64_t Room = Unknown;
  while (true) {
    const std::string Folder = Base + Group + "/";
    const uint64_t Limit = readNumber(Folder + LimitName);
    const uint64_t Use = readNumber(Folder + UseName);
    if (Limit != Unknown && Use != Unknown) {
      const uint64_t Cached =
          readEntry(Folder + "memory.stat", "inactive_file");
      const uint64_t Held =
          Cached == Unknown ? Use : Use - std::min(Use, Cached);
      Room = std::min(Room, Limit - std::min(Limit, Held));
    }
    if (Group.empty())
      return Room;
    // In a container the groups around it may be hidden, and its own be the
    // root; the path then leads nowhere, but the root is reached.
    Group.resize(Group.rfind('/') == std::string::npos ? 0 : Group.rfind('/'));
  }
}

uint64_t availableMemory(const std::string &Root) {
  uint64_t Available = readEntry(Root + "/proc/meminfo", "MemAvailable:");
  if (Available != Unknown)
    Available *= 1024;
  std::ifstream Groups(Root + "/proc/self/cgroup");
  // Lines are hierarchy:controllers:path; that of v2 is 0::path.
  for (std::string Line; std::getline(Groups, Line);) {
    const size_t First = Line.find(':');
    const size_t Second =
        First == std::string::npos ? First : Line.find(':', First + 1);
    if (Second == std::string::npos)
      continue;
    const std::string Controllers =
        "," + Line.substr(First + 1, Second - First - 1) + ",";
    std::string Group = Line.substr(Second + 1);
    if (Group == "/")
      Group.clear();
    if (Controllers == ",,")
      Available =
          std::min(Available, roomInGroup(Root + "/sys/fs/cgroup", Group,
                                          "memory.max", "memory.current"));
    else if (Controllers.find(",memory,") != std::string::npos)
      Available =
          std::min(Available, roomInGroup(Root + "/sys/fs/cgroup/memory", Group,
                                          "memory.limit_in_bytes",
                                          "memory.usage_in_bytes"));
  }
  return Available == Unknown ? 0 : std::max<uint64_t>(Available, 1);
}

} // namespace stator::runtime
