#include "runtime/core/RunRecord.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Checksum.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/StatusMacros.h"
#include <filesystem>

namespace stator::runtime {

/// Calls \p Field(name, member) for every member, so that writing and reading
/// cannot disagree.
template <typename RecordType, typename FieldType>
static void forEachField(RecordType &Run, FieldType Field) {
  Field("model", Run.Model);
  Field("batch", Run.Batch);
  Field("time", Run.Time);
  Field("vocabulary", Run.Vocabulary);
  Field("micro_batches", Run.MicroBatches);
  Field("step", Run.Step);
  Field("steps", Run.Steps);
  Field("seed", Run.Seed);
  Field("data", Run.Data.Data);
  Field("data_fingerprint", Run.DataFingerprint);
  Field("val", Run.Data.Validation);
  Field("val_fingerprint", Run.ValidationFingerprint);
  Field("val_fraction", Run.Data.ValidationFraction);
  Field("format", Run.Data.Format);
  Field("eval_every", Run.EvalEvery);
  Field("eval_batches", Run.EvalBatches);
  Field("save_every", Run.SaveEvery);
}

using OrderedJson = nlohmann::ordered_json;

template <typename ValueType>
static OrderedJson toJson(const ValueType &Value) {
  return Value;
}

static OrderedJson toJson(const Settings &Value) {
  OrderedJson Result = OrderedJson::object();
  for (const auto &[Name, Text] : Value)
    Result[Name] = OrderedJson::parse(Text);
  return Result;
}

static OrderedJson toJson(const std::vector<SettingChange> &Value) {
  OrderedJson Result = OrderedJson::array();
  for (const SettingChange &Each : Value)
    Result.push_back({{"step", Each.Step},
                      {"setting", Each.Name},
                      {"from", OrderedJson::parse(Each.From)},
                      {"to", OrderedJson::parse(Each.To)}});
  return Result;
}

/// The same for members that checkpoints of earlier versions do not have.
template <typename RecordType, typename FieldType>
static void forEachLaterField(RecordType &Run, FieldType Field) {
  Field("keep", Run.Keep);
  Field("keep_best", Run.KeepBest);
  Field("patience", Run.Patience);
  Field("best_step", Run.BestStep);
  Field("best_val_loss", Run.BestLoss);
  Field("evaluations_since_best", Run.EvaluationsSinceBest);
  Field("evaluation_due", Run.EvaluationDue);
  Field("data_seed", Run.DataSeed);
  Field("tensorboard", Run.TensorBoard);
  Field("training", Run.Training);
  Field("from_flags", Run.FromFlags);
  Field("changes", Run.Changes);
}

static std::string dump(const nlohmann::ordered_json &Json) {
  // Paths need not be UTF-8.
  return Json.dump(2, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

std::string RunRecord::toJson() const {
  OrderedJson Json;
  auto Write = [&](const char *Name, const auto &Value) {
    Json[Name] = runtime::toJson(Value);
  };
  forEachField(*this, Write);
  forEachLaterField(*this, Write);
  Json["files"] = Files;
  Json["checksum"] = checksumOf(dump(Json));
  return dump(Json) + "\n";
}

absl::Status RunRecord::verifyFiles(const std::string &Folder) const {
  for (const auto &[Name, Sum] : Files) {
    std::string Path = Folder + "/" + Name;
    STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
    if (checksumOf(File.text()) != Sum)
      return error(Path, " is damaged: it does not match its checksum in ",
                   Folder, "/run.json\nhint: use an earlier checkpoint");
  }
  return absl::OkStatus();
}

/// Whether \p Json is as it was written. Takes its checksum out.
static bool takeChecksum(nlohmann::ordered_json &Json) {
  auto Found = Json.find("checksum");
  // The fields of one version: without the others it is an earlier one.
  if (Found == Json.end())
    return !Json.contains("files") && !Json.contains("keep");
  nlohmann::ordered_json Sum = *Found;
  Json.erase("checksum");
  return Sum == checksumOf(dump(Json));
}

static bool read(const OrderedJson &Json,
                 std::map<std::string, std::string> &Value) {
  if (!Json.is_object())
    return false;
  for (const auto &[Name, Sum] : Json.items()) {
    // Names are joined to folders.
    if (!Sum.is_string() || Name.find('/') != std::string::npos)
      return false;
    Value[Name] = Sum.template get<std::string>();
  }
  return true;
}

static bool read(const OrderedJson &Json, std::string &Value) {
  if (Json.is_string())
    Value = Json.get<std::string>();
  return Json.is_string();
}

static bool read(const OrderedJson &Json, int64_t &Value) {
  if (Json.is_number_integer())
    Value = Json.get<int64_t>();
  return Json.is_number_integer() && Value >= 0;
}

static bool read(const OrderedJson &Json, bool &Value) {
  if (Json.is_boolean())
    Value = Json.get<bool>();
  return Json.is_boolean();
}

static bool read(const OrderedJson &Json, double &Value) {
  if (Json.is_number())
    Value = Json.get<double>();
  return Json.is_number();
}

static bool read(const OrderedJson &Json, Settings &Value) {
  if (!Json.is_object())
    return false;
  for (const auto &[Name, Each] : Json.items())
    Value.emplace_back(Name, Each.dump());
  return true;
}

static bool read(const OrderedJson &Json, std::vector<SettingChange> &Value) {
  if (!Json.is_array())
    return false;
  for (const auto &Each : Json) {
    SettingChange &Change = Value.emplace_back();
    if (!Each.is_object() || !Each.contains("step") ||
        !Each.contains("setting") || !Each.contains("from") ||
        !Each.contains("to") || !read(Each["step"], Change.Step) ||
        !read(Each["setting"], Change.Name))
      return false;
    Change.From = Each["from"].dump();
    Change.To = Each["to"].dump();
  }
  return true;
}

absl::StatusOr<RunRecord> RunRecord::load(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
  STATOR_ASSIGN_OR_RETURN(OrderedJson Json,
                          parseOrderedJson(File.text(), Path));
  if (!Json.is_object())
    return error(Path, " is damaged: expected a JSON object");
  if (!takeChecksum(Json))
    return error(Path,
                 " is damaged or was edited: it does not match its "
                 "checksum\nhint: use an earlier checkpoint; settings are "
                 "changed by flags");
  RunRecord Run;
  std::string Wrong;
  forEachField(Run, [&](const char *Name, auto &Value) {
    auto Found = Json.find(Name);
    if (Found == Json.end() || !read(*Found, Value))
      Wrong = Name;
  });
  forEachLaterField(Run, [&](const char *Name, auto &Value) {
    auto Found = Json.find(Name);
    if (Found != Json.end() && !read(*Found, Value))
      Wrong = Name;
  });
  if (Run.DataSeed < 0)
    Run.DataSeed = Run.Seed;
  if (auto Found = Json.find("files");
      Found != Json.end() && !read(*Found, Run.Files))
    Wrong = "files";
  if (!Wrong.empty())
    return error(Path, " is damaged: \"", Wrong, "\" is missing or wrong");
  return Run;
}

absl::Status verifyTokenizer(const std::string &Folder) {
  std::string Path = Folder + "/run.json";
  std::error_code Ignored;
  if (!std::filesystem::exists(Path, Ignored))
    return absl::OkStatus();
  STATOR_ASSIGN_OR_RETURN(RunRecord Run, RunRecord::load(Path));
  return Run.verifyFiles(Folder);
}

} // namespace stator::runtime
