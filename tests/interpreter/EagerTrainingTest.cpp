//===- EagerTrainingTest.cpp - The tape against the static graph ----------===//
//
// Small models with everything in them that a Transformer or a recurrent net
// needs, trained by the eager interpreter and by the reference in f64.
//
//===----------------------------------------------------------------------===//

#include "ProgramCall.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>
#include <omp.h>

using namespace mlir;

namespace stator::test {
namespace {

/// Batch 2, time 5, width 8, two heads, vocabulary 11.
constexpr char Transformer[] = R"(
stator.training optimizer <adamw, lr = 0.01, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false> schedule <cosine, warmup = 2, floor = 0.001, steps = 0, width = 0.0> clip 0.5 micro_batches MICRO steps 10
stator.parameter @wte : tensor<11x8xf32> init <normal, 0.0, 0.02> decay
stator.parameter @gain : tensor<8xf32> init <constant, 1.0, 0.0>
stator.parameter @attn : tensor<8x24xf32> init <normal, 0.0, 0.02> decay
stator.parameter @fc : tensor<8x12xf32> init <normal, 0.0, 0.02> decay
stator.parameter @bias : tensor<12xf32> init <constant, 0.0, 0.0>
stator.parameter @proj : tensor<12x8xf32> init <normal, 0.0, 0.02> decay
stator.parameter @unused : tensor<3xf32> init <constant, 0.0, 0.0>
stator.parameter @frozen : tensor<8xf32> init <constant, 1.0, 0.0> frozen
stator.func @loss(%tokens: tensor<2x5xi32>, %targets: tensor<2x5xi32>) -> tensor<2x5xf32> {
  %wte = stator.read @wte : tensor<11x8xf32>
  %gain = stator.read @gain : tensor<8xf32>
  %attn = stator.read @attn : tensor<8x24xf32>
  %fc = stator.read @fc : tensor<8x12xf32>
  %bias = stator.read @bias : tensor<12xf32>
  %proj = stator.read @proj : tensor<12x8xf32>
  %frozen = stator.read @frozen : tensor<8xf32>
  %e = stator.gather %wte[%tokens] : (tensor<11x8xf32>, tensor<2x5xi32>) -> tensor<2x5x8xf32>
  %x0 = stator.dropout %e rate 0.25 stream 0 : tensor<2x5x8xf32>
  %ff = stator.broadcast %frozen dims [2] : tensor<8xf32> -> tensor<2x5x8xf32>
  %x = stator.mul %x0, %ff : tensor<2x5x8xf32>
  // Layer norm without bias.
  %mean = stator.reduce mean %x axes [2] : tensor<2x5x8xf32> -> tensor<2x5xf32>
  %meanb = stator.broadcast %mean dims [0, 1] : tensor<2x5xf32> -> tensor<2x5x8xf32>
  %d = stator.sub %x, %meanb : tensor<2x5x8xf32>
  %dd = stator.mul %d, %d : tensor<2x5x8xf32>
  %var = stator.reduce mean %dd axes [2] : tensor<2x5x8xf32> -> tensor<2x5xf32>
  %eps = stator.constant dense<1.0e-5> : tensor<2x5xf32>
  %vare = stator.add %var, %eps : tensor<2x5xf32>
  %rs = stator.rsqrt %vare : tensor<2x5xf32>
  %rsb = stator.broadcast %rs dims [0, 1] : tensor<2x5xf32> -> tensor<2x5x8xf32>
  %n0 = stator.mul %d, %rsb : tensor<2x5x8xf32>
  %gainb = stator.broadcast %gain dims [2] : tensor<8xf32> -> tensor<2x5x8xf32>
  %n = stator.mul %n0, %gainb : tensor<2x5x8xf32>
  // Attention, written out.
  %qkv = stator.einsum "b t c, c d -> b t d" %n, %attn : (tensor<2x5x8xf32>, tensor<8x24xf32>) -> tensor<2x5x24xf32>
  %q0 = stator.slice %qkv offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x5x24xf32> -> tensor<2x5x8xf32>
  %k0 = stator.slice %qkv offsets [0, 0, 8] strides [1, 1, 1] : tensor<2x5x24xf32> -> tensor<2x5x8xf32>
  %v0 = stator.slice %qkv offsets [0, 0, 16] strides [1, 1, 1] : tensor<2x5x24xf32> -> tensor<2x5x8xf32>
  %q1 = stator.reshape %q0 : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %k1 = stator.reshape %k0 : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %v1 = stator.reshape %v0 : tensor<2x5x8xf32> -> tensor<2x5x2x4xf32>
  %q = stator.transpose %q1 perm [0, 2, 1, 3] : tensor<2x5x2x4xf32> -> tensor<2x2x5x4xf32>
  %k = stator.transpose %k1 perm [0, 2, 1, 3] : tensor<2x5x2x4xf32> -> tensor<2x2x5x4xf32>
  %v = stator.transpose %v1 perm [0, 2, 1, 3] : tensor<2x5x2x4xf32> -> tensor<2x2x5x4xf32>
  %s0 = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x2x5x4xf32>, tensor<2x2x5x4xf32>) -> tensor<2x2x5x5xf32>
  %half = stator.constant dense<0.5> : tensor<2x2x5x5xf32>
  %s1 = stator.mul %s0, %half : tensor<2x2x5x5xf32>
  %s = stator.causal_mask %s1 fill 0xFFF0000000000000 : tensor<2x2x5x5xf32>
  %w0 = stator.softmax %s axis 3 : tensor<2x2x5x5xf32>
  %w = stator.dropout %w0 rate 0.25 stream 1 : tensor<2x2x5x5xf32>
  %y0 = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x2x5x5xf32>, tensor<2x2x5x4xf32>) -> tensor<2x2x5x4xf32>
  %y1 = stator.transpose %y0 perm [0, 2, 1, 3] : tensor<2x2x5x4xf32> -> tensor<2x5x2x4xf32>
  %y = stator.reshape %y1 : tensor<2x5x2x4xf32> -> tensor<2x5x8xf32>
  %r = stator.add %x, %y : tensor<2x5x8xf32>
  // Feed-forward with all three activations.
  %h0 = stator.einsum "b t c, c d -> b t d" %r, %fc : (tensor<2x5x8xf32>, tensor<8x12xf32>) -> tensor<2x5x12xf32>
  %biasb = stator.broadcast %bias dims [2] : tensor<12xf32> -> tensor<2x5x12xf32>
  %h1 = stator.add %h0, %biasb : tensor<2x5x12xf32>
  %g1 = stator.gelu %h1 : tensor<2x5x12xf32>
  %g2 = stator.gelu %h1 tanh : tensor<2x5x12xf32>
  %g3 = stator.silu %h1 : tensor<2x5x12xf32>
  %g4 = stator.softmax %h1 axis 1 : tensor<2x5x12xf32>
  %g12 = stator.add %g1, %g2 : tensor<2x5x12xf32>
  %g34 = stator.add %g3, %g4 : tensor<2x5x12xf32>
  %g = stator.add %g12, %g34 : tensor<2x5x12xf32>
  %f = stator.einsum "b t c, c d -> b t d" %g, %proj : (tensor<2x5x12xf32>, tensor<12x8xf32>) -> tensor<2x5x8xf32>
  %o = stator.add %r, %f : tensor<2x5x8xf32>
  // Tied head.
  %logits = stator.einsum "b t c, v c -> b t v" %o, %wte : (tensor<2x5x8xf32>, tensor<11x8xf32>) -> tensor<2x5x11xf32>
  %l:2 = stator.cross_entropy %logits, %targets : (tensor<2x5x11xf32>, tensor<2x5xi32>) -> (tensor<2x5xf32>, tensor<2x5xf32>)
  stator.return %l#0 : tensor<2x5xf32>
}
)";

/// A recurrent net whose loop captures its weights.
constexpr char Recurrent[] = R"(
stator.training optimizer <sgd, lr = 0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.9, nesterov = true> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches MICRO steps 10
stator.parameter @wte : tensor<11x8xf32> init <normal, 0.0, 0.02>
stator.parameter @w : tensor<8x8xf32> init <normal, 0.0, 0.02>
stator.func @loss(%tokens: tensor<2x5xi32>, %targets: tensor<2x5xi32>) -> tensor<2x5xf32> {
  %wte = stator.read @wte : tensor<11x8xf32>
  %w = stator.read @w : tensor<8x8xf32>
  %x = stator.gather %wte[%tokens] : (tensor<11x8xf32>, tensor<2x5xi32>) -> tensor<2x5x8xf32>
  %h0 = stator.constant dense<0.0> : tensor<2x8xf32>
  %r:2 = stator.scan axis 1 length 5 carries(%h = %h0) over(%s = %x) : (tensor<2x8xf32>, tensor<2x5x8xf32>) -> (tensor<2x8xf32>, tensor<2x5x8xf32>) {
    %a = stator.einsum "b i, i j -> b j" %h, %w : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32>
    %b = stator.add %a, %s : tensor<2x8xf32>
    %n = stator.tanh %b : tensor<2x8xf32>
    stator.yield %n, %n : tensor<2x8xf32>, tensor<2x8xf32>
  }
  %logits = stator.einsum "b t c, v c -> b t v" %r#1, %wte : (tensor<2x5x8xf32>, tensor<11x8xf32>) -> tensor<2x5x11xf32>
  %l:2 = stator.cross_entropy %logits, %targets : (tensor<2x5x11xf32>, tensor<2x5xi32>) -> (tensor<2x5xf32>, tensor<2x5xf32>)
  stator.return %l#0 : tensor<2x5xf32>
}
)";

std::string getText(const char *Model, int MicroBatches) {
  std::string Text = Model;
  Text.replace(Text.find("MICRO"), 5, std::to_string(MicroBatches));
  return Text;
}

/// The program that training by this interpreter is.
std::unique_ptr<LoadedProgram> load(const std::string &Text,
                                    InterpreterKind Kind) {
  auto Loss = parseSourceString<ModuleOp>(Text, &getTestContext());
  EXPECT_TRUE(Loss);
  OwningOpRef<ModuleOp> Module = Loss->clone();
  PassManager Manager(&getTestContext());
  Manager.addPass(createDifferentiate());
  BuildTrainingStepOptions Options;
  Options.keepGradients = true;
  Manager.addPass(createBuildTrainingStep(Options));
  EXPECT_TRUE(succeeded(Manager.run(*Module)));
  auto Program =
      std::make_unique<LoadedProgram>(std::move(Module), Kind, std::move(Loss));
  Program->fillState();
  Program->Info[STATOR_INFO_TOTAL_STEPS] = 6;
  return Program;
}

std::vector<int32_t> getTokens() { return {1, 5, 10, 3, 3, 0, 7, 2, 9, 4}; }
std::vector<int32_t> getTargets() { return {5, 10, -1, 3, 0, 7, 2, 9, 4, -7}; }

/// Losses, norms and rates of six steps, then the whole state.
std::vector<float> train(LoadedProgram &Program) {
  std::vector<float> Log;
  const StatorProgram &P = Program.get();
  for (int Step = 0; Step < 6; ++Step) {
    float Result[STATOR_RESULT_COUNT] = {};
    Program.Info[STATOR_INFO_STEP] = Step;
    for (int64_t I = 0; I < P.MicroBatches; ++I) {
      Program.Info[STATOR_INFO_SEQUENCE] = Step * P.MicroBatches + I;
      Program.call(P.MicroBatches > 1 ? P.Accumulate : P.TrainStep, getTokens(),
                   getTargets(), Result);
      Log.push_back(Result[STATOR_RESULT_LOSS]);
    }
    if (P.MicroBatches > 1)
      Program.call(P.Update, {}, {}, Result);
    Log.push_back(Result[STATOR_RESULT_GRAD_NORM]);
    Log.push_back(Result[STATOR_RESULT_LR]);
  }
  for (int64_t I = 0; I < P.NumTensors; ++I)
    for (float Each : Program.copy(P.Tensors[I].Name))
      Log.push_back(Each);
  return Log;
}

std::vector<float> callGradients(LoadedProgram &Program) {
  size_t Count = 1;
  for (int64_t I = 0; I < Program.get().NumTensors; ++I)
    Count += Program.get().Tensors[I].Trainable
                 ? Program.get().Tensors[I].Elements
                 : 0;
  std::vector<float> Result(Count);
  Program.call(Program.get().Gradients, getTokens(), getTargets(),
               Result.data());
  return Result;
}

void expectNear(const std::vector<float> &Found,
                const std::vector<float> &Expected, double Tolerance) {
  ASSERT_EQ(Found.size(), Expected.size());
  for (size_t I = 0; I < Found.size(); ++I)
    ASSERT_NEAR(Found[I], Expected[I],
                Tolerance * std::max(0.1f, std::abs(Expected[I])))
        << "number " << I;
}

class EagerTrainingTest
    : public testing::TestWithParam<std::tuple<const char *, int>> {
protected:
  std::string Text = getText(std::get<0>(GetParam()), std::get<1>(GetParam()));
};

TEST_P(EagerTrainingTest, GradientsAreThoseOfTheStaticGraph) {
  auto Eager = load(Text, InterpreterKind::Eager);
  auto Reference = load(Text, InterpreterKind::ReferenceF64);
  expectNear(callGradients(*Eager), callGradients(*Reference), 1e-5);
}

TEST_P(EagerTrainingTest, TrainsAsTheReference) {
  auto Eager = load(Text, InterpreterKind::Eager);
  auto Reference = load(Text, InterpreterKind::ReferenceF64);
  expectNear(train(*Eager), train(*Reference), 1e-4);
}

TEST_P(EagerTrainingTest, EvaluatesWithoutDropout) {
  auto Eager = load(Text, InterpreterKind::Eager);
  auto Reference = load(Text, InterpreterKind::ReferenceF64);
  std::vector<float> Found(10), Expected(10);
  Eager->call(Eager->get().Evaluate, getTokens(), getTargets(), Found.data());
  Reference->call(Reference->get().Evaluate, getTokens(), getTargets(),
                  Expected.data());
  expectNear(Found, Expected, 1e-5);
  EXPECT_EQ(Found[2], 0); // negative targets
  EXPECT_EQ(Found[9], 0);
  EXPECT_GT(Found[0], 0);
}

TEST_P(EagerTrainingTest, TheNumberOfThreadsChangesNoBit) {
  int Before = omp_get_max_threads();
  omp_set_num_threads(1);
  auto One = load(Text, InterpreterKind::Eager);
  std::vector<float> Expected = train(*One);
  omp_set_num_threads(3);
  auto Three = load(Text, InterpreterKind::Eager);
  EXPECT_EQ(train(*Three), Expected);
  omp_set_num_threads(Before);
}

INSTANTIATE_TEST_SUITE_P(Models, EagerTrainingTest,
                         testing::Combine(testing::Values(Transformer,
                                                          Recurrent),
                                          testing::Values(1, 3)));

TEST(EagerErrors, ATokenOutsideTheTableGivesNaN) {
  auto Eager = load(getText(Recurrent, 1), InterpreterKind::Eager);
  float Result[STATOR_RESULT_COUNT];
  std::vector<int32_t> Wrong = getTokens();
  Wrong[3] = 11;
  Eager->call(Eager->get().TrainStep, Wrong, getTargets(), Result);
  EXPECT_EQ(Eager->getBadIndex(), "index 11 of 11");
  EXPECT_TRUE(std::isnan(Result[STATOR_RESULT_LOSS]));
}

TEST(EagerErrors, ATargetOutsideTheVocabularyGivesNaN) {
  auto Eager = load(getText(Recurrent, 1), InterpreterKind::Eager);
  float Result[STATOR_RESULT_COUNT];
  std::vector<int32_t> Wrong = getTargets();
  Wrong[3] = 11;
  Eager->call(Eager->get().TrainStep, getTokens(), Wrong, Result);
  EXPECT_EQ(Eager->getBadIndex(), "target 11 of 11");
  EXPECT_TRUE(std::isnan(Result[STATOR_RESULT_LOSS]));
}

TEST(EagerErrors, TrainingNeedsTheLoss) {
  EXPECT_THAT(getCreationError(R"(
stator.func @evaluate(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<2x3xf32> {
  %z = stator.constant dense<0.0> : tensor<2x3x7xf32>
  %l:2 = stator.cross_entropy %z, %targets : (tensor<2x3x7xf32>, tensor<2x3xi32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
  stator.return %l#0 : tensor<2x3xf32>
})",
                               InterpreterKind::Eager),
              testing::HasSubstr("needs @loss"));
}

} // namespace
} // namespace stator::test
