//===- Rotary.cpp - Rotary positions in configs ---------------------------===//

#include "frontend/import/Rotary.h"
#include <algorithm>
#include <cmath>

using nlohmann::json;

namespace stator {

/// The object that says how positions are scaled: rope_scaling, or in newer
/// configs rope_parameters, which then holds the base too.
static const json *findScaling(ConfigReader &Config) {
  const json *Result = nullptr;
  for (const char *Key : {"rope_scaling", "rope_parameters"}) {
    const json *Found = Config.find({Key});
    if (Found && !Found->is_object()) {
      Config.wrong(Key, " should be an object, but is ", describeValue(*Found));
      return nullptr;
    }
    if (!Found || Found->empty())
      continue;
    if (Result && *Result != *Found)
      Config.wrong("rope_scaling and rope_parameters differ, so it is not "
                   "clear which one counts");
    Result = Result ? Result : Found;
  }
  return Result;
}

/// A number of the scaling object. Reports to `Config`.
static double scalingNumber(ConfigReader &Config, const json &Scaling,
                            const char *Key) {
  auto Found = Scaling.find(Key);
  if (Found == Scaling.end()) {
    Config.wrong("rope_scaling.", Key, " is missing");
    return 1;
  }
  if (!Found->is_number() || !(Found->get<double>() > 0) ||
      !std::isfinite(Found->get<double>())) {
    Config.wrong("rope_scaling.", Key, " should be a number above 0, but is ",
                 describeValue(*Found));
    return 1;
  }
  return Found->get<double>();
}

static bool hasValue(const json &Object, const char *Key) {
  auto Found = Object.find(Key);
  return Found != Object.end() && !Found->is_null();
}

/// The kind of scaling, "default" for none. Reports to `Config`.
static std::string scalingKind(ConfigReader &Config, const json &Scaling) {
  for (const auto &[Key, Value] : Scaling.items())
    if (Value.is_object()) // one for each type of layer
      Config.refuse("rope_scaling." + Key + " = an object");
  if (hasValue(Scaling, "mrope_section"))
    Config.refuse("rope_scaling.mrope_section");
  for (const char *Key : {"rope_type", "type"}) {
    if (!hasValue(Scaling, Key))
      continue;
    const json &Value = Scaling[Key];
    return Value.is_string() ? Value.get<std::string>() : describeValue(Value);
  }
  if (hasValue(Scaling, "factor"))
    Config.wrong("rope_scaling has a factor, but rope_scaling.rope_type is "
                 "missing");
  return "default";
}

void describeRotary(ConfigReader &Config, ModelText &Text) {
  Config.requireEqual("rope_theta", "rotary_emb_base");
  double Base = Config.positive({"rope_theta", "rotary_emb_base"}, 10000.0);
  const json *Scaling = findScaling(Config);
  if (Scaling && hasValue(*Scaling, "rope_theta"))
    Base = scalingNumber(Config, *Scaling, "rope_theta");
  Text.number("rope_base", Base);
  std::string Arguments = "rope_base";
  std::string Kind = Scaling ? scalingKind(Config, *Scaling) : "default";
  if (Kind == "linear" || Kind == "llama3") {
    Text.number("rope_factor", scalingNumber(Config, *Scaling, "factor"),
                "how far positions are stretched");
    Arguments += ", factor = rope_factor";
  }
  if (Kind == "llama3") {
    double Low = scalingNumber(Config, *Scaling, "low_freq_factor");
    double High = scalingNumber(Config, *Scaling, "high_freq_factor");
    if (Low >= High)
      Config.wrong("rope_scaling.low_freq_factor ", Low,
                   " should be less than rope_scaling.high_freq_factor ", High);
    Text.number("rope_low", Low,
                "channels with fewer turns in the original context: stretched");
    Text.number("rope_high", High, "channels with more turns: as they were");
    Text.number(
        "rope_original",
        scalingNumber(Config, *Scaling, "original_max_position_embeddings"),
        "the context before stretching");
    Arguments += ", low = rope_low,\n"
                 "                                       high = rope_high, "
                 "original = rope_original";
  }
  if (Kind != "default" && Kind != "linear" && Kind != "llama3")
    Config.refuse("rope_scaling.type = " + Kind);
  Text.text("rope_arguments", Arguments);
}

/// The share of a head's channels that are turned.
static double readRotaryShare(ConfigReader &Config, double Default) {
  Config.requireEqual("partial_rotary_factor", "rotary_pct");
  double Share =
      Config.positive({"partial_rotary_factor", "rotary_pct"}, Default);
  if (const json *Scaling = findScaling(Config);
      Scaling && hasValue(*Scaling, "partial_rotary_factor"))
    Share = scalingNumber(Config, *Scaling, "partial_rotary_factor");
  return Share;
}

void describePartialRotary(ConfigReader &Config, ModelText &Text,
                           int64_t HeadDepth, double DefaultShare) {
  double Share = readRotaryShare(Config, DefaultShare);
  auto Rotary = static_cast<int64_t>(static_cast<double>(HeadDepth) *
                                     std::min(Share, 2.0));
  if (Rotary < 2 || Rotary > HeadDepth || Rotary % 2 != 0)
    Config.wrong("partial_rotary_factor ", Share, " gives ", Rotary,
                 " rotary channels of ", HeadDepth,
                 "; it should be an even number up to all");
  Text.size("rotary", Rotary, "channels of a head that are turned");
}

void refusePartialRotary(ConfigReader &Config) {
  if (double Share = readRotaryShare(Config, 1.0); Share != 1.0)
    Config.refuse("partial_rotary_factor = " + formatNumber(Share) +
                  " in this family");
}

std::optional<int64_t> readWindow(ConfigReader &Config) {
  if (!Config.has("sliding_window"))
    return std::nullopt;
  return Config.size({"sliding_window"});
}

void describeWindow(ConfigReader &Config, ModelText &Text,
                    std::optional<int64_t> Window) {
  if (const json *Types = Config.find({"layer_types"})) {
    size_t Sliding = 0, Full = 0;
    if (!Types->is_array()) {
      Config.wrong("layer_types should be a list, but is ",
                   describeValue(*Types));
      return;
    }
    auto Layers = static_cast<size_t>(Config.size({"num_hidden_layers"}));
    if (Types->size() != Layers)
      Config.wrong("layer_types has ", Types->size(), " entries for ", Layers,
                   " layers (num_hidden_layers)");
    for (const json &Type : *Types) {
      Sliding += Type == "sliding_attention";
      Full += Type == "full_attention";
      if (Type != "sliding_attention" && Type != "full_attention")
        Config.refuse("layer_types other than full_attention and "
                      "sliding_attention: " +
                      describeValue(Type));
    }
    if (Sliding != 0 && Full != 0)
      Config.refuse("layer_types with sliding windows in some of the layers");
    if (Sliding != 0 && !Window)
      Config.wrong("layer_types says sliding_attention, but there is no "
                   "sliding_window, or use_sliding_window is false");
    if (Sliding == 0)
      Window = std::nullopt;
  }
  if (!Window)
    return;
  Text.size("window", *Window, "keys that a query sees, itself included");
  Text.text("window", ", window = window");
}

} // namespace stator
