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

/// Inlines into the entry points that there shall be. On @forward no position
/// may see the future, which is shown here, where the ops are still those of
/// the model.
static Stage makeInlinedStage(ArrayRef<StringRef> Entries, bool IsTraining) {
  SmallVector<std::string> Names(Entries.begin(), Entries.end());
  return {"inlined", [Names, IsTraining](OpPassManager &Manager) {
            InlineModulesOptions Options;
            Options.entryPoints = Names;
            Manager.addPass(createInlineModules(Options));
            addCleanup(Manager);
            CheckCausalityOptions Causality;
            Causality.training = IsTraining;
            Manager.addPass(createCheckCausality(Causality));
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
  return {makeInlinedStage({entry::Loss, entry::Forward}, /*IsTraining=*/true),
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
      makeInlinedStage({entry::Forward}, /*IsTraining=*/false),
      makeAttentionStage(Options.FuseAttention, Options.Remarks),
      {"infer", [](OpPassManager &Manager) {
         Manager.addNestedPass<FuncOp>(createStripDropout());
         addCleanup(Manager);
       }}};
  if (Options.Decode) {
    DeriveDecodingOptions Decoding;
    Decoding.remarks = Options.Remarks;
    llvm::append_range(Decoding.widths, Options.DecodeWidths);
    if (Decoding.widths.empty())
      Decoding.widths = {16, 128, 512};
    Stages.push_back({"decode", [Decoding](OpPassManager &Manager) {
                        Manager.addPass(createDeriveDecoding(Decoding));
                        addCleanup(Manager);
                      }});
  }
  if (std::string Type = Options.WeightType; !Type.empty())
    Stages.push_back({"weights", [Type](OpPassManager &Manager) {
                        QuantizeWeightsOptions Weights;
                        Weights.type = Type;
                        Manager.addPass(createQuantizeWeights(Weights));
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
  registerCheckCausality();
  registerFuseAttention();
  registerDifferentiate();
  registerBuildTrainingStep();
  registerDeriveDecoding();
  registerStripDropout();
  registerQuantizeWeights();
  registerChunkHead();
  PassPipelineRegistration<TrainPipelineOptions>(
      "stator-train", "All graph passes of a training program",
      buildTrainPipeline);
  PassPipelineRegistration<InferPipelineOptions>(
      "stator-infer", "All graph passes of an inference program",
      buildInferPipeline);
}
