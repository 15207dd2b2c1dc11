//===- PreTokenizer.h - text into words -------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_PRETOKENIZER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_PRETOKENIZER_H

#include "runtime/core/tokenizer/Pattern.h"
#include "runtime/core/tokenizer/WordEncoder.h"
#include <memory>
#include <string>
#include <vector>

namespace stator::runtime {

/// What becomes of the matches that text is split at; Hugging Face's names.
enum class SplitBehavior {
  Removed,
  Isolated,
  MergedWithPrevious,
  MergedWithNext,
  Contiguous ///< matches next to each other stay together
};

/// A row of stages, each of which divides what the one before it leaves.
class PreTokenizer {
public:
  struct Stage {
    /// Null: nothing is split.
    std::unique_ptr<Pattern> Splits;
    SplitBehavior Behavior = SplitBehavior::Isolated;
    /// What the pattern matches is kept and what is between is a delimiter.
    bool Invert = false;
    /// Put in front of each piece that does not begin with it; of the text
    /// only, if OnlyFirst. Done before splitting.
    std::string Prefix;
    bool OnlyFirst = false;
    /// Written for each space, if not empty. Done before the prefix is put.
    std::string Space;
  };

  void add(Stage NewStage) { Stages.push_back(std::move(NewStage)); }

  /// Hands the words of \p Text, which is valid UTF-8, to \p Out.
  /// \p AtStart: nothing of the text is in front of it.
  void run(absl::string_view Text, bool AtStart, WordEncoder &Out) const {
    runStage(0, Text, AtStart, Out);
  }

private:
  void runStage(size_t Index, absl::string_view Piece, bool AtStart,
                WordEncoder &Out) const;

  std::vector<Stage> Stages;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_PRETOKENIZER_H
