//===- Rotary.cpp - Rotary positions in configs ---------------------------===//

#include "frontend/import/Rotary.h"
#include <cmath>

using nlohmann::json;

namespace stator {

/// The object that says how positions are stretched: rope_scaling, or in newer
/// configs rope_parameters, which then holds the base too.
static const json *findScaling(ConfigReader &Config) {
  const json *Found = Config.find({"rope_scaling", "rope_parameters"});
  if (Found && !Found->is_object()) {
    Config.wrong("rope_scaling should be an object, but is ",
                 describeValue(*Found));
    return nullptr;
  }
  return Found;
}

/// A number of the scaling object. Reports to `Config`.
static double scalingNumber(ConfigReader &Config, const json &Scaling,
                            const char *Key) {
  auto Found = Scaling.find(Key);
  if (Found == Scaling.end() || !Found->is_number() ||
      !(Found->get<double>() > 0) || !std::isfinite(Found->get<double>())) {
    Config.wrong("rope_scaling.", Key, " should be a number above 0");
    return 1;
  }
  return Found->get<double>();
}

void describeRotary(ConfigReader &Config, ModelText &Text) {
  double Base = Config.positive({"rope_theta", "rotary_emb_base"}, 10000.0);
  const json *Scaling = findScaling(Config);
  if (Scaling && Scaling->contains("rope_theta"))
    Base = scalingNumber(Config, *Scaling, "rope_theta");
  Text.number("rope_base", Base);
  std::string Arguments = "rope_base";
  std::string Kind = "default";
  if (Scaling)
    for (const char *Key : {"type", "rope_type"})
      if (auto Found = Scaling->find(Key);
          Found != Scaling->end() && !Found->is_null())
        Kind = Found->is_string() ? Found->get<std::string>()
                                  : describeValue(*Found);
  if (Scaling)
    for (const auto &[Key, Value] : Scaling->items())
      if (Value.is_object()) // one for each type of layer
        Config.refuse("rope_scaling." + Key + " = an object");
  if (Scaling && Kind == "default" && Scaling->contains("factor") &&
      !Scaling->contains("type") && !Scaling->contains("rope_type"))
    Config.wrong("rope_scaling has a factor, but rope_scaling.type is missing");
  if (Kind == "linear" || Kind == "llama3") {
    Text.number("rope_factor", scalingNumber(Config, *Scaling, "factor"),
                "how far positions are stretched");
    Arguments += ", factor = rope_factor";
  }
  if (Kind == "llama3") {
    Text.number("rope_low", scalingNumber(Config, *Scaling, "low_freq_factor"),
                "channels with fewer turns in the original context: stretched");
    Text.number("rope_high",
                scalingNumber(Config, *Scaling, "high_freq_factor"),
                "channels with more turns: as they were");
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

void describePartialRotary(ConfigReader &Config, ModelText &Text,
                           int64_t HeadDepth, double DefaultShare) {
  double Share =
      Config.positive({"partial_rotary_factor", "rotary_pct"}, DefaultShare);
  if (const json *Scaling = findScaling(Config);
      Scaling && Scaling->contains("partial_rotary_factor"))
    Share = scalingNumber(Config, *Scaling, "partial_rotary_factor");
  auto Rotary = static_cast<int64_t>(static_cast<double>(HeadDepth) *
                                     std::min(Share, 2.0));
  if (Rotary < 2 || Rotary > HeadDepth || Rotary % 2 != 0)
    Config.wrong("partial_rotary_factor ", Share, " gives ", Rotary,
                 " rotary channels of ", HeadDepth,
                 "; it should be an even number up to all");
  Text.size("rotary", Rotary, "channels of a head that are turned");
}

std::optional<int64_t> readWindow(ConfigReader &Config) {
  if (!Config.has("sliding_window"))
    return std::nullopt;
  return Config.size({"sliding_window"});
}

void describeWindow(ConfigReader &Config, ModelText &Text,
                    std::optional<int64_t> Window) {
  if (const json *Types = Config.find({"layer_types"})) {
    size_t Sliding = 0, Full = 0, Count = 0;
    if (Types->is_array())
      for (const json &Type : *Types) {
        ++Count;
        Sliding += Type == "sliding_attention";
        Full += Type == "full_attention";
      }
    if (Sliding + Full != Count)
      Config.refuse("layer_types other than full_attention and "
                    "sliding_attention");
    else if (Sliding != 0 && Full != 0)
      Config.refuse("layer_types with sliding windows in some of the layers");
    if (Sliding == 0 && Count > 0)
      Window = std::nullopt;
  }
  if (!Window)
    return;
  Text.size("window", *Window, "keys that a query sees, itself included");
  Text.text("window", ", window = window");
}

} // namespace stator
