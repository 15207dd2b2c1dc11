//===- ConfigReader.cpp - Values of a checkpoint's config -----------------===//

#include "frontend/import/ConfigReader.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>
#include <limits>

using nlohmann::json;

namespace stator {

std::string describeValue(const json &Value) {
  constexpr size_t Longest = 60;
  if (Value.is_number_float() && !std::isfinite(Value.get<double>()))
    return std::isnan(Value.get<double>()) ? "NaN"
           : Value.get<double>() > 0       ? "Infinity"
                                           : "-Infinity";
  std::string Text =
      Value.is_structured()
          ? (Value.is_array() ? "a list" : "an object")
          : Value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (Text.size() > Longest)
    Text = Text.substr(0, Longest) + "...";
  return Text;
}

const json *ConfigReader::find(Names Keys) const {
  for (const char *Key : Keys) {
    auto Found = Object.find(Key);
    if (Found != Object.end() && !Found->is_null())
      return &*Found;
  }
  return nullptr;
}

std::string ConfigReader::display(const char *Key) const {
  auto Found = Originals.find(Key);
  return Found == Originals.end() ? Key : Found->second;
}

std::string ConfigReader::firstKey(Names Keys) const {
  for (const char *Key : Keys)
    if (has(Key))
      return display(Key);
  return display(*Keys.begin());
}

int64_t ConfigReader::size(Names Keys, std::optional<int64_t> Default) {
  constexpr int64_t Largest = std::numeric_limits<int32_t>::max();
  const json *Value = find(Keys);
  if (!Value) {
    if (!Default)
      wrong(firstKey(Keys), " is missing");
    return Default.value_or(1);
  }
  // Some configs write whole numbers as 2048.0.
  double Number = Value->is_number() ? Value->get<double>() : 0;
  if (Value->is_number() && Number >= 1 && Number <= double(Largest) &&
      Number == std::floor(Number))
    return static_cast<int64_t>(Number);
  wrong(firstKey(Keys), " should be a whole number from 1 to ", Largest,
        ", but is ", describeValue(*Value));
  return 1;
}

double ConfigReader::positive(Names Keys, std::optional<double> Default) {
  const json *Value = find(Keys);
  if (!Value) {
    if (!Default)
      wrong(firstKey(Keys), " is missing");
    return Default.value_or(1);
  }
  double Number = Value->is_number() ? Value->get<double>() : 0;
  if (Number > 0 && std::isfinite(Number))
    return Number;
  wrong(firstKey(Keys), " should be a number above 0, but is ",
        describeValue(*Value));
  return 1;
}

bool ConfigReader::flag(Names Keys, bool Default) {
  const json *Value = find(Keys);
  if (!Value)
    return Default;
  if (Value->is_boolean())
    return Value->get<bool>();
  wrong(firstKey(Keys), " should be true or false, but is ",
        describeValue(*Value));
  return Default;
}

std::string ConfigReader::text(Names Keys, std::string Default) {
  const json *Value = find(Keys);
  if (!Value)
    return Default;
  if (Value->is_string())
    return Value->get<std::string>();
  wrong(firstKey(Keys), " should be text, but is ", describeValue(*Value));
  return Default;
}

std::string ConfigReader::activation(Names Keys, const char *Default) {
  std::string Name = text(Keys, Default);
  const char *Function =
      llvm::StringSwitch<const char *>(Name)
          .Cases({"silu", "swish"}, "silu")
          .Cases({"gelu", "gelu_python"}, "gelu")
          .Cases({"gelu_new", "gelu_fast", "gelu_pytorch_tanh",
                  "gelu_python_tanh", "gelu_accurate"},
                 "gelu_tanh")
          .Case("relu", "relu")
          .Case("tanh", "tanh")
          .Case("sigmoid", "sigmoid")
          .Default(nullptr);
  if (Function)
    return Function;
  refuse(firstKey(Keys) + " = " + describeValue(json(Name)));
  return "relu";
}

void ConfigReader::refuse(const std::string &Feature) {
  wrong(Feature, " is not supported");
}

void ConfigReader::requireMultiple(const char *ValueName, int64_t Value,
                                   const char *OfName, int64_t Of) {
  if (Value % Of != 0)
    wrong(display(ValueName), " ", Value, " is not a multiple of ",
          display(OfName), " ", Of);
}

void ConfigReader::requireEqual(const char *First, const char *Second) {
  if (has(First) && has(Second) && *find({First}) != *find({Second}))
    wrong(First, " is ", describeValue(*find({First})), ", but ", Second,
          ", another name of the same value, is ",
          describeValue(*find({Second})));
}

} // namespace stator
