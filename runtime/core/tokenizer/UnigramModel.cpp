#include "runtime/core/tokenizer/UnigramModel.h"
#include "runtime/core/Utf8.h"
#include <algorithm>

namespace stator::runtime {

/// What an unknown character costs more than the least probable piece.
constexpr float UnknownPenalty = 10.0f;

absl::Status UnigramModel::encode(absl::string_view Word,
                                  std::vector<int32_t> &Ids) const {
  struct Best {
    float Score = 0;
    int32_t Id = 0;
    size_t Begin = absl::string_view::npos; ///< npos: not reached
  };
  std::vector<Best> EndingAt(Word.size() + 1);
  float UnknownScore = MinScore - UnknownPenalty;
  auto Offer = [&](size_t Begin, size_t End, int32_t Id, double Sum) {
    Best &Target = EndingAt[End];
    if (Target.Begin == absl::string_view::npos ||
        Sum > static_cast<double>(Target.Score))
      Target = {static_cast<float>(Sum), Id, Begin};
  };
  for (size_t Begin = 0; Begin < Word.size();) {
    char32_t Character;
    size_t Length = std::max(decodeUtf8(Word, Begin, Character), 1u);
    bool WholeCharacter = false;
    uint32_t Node = ByteTrie::Root;
    for (size_t End = Begin + 1; End <= Word.size(); ++End) {
      Node = Pieces.next(Node, Word[End - 1]);
      if (Node == ByteTrie::Root)
        break;
      int32_t Id = Pieces.value(Node);
      if (Id < 0)
        continue;
      auto Index = static_cast<size_t>(Id);
      double Score = UserDefined[Index]
                         ? static_cast<double>(static_cast<float>(End - Begin) *
                                               MaxScore) -
                               0.1
                         : Scores[Index];
      Offer(Begin, End, Id, Score + static_cast<double>(EndingAt[Begin].Score));
      WholeCharacter |= End - Begin == Length;
    }
    if (!WholeCharacter)
      Offer(Begin, Begin + Length, Unknown,
            static_cast<double>(UnknownScore + EndingAt[Begin].Score));
    Begin += Length;
  }

  std::vector<size_t> Ends;
  for (size_t End = Word.size(); End > 0; End = EndingAt[End].Begin)
    Ends.push_back(End);
  bool AfterUnknown = false;
  for (size_t I = Ends.size(); I-- > 0;) {
    const Best &Piece = EndingAt[Ends[I]];
    bool IsUnknown = Piece.Id == Unknown;
    if (IsUnknown && ByteFallback)
      for (char Byte : Word.substr(Piece.Begin, Ends[I] - Piece.Begin))
        Ids.push_back(ByteTokens[static_cast<uint8_t>(Byte)]);
    else if (!IsUnknown || !AfterUnknown)
      Ids.push_back(Piece.Id);
    AfterUnknown = IsUnknown;
  }
  return absl::OkStatus();
}

} // namespace stator::runtime
