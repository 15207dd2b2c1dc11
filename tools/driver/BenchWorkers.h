//===- BenchWorkers.h - Programs that run steps on demand -------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_BENCHWORKERS_H
#define STATOR_TOOLS_DRIVER_BENCHWORKERS_H

#include "nlohmann/json.hpp"
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace stator::driver {

/// A process that serves runtime/core/BenchWorker.h: a process of its own for
/// each program, so that each has the memory and the threads that it has when
/// it is used. It ends with the object.
class BenchWorker {
public:
  using Json = nlohmann::ordered_json;

  /// Starts `Command`, an executable and its arguments. Null and an error if it
  /// cannot be started or ends at once; what it writes to stderr is shown.
  static std::unique_ptr<BenchWorker>
  start(std::string Name, const std::vector<std::string> &Command,
        std::string &Error);
  ~BenchWorker();
  BenchWorker(const BenchWorker &) = delete;
  BenchWorker &operator=(const BenchWorker &) = delete;

  /// What it said about itself when it started.
  const Json &about() const { return About; }

  /// Has it run steps and gives its answer; a discarded value and an error if
  /// it ended instead.
  Json run(int64_t Steps, std::string &Error);

private:
  explicit BenchWorker(std::string Name) : Name(std::move(Name)) {}
  Json readAnswer(std::string &Error);
  std::string describeEnd();

  std::string Name;
  pid_t Process = -1;
  int ToWorker = -1, FromWorker = -1;
  std::string Buffered;
  Json About;
};

/// Runs a command to its end with stdout thrown away. False and an error if it
/// cannot be started or fails.
bool runCommand(const std::vector<std::string> &Command, std::string &Error);

/// Runs a command to its end and gives what it wrote to stdout; nothing and an
/// error that begins with `Name` if it cannot be started or fails.
std::optional<std::string> readCommand(const std::string &Name,
                                       const std::vector<std::string> &Command,
                                       std::string &Error);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHWORKERS_H
