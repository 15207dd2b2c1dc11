//===- Summary.cpp - What a compiled program needs and does ---------------===//

#include "tools/driver/Summary.h"
#include "ir/Dialect.h"
#include "ir/KernelInterface.h"
#include "nlohmann/json.hpp"
#include "passes/Recompute.h"
#include "runtime/core/Format.h"
#include "runtime/core/State.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using stator::runtime::formatBytes;
using stator::runtime::formatCount;

namespace stator::driver {

void Summary::print(llvm::raw_ostream &OS) const {
  auto Row = [&](StringRef Name, const std::string &Value,
                 const Twine &Note = "") {
    OS << "  " << llvm::left_justify(Name, 18)
       << llvm::right_justify(Value, 12);
    if (!Note.isTriviallyEmpty())
      OS << "  " << Note;
    OS << "\n";
  };
  Row("parameters", formatBytes(ParameterBytes),
      Twine(Parameters) + " numbers");
  if (MomentBytes)
    Row("optimizer state", formatBytes(MomentBytes));
  if (GradientBytes)
    Row("gradients", formatBytes(GradientBytes), "summed over micro-batches");
  if (CacheBytes)
    Row("cache", formatBytes(CacheBytes), "state of decoding, such as keys and values");
  for (const EntrySummary &Entry : Entries)
    Row("@" + Entry.Name, formatBytes(Entry.ArenaBytes),
        "activations and scratch; at most " + formatBytes(Entry.LowerBound) +
            " alive at once; " + Twine(Entry.Launches) + " launches");
  Row("peak", formatBytes(getPeakBytes()),
      Twine(getPeakBytes()) + " bytes, exactly");
  if (MemoryBudget) {
    std::string What = "nothing has to be recomputed";
    if (Recomputed)
      What = std::to_string(Recomputed) +
             " values are recomputed, which saves " +
             formatBytes(static_cast<double>(SavedBytes)) + " and adds " +
             formatCount(AddedFlops) + "FLOP";
    Row("memory budget", formatBytes(static_cast<double>(MemoryBudget)), What);
  }
  Row("kernels", std::to_string(Kernels), "different ones");
  Row(IsTraining ? "work per step" : "work per forward",
      formatCount(Flops) + "FLOP");
}

std::string Summary::toJson() const {
  nlohmann::ordered_json Json;
  Json["parameters"] = Parameters;
  Json["parameter_bytes"] = ParameterBytes;
  Json["optimizer_bytes"] = MomentBytes;
  Json["gradient_bytes"] = GradientBytes;
  Json["state_bytes"] = StateBytes;
  if (CacheBytes)
    Json["cache_bytes"] = CacheBytes;
  Json["arena_bytes"] = ArenaBytes;
  Json["peak_bytes"] = getPeakBytes();
  if (MemoryBudget) {
    Json["memory_budget"] = MemoryBudget;
    Json["recomputed_values"] = Recomputed;
    Json["recompute_saved_bytes"] = SavedBytes;
    Json["recompute_flops"] = AddedFlops;
  }
  Json["kernels"] = Kernels;
  Json["flops_per_step"] = Flops;
  Json["entries"] = nlohmann::ordered_json::array();
  for (const EntrySummary &Entry : Entries)
    Json["entries"].push_back({{"name", Entry.Name},
                               {"arena_bytes", Entry.ArenaBytes},
                               {"alive_at_once", Entry.LowerBound},
                               {"launches", Entry.Launches}});
  for (const ArenaBuffer &Buffer : Buffers)
    Json["buffers"].push_back({{"entry", Buffer.Entry},
                               {"name", Buffer.Name},
                               {"kernel", Buffer.Kernel},
                               {"scratch", Buffer.Scratch},
                               {"offset", Buffer.Offset},
                               {"bytes", Buffer.Bytes},
                               {"first", Buffer.First},
                               {"last", Buffer.Last}});
  // Nor need the names in a file of IR be UTF-8.
  return Json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

Summary summarize(ModuleOp Planned, const StatorProgram &Program) {
  Summary Result;
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    const int64_t Bytes = Tensor.Elements * runtime::bytesOfType(Tensor.Type);
    switch (Tensor.Role) {
    case STATOR_ROLE_PARAMETER:
      Result.Parameters += Tensor.Elements;
      Result.ParameterBytes += Bytes;
      break;
    case STATOR_ROLE_MOMENT:
      Result.MomentBytes += Bytes;
      break;
    case STATOR_ROLE_SCALE:
      Result.ParameterBytes += Bytes;
      break;
    case STATOR_ROLE_CACHE:
      break;
    default:
      Result.GradientBytes += Bytes;
    }
  }
  Result.StateBytes = Program.StateBytes;
  Result.CacheBytes = Program.CacheBytes;
  Result.Flops = Program.FlopsPerStep;
  Result.IsTraining = Program.Mode == STATOR_MODE_TRAIN;
  if (auto Budget =
          Planned->getAttrOfType<DictionaryAttr>(RecomputeSummaryAttrName)) {
    Result.MemoryBudget = Budget.getAs<IntegerAttr>("budget").getInt();
    Result.Recomputed = Budget.getAs<IntegerAttr>("values").getInt();
    Result.SavedBytes = Budget.getAs<IntegerAttr>("saved").getInt();
    Result.AddedFlops = Budget.getAs<FloatAttr>("flops").getValueAsDouble();
  }
  for (FuncOp Function : Planned.getOps<FuncOp>()) {
    if (Function.getKernel()) {
      ++Result.Kernels;
      continue;
    }
    EntrySummary Entry;
    Entry.Name = Function.getSymName();
    if (auto Bytes = Function->getAttrOfType<IntegerAttr>(ArenaBytesAttrName))
      Entry.ArenaBytes = Bytes.getInt();
    if (auto Bytes =
            Function->getAttrOfType<IntegerAttr>(ArenaLowerBoundAttrName))
      Entry.LowerBound = Bytes.getInt();
    Function.walk([&](LaunchOp) { ++Entry.Launches; });
    Result.ArenaBytes = std::max(Result.ArenaBytes, Entry.ArenaBytes);
    Result.Entries.push_back(std::move(Entry));
  }
  return Result;
}

} // namespace stator::driver
