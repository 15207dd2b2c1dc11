//===- FakeProgram.h - a model without a compiler ---------------*- C++ -*-===//
//
// A bigram model in plain C++ behind the program ABI: logits are
// table[token] + bias, trained by SGD with momentum. What the runtime does with
// a program can be tested with it, including what a compiled one would never
// do: NaN on demand, dying in the middle of a step.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_TESTS_RUNTIME_FAKEPROGRAM_H
#define STATOR_TESTS_RUNTIME_FAKEPROGRAM_H

#include "runtime/core/program.h"
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace stator::runtime::testing {

class FakeProgram {
public:
  struct Shape {
    int64_t Vocabulary = 8, Batch = 3, Time = 4, MicroBatches = 1;
    /// Mode infer: blocks of 1, 4 and 16 tokens. Logits then depend on all that
    /// was before: those of token t are row (t0 + 3 t1 + 9 t2 + ...) mod
    /// Vocabulary of the table, plus bias.
    bool Blocks = false;
    bool Padded = true;  ///< a block may end with meaningless tokens
    int64_t Context = 0; ///< 0: the texts are unbounded; then none is kept
  };

  FakeProgram(int32_t Mode, Shape Sizes);
  explicit FakeProgram(int32_t Mode) : FakeProgram(Mode, Shape{}) {}
  FakeProgram(const FakeProgram &) = delete;
  FakeProgram &operator=(const FakeProgram &) = delete;

  const StatorProgram &get() const { return Program; }
  StatorProgram &edit() { return Program; }

  /// Called at the beginning of every training step with its number, from 0.
  std::function<void(int64_t)> BeforeStep = [](int64_t) {};
  /// Called before every batch of an evaluation.
  std::function<void()> BeforeEvaluation = [] {};
  /// Takes the number of the micro-batch since the first step.
  std::function<void(int64_t)> BeforeMicroBatch = [](int64_t) {};
  /// The blocks that were run, as width and row whose logits were wanted.
  std::vector<std::pair<int64_t, int64_t>> Calls;
  /// The loss of this step is NaN.
  int64_t NanStep = -1;
  /// The bias becomes infinite in this step, without a sign of it elsewhere.
  int64_t InfinityStep = -1;

private:
  enum TensorIndex {
    Table,
    Bias,
    Frozen,
    TableMomentum,
    TableGradient,
    History = 3 ///< in mode infer
  };

  void addTensor(const char *Name, std::vector<int64_t> Sizes, int32_t Role);
  float *tensor(uint8_t *State, TensorIndex Index) const;
  /// Losses [Batch * Time], and what each logit's derivative is.
  void lossAndCotangents(uint8_t *State, const int32_t *Tokens,
                         const int32_t *Targets, float *Losses,
                         float *Cotangents) const;
  float accumulate(uint8_t *State, const int32_t *Tokens,
                   const int32_t *Targets, float *TableGradients,
                   float *BiasGradients) const;
  void update(uint8_t *State, const float *TableGradients, const int64_t *Info,
              float *Result) const;

  static void trainStep(void *, uint8_t *, uint8_t *, uint8_t *,
                        const int32_t *, const int32_t *, int64_t *, float *);
  static void accumulateStep(void *, uint8_t *, uint8_t *, uint8_t *,
                             const int32_t *, const int32_t *, int64_t *,
                             float *);
  static void updateStep(void *, uint8_t *, uint8_t *, uint8_t *,
                         const int32_t *, const int32_t *, int64_t *, float *);
  static void evaluateStep(void *, uint8_t *, uint8_t *, uint8_t *,
                           const int32_t *, const int32_t *, int64_t *,
                           float *);
  static void forwardStep(void *, uint8_t *, uint8_t *, uint8_t *,
                          const int32_t *, const int32_t *, int64_t *, float *);
  static void gradientStep(void *, uint8_t *, uint8_t *, uint8_t *,
                           const int32_t *, const int32_t *, int64_t *,
                           float *);

  /// The row of the table after these tokens.
  int64_t hash(const int32_t *Tokens, int64_t Count) const;
  void addBlocks(const Shape &Sizes);
  void decode(uint8_t *State, uint8_t *Cache, const int32_t *Tokens,
              int64_t Width, const int64_t *Info, float *Result);
  template <int64_t Width>
  static void decodeStep(void *, uint8_t *, uint8_t *, uint8_t *,
                         const int32_t *, const int32_t *, int64_t *, float *);

  Shape Sizes;
  StatorProgram Program = {};
  std::vector<StatorBlock> Blocks;
  std::vector<StatorTensor> Tensors;
  std::vector<std::vector<int64_t>> Shapes;
};

/// Writes weights of a FakeProgram of 8 tokens: \p Table has 64 numbers, \p
/// Bias 8 of them.
void writeFakeWeights(const std::string &Path, const std::vector<float> &Table,
                      const std::vector<float> &Bias);

} // namespace stator::runtime::testing

#endif // STATOR_TESTS_RUNTIME_FAKEPROGRAM_H
