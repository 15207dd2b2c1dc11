//===- Decoder.h - a batch of texts on its way ------------------*- C++ -*-===//
//
// Feeds tokens to a program and gives the logits of what could follow, by the
// blocks of the program where it has any, else by computing everything anew.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_DECODER_H
#define STATOR_RUNTIME_CORE_DECODER_H

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "runtime/core/State.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <vector>

namespace stator::runtime {

/// One call of a block: its number, and how many of its rows are real tokens.
struct BlockCall {
  int64_t Block = 0, Real = 0;
};

/// Which blocks feed \p Count tokens from \p Position on. A call costs as much
/// as reading the weights, which takes as long as computing a dozen tokens, and
/// as the tokens it computes: of all ways the one with the lowest sum is taken,
/// where the last block may hold meaningless tokens if the program permits it
/// and the context has room. Depends on nothing else, so that a text is
/// computed the same way, to the bit, whatever is computed beside it.
std::vector<BlockCall> planBlocks(const StatorProgram &Program,
                                  int64_t Position, int64_t Count);

/// As many texts as the program has rows, all of the same length. Several
/// decoders may share a state and run at the same time in different threads.
class Decoder {
public:
  /// What a text has left behind, to go on from later.
  struct Row {
    std::vector<uint8_t> Cache;
    std::vector<int32_t> Text;
    std::vector<float> Logits;
  };

  /// \p State must outlive it. Error: not enough memory.
  static absl::StatusOr<Decoder> create(const StatorProgram &Program,
                                        uint8_t *State);

  int64_t batch() const { return Program->Batch; }
  int64_t vocabulary() const { return Program->Vocabulary; }
  /// Positions that a text can have; 0 if there is no bound.
  int64_t context() const { return Program->Context; }
  bool usesBlocks() const { return Program->NumBlocks > 0; }
  /// Whether rows can be saved and restored one by one.
  bool separatesRows() const;

  /// All texts are empty again.
  void reset();
  int64_t position() const { return Position; }
  /// Tokens that can still be fed.
  int64_t room() const;

  /// Appends \p Count tokens, at least one, to every text. \p Tokens is int32
  /// [Batch, Count]; ids are not checked here. Error: the context is too short,
  /// or the text shorter than the prefix of the program.
  absl::Status feed(const int32_t *Tokens, int64_t Count);
  /// Of what follows text number \p Row: f32 [Vocabulary]. Until the next feed.
  const float *logits(int64_t Row) const;

  Row save(int64_t Row) const;
  /// Puts a text into the place of another. It must have the length that the
  /// texts have: position() at the time it was saved.
  void restore(int64_t Row, const struct Row &From);
  /// Says how long the texts are after all rows have been restored.
  void setPosition(int64_t Length) { Position = Length; }

private:
  Decoder() = default;
  absl::Status recompute();

  const StatorProgram *Program = nullptr;
  ProgramMemory Memory;
  int64_t Position = 0;
  bool Clean = true;           ///< nothing has been written to the cache
  std::vector<int32_t> Tokens; ///< of a block, or of all texts in a window
  std::vector<std::vector<int32_t>> Texts; ///< only if there are no blocks
  std::vector<const float *> Logits;       ///< by row
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_DECODER_H
