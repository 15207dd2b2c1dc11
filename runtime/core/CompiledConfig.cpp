#include "runtime/core/CompiledConfig.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/Json.h"

namespace stator::runtime {

using Json = nlohmann::ordered_json;

nlohmann::ordered_json compiledConfig(const StatorProgram &Program) {
  absl::StatusOr<Json> Options = parseOrderedJson(
      Program.Options ? Program.Options : "{}", "the compiled options");
  if (!Options.ok() || !Options->is_object() || !Options->contains("config") ||
      !(*Options)["config"].is_object())
    return Json::object();
  return (*Options)["config"];
}

std::string flagsForConfig(const StatorProgram &Program,
                           absl::string_view Theirs) {
  absl::StatusOr<Json> Other = parseOrderedJson(Theirs, "config");
  if (!Other.ok() || !Other->is_object())
    return "";
  Json Own = compiledConfig(Program);
  std::string Flags;
  for (const auto &[Name, Value] : Other->items()) {
    // Sizes and switches; a learning rate changes no shape.
    bool MayChangeShapes = Value.is_number_integer() || Value.is_boolean();
    if (MayChangeShapes && Own.contains(Name) && Own[Name] != Value)
      absl::StrAppend(&Flags, Flags.empty() ? "" : " ", "-D ", Name, "=",
                      Value.dump());
  }
  return Flags;
}

} // namespace stator::runtime
