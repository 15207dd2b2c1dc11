//===- WeightPlan.cpp - Which tensor of a checkpoint becomes which --------===//

#include "frontend/import/WeightPlan.h"
#include "frontend/Frontend.h"
#include "ir/Dialect.h"
#include "runtime/core/Lists.h"
#include "llvm/ADT/StringMap.h"
#include <cstring>

using llvm::StringRef;
using namespace mlir;

namespace stator {

absl::StatusOr<std::vector<ModelParameter>>
listParameters(const std::string &Text, const std::string &Name,
               int64_t Context) {
  MLIRContext Dialects;
  Dialects.disableMultithreading();
  FrontendOptions Options;
  Options.Mode = FrontendMode::Infer;
  // Parameters do not hang on the time, and short ones fit whatever the sizes.
  Options.Time = std::min<int64_t>(Context, 8);
  std::string Errors;
  llvm::raw_string_ostream OS(Errors);
  OwningOpRef<ModuleOp> Module =
      compileModelText(Dialects, Text, Name, Options, OS);
  if (!Module)
    return runtime::error("the model does not compile:\n", Errors);
  std::vector<ModelParameter> Result;
  for (ParameterOp Parameter : Module->getOps<ParameterOp>()) {
    auto Type = cast<RankedTensorType>(Parameter.getType());
    Result.push_back({Parameter.getSymName().str(),
                      {Type.getShape().begin(), Type.getShape().end()}});
  }
  return Result;
}

/// Whether two tensors are the same bytes in the same dtype and shape.
static bool isSame(const TensorSource &A, const TensorSource &B) {
  return A.Dtype == B.Dtype && A.Shape == B.Shape && A.Size == B.Size &&
         std::memcmp(A.Bytes, B.Bytes, A.Size) == 0;
}

absl::StatusOr<WeightPlan>
planWeights(const std::vector<ModelParameter> &Parameters,
            const std::vector<TensorSource> &Tensors,
            const ModelDescription &Model, const std::string &Where) {
  WeightPlan Plan;
  Plan.Sources.resize(Parameters.size());
  llvm::StringMap<size_t> IndexOfName;
  for (size_t I = 0; I < Parameters.size(); ++I)
    IndexOfName[Parameters[I].Name] = I;

  std::vector<std::string> Missing, Extra, Wrong, Unreadable, Twice;
  const TensorSource *Head = nullptr;
  for (const TensorSource &Tensor : Tensors) {
    // The parameter's name: as it is, or with another beginning.
    std::string Name = Tensor.Name;
    bool Found = IndexOfName.contains(Name);
    for (const auto &[From, To] : Model.Prefixes) {
      StringRef Rest = Tensor.Name;
      if (Found || !Rest.consume_front(From))
        continue;
      Name = To + Rest.str();
      Found = IndexOfName.contains(Name) || Name == Model.TiedHead;
    }
    std::string About = Tensor.Name + " " + formatShape(Tensor.outputShape()) +
                        ", in " + Tensor.File;
    if (!Found && (Tensor.Name == Model.TiedHead || Name == Model.TiedHead) &&
        !Model.TiedHead.empty()) {
      Head = &Tensor;
      continue;
    }
    if (!Found) {
      if (llvm::any_of(Model.Buffers, [&](const std::string &End) {
            return StringRef("." + Tensor.Name).ends_with(End);
          }))
        Plan.Dropped.push_back(Tensor.Name);
      else
        Extra.push_back(About);
      continue;
    }
    Plan.Renamed = Plan.Renamed || Name != Tensor.Name;
    size_t Index = IndexOfName[Name];
    if (Plan.Sources[Index]) {
      Twice.push_back(Name + ": as " + Plan.Sources[Index]->Name + " and as " +
                      Tensor.Name);
      continue;
    }
    Plan.Sources[Index] = &Tensor;
    if (Tensor.outputShape() != Parameters[Index].Shape)
      Wrong.push_back(Tensor.Name + ": " + formatShape(Tensor.outputShape()) +
                      " in " + Tensor.File + ", " +
                      formatShape(Parameters[Index].Shape) + " in the model");
    else if (!Tensor.isReadable())
      Unreadable.push_back(Tensor.Name + ": " + Tensor.Dtype + ", in " +
                           Tensor.File);
  }
  for (size_t I = 0; I < Parameters.size(); ++I)
    if (!Plan.Sources[I])
      Missing.push_back(Parameters[I].Name + " " +
                        formatShape(Parameters[I].Shape));
  if (!Missing.empty() || !Extra.empty() || !Wrong.empty() ||
      !Unreadable.empty() || !Twice.empty()) {
    std::string Message =
        Where + " does not hold the tensors that its config asks for";
    runtime::appendList(Message, "of another shape", Wrong);
    runtime::appendList(Message, "missing in the checkpoint", Missing);
    runtime::appendList(Message, "not in the model", Extra);
    runtime::appendList(Message, "twice", Twice);
    runtime::appendList(Message, "not F32, F16, BF16 or Q8_0", Unreadable);
    return runtime::error(Message);
  }
  if (Head) {
    const TensorSource &Embedding = *Plan.Sources[IndexOfName.at(Model.TiedTo)];
    if (!isSame(*Head, Embedding))
      return runtime::error(
          Where, " is said to tie its head to its embedding, but ", Head->Name,
          " and ", Embedding.Name,
          " differ\nhint: \"tie_word_embeddings\": false in the config keeps "
          "both");
    Plan.Dropped.push_back(Head->Name);
  }
  return Plan;
}

} // namespace stator
