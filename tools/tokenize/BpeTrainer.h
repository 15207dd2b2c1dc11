//===- BpeTrainer.h - learn a byte-level BPE from a text --------*- C++ -*-===//
#ifndef STATOR_TOOLS_TOKENIZE_BPETRAINER_H
#define STATOR_TOOLS_TOKENIZE_BPETRAINER_H

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::tokenize {

struct TrainerOptions {
  /// How many ids the tokenizer is to have: 256 bytes, merges, special tokens.
  int64_t Vocabulary = 4096;
  /// Get the last ids, in this order; the text is cut where it has them.
  std::vector<std::string> Special = {"<|endoftext|>"};
  /// A pair that occurs less often is not merged.
  int64_t MinCount = 2;
};

/// A tokenizer: token i is byte i for i < 256; then come the tokens that merges
/// make, in their order; then the special ones.
struct TrainedBpe {
  struct Merge {
    int32_t Left, Right;
    int32_t Token; ///< a new one, unless other merges made the same bytes
    int64_t Count; ///< how often the pair was there when it was merged
  };

  std::vector<Merge> Merges;
  std::vector<std::string> Tokens; ///< the bytes of each but the special ones
  std::vector<std::string> Special;
  int64_t Bytes = 0, Words = 0; ///< of the text; words that differ

  int64_t vocabulary() const {
    return static_cast<int64_t>(Tokens.size() + Special.size());
  }
  /// Hugging Face's tokenizer.json.
  std::string toJson() const;
};

/// Learns merges from \p Text, which may be any bytes: again and again the most
/// frequent pair of tokens within the words of GPT-2's pattern becomes a token;
/// of equally frequent ones that with the lowest ids. So the result depends on
/// the text alone. Counts are kept up to date merge by merge, so that a merge
/// costs only the words that have the pair. \p Progress is called with a part
/// of 1 now and then.
TrainedBpe trainBpe(absl::string_view Text, const TrainerOptions &Options,
                    absl::FunctionRef<void(double)> Progress);

} // namespace stator::tokenize

#endif // STATOR_TOOLS_TOKENIZE_BPETRAINER_H
