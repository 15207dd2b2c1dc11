#include "runtime/core/RunSettings.h"
#include "absl/strings/numbers.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include "runtime/core/Flags.h"
#include <bit>
#include <cmath>
#include <limits>

namespace stator::runtime {

namespace {
/// A flag, the setting that it sets, and its number in STATOR_SETTING_*.
struct KnownSetting {
  const char *Flag, *Name;
  int64_t Number;
};
} // namespace

constexpr KnownSetting Known[] = {
    {"lr", "lr", STATOR_SETTING_LR},
    {"min-lr", "min_lr", STATOR_SETTING_MIN_LR},
    {"schedule-steps", "schedule_steps", STATOR_SETTING_SCHEDULE_STEPS},
    {"weight-decay", "weight_decay", STATOR_SETTING_WEIGHT_DECAY},
    {"clip", "clip", STATOR_SETTING_CLIP}};

std::string findSetting(const Settings &In, absl::string_view Name) {
  for (const auto &[Each, Value] : In)
    if (Each == Name)
      return Value;
  return "";
}

void putSetting(Settings &In, absl::string_view Name, std::string Value) {
  for (auto &[Each, Old] : In)
    if (Each == Name) {
      Old = std::move(Value);
      return;
    }
  In.emplace_back(Name, std::move(Value));
}

std::string showSetting(absl::string_view Value) {
  if (Value.size() >= 2 && Value.front() == '"')
    return std::string(Value.substr(1, Value.size() - 2));
  return Value.empty() || Value == "null" ? "none" : std::string(Value);
}

/// The number that a setting is, or \p Otherwise if it is none.
static double asNumber(const std::string &Value, double Otherwise) {
  double Number;
  return absl::SimpleAtod(Value, &Number) ? Number : Otherwise;
}

Settings compiledSettings(const StatorProgram &Program) {
  auto Json = nlohmann::ordered_json::parse(
      Program.Options ? Program.Options : "{}", nullptr,
      /*allow_exceptions=*/false);
  Settings Result;
  if (Json.is_object() && Json.contains("training") &&
      Json["training"].is_object())
    for (const auto &[Name, Value] : Json["training"].items())
      Result.emplace_back(Name, Value.dump());
  return Result;
}

std::vector<SettingChange> compareSettings(const Settings &Before,
                                           const Settings &Now, int64_t Step) {
  std::vector<SettingChange> Result;
  auto Has = [](const Settings &In, const std::string &Name) {
    return std::ranges::any_of(
        In, [&](const auto &Each) { return Each.first == Name; });
  };
  for (const auto &[Name, Value] : Before) {
    std::string New = Has(Now, Name) ? findSetting(Now, Name) : "null";
    if (New != Value)
      Result.push_back({Step, Name, Value, New});
  }
  for (const auto &[Name, Value] : Now)
    if (!Has(Before, Name) && Value != "null")
      Result.push_back({Step, Name, "null", Value});
  return Result;
}

std::string describeChanges(const std::vector<SettingChange> &Changes) {
  std::string Result;
  for (const SettingChange &Each : Changes)
    absl::StrAppend(&Result, Result.empty() ? "" : "\n", "  ", Each.Name, ": ",
                    showSetting(Each.From), " in the run, ",
                    showSetting(Each.To), " now");
  return Result;
}

SettingFlags::SettingFlags(const StatorProgram &Program)
    : Compiled(compiledSettings(Program)) {
  auto Number = [&](const char *Name) {
    return asNumber(findSetting(Compiled, Name), 0);
  };
  Lr = Number("lr");
  MinLr = Number("min_lr");
  WeightDecay = Number("weight_decay");
  Clip = Number("clip");
  ScheduleSteps = static_cast<int64_t>(Number("schedule_steps"));
}

void SettingFlags::declare(Flags &Table) {
  if (Compiled.empty())
    return;
  constexpr double Infinity = std::numeric_limits<double>::infinity();
  auto Unset = [&](const char *Name) -> std::string {
    std::string Value = findSetting(Compiled, Name);
    return Value.empty() || Value == "null" ? "none" : "";
  };
  Table.number("lr", "Learning rate: the peak of its schedule.", &Lr, 0,
               Infinity);
  Table.number("min-lr",
               "Learning rate at the end of a linear or cosine schedule.",
               &MinLr, 0, Infinity, /*Open=*/false, Unset("min_lr"));
  Table.integer("schedule-steps",
                "Step at which a linear or cosine schedule ends; from there on "
                "the learning rate is --min-lr.",
                &ScheduleSteps, 1, int64_t(1) << 31,
                ScheduleSteps ? "" : "--steps");
  Table.number("weight-decay",
               "Weight decay of the parameters that the model decays.",
               &WeightDecay, 0, Infinity);
  Table.number("clip",
               "Largest norm of the gradient, to which larger ones are scaled "
               "down; 0: no clipping.",
               &Clip, 0, Infinity, /*Open=*/false, Unset("clip"));
}

absl::StatusOr<Settings> SettingFlags::given(const Flags &Table) const {
  Settings Result;
  for (const KnownSetting &Each : Known) {
    if (!Table.given(Each.Flag))
      continue;
    if (findSetting(Compiled, Each.Name).empty())
      return usageError(
          "--", Each.Flag, " is for linear and cosine schedules; that of this ",
          "model is ", showSetting(findSetting(Compiled, "schedule")));
    double Number = Each.Number == STATOR_SETTING_LR       ? Lr
                    : Each.Number == STATOR_SETTING_MIN_LR ? MinLr
                    : Each.Number == STATOR_SETTING_CLIP   ? Clip
                                                           : WeightDecay;
    nlohmann::json Value = Number;
    if (Each.Number == STATOR_SETTING_SCHEDULE_STEPS)
      Value = ScheduleSteps;
    else if (Each.Number == STATOR_SETTING_CLIP && Clip == 0)
      Value = nullptr;
    Result.emplace_back(Each.Name, Value.dump());
  }
  return Result;
}

bool scheduleFollowsRun(const Settings &Compiled, const Settings &FromFlags) {
  return findSetting(Compiled, "schedule_steps") == "null" &&
         findSetting(FromFlags, "schedule_steps").empty();
}

absl::StatusOr<Settings>
effectiveSettings(Settings Compiled, const Settings &FromFlags, int64_t Steps) {
  if (scheduleFollowsRun(Compiled, FromFlags))
    putSetting(Compiled, "schedule_steps", absl::StrCat(Steps));
  for (const auto &[Name, Value] : FromFlags)
    putSetting(Compiled, Name, Value);
  std::string Lr = findSetting(Compiled, "lr"),
              MinLr = findSetting(Compiled, "min_lr");
  bool ByFlag = !findSetting(FromFlags, "lr").empty() ||
                !findSetting(FromFlags, "min_lr").empty();
  if (ByFlag && !MinLr.empty() && asNumber(MinLr, 0) > asNumber(Lr, 0))
    return usageError("the learning rate would rise instead of fall: it starts "
                      "at ",
                      Lr, " and ends at ", MinLr,
                      "\nhint: --lr has to be at least --min-lr");
  return Compiled;
}

void setSettings(const Settings &FromFlags, int64_t Steps, int64_t *Info) {
  Info[STATOR_INFO_TOTAL_STEPS] = Steps;
  Info[STATOR_INFO_SETTINGS] = 0;
  for (const KnownSetting &Each : Known) {
    std::string Value = findSetting(FromFlags, Each.Name);
    if (Value.empty())
      continue;
    // The only setting that can be none is clipping.
    double Number = asNumber(Value, std::numeric_limits<double>::infinity());
    Info[STATOR_INFO_SETTINGS] |= int64_t(1) << Each.Number;
    Info[STATOR_INFO_NUMBERS + Each.Number] = std::bit_cast<int64_t>(Number);
    if (Each.Number == STATOR_SETTING_SCHEDULE_STEPS)
      Info[STATOR_INFO_TOTAL_STEPS] = static_cast<int64_t>(Number);
  }
}

} // namespace stator::runtime
