//===- FileFaults.h - mapped files that lose bytes --------------*- C++ -*-===//
//
// A mapped file that another process truncates, or whose disk fails, raises
// SIGBUS where the missing bytes are read. What is to be done about it depends
// on the file, so the handler knows all ranges that are mapped.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_FILEFAULTS_H
#define STATOR_RUNTIME_CORE_FILEFAULTS_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace stator::runtime {

/// A range of memory that a file is mapped to.
struct MappedRange {
  std::atomic<uintptr_t> Begin = 0, End = 0; ///< equal if it is not in use
  std::string Path;
  /// Missing bytes read as zeros, and Faulted is set. If not, they end the
  /// process.
  std::atomic<bool> ReadsZeros = false;
  std::atomic<bool> Faulted = false;
  MappedRange *Next = nullptr; ///< in the list of all
};

/// Makes a range known to the handler. It must be forgotten before it is
/// unmapped.
MappedRange *rememberRange(const void *Begin, size_t Size,
                           const std::string &Path);
void forgetRange(MappedRange *Range);

/// Handles SIGBUS in ranges that are known: the process ends with an error that
/// names the file and with ExitFailure, or goes on, as MappedRange says. Any
/// other SIGBUS goes to the handler that was there before. For whoever owns the
/// process; calls after the first one do nothing.
void handleFileFaults();

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_FILEFAULTS_H
