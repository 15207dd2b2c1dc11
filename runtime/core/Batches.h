//===- Batches.h - which tokens a step sees ---------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_BATCHES_H
#define STATOR_RUNTIME_CORE_BATCHES_H

#include "runtime/core/Data.h"
#include <cstdint>

namespace stator::runtime {

/// Fills \p Tokens and \p Targets, int32 [Batch, Time], with random stretches
/// of \p Data; a target is the token that follows.
///
/// An epoch cuts the text into windows of Time tokens, behind a random phase,
/// and takes each once in a random order: every token is learnt from equally
/// often, which random starts with replacement would leave to chance. With n
/// tokens there are w = max(1, floor((n - Time) / Time)) windows and n - w Time
/// phases. Row r of batch Sequence is sample s = Sequence * Batch + r, of epoch
/// e = floor(s / w); it starts at phase(e) + permutation(e, s mod w) * Time,
/// where phase and permutation are functions of Seed and e only
/// (STATOR_RANDOM_BATCH).
void drawBatch(TokenView Data, int64_t Batch, int64_t Time, uint64_t Seed,
               int64_t Sequence, int32_t *Tokens, int32_t *Targets);

/// Consecutive windows of Time tokens over a whole text, each position the
/// target of one; the last is padded with token 0 and target -1.
class Windows {
public:
  Windows(TokenView Data, int64_t Batch, int64_t Time)
      : Data(Data), Batch(Batch), Time(Time) {}

  /// Positions that have a token before them.
  int64_t numTargets() const { return Data.size() - 1; }
  int64_t numBatches() const;
  /// Fills the buffers with batch \p Index; returns how many of its targets
  /// are real. Those come first.
  int64_t fill(int64_t Index, int32_t *Tokens, int32_t *Targets) const;

private:
  TokenView Data;
  int64_t Batch, Time;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_BATCHES_H
