//===- ReferenceTest.cpp - Modules as programs of the reference -----------===//

#include "ProgramCall.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

namespace stator::test {
namespace {

/// Loss: the square of p q x, for two parameters and x the first token.
constexpr char Head[] = R"(
stator.parameter @p : tensor<2xf32> init <constant, 3.0, 0.0> decay
stator.parameter @q : tensor<f32> init <normal, 0.5, 0.25>
stator.parameter @r : tensor<3xf32> init <uniform, -1.0, 1.0> frozen
)";

constexpr char Body[] = R"(
  %p = stator.read @p : tensor<2xf32>
  %q = stator.read @q : tensor<f32>
  %gp = stator.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %gq = stator.constant dense<0.5> : tensor<f32>
  %x = stator.convert %tokens : tensor<1x1xi32> -> tensor<1x1xf32>
  %loss = stator.reshape %x : tensor<1x1xf32> -> tensor<f32>
  %norm = stator.global_norm %gp, %gq : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
  %scale = stator.constant dense<2.0> : tensor<f32>
  %step = stator.info step : tensor<i32>
  %total = stator.info total_steps : tensor<i32>
  %lr = stator.learning_rate %step of %total peak 0.5 schedule <linear, warmup = 0, floor = 0.0, steps = 0, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
)";

constexpr char Tail[] = R"(
  stator.return %loss, %norm, %lr : tensor<f32>, tensor<f32>, tensor<f32>
}
stator.func @forward(%tokens: tensor<1x1xi32>) -> tensor<1x1x2xf32> {
  %p = stator.read @p : tensor<2xf32>
  %r = stator.reshape %p : tensor<2xf32> -> tensor<1x1x2xf32>
  stator.return %r : tensor<1x1x2xf32>
}
)";

constexpr char Sgd[] = R"(
stator.parameter @p.momentum : tensor<2xf32> init <constant, 0.0, 0.0> role moment of @p
stator.func @train_step(%tokens: tensor<1x1xi32>, %targets: tensor<1x1xi32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
)";
constexpr char SgdUpdate[] = R"(
  %b = stator.read @p.momentum : tensor<2xf32>
  %p1:2 = stator.sgd %p, %gp lr %lr scale %scale buffer %b momentum 0.5 decay 1.0 : (tensor<2xf32>, tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  %q1 = stator.sgd %q, %gq lr %lr scale %scale momentum 0.0 decay 0.0 : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  stator.write %p1#0, @p : tensor<2xf32>
  stator.write %p1#1, @p.momentum : tensor<2xf32>
  stator.write %q1, @q : tensor<f32>
)";

constexpr char Adam[] = R"(
stator.parameter @q.adam_m : tensor<f32> init <constant, 0.0, 0.0> role moment of @q
stator.parameter @q.adam_v : tensor<f32> init <constant, 0.0, 0.0> role moment of @q
stator.func @train_step(%tokens: tensor<1x1xi32>, %targets: tensor<1x1xi32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
)";
constexpr char AdamUpdate[] = R"(
  %m = stator.read @q.adam_m : tensor<f32>
  %v = stator.read @q.adam_v : tensor<f32>
  %q1:3 = stator.adam %q, %gq, %m, %v lr %lr scale %scale step %step betas(0.5, 0.75) eps 0.0 decay 0.0 decoupled : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
  stator.write %q1#0, @q : tensor<f32>
  stator.write %q1#1, @q.adam_m : tensor<f32>
  stator.write %q1#2, @q.adam_v : tensor<f32>
)";

std::string getSgdModule() {
  return std::string(Head) + Sgd + Body + SgdUpdate + Tail;
}
std::string getAdamModule() {
  return std::string(Head) + Adam + Body + AdamUpdate + Tail;
}

class ReferenceTest : public testing::TestWithParam<InterpreterKind> {};

TEST_P(ReferenceTest, TableSaysWhatTheModuleDeclares) {
  LoadedProgram Loaded(getSgdModule(), GetParam());
  const StatorProgram &Program = Loaded.get();
  EXPECT_EQ(Program.AbiVersion, uint32_t(STATOR_ABI_VERSION));
  EXPECT_EQ(Program.Mode, STATOR_MODE_TRAIN);
  EXPECT_STREQ(Program.Compiler, "reference");
  EXPECT_EQ(Program.Batch, 1);
  EXPECT_EQ(Program.Time, 1);
  EXPECT_EQ(Program.Vocabulary, 2);
  ASSERT_EQ(Program.NumTensors, 4);
  EXPECT_STREQ(Program.Tensors[0].Name, "p");
  EXPECT_EQ(Program.Tensors[0].Rank, 1);
  EXPECT_EQ(Program.Tensors[0].Shape[0], 2);
  EXPECT_EQ(Program.Tensors[0].Trainable, 1);
  EXPECT_EQ(Program.Tensors[0].InitA, 3.0);
  EXPECT_EQ(Program.Tensors[1].Rank, 0);
  EXPECT_EQ(Program.Tensors[1].Elements, 1u);
  EXPECT_EQ(Program.Tensors[1].Init, STATOR_INIT_NORMAL);
  EXPECT_EQ(Program.Tensors[1].InitB, 0.25);
  EXPECT_EQ(Program.Tensors[2].Trainable, 0);
  EXPECT_EQ(Program.Tensors[3].Role, STATOR_ROLE_MOMENT);
  EXPECT_EQ(Program.Tensors[3].Trainable, 0);
  for (int I = 0; I < 4; ++I)
    EXPECT_EQ(Program.Tensors[I].Offset, uint64_t(64 * I));
  EXPECT_EQ(Program.StateBytes, 256u);
  EXPECT_NE(Program.TrainStep, nullptr);
  EXPECT_NE(Program.Forward, nullptr);
  EXPECT_EQ(Program.Evaluate, nullptr);
  EXPECT_EQ(Program.Accumulate, nullptr);
  EXPECT_GT(Program.FlopsPerStep, 0);
}

TEST_P(ReferenceTest, TrainsWithSgd) {
  LoadedProgram Loaded(getSgdModule(), GetParam());
  Loaded.tensor("p")[0] = 1;
  Loaded.tensor("p")[1] = 2;
  Loaded.tensor("q")[0] = 3;
  Loaded.Info[STATOR_INFO_TOTAL_STEPS] = 4;
  float Result[STATOR_RESULT_COUNT];
  Loaded.call(Loaded.get().TrainStep, {7}, {0}, Result);
  EXPECT_THAT(Result, ElementsAre(7, FloatNear(std::sqrt(5.25), 1e-6), 0.5));
  // g = 2 (1, -2) + (1, 2) = (3, -2) is the momentum; the rate is 0.5.
  EXPECT_THAT(Loaded.copy("p"), ElementsAre(-0.5, 3));
  EXPECT_THAT(Loaded.copy("p.momentum"), ElementsAre(3, -2));
  EXPECT_THAT(Loaded.copy("q"), ElementsAre(2.5));
  Loaded.Info[STATOR_INFO_STEP] = 2; // at half the rate
  Loaded.call(Loaded.get().TrainStep, {7}, {0}, Result);
  EXPECT_EQ(Result[STATOR_RESULT_LR], 0.25f);
  // g = (2 - 0.5, -4 + 3), momentum (1.5 + 1.5, -1 - 1).
  EXPECT_THAT(Loaded.copy("p.momentum"), ElementsAre(3, -2));
  EXPECT_THAT(Loaded.copy("p"), ElementsAre(-1.25, 3.5));
  EXPECT_THAT(Loaded.copy("q"), ElementsAre(2.25));
}

TEST_P(ReferenceTest, TrainsWithAdam) {
  LoadedProgram Loaded(getAdamModule(), GetParam());
  Loaded.tensor("q")[0] = 3;
  Loaded.Info[STATOR_INFO_TOTAL_STEPS] = 4;
  float Result[STATOR_RESULT_COUNT];
  Loaded.call(Loaded.get().TrainStep, {7}, {0}, Result);
  // g = 1; after one step m and v, corrected, are g and g squared.
  EXPECT_THAT(Loaded.copy("q"), ElementsAre(FloatNear(2.5, 1e-6)));
  EXPECT_THAT(Loaded.copy("q.adam_m"), ElementsAre(0.5));
  EXPECT_THAT(Loaded.copy("q.adam_v"), ElementsAre(0.25));
  EXPECT_THAT(Loaded.copy("p"), ElementsAre(0, 0));
}

TEST_P(ReferenceTest, ForwardGivesLogits) {
  LoadedProgram Loaded(getSgdModule(), GetParam());
  Loaded.tensor("p")[0] = 1;
  Loaded.tensor("p")[1] = 2;
  float Result[2];
  Loaded.call(Loaded.get().Forward, {0}, {}, Result);
  EXPECT_THAT(Result, ElementsAre(1, 2));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ReferenceTest,
                         testing::Values(InterpreterKind::ReferenceF32,
                                         InterpreterKind::ReferenceF64));

// A model whose logits are the sum of all tokens so far, and the position.
constexpr char Decoding[] = R"(
module attributes {stator.context = 8 : i64, stator.padded_blocks} {
stator.parameter @w : tensor<1x2xf32> init <constant, 1.0, 0.0>
stator.parameter @sum : tensor<1x2xf32> init <constant, 0.0, 0.0> role cache
stator.func @forward(%tokens: tensor<1x8xi32>) -> tensor<1x8x2xf32> {
  %0 = stator.convert %tokens : tensor<1x8xi32> -> tensor<1x8xf32>
  %1 = stator.broadcast %0 dims [0, 1] : tensor<1x8xf32> -> tensor<1x8x2xf32>
  stator.return %1 : tensor<1x8x2xf32>
}
stator.func @decode_1(%tokens: tensor<1x1xi32>) -> tensor<1x2xf32> {
  %w = stator.read @w : tensor<1x2xf32>
  %sum = stator.read @sum : tensor<1x2xf32>
  %position = stator.info position : tensor<i32>
  %0 = stator.convert %position : tensor<i32> -> tensor<f32>
  %1 = stator.broadcast %0 dims [] : tensor<f32> -> tensor<1x2xf32>
  %2 = stator.convert %tokens : tensor<1x1xi32> -> tensor<1x1xf32>
  %3 = stator.reshape %2 : tensor<1x1xf32> -> tensor<f32>
  %4 = stator.broadcast %3 dims [] : tensor<f32> -> tensor<1x2xf32>
  %5 = stator.mul %4, %w : tensor<1x2xf32>
  %6 = stator.add %sum, %5 : tensor<1x2xf32>
  stator.write %6, @sum : tensor<1x2xf32>
  %7 = stator.add %6, %1 : tensor<1x2xf32>
  stator.return %7 : tensor<1x2xf32>
}
}
)";

TEST(Decoding, BlocksReadAndWriteTheCache) {
  for (InterpreterKind Kind :
       {InterpreterKind::ReferenceF32, InterpreterKind::ReferenceF64,
        InterpreterKind::Eager}) {
    LoadedProgram Loaded(Decoding, Kind);
    const StatorProgram &Program = Loaded.get();
    ASSERT_EQ(Program.NumBlocks, 1);
    EXPECT_EQ(Program.Blocks[0].Width, 1);
    EXPECT_EQ(Program.Context, 8);
    EXPECT_EQ(Program.PaddedBlocks, 1);
    EXPECT_EQ(Program.StateBytes, 64u) << "caches are not in it";
    EXPECT_EQ(Program.CacheBytes, 64u);
    ASSERT_EQ(Program.NumTensors, 2);
    EXPECT_EQ(Program.Tensors[1].Role, STATOR_ROLE_CACHE);
    EXPECT_EQ(Program.Tensors[1].Offset, 0u);
    Loaded.tensor("w")[0] = 1;
    Loaded.tensor("w")[1] = 10;
    float Logits[2];
    for (int Round = 0; Round < 2; ++Round) {
      Loaded.Info[STATOR_INFO_POSITION] = 0;
      Loaded.call(Program.Blocks[0].Run, {3}, {0}, Logits);
      EXPECT_THAT(Logits, ElementsAre(3, 30));
      Loaded.Info[STATOR_INFO_POSITION] = 1;
      Loaded.call(Program.Blocks[0].Run, {4}, {0}, Logits);
      EXPECT_THAT(Logits, ElementsAre(8, 71));
      EXPECT_EQ(Loaded.tensor("sum")[0], 7);
      // Another text: who runs the program zeroes the cache.
      std::fill(Loaded.Cache.begin(), Loaded.Cache.end(), 0);
    }
  }
}

TEST(ReferenceF64, KeepsDigitsThatTheStateHasNot) {
  // Steps of 1e-9 are lost in an f32 parameter of 1, but not in its shadow.
  LoadedProgram Loaded(R"(
stator.parameter @p : tensor<f32> init <constant, 0.0, 0.0>
stator.func @train_step(%tokens: tensor<1x1xi32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %p = stator.read @p : tensor<f32>
  %d = stator.constant dense<1.0e-9> : tensor<f32>
  %n = stator.add %p, %d : tensor<f32>
  stator.write %n, @p : tensor<f32>
  %one = stator.constant dense<1.0> : tensor<f32>
  %e = stator.sub %n, %one : tensor<f32>
  stator.return %e, %e, %e : tensor<f32>, tensor<f32>, tensor<f32>
}
stator.func @forward(%tokens: tensor<1x1xi32>) -> tensor<1x1x2xf32> {
  %z = stator.constant dense<0.0> : tensor<1x1x2xf32>
  stator.return %z : tensor<1x1x2xf32>
}
)",
                       InterpreterKind::ReferenceF64);
  Loaded.tensor("p")[0] = 1;
  float Result[3];
  for (int I = 0; I < 3; ++I)
    Loaded.call(Loaded.get().TrainStep, {0}, {}, Result);
  EXPECT_THAT(Result[0], FloatNear(3e-9f, 1e-14f));
  EXPECT_EQ(Loaded.tensor("p")[0], 1.0f);
  // Somebody else writes to the state, as when a checkpoint is loaded.
  Loaded.tensor("p")[0] = 2;
  Loaded.call(Loaded.get().TrainStep, {0}, {}, Result);
  EXPECT_THAT(Result[0], FloatNear(1.0f, 1e-6f));
}

TEST(ReferenceF64, RunsCallsLaunchesAndLoops) {
  LoadedProgram Loaded(R"(
stator.parameter @w : tensor<f32> init <constant, 0.0, 0.0>
stator.func @Double(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %y = stator.launch @k(%x, %w) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  stator.return %y : tensor<f32>
}
stator.func kernel @k(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %y = stator.mul %x, %w : tensor<f32>
  stator.return %y : tensor<f32>
}
stator.func @forward(%tokens: tensor<1x1xi32>) -> tensor<1x1x2xf32> {
  %w = stator.read @w : tensor<f32>
  %h0 = stator.constant dense<1.0> : tensor<f32>
  %last = stator.scan axis 0 length 5 carries(%h = %h0) : (tensor<f32>) -> tensor<f32> {
    %n = stator.call @Double(%h, %w) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    stator.yield %n : tensor<f32>
  }
  %r = stator.broadcast %last dims [] : tensor<f32> -> tensor<1x1x2xf32>
  stator.return %r : tensor<1x1x2xf32>
}
)",
                       InterpreterKind::ReferenceF64);
  EXPECT_EQ(Loaded.get().Mode, STATOR_MODE_INFER);
  Loaded.tensor("w")[0] = 2;
  float Result[2];
  Loaded.call(Loaded.get().Forward, {0}, {}, Result);
  EXPECT_THAT(Result, ElementsAre(32, 32));
}

TEST(ReferenceErrors, AnIndexOutsideTheTableGivesNaN) {
  LoadedProgram Loaded(R"(
stator.parameter @t : tensor<3x2xf32> init <constant, 0.0, 0.0>
stator.func @forward(%tokens: tensor<1x1xi32>) -> tensor<1x1x2xf32> {
  %t = stator.read @t : tensor<3x2xf32>
  %r = stator.gather %t[%tokens] : (tensor<3x2xf32>, tensor<1x1xi32>) -> tensor<1x1x2xf32>
  stator.return %r : tensor<1x1x2xf32>
}
)",
                       InterpreterKind::ReferenceF32);
  float Result[2];
  Loaded.call(Loaded.get().Forward, {3}, {}, Result);
  EXPECT_EQ(Loaded.getBadIndex(), "index 3 of 3");
  EXPECT_TRUE(std::isnan(Result[0]) && std::isnan(Result[1]));
  Loaded.call(Loaded.get().Forward, {2}, {}, Result);
  EXPECT_EQ(Loaded.getBadIndex(), "");
  EXPECT_THAT(Result, ElementsAre(0, 0));
}

TEST(ReferenceErrors, AnErrorLeavesTheStateAlone) {
  LoadedProgram Loaded(R"(
stator.parameter @t : tensor<3x2xf32> init <constant, 0.0, 0.0>
stator.func @train_step(%tokens: tensor<1x1xi32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %t = stator.read @t : tensor<3x2xf32>
  %r = stator.gather %t[%tokens] : (tensor<3x2xf32>, tensor<1x1xi32>) -> tensor<1x1x2xf32>
  %n = stator.exp %t : tensor<3x2xf32>
  stator.write %n, @t : tensor<3x2xf32>
  %s = stator.reduce sum %r axes [0, 1, 2] : tensor<1x1x2xf32> -> tensor<f32>
  stator.return %s, %s, %s : tensor<f32>, tensor<f32>, tensor<f32>
}
stator.func @forward(%tokens: tensor<1x1xi32>) -> tensor<1x1x2xf32> {
  %z = stator.constant dense<0.0> : tensor<1x1x2xf32>
  stator.return %z : tensor<1x1x2xf32>
}
)",
                       InterpreterKind::ReferenceF32);
  float Result[STATOR_RESULT_COUNT];
  Loaded.call(Loaded.get().TrainStep, {3}, {}, Result);
  EXPECT_EQ(Loaded.getBadIndex(), "index 3 of 3");
  EXPECT_THAT(Loaded.copy("t"), ElementsAre(0, 0, 0, 0, 0, 0));
  Loaded.call(Loaded.get().TrainStep, {2}, {}, Result);
  EXPECT_THAT(Loaded.copy("t"), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST(ReferenceErrors, WhatCannotRunHasADiagnostic) {
  for (auto Kind : {InterpreterKind::ReferenceF32, InterpreterKind::Eager}) {
    EXPECT_THAT(getCreationError("", Kind), HasSubstr("no entry point"));
    EXPECT_THAT(getCreationError(R"(
stator.func @forward() -> tensor<f32> {
  %z = stator.constant dense<0.0> : tensor<f32>
  stator.return %z : tensor<f32>
})",
                                 Kind),
                HasSubstr("must be tokens, [batch, time]"));
    EXPECT_THAT(getCreationError(R"(
stator.func @loss(%tokens: tensor<2x3xi32>) -> tensor<f32> {
  %z = stator.constant dense<0.0> : tensor<f32>
  stator.return %z : tensor<f32>
})",
                                 Kind),
                HasSubstr("size of the vocabulary"));
  }
}

} // namespace
} // namespace stator::test
