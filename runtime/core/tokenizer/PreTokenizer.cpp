#include "runtime/core/tokenizer/PreTokenizer.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "runtime/core/Errors.h"

namespace stator::runtime {

namespace {

/// Joins segments, matches and what is between them, as a behavior wants.
template <typename EmitType> class SegmentJoiner {
public:
  SegmentJoiner(SplitBehavior Behavior, EmitType Emit)
      : Behavior(Behavior), Emit(Emit) {}

  void add(absl::string_view Segment, bool IsMatch) {
    if (Segment.empty())
      return;
    bool Joins = false;
    switch (Behavior) {
    case SplitBehavior::Removed:
      if (!IsMatch)
        Emit(Segment);
      return;
    case SplitBehavior::Isolated:
      Emit(Segment);
      return;
    case SplitBehavior::MergedWithPrevious:
      Joins = IsMatch && !LastIsMatch;
      break;
    case SplitBehavior::MergedWithNext:
      Joins = !IsMatch && LastIsMatch;
      break;
    case SplitBehavior::Contiguous:
      Joins = IsMatch == LastIsMatch;
      break;
    }
    if (Joins && !Held.empty()) {
      Held = absl::string_view(Held.data(), Held.size() + Segment.size());
    } else {
      finish();
      Held = Segment;
    }
    LastIsMatch = IsMatch;
  }

  void finish() {
    if (!Held.empty())
      Emit(Held);
    Held = {};
  }

private:
  SplitBehavior Behavior;
  EmitType Emit;
  absl::string_view Held;
  bool LastIsMatch = false;
};

} // namespace

void PreTokenizer::runStage(size_t Index, absl::string_view Piece, bool AtStart,
                            WordEncoder &Out) const {
  if (Index == Stages.size()) {
    Out.word(Piece);
    return;
  }
  const Stage &Now = Stages[Index];
  std::string Changed;
  bool Prefixed = !Now.Prefix.empty() && (AtStart || !Now.OnlyFirst);
  if (!Now.Space.empty() && absl::StrContains(Piece, " ")) {
    Changed = absl::StrReplaceAll(Piece, {{" ", Now.Space}});
    Piece = Changed;
  }
  if (Prefixed && !absl::StartsWith(Piece, Now.Prefix)) {
    Changed = absl::StrCat(Now.Prefix, Piece);
    Piece = Changed;
  }
  if (!Now.Splits) {
    runStage(Index + 1, Piece, AtStart, Out);
    return;
  }
  SegmentJoiner Joiner(Now.Behavior, [&](absl::string_view Segment) {
    runStage(Index + 1, Segment, AtStart && Segment.data() == Piece.data(),
             Out);
  });
  size_t Position = 0;
  while (Position < Piece.size() && Out.failure().ok()) {
    size_t Begin, End;
    Pattern::Outcome Found = Now.Splits->find(Piece, Position, Begin, End);
    if (Found == Pattern::Outcome::Failed) {
      Out.fail(error("dividing the text into words takes too long: the regular "
                     "expression of the tokenizer is not fit for it"));
      return;
    }
    if (Found == Pattern::Outcome::None)
      Begin = End = Piece.size();
    Joiner.add(Piece.substr(Position, Begin - Position), Now.Invert);
    Joiner.add(Piece.substr(Begin, End - Begin), !Now.Invert);
    Position = End;
  }
  Joiner.finish();
}

} // namespace stator::runtime
