#include "runtime/core/Weights.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/StatusMacros.h"
#include <cstring>
#include <filesystem>
#include <set>

namespace stator::runtime {

/// A list of problems of one kind that says how many there are and shows the
/// first few.
static void appendList(std::string &Message, absl::string_view Title,
                       const std::vector<std::string> &Lines) {
  constexpr size_t MostShown = 8;
  if (Lines.empty())
    return;
  absl::StrAppend(&Message, "\n  ", Title, " (", Lines.size(), "):");
  for (size_t I = 0; I < Lines.size() && I < MostShown; ++I)
    absl::StrAppend(&Message, "\n    ", Lines[I]);
  if (Lines.size() > MostShown)
    absl::StrAppend(&Message, "\n    ... and ", Lines.size() - MostShown,
                    " more");
}

static std::string shapeOf(const std::vector<int64_t> &Shape) {
  return formatShape(Shape.data(), static_cast<int64_t>(Shape.size()));
}

absl::Status loadTensors(const SafetensorsFile &File,
                         const StatorProgram &Program, int32_t Role,
                         uint8_t *State, bool AllowExtra,
                         std::vector<std::string> *Ignored) {
  std::vector<std::string> Missing, Extra, Wrong, Unreadable;
  std::set<std::string> Known;
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role != Role)
      continue;
    Known.insert(Tensor.Name);
    std::string Shape = formatShape(Tensor.Shape, Tensor.Rank);
    const SafetensorsEntry *Entry = File.find(Tensor.Name);
    if (!Entry)
      Missing.push_back(absl::StrCat(Tensor.Name, " ", Shape));
    else if (shapeOf(Entry->Shape) != Shape)
      Wrong.push_back(absl::StrCat(Tensor.Name, ": ", shapeOf(Entry->Shape),
                                   " in the file, ", Shape, " in ",
                                   Program.Name));
    else if (Entry->Dtype != "F32" && Entry->Dtype != "F16" &&
             Entry->Dtype != "BF16")
      Unreadable.push_back(absl::StrCat(Tensor.Name, ": ", Entry->Dtype));
  }
  for (const SafetensorsEntry &Entry : File.entries())
    if (!Known.count(Entry.Name))
      Extra.push_back(absl::StrCat(Entry.Name, " ", shapeOf(Entry.Shape)));
  if (Ignored)
    *Ignored = Extra;
  if (AllowExtra)
    Extra.clear();
  if (!Missing.empty() || !Extra.empty() || !Wrong.empty() ||
      !Unreadable.empty()) {
    std::string Message = absl::StrCat(File.path(), " does not hold the ",
                                       "tensors of ", Program.Name);
    appendList(Message, "of another shape", Wrong);
    appendList(Message, "missing in the file", Missing);
    appendList(Message, "not in the model", Extra);
    appendList(Message, "not F32, F16 or BF16", Unreadable);
    if (Missing.empty() && Wrong.empty() && Unreadable.empty())
      absl::StrAppend(&Message, "\nhint: --allow-extra ignores tensors that "
                                "are not in the model");
    return error(Message);
  }
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role == Role)
      STATOR_RETURN_IF_ERROR(
          File.readFloats(*File.find(Tensor.Name),
                          reinterpret_cast<float *>(State + Tensor.Offset)));
  }
  return absl::OkStatus();
}

std::vector<SafetensorsTensor> tensorsOf(const StatorProgram &Program,
                                         int32_t Role, const uint8_t *State) {
  std::vector<SafetensorsTensor> Result;
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role == Role)
      Result.push_back({Tensor.Name,
                        "F32",
                        {Tensor.Shape, Tensor.Shape + Tensor.Rank},
                        State + Tensor.Offset});
  }
  return Result;
}

absl::StatusOr<std::string> findWeights(const std::string &Path) {
  namespace fs = std::filesystem;
  std::error_code Ignored;
  if (!fs::exists(Path, Ignored))
    return error("there are no weights in ", Path,
                 ": it does not exist\nhint: --weights takes a .safetensors "
                 "file, a checkpoint, or the --out directory of a training");
  if (!fs::is_directory(Path, Ignored))
    return Path;
  for (const char *Inside : {"/model.safetensors", "/latest/model.safetensors"})
    if (fs::exists(Path + Inside, Ignored))
      return Path + Inside;
  if (fs::exists(Path + "/latest", Ignored) ||
      fs::exists(Path + "/run.json", Ignored))
    return error("there are no weights in ", Path,
                 ": the training was stopped before it saved any");
  return error("there are no weights in ", Path,
               ": neither model.safetensors nor a checkpoint");
}

} // namespace stator::runtime
