//===- Rotary.h - Rotary positions in configs -------------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_ROTARY_H
#define STATOR_FRONTEND_IMPORT_ROTARY_H

#include "frontend/import/ConfigReader.h"
#include "frontend/import/ModelText.h"
#include <optional>

namespace stator {

/// Reads rope_theta and rope_scaling (or rope_parameters, as newer configs call
/// both), writes the config values rope_* and the template's `$rope_arguments`:
/// what `rotary_tables` takes after the depth. Refuses scalings other than
/// linear and llama3.
void describeRotary(ConfigReader &Config, ModelText &Text);

/// Reads the share of a head's channels that are turned, and writes the config
/// value `rotary`, how many they are.
void describePartialRotary(ConfigReader &Config, ModelText &Text,
                           int64_t HeadDepth, double DefaultShare);

/// Refuses a share below 1.
void refusePartialRotary(ConfigReader &Config);

/// The window of attention over the whole stack, if there is one; sets
/// `$window`, an argument of `causal_mask` with the comma before it. Refuses
/// windows in some of the layers only.
void describeWindow(ConfigReader &Config, ModelText &Text,
                    std::optional<int64_t> Window);

/// What `sliding_window` says; none if it is missing or null.
std::optional<int64_t> readWindow(ConfigReader &Config);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_ROTARY_H
