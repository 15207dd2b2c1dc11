#include "runtime/core/ContextLimit.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/CompiledConfig.h"
#include "runtime/core/Errors.h"
#include <algorithm>

namespace stator::runtime {

const StatorTensor *findPositionTable(const StatorProgram &Program) {
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    // By its name as well, because other matrices may have this size.
    absl::string_view Name = Tensor.Name;
    if (Tensor.Role == STATOR_ROLE_PARAMETER && Tensor.Rank == 2 &&
        Tensor.Shape[0] >= Program.Context &&
        (absl::StrContains(Name, "wpe") || absl::StrContains(Name, "pos")))
      return &Tensor;
  }
  return nullptr;
}

/// The flag that gives a model a context of \p Length positions, as " (FLAG)";
/// empty if the config values do not tell which one it is.
static std::string flagForContext(const StatorProgram &Program, int64_t Rows,
                                  int64_t Length) {
  std::string Found;
  nlohmann::ordered_json Config = compiledConfig(Program);
  for (const auto &[Name, Value] : Config.items()) {
    if (Value != Rows)
      continue;
    if (!Found.empty() && Name != "context")
      continue;
    Found = Name;
  }
  return Found.empty() ? "" : absl::StrCat(" (-D ", Found, "=", Length, ")");
}

/// How to get a context of \p Length positions.
static std::string adviceForContext(const StatorProgram &Program,
                                    int64_t Length) {
  const StatorTensor *Table = findPositionTable(Program);
  if (!Table || Length <= Table->Shape[0])
    return absl::StrCat("compile the model with --time ", Length, " or more");
  return absl::StrCat("train the model with a longer context",
                      flagForContext(Program, Table->Shape[0], Length),
                      ", as these weights (", Table->Name, ") know only ",
                      Table->Shape[0], " positions");
}

std::string adviceForMore(const StatorProgram &Program) {
  int64_t Length = 2 * Program.Context;
  if (const StatorTensor *Table = findPositionTable(Program);
      Table && Table->Shape[0] > Program.Context)
    Length = std::min(Length, Table->Shape[0]);
  std::string Longer = adviceForContext(Program, Length);
  // What is beyond the context would move the prefix.
  return Program.Prefix ? Longer : Longer + "; or go on with --slide";
}

absl::Status beyondContext(const StatorProgram &Program, absl::string_view What,
                           int64_t Length) {
  return error(What, " has ", Length, " tokens, but the context of ",
               Program.Name, " holds ", Program.Context,
               "\nhint: shorten it; or ", adviceForContext(Program, Length));
}

absl::Status withinPrefix(const StatorProgram &Program, absl::string_view What,
                          int64_t Length) {
  return error(What, " has ", Length, Length == 1 ? " token" : " tokens",
               ", but ", Program.Name, " is given the first ", Program.Prefix,
               " together (its config value prefix)\n"
               "hint: give it at least as many to go on from");
}

} // namespace stator::runtime
