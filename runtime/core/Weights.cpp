#include "runtime/core/Weights.h"
#include "absl/strings/match.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/CompiledConfig.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Format.h"
#include "runtime/core/Lists.h"
#include "runtime/core/Parallel.h"
#include "runtime/core/RunPath.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/WeightConversion.h"
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sys/mman.h>

namespace stator::runtime {

static std::string shapeOf(const std::vector<int64_t> &Shape) {
  return formatShape(Shape.data(), static_cast<int64_t>(Shape.size()));
}

namespace {

using Source = ShardedSafetensors::Tensor;

/// What is wrong with the tensors of some files.
struct Problems {
  std::vector<std::string> Missing, Extra, Wrong, Unreadable;

  /// \p Flags compile a program for the config that the files say.
  absl::Status toStatus(const std::string &Path, const char *Model,
                        const std::string &Flags) const {
    if (Missing.empty() && Extra.empty() && Wrong.empty() && Unreadable.empty())
      return absl::OkStatus();
    std::string Message =
        absl::StrCat(Path, " does not hold the ", "tensors of ", Model);
    appendList(Message, "of another shape", Wrong);
    appendList(Message, "missing in the file", Missing);
    appendList(Message, "not in the model", Extra);
    appendList(Message, "not F32, F16 or BF16", Unreadable);
    if (Missing.empty() && Wrong.empty() && Unreadable.empty())
      absl::StrAppend(&Message, "\nhint: --allow-extra ignores tensors that "
                                "are not in the model");
    if (!Flags.empty())
      absl::StrAppend(&Message,
                      "\nhint: the weights are of a model with other "
                      "config values; compile this one with ",
                      Flags);
    return error(Message);
  }
};

} // namespace

/// The shape that a tensor has in files.
static std::vector<int64_t> shapeInFiles(const StatorTensor &Tensor) {
  std::vector<int64_t> Shape(Tensor.Shape, Tensor.Shape + Tensor.Rank);
  if (Tensor.Layout == STATOR_LAYOUT_TRANSPOSED)
    std::swap(Shape[0], Shape[1]);
  return Shape;
}

/// Pairs the tensors of \p Role with those of files.
static std::vector<WeightCopy> match(const std::vector<Source> &Sources,
                                     const StatorProgram &Program, int32_t Role,
                                     Problems &Found) {
  std::map<absl::string_view, const SafetensorsEntry *> ByName;
  for (const Source &Each : Sources)
    ByName[Each.Entry->Name] = Each.Entry;
  std::vector<WeightCopy> Copies;
  std::set<absl::string_view> Known;
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role != Role)
      continue;
    Known.insert(Tensor.Name);
    std::string Shape = shapeOf(shapeInFiles(Tensor));
    auto Entry = ByName.find(Tensor.Name);
    if (Entry == ByName.end())
      Found.Missing.push_back(absl::StrCat(Tensor.Name, " ", Shape));
    else if (shapeOf(Entry->second->Shape) != Shape)
      Found.Wrong.push_back(
          absl::StrCat(Tensor.Name, ": ", shapeOf(Entry->second->Shape),
                       " in the file, ", Shape, " in ", Program.Name));
    else if (std::string Dtype = Entry->second->Dtype;
             Dtype != "F32" && Dtype != "F16" && Dtype != "BF16")
      Found.Unreadable.push_back(absl::StrCat(Tensor.Name, ": ", Dtype));
    else
      Copies.push_back({&Tensor, Entry->second, findScales(Program, Tensor)});
  }
  for (const auto &[Name, Entry] : ByName)
    if (!Known.count(Name))
      Found.Extra.push_back(absl::StrCat(Name, " ", shapeOf(Entry->Shape)));
  return Copies;
}

/// Has the system read a tensor from its file while others are converted.
static void announce(const SafetensorsEntry &Entry) {
  const uint8_t *Begin =
      Entry.Bytes - reinterpret_cast<uintptr_t>(Entry.Bytes) % 4096;
  const uint8_t *End = Entry.Bytes + (Entry.End - Entry.Begin);
  ::madvise(const_cast<uint8_t *>(Begin), static_cast<size_t>(End - Begin),
            MADV_WILLNEED); // only ever a hint
}

/// Error: the first tensor that does not match its checksum.
static absl::Status verify(const std::vector<Source> &Sources) {
  std::vector<absl::Status> Results(Sources.size());
  forPieces(Sources.size(), 1, [&](uint64_t Begin, uint64_t End) {
    for (uint64_t I = Begin; I < End; ++I)
      Results[I] = Sources[I].File->verify(*Sources[I].Entry);
  });
  for (absl::Status &Each : Results)
    STATOR_RETURN_IF_ERROR(std::move(Each));
  return absl::OkStatus();
}

static absl::Status load(const std::vector<Source> &Sources,
                         const std::string &Path, const StatorProgram &Program,
                         int32_t Role, uint8_t *State,
                         const LoadOptions &Options,
                         std::vector<std::string> *Ignored) {
  Problems Found;
  std::vector<WeightCopy> Copies = match(Sources, Program, Role, Found);
  if (Ignored)
    *Ignored = Found.Extra;
  if (Options.AllowExtra)
    Found.Extra.clear();
  std::string Flags;
  if (!Sources.empty()) {
    const auto &Metadata = Sources.front().File->metadata();
    if (auto Config = Metadata.find("config"); Config != Metadata.end())
      Flags = flagsForConfig(Program, Config->second);
  }
  STATOR_RETURN_IF_ERROR(Found.toStatus(Path, Program.Name, Flags));
  for (const WeightCopy &Each : Copies)
    announce(*Each.From);
  STATOR_RETURN_IF_ERROR(verify(Sources));
  std::optional<WrongWeight> Wrong = convertWeights(Copies, State);
  // What a file has lost at its end may have been read as zeros.
  std::set<const SafetensorsFile *> Files;
  for (const Source &Each : Sources)
    if (Files.insert(Each.File).second)
      STATOR_RETURN_IF_ERROR(Each.File->checkUnchanged());
  if (Wrong && Options.Finite)
    return wrongValue(Path, Wrong->Copy->To->Name, Wrong->Copy->From->Shape,
                      Wrong->Element, Wrong->Value);
  return absl::OkStatus();
}

absl::Status loadTensors(const SafetensorsFile &File,
                         const StatorProgram &Program, int32_t Role,
                         uint8_t *State) {
  std::vector<Source> Sources;
  for (const SafetensorsEntry &Entry : File.entries())
    Sources.push_back({&File, &Entry});
  return load(Sources, File.path(), Program, Role, State, LoadOptions(),
              nullptr);
}

absl::Status loadWeights(const WeightFiles &Files, const StatorProgram &Program,
                         uint8_t *State, const LoadOptions &Options,
                         std::vector<std::string> *Ignored) {
  return load(Files.tensors(), Files.path(), Program, STATOR_ROLE_PARAMETER,
              State, Options, Ignored);
}

absl::StatusOr<WeightFiles> WeightFiles::open(const std::string &Path) {
  WeightFiles Result;
  STATOR_ASSIGN_OR_RETURN(Result.Path, findWeights(Path));
  if (absl::EndsWith(Result.Path, ".index.json")) {
    Result.Path = directoryOf(Result.Path);
    STATOR_ASSIGN_OR_RETURN(Result.Sharded,
                            ShardedSafetensors::open(Result.Path));
  } else {
    STATOR_ASSIGN_OR_RETURN(Result.Single, SafetensorsFile::open(Result.Path));
  }
  return Result;
}

std::vector<ShardedSafetensors::Tensor> WeightFiles::tensors() const {
  if (Sharded)
    return Sharded->tensors();
  std::vector<Source> Sources;
  for (const SafetensorsEntry &Entry : Single->entries())
    Sources.push_back({&*Single, &Entry});
  return Sources;
}

std::string WeightFiles::directory() const {
  return Sharded ? Path : directoryOf(Path);
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
                 ": it does not exist\nhint: weights are read from a "
                 ".safetensors file, a folder with one, a checkpoint, or the "
                 "--out directory of a training run");
  if (!fs::is_directory(Path, Ignored))
    return Path;
  std::string Folder = checkpointFolder(Path);
  for (const char *Inside :
       {"/model.safetensors", "/model.safetensors.index.json"})
    for (const std::string &Place : {Path, Folder})
      if (fs::exists(Place + Inside, Ignored))
        return Place + Inside;
  if (fs::exists(Folder + "/run.json", Ignored))
    return error("there are no weights in ", Path,
                 ": the training was stopped before it saved any",
                 hintOfPrevious(Path));
  return error("there are no weights in ", Path,
               ": neither model.safetensors nor a checkpoint",
               hintOfPrevious(Path));
}

} // namespace stator::runtime
