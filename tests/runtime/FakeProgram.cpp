#include "tests/runtime/FakeProgram.h"
#include "runtime/core/Safetensors.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace stator::runtime::testing {

FakeProgram::FakeProgram(int32_t Mode, Shape Sizes) : Sizes(Sizes) {
  bool Train = Mode == STATOR_MODE_TRAIN;
  int64_t V = Sizes.Vocabulary;
  Shapes.reserve(8); // tensors point into it
  addTensor("table.weight", {V, V}, STATOR_ROLE_PARAMETER);
  Tensors.back().Init = STATOR_INIT_NORMAL;
  Tensors.back().InitB = 0.5;
  addTensor("bias", {V}, STATOR_ROLE_PARAMETER);
  Tensors.back().Init = STATOR_INIT_UNIFORM;
  Tensors.back().InitA = -0.25;
  Tensors.back().InitB = 0.25;
  addTensor("scale", {}, STATOR_ROLE_PARAMETER);
  Tensors.back().InitA = 1;
  Tensors.back().Trainable = 0;
  if (Train)
    addTensor("table.weight.momentum", {V, V}, STATOR_ROLE_MOMENT);
  if (Train && Sizes.MicroBatches > 1)
    addTensor("table.weight.grad", {V, V}, STATOR_ROLE_GRADIENT);

  Program.AbiVersion = STATOR_ABI_VERSION;
  Program.Mode = Mode;
  Program.Name = "Fake";
  Program.Compiler = "a test";
  Program.Options = R"({"model": "fake.stator", "mode": "train",
                        "config": {"vocab": 8, "width": 3}})";
  if (Train)
    Program.Options = R"({"model": "fake.stator", "mode": "train",
                          "config": {"vocab": 8, "width": 3},
                          "training": {"optimizer": "sgd", "lr": 1.0,
                                       "momentum": 0.9, "weight_decay": 0.0,
                                       "clip": null, "schedule": "linear",
                                       "min_lr": 0.0,
                                       "schedule_steps": null}})";
  Program.Self = this;
  Program.Batch = Sizes.Batch;
  Program.Time = Sizes.Time;
  Program.Vocabulary = V;
  Program.MicroBatches = Sizes.MicroBatches;
  Program.DefaultSteps = 20;
  Program.Tensors = Tensors.data();
  Program.NumTensors = static_cast<int64_t>(Tensors.size());
  Program.ArenaBytes =
      4 * static_cast<uint64_t>(V * V + V + Sizes.Batch * Sizes.Time * (V + 1));
  Program.FlopsPerStep = 12345;
  if (Train) {
    if (Sizes.MicroBatches == 1) {
      Program.TrainStep = trainStep;
    } else {
      Program.Accumulate = accumulateStep;
      Program.Update = updateStep;
    }
    Program.Evaluate = evaluateStep;
    Program.Gradients = gradientStep;
  } else {
    Program.Forward = forwardStep;
    if (Sizes.Blocks)
      addBlocks(Sizes);
  }
}

// The cache keeps the tokens themselves, so that a wrong position or a
// meaningless token that is not overwritten shows.
void FakeProgram::addBlocks(const Shape &Sizes) {
  addTensor("history", {Sizes.Batch, Sizes.Context ? Sizes.Context : 1024},
            STATOR_ROLE_CACHE);
  Tensors.back().Trainable = 0;
  Program.CacheBytes = Program.StateBytes - Tensors.back().Offset;
  Program.StateBytes = Tensors.back().Offset;
  Tensors.back().Offset = 0;
  Program.Tensors = Tensors.data();
  Program.NumTensors = static_cast<int64_t>(Tensors.size());
  Blocks = {{1, decodeStep<1>}, {4, decodeStep<4>}, {16, decodeStep<16>}};
  Program.Blocks = Blocks.data();
  Program.NumBlocks = 3;
  Program.PaddedBlocks = Sizes.Padded;
  Program.Context = Sizes.Context;
}

int64_t FakeProgram::hash(const int32_t *Tokens, int64_t Count) const {
  int64_t Sum = 0, Power = 1;
  for (int64_t I = 0; I < Count; ++I) {
    Sum += Power * Tokens[I];
    Power = Power * 3 % Program.Vocabulary;
  }
  return Sum % Program.Vocabulary;
}

void FakeProgram::decode(uint8_t *State, uint8_t *Cache, const int32_t *Tokens,
                         int64_t Width, const int64_t *Info, float *Result) {
  int64_t Position = Info[STATOR_INFO_POSITION], Last = Info[STATOR_INFO_LAST];
  int64_t V = Program.Vocabulary, Slots = Tensors[History].Shape[1];
  Calls.push_back({Width, Last});
  for (int64_t B = 0; B < Program.Batch; ++B) {
    auto *Row = reinterpret_cast<float *>(Cache) + B * Slots;
    bool Fits = Position + Width <= Slots;
    for (int64_t I = 0; Fits && I < Width; ++I)
      Row[Position + I] = static_cast<float>(Tokens[B * Width + I]);
    std::vector<int32_t> Text(Row, Row + std::min(Position + Last + 1, Slots));
    int64_t At = hash(Text.data(), static_cast<int64_t>(Text.size()));
    for (int64_t J = 0; J < V; ++J)
      Result[B * V + J] =
          Fits ? tensor(State, Table)[At * V + J] + tensor(State, Bias)[J]
               : NAN;
  }
}

template <int64_t Width>
void FakeProgram::decodeStep(void *Self, uint8_t *State, uint8_t *Cache,
                             uint8_t *, const int32_t *Tokens, const int32_t *,
                             int64_t *Info, float *Result) {
  static_cast<FakeProgram *>(Self)->decode(State, Cache, Tokens, Width, Info,
                                           Result);
}

void FakeProgram::addTensor(const char *Name, std::vector<int64_t> Sizes,
                            int32_t Role) {
  StatorTensor Tensor = {};
  Tensor.Name = Name;
  Tensor.Rank = static_cast<int64_t>(Sizes.size());
  Tensor.Elements = 1;
  for (int64_t Size : Sizes)
    Tensor.Elements *= static_cast<uint64_t>(Size);
  Shapes.push_back(std::move(Sizes));
  Tensor.Shape = Shapes.back().data();
  Tensor.Role = Role;
  Tensor.Trainable = Role == STATOR_ROLE_PARAMETER;
  Tensor.Offset = Program.StateBytes;
  Program.StateBytes += (Tensor.Elements * 4 + 63) / 64 * 64;
  Tensors.push_back(Tensor);
}

float *FakeProgram::tensor(uint8_t *State, TensorIndex Index) const {
  return reinterpret_cast<float *>(State + Tensors[Index].Offset);
}

void FakeProgram::lossAndCotangents(uint8_t *State, const int32_t *Tokens,
                                    const int32_t *Targets, float *Losses,
                                    float *Cotangents) const {
  int64_t V = Program.Vocabulary;
  for (int64_t I = 0; I < Program.Batch * Program.Time; ++I) {
    const float *Row = tensor(State, Table) + Tokens[I] * V;
    float *Cotangent = Cotangents + I * V;
    float Sum = 0;
    for (int64_t J = 0; J < V; ++J)
      Sum += Cotangent[J] = std::exp(Row[J] + tensor(State, Bias)[J]);
    bool Real = Targets[I] >= 0;
    Losses[I] = Real ? std::log(Sum) - std::log(Cotangent[Targets[I]]) : 0;
    for (int64_t J = 0; J < V; ++J)
      Cotangent[J] = Real ? Cotangent[J] / Sum - (J == Targets[I]) : 0;
  }
}

float FakeProgram::accumulate(uint8_t *State, const int32_t *Tokens,
                              const int32_t *Targets, float *TableGradients,
                              float *BiasGradients) const {
  int64_t V = Program.Vocabulary, N = Program.Batch * Program.Time;
  std::vector<float> Losses(static_cast<size_t>(N)),
      Cotangents(static_cast<size_t>(N * V));
  lossAndCotangents(State, Tokens, Targets, Losses.data(), Cotangents.data());
  float Sum = 0;
  for (int64_t I = 0; I < N; ++I) {
    Sum += Losses[static_cast<size_t>(I)];
    for (int64_t J = 0; J < V; ++J) {
      float Share =
          Cotangents[static_cast<size_t>(I * V + J)] / static_cast<float>(N);
      TableGradients[Tokens[I] * V + J] += Share;
      BiasGradients[J] += Share;
    }
  }
  return Sum / static_cast<float>(N);
}

void FakeProgram::update(uint8_t *State, const float *TableGradients,
                         const int64_t *Info, float *Result) const {
  float Done =
      std::min(1.0f, static_cast<float>(Info[STATOR_INFO_STEP]) /
                         static_cast<float>(Info[STATOR_INFO_TOTAL_STEPS]));
  float Peak = 1;
  if (Info[STATOR_INFO_SETTINGS] >> STATOR_SETTING_LR & 1)
    Peak = static_cast<float>(std::bit_cast<double>(
        Info[STATOR_INFO_NUMBERS + int64_t(STATOR_SETTING_LR)]));
  float Rate = Peak * (1.0f - Done);
  float Squares = 0;
  for (uint64_t I = 0; I < Tensors[Table].Elements; ++I) {
    float &Momentum = tensor(State, TableMomentum)[I];
    Momentum = 0.9f * Momentum + TableGradients[I];
    tensor(State, Table)[I] -= Rate * Momentum;
    Squares += TableGradients[I] * TableGradients[I];
  }
  Result[STATOR_RESULT_GRAD_NORM] = std::sqrt(Squares);
  Result[STATOR_RESULT_LR] = Rate;
}

void FakeProgram::trainStep(void *Self, uint8_t *State, uint8_t *,
                            uint8_t *Arena, const int32_t *Tokens,
                            const int32_t *Targets, int64_t *Info,
                            float *Result) {
  auto &Model = *static_cast<FakeProgram *>(Self);
  int64_t Step = Info[STATOR_INFO_STEP];
  Model.BeforeStep(Step);
  uint64_t Elements = Model.Tensors[Table].Elements;
  auto *Gradients = reinterpret_cast<float *>(Arena);
  float *BiasGradients = Gradients + Elements;
  std::fill_n(Gradients,
              Elements + static_cast<uint64_t>(Model.Program.Vocabulary), 0.0f);
  Result[STATOR_RESULT_LOSS] =
      Model.accumulate(State, Tokens, Targets, Gradients, BiasGradients);
  Model.update(State, Gradients, Info, Result);
  if (Step == Model.NanStep)
    Result[STATOR_RESULT_LOSS] = NAN;
  if (Step == Model.InfinityStep)
    Model.tensor(State, Bias)[0] = std::numeric_limits<float>::infinity();
}

void FakeProgram::accumulateStep(void *Self, uint8_t *State, uint8_t *,
                                 uint8_t *Arena, const int32_t *Tokens,
                                 const int32_t *Targets, int64_t *Info,
                                 float *Result) {
  auto &Model = *static_cast<FakeProgram *>(Self);
  Model.BeforeMicroBatch(Info[STATOR_INFO_SEQUENCE]);
  Result[STATOR_RESULT_LOSS] = Model.accumulate(
      State, Tokens, Targets, Model.tensor(State, TableGradient),
      reinterpret_cast<float *>(Arena));
}

void FakeProgram::updateStep(void *Self, uint8_t *State, uint8_t *, uint8_t *,
                             const int32_t *, const int32_t *, int64_t *Info,
                             float *Result) {
  auto &Model = *static_cast<FakeProgram *>(Self);
  Model.BeforeStep(Info[STATOR_INFO_STEP]);
  float *Gradients = Model.tensor(State, TableGradient);
  uint64_t Elements = Model.Tensors[Table].Elements;
  for (uint64_t I = 0; I < Elements; ++I)
    Gradients[I] /= static_cast<float>(Model.Program.MicroBatches);
  Model.update(State, Gradients, Info, Result);
  std::fill_n(Gradients, Elements, 0.0f);
}

void FakeProgram::evaluateStep(void *Self, uint8_t *State, uint8_t *,
                               uint8_t *Arena, const int32_t *Tokens,
                               const int32_t *Targets, int64_t *,
                               float *Result) {
  auto &Model = *static_cast<FakeProgram *>(Self);
  Model.BeforeEvaluation();
  Model.lossAndCotangents(State, Tokens, Targets, Result,
                          reinterpret_cast<float *>(Arena));
}

void FakeProgram::forwardStep(void *Self, uint8_t *State, uint8_t *, uint8_t *,
                              const int32_t *Tokens, const int32_t *, int64_t *,
                              float *Result) {
  auto &Model = *static_cast<FakeProgram *>(Self);
  int64_t V = Model.Program.Vocabulary;
  for (int64_t I = 0; I < Model.Program.Batch * Model.Program.Time; ++I)
    for (int64_t J = 0; J < V; ++J) {
      int64_t Row = Tokens[I];
      if (Model.Sizes.Blocks)
        Row = Model.hash(Tokens + I / Model.Program.Time * Model.Program.Time,
                         I % Model.Program.Time + 1);
      Result[I * V + J] = Model.tensor(State, Table)[Row * V + J] +
                          Model.tensor(State, Bias)[J];
    }
}

void FakeProgram::gradientStep(void *Self, uint8_t *State, uint8_t *, uint8_t *,
                               const int32_t *Tokens, const int32_t *Targets,
                               int64_t *, float *Result) {
  auto &Model = *static_cast<FakeProgram *>(Self);
  uint64_t Elements = Model.Tensors[Table].Elements;
  std::fill_n(Result + 1,
              Elements + static_cast<uint64_t>(Model.Program.Vocabulary), 0.0f);
  Result[0] = Model.accumulate(State, Tokens, Targets, Result + 1,
                               Result + 1 + Elements);
}

void writeFakeWeights(const std::string &Path, const std::vector<float> &Table,
                      const std::vector<float> &Bias) {
  ASSERT_EQ(Table.size(), 64u);
  ASSERT_EQ(Bias.size(), 8u);
  float Scale = 1;
  ASSERT_TRUE(writeSafetensors(Path,
                               {{"table.weight", "F32", {8, 8}, Table.data()},
                                {"bias", "F32", {8}, Bias.data()},
                                {"scale", "F32", {}, &Scale}},
                               {})
                  .ok());
}

} // namespace stator::runtime::testing
