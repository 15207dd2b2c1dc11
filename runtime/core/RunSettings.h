//===- RunSettings.h - what a run trains with -------------------*- C++ -*-===//
//
// The settings of the optimizer come from the `train` block that the program
// was compiled with. Flags may replace some of them when a run begins. A run
// records both, so that it goes on with the same ones when it is resumed.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_RUNSETTINGS_H
#define STATOR_RUNTIME_CORE_RUNSETTINGS_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stator::runtime {

class Flags;

/// Names of settings and their values, which are written as JSON: ("lr",
/// "0.0006"), ("optimizer", "\"adamw\""), ("clip", "null").
using Settings = std::vector<std::pair<std::string, std::string>>;

/// The value of \p Name, or "" if it is not among them.
std::string findSetting(const Settings &In, absl::string_view Name);
/// Gives \p Name a value.
void putSetting(Settings &In, absl::string_view Name, std::string Value);
/// A value as users read it: without quotes, "none" for null.
std::string showSetting(absl::string_view Value);

/// The settings that a program was compiled with; empty if it does not say.
Settings compiledSettings(const StatorProgram &Program);

/// A setting that is not what it was before Step.
struct SettingChange {
  int64_t Step = 0;
  std::string Name, From, To;
};

/// The settings in which \p Now is not \p Before.
std::vector<SettingChange> compareSettings(const Settings &Before,
                                           const Settings &Now, int64_t Step);

/// "  lr: 0.0006 in the run, 0.001 now", a line for each change.
std::string describeChanges(const std::vector<SettingChange> &Changes);

/// The flags by which a run sets numbers of the optimizer.
class SettingFlags {
public:
  explicit SettingFlags(const StatorProgram &Program);

  /// Declares them, with the compiled numbers as defaults.
  void declare(Flags &Table);

  /// The settings that were given. Errors: the model has no such setting.
  absl::StatusOr<Settings> given(const Flags &Table) const;

private:
  Settings Compiled;
  double Lr = 0, MinLr = 0, WeightDecay = 0, Clip = 0;
  int64_t ScheduleSteps = 0;
};

/// \p Compiled with what the run sets, \p FromFlags, in place. A schedule that
/// names no last step ends after \p Steps. Errors: they do not go together.
absl::StatusOr<Settings>
effectiveSettings(Settings Compiled, const Settings &FromFlags, int64_t Steps);

/// Whether the last step of the schedule is that of the run.
bool scheduleFollowsRun(const Settings &Compiled, const Settings &FromFlags);

/// Hands what the run sets to the entry points: fills in their settings and
/// where schedules end.
void setSettings(const Settings &FromFlags, int64_t Steps, int64_t *Info);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_RUNSETTINGS_H
