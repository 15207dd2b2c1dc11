#include "runtime/core/tokenizer/PipelineTokenizer.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include <algorithm>
#include <utility>

namespace stator::runtime {

PipelineTokenizer::PipelineTokenizer(Parts Made)
    : P(std::move(Made)), Special(static_cast<size_t>(P.Tokens.size())) {
  P.Model.Tokens = &P.Tokens;
  std::vector<AddedToken> Raw, Normalized;
  for (AddedToken &Token : P.Added) {
    Special[static_cast<size_t>(Token.Id)] = Token.Special;
    if (Token.Normalized) {
      // It is looked for in text that went the same way, what Prepend puts in
      // front included, as Hugging Face's does.
      P.Normalize.apply(Token.Content, /*AtStart=*/true);
      Normalized.push_back(std::move(Token));
    } else {
      Raw.push_back(std::move(Token));
    }
  }
  P.Added.clear();
  InText = AddedTokens(std::move(Raw));
  InNormalized = AddedTokens(std::move(Normalized));
}

void PipelineTokenizer::encodeSection(absl::string_view Text, bool AtStart,
                                      bool Prefixed, EncodeOptions Options,
                                      WordEncoder &Out) const {
  std::string Changed;
  if (!P.Normalize.empty()) {
    Changed = std::string(Text);
    if (!P.Normalize.apply(Changed, Prefixed)) {
      Out.fail(error("normalizing the text takes too long: the regular "
                     "expression of the tokenizer is not fit for it"));
      return;
    }
    Text = Changed;
  }
  InNormalized.split(
      Text, Options.ParseSpecial,
      [&](absl::string_view Part) {
        P.Divide.run(Part, AtStart && Part.data() == Text.data(), Out);
      },
      [&](const AddedToken &Token) { Out.id(Token.Id); });
}

absl::Status PipelineTokenizer::encodeTo(absl::string_view Text,
                                         EncodeOptions Options,
                                         IdSink Sink) const {
  WordEncoder Out(P.Model, Text, Sink);
  if (Options.AddSpecial)
    for (int32_t Id : P.Before)
      Out.id(Id);
  bool BytesAllowed = P.Model.ByteLevel || P.Model.AnyByteFallback;
  for (size_t Position = 0; Position < Text.size() && Out.failure().ok();) {
    if (size_t Size = validUtf8Length(Text, Position)) {
      absl::string_view Valid = Text.substr(Position, Size);
      InText.split(
          Valid, Options.ParseSpecial,
          [&](absl::string_view Section) {
            bool AtStart = Section.data() == Text.data();
            bool Continues = Section.data() == Valid.data() && Position > 0;
            encodeSection(Section, AtStart, !Continues, Options, Out);
          },
          [&](const AddedToken &Token) { Out.id(Token.Id); });
      Position += Size;
    } else {
      Size = invalidUtf8Length(Text, Position);
      if (!BytesAllowed)
        return error("byte ", Position,
                     " is not valid UTF-8, and the "
                     "tokenizer has no tokens for bytes");
      Out.word(Text.substr(Position, Size));
      Position += Size;
    }
  }
  if (Options.AddSpecial)
    for (int32_t Id : P.After)
      Out.id(Id);
  return Out.finish();
}

void PipelineTokenizer::append(int32_t Id, DecodeState &State,
                               std::string &Text) const {
  if (isSpecial(Id)) {
    if (!State.ShowSpecial)
      return;
    State.AtStart = false;
    absl::StrAppend(&Text, P.Tokens.name(Id));
    return;
  }
  bool First = std::exchange(State.AtStart, false);
  if (Id < 0 || static_cast<size_t>(Id) >= P.Pieces.size() ||
      !P.Tokens.name(Id).data()) {
    appendUtf8(Text, 0xFFFD);
    return;
  }
  absl::string_view Piece = P.Pieces[static_cast<size_t>(Id)];
  if (First && P.StripFirstSpace && !Piece.empty() && Piece[0] == ' ')
    Piece.remove_prefix(1);
  Text.append(Piece.data(), Piece.size());
}

} // namespace stator::runtime
