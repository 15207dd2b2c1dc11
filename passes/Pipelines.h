//===- Pipelines.h - The graph passes in their order ------------*- C++ -*-===//
//
// The stages that a model goes through before kernels are formed
// (docs/architecture.md), as pass pipelines and one by one.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_PIPELINES_H
#define STATOR_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "passes/Passes.h"
#include <functional>

namespace stator {

/// A stage that one can stop after or print: its name and its passes.
struct Stage {
  llvm::StringLiteral Name;
  std::function<void(mlir::OpPassManager &)> AddPasses;
};

/// Options of the pipelines of every program.
template <typename Derived>
struct GraphPipelineOptions : mlir::PassPipelineOptions<Derived> {
  mlir::detail::PassOptions::Option<bool> FuseAttention{
      *this, "fuse-attention", llvm::cl::desc("Make attention one op"),
      llvm::cl::init(true)};
  mlir::detail::PassOptions::Option<bool> Remarks{
      *this, "remarks",
      llvm::cl::desc("Say for each softmax whether it became attention"),
      llvm::cl::init(false)};

private:
  GraphPipelineOptions() = default;
  friend Derived;
};

// PassPipelineOptions has a virtual base, so that all below count as having
// two. NOLINTBEGIN(misc-multiple-inheritance)

/// Options of `stator-train`.
struct TrainPipelineOptions : GraphPipelineOptions<TrainPipelineOptions> {
  Option<bool> KeepGradients{
      *this, "keep-gradients",
      llvm::cl::desc("Keep @gradients as an entry point"),
      llvm::cl::init(false)};
  Option<bool> SeparateUpdate{
      *this, "separate-update",
      llvm::cl::desc("Build @accumulate and @update also for one micro-batch"),
      llvm::cl::init(false)};
};

/// Options of `stator-infer`.
struct InferPipelineOptions : GraphPipelineOptions<InferPipelineOptions> {
  Option<bool> Decode{
      *this, "decode",
      llvm::cl::desc("Derive the form that decodes a few positions at a time"),
      llvm::cl::init(false)};
  Option<std::string> WeightType{
      *this, "weight-type",
      llvm::cl::desc("How the state holds weights: f32, bf16 or int8; as in "
                     "files if it is not given"),
      llvm::cl::init("")};
  ListOption<int64_t> DecodeWidths{
      *this, "decode-widths",
      llvm::cl::desc("How many positions, beside one; 16, 128 and 512 if none "
                     "is given")};
};

// NOLINTEND(misc-multiple-inheritance)

/// From the frontend's output to the entry points of a training program:
/// `inlined`, `attention`, `gradients`, `train`.
llvm::SmallVector<Stage> getTrainStages(const TrainPipelineOptions &Options);

/// From the frontend's output to @forward and what is derived from it:
/// `inlined`, `attention`, `infer`, `decode`, `weights`.
llvm::SmallVector<Stage> getInferStages(const InferPipelineOptions &Options);

/// All stages at once.
void buildTrainPipeline(mlir::OpPassManager &Manager,
                        const TrainPipelineOptions &Options);
void buildInferPipeline(mlir::OpPassManager &Manager,
                        const InferPipelineOptions &Options);

/// Makes all of this known to the command line of stator-opt.
void registerPassesAndPipelines();

} // namespace stator

#endif // STATOR_PASSES_PIPELINES_H
