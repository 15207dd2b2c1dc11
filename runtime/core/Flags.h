//===- Flags.h - command lines of compiled programs -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_FLAGS_H
#define STATOR_RUNTIME_CORE_FLAGS_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace stator::runtime {

/// The flags of one program. The value that a target holds when its flag is
/// declared is the default, and is shown by help().
///
/// Not absl::flags: those are global, and the interpreters run training and
/// generation, whose flags overlap, in one process with flags of their own.
class Flags {
public:
  /// Begins a group of flags in the help.
  void section(std::string Title);

  /// An integer from \p Min to \p Max. \p Unset is what the help says of the
  /// default instead of its value.
  void integer(std::string Name, std::string Help, int64_t *Target, int64_t Min,
               int64_t Max = std::numeric_limits<int64_t>::max(),
               std::string Unset = "");
  /// A finite number in [Min, Max], or in [Min, Max) if \p Open.
  void number(std::string Name, std::string Help, double *Target, double Min,
              double Max, bool Open = false, std::string Unset = "");
  /// \p Value is what the help calls the value: "FILE".
  void text(std::string Name, std::string Value, std::string Help,
            std::string *Target, std::string Unset = "");
  void choice(std::string Name, std::string Help, std::string *Target,
              std::vector<std::string> Choices, std::string Unset);
  void toggle(std::string Name, std::string Help, bool *Target);
  /// A text that may be given several times; the target holds all of them.
  void list(std::string Name, std::string Value, std::string Help,
            std::vector<std::string> *Target, std::string Unset = "");
  /// An integer that may be left out: `--name` alone means \p Implied.
  void optionalInteger(std::string Name, std::string Help, int64_t *Target,
                       int64_t Implied, int64_t Min, int64_t Max);

  /// Reads `--name value`, `--name=value`, `--name`, and `-h` for --help.
  /// Errors (usageError):
  /// an unknown flag, with the known one that it stands for or is nearest to; a
  /// flag twice; a missing or impossible value, with its range; an argument
  /// that is no flag.
  absl::Status parse(const std::vector<std::string> &Arguments);

  /// Whether \p Name was on the command line.
  bool given(absl::string_view Name) const;

  /// Whether a flag of that name was declared, and whether a value follows it.
  bool knows(absl::string_view Name) const;
  bool takesValue(absl::string_view Name) const;

  /// One paragraph a flag, with default and range.
  std::string help() const;

private:
  struct Flag {
    std::string Name, Value, Help, Range, Default;
    /// Stores a value; false if it is impossible. Null for a toggle.
    std::function<bool(const std::string &)> Store;
    bool *Toggle = nullptr;
    /// For a flag without its value; null where it needs one.
    std::function<void()> Imply;
    bool Given = false, Repeats = false;
    bool Section = false;
  };

  Flag *find(absl::string_view Name);
  bool isFlag(absl::string_view Argument);
  std::string suggest(const std::string &Name) const;

  std::vector<Flag> All;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_FLAGS_H
