//===- Precompiled.h - What most of the runtime includes --------*- C++ -*-===//
//
// The headers of the standard library, Abseil and nlohmann_json that most of
// the runtime includes, read once for all of it (cmake/StatorTargets.cmake). No
// file may rely on this header: each includes what it uses.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_CORE_PRECOMPILED_H
#define STATOR_RUNTIME_CORE_PRECOMPILED_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "nlohmann/json.hpp"
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#endif // STATOR_RUNTIME_CORE_PRECOMPILED_H
