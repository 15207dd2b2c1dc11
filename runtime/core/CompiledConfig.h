//===- CompiledConfig.h - the config values of a program --------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_COMPILEDCONFIG_H
#define STATOR_RUNTIME_CORE_COMPILEDCONFIG_H

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "runtime/core/program.h"
#include <string>

namespace stator::runtime {

/// The config values that \p Program was compiled with; an empty object if it
/// does not say.
nlohmann::ordered_json compiledConfig(const StatorProgram &Program);

/// The flags of `stator compile` that give a program the sizes of weights whose
/// config is the JSON text \p Theirs: "-D vocab=65 -D context=16". Empty if
/// there is no difference that could change a shape.
std::string flagsForConfig(const StatorProgram &Program,
                           absl::string_view Theirs);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_COMPILEDCONFIG_H
