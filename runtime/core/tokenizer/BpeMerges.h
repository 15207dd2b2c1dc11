//===- BpeMerges.h - pairs of tokens that become one ------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_BPEMERGES_H
#define STATOR_RUNTIME_CORE_TOKENIZER_BPEMERGES_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stator::runtime {

/// The merges of byte-pair encoding: of all neighbours that have a merge, those
/// with the lowest rank become one token, the leftmost first where ranks are
/// equal; until none has one.
class BpeMerges {
public:
  struct Merge {
    uint64_t Pair = ~uint64_t{0}; ///< left << 32 | right; all ones: empty slot
    uint32_t Rank = 0;
    int32_t Id = -1; ///< the token that the pair becomes
  };

  /// Makes room for \p Count merges.
  explicit BpeMerges(size_t Count = 0);

  /// A pair that is there already is replaced. At most as many different pairs
  /// as there is room for.
  void add(int32_t Left, int32_t Right, uint32_t Rank, int32_t Id);
  /// Null if the pair has no merge.
  const Merge *find(int32_t Left, int32_t Right) const;

  /// Merges \p Symbols as far as it goes. Negative symbols have no merges.
  /// Short words are scanned for the best pair again and again; of long ones
  /// the pairs are kept in a heap and the symbols in a list, so that n symbols
  /// take n log n steps.
  void apply(std::vector<int32_t> &Symbols) const;

private:
  void applyToShort(std::vector<int32_t> &Symbols) const;
  void applyToLong(std::vector<int32_t> &Symbols) const;

  std::vector<Merge> Slots; ///< open addressing; a power of two
  unsigned Shift;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_BPEMERGES_H
