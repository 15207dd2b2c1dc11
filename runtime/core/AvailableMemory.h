//===- AvailableMemory.h - how much memory there is to take -----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_AVAILABLEMEMORY_H
#define STATOR_RUNTIME_CORE_AVAILABLEMEMORY_H

#include <cstdint>
#include <string>

namespace stator::runtime {

/// Bytes that this process can take without swapping, or being killed for it:
/// what the system has (/proc/meminfo), or less if it runs in a control group
/// with a limit (cgroup v2, or the memory controller of v1; a container). 0 if
/// nothing is known. Both folders are below \p Root, for tests.
uint64_t availableMemory(const std::string &Root = "");

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_AVAILABLEMEMORY_H
