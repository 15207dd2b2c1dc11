//===- Pipelines.cpp - The graph passes in their order --------------------===//

#include "passes/Pipelines.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/EntryPoints.h"

using namespace mlir;
using namespace stator;

static void addCleanup(OpPassManager &Manager) {
  Manager.addPass(createCanonicalizerPass());
  Manager.addPass(createCSEPass());
}

/// Inlines into one entry point and drops the others.
static Stage makeInlinedStage(StringRef Entry) {
  return {"inlined", [Entry = Entry.str()](OpPassManager &Manager) {
            InlineModulesOptions Options;
            Options.entryPoints = {Entry};
            Manager.addPass(createInlineModules(Options));
            addCleanup(Manager);
          }};
}

static Stage makeAttentionStage(bool Fuse, bool Remarks) {
  return {"attention", [=](OpPassManager &Manager) {
            if (!Fuse)
              return;
            FuseAttentionOptions Options;
            Options.remarks = Remarks;
            Manager.addNestedPass<FuncOp>(createFuseAttention(Options));
            addCleanup(Manager);
          }};
}

SmallVector<Stage> stator::getTrainStages(const TrainPipelineOptions &Options) {
  BuildTrainingStepOptions Step;
  Step.keepGradients = Options.KeepGradients;
  Step.separateUpdate = Options.SeparateUpdate;
  return {makeInlinedStage(entry::Loss),
          makeAttentionStage(Options.FuseAttention, Options.Remarks),
          {"gradients",
           [](OpPassManager &Manager) {
             Manager.addPass(createDifferentiate());
             addCleanup(Manager);
           }},
          {"train", [Step](OpPassManager &Manager) {
             Manager.addPass(createBuildTrainingStep(Step));
             addCleanup(Manager);
           }}};
}

SmallVector<Stage> stator::getInferStages(const InferPipelineOptions &Options) {
  SmallVector<Stage> Stages{
      makeInlinedStage(entry::Forward),
      makeAttentionStage(Options.FuseAttention, Options.Remarks),
      {"infer", [](OpPassManager &Manager) {
         Manager.addNestedPass<FuncOp>(createStripDropout());
         addCleanup(Manager);
       }}};
  if (!Options.Decode)
    return Stages;
  DeriveDecodingOptions Decoding;
  Decoding.remarks = Options.Remarks;
  llvm::append_range(Decoding.widths, Options.DecodeWidths);
  if (Decoding.widths.empty())
    Decoding.widths = {16, 128, 512};
  Stages.push_back({"decode", [Decoding](OpPassManager &Manager) {
                      Manager.addPass(createDeriveDecoding(Decoding));
                      addCleanup(Manager);
                    }});
  return Stages;
}

void stator::buildTrainPipeline(OpPassManager &Manager,
                                const TrainPipelineOptions &Options) {
  for (const Stage &Stage : getTrainStages(Options))
    Stage.AddPasses(Manager);
}

void stator::buildInferPipeline(OpPassManager &Manager,
                                const InferPipelineOptions &Options) {
  for (const Stage &Stage : getInferStages(Options))
    Stage.AddPasses(Manager);
}

void stator::registerPassesAndPipelines() {
  registerInlineModules();
  registerFuseAttention();
  registerDifferentiate();
  registerBuildTrainingStep();
  registerDeriveDecoding();
  registerStripDropout();
  registerChunkHead();
  PassPipelineRegistration<TrainPipelineOptions>(
      "stator-train", "All graph passes of a training program",
      buildTrainPipeline);
  PassPipelineRegistration<InferPipelineOptions>(
      "stator-infer", "All graph passes of an inference program",
      buildInferPipeline);
}
