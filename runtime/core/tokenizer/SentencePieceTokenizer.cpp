//===- SentencePieceTokenizer.cpp - *.model -------------------------------===//
//
// Encodes and decodes as the SentencePiece library does. It is not linked:
// Debian has no static library of it, and reading a damaged model it may read
// beyond the model's tables. Tests compare the two.
//
//===----------------------------------------------------------------------===//

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/tokenizer/AddedTokens.h"
#include "runtime/core/tokenizer/BpeModel.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/ScoredMerges.h"
#include "runtime/core/tokenizer/SentencePieceNormalizer.h"
#include "runtime/core/tokenizer/TextEnds.h"
#include "runtime/core/tokenizer/TokenizerReaders.h"
#include "runtime/core/tokenizer/UnigramModel.h"
#include "runtime/core/tokenizer/WordEncoder.h"
#include <algorithm>
#include <limits>
#include <utility>

namespace stator::runtime {

namespace {

using PieceType = SentencePieceModel::PieceType;

/// Byte-pair encoding between pieces that users defined, which are never
/// joined with anything.
class FrozenPiecesModel final : public WordModel {
public:
  BpeModel Bpe;
  ByteTrie Frozen;

  absl::Status encode(absl::string_view Word,
                      std::vector<int32_t> &Ids) const override {
    size_t Done = 0;
    while (Done < Word.size()) {
      size_t Begin = Frozen.findStart(Word, Done);
      if (Begin > Done)
        STATOR_RETURN_IF_ERROR(
            Bpe.encode(Word.substr(Done, Begin - Done), Ids));
      Done = Begin;
      if (Begin < Word.size()) {
        ByteTrie::Found Found = Frozen.longest(Word, Begin);
        Ids.push_back(Found.Value);
        Done += Found.Size;
      }
    }
    return absl::OkStatus();
  }

  absl::string_view cutMark() const override { return Bpe.cutMark(); }
};

class SentencePieceTokenizer final : public Tokenizer {
public:
  static absl::StatusOr<std::unique_ptr<Tokenizer>>
  create(TokenizerFiles Files);

  absl::Status encodeTo(absl::string_view Text, EncodeOptions Options,
                        IdSink Sink) const override;
  void append(int32_t Id, DecodeState &State, std::string &Text) const override;

  int64_t vocabularySize() const override { return Tokens.size(); }
  std::string token(int32_t Id) const override {
    return std::string(Tokens.name(Id));
  }
  std::optional<int32_t> find(absl::string_view Token) const override {
    return Tokens.lookUp(Token);
  }
  bool isSpecial(int32_t Id) const override {
    return is(Id, PieceType::Control);
  }
  std::optional<int32_t> bos() const override { return Ends.Begin; }
  std::vector<int32_t> eos() const override { return Ends.End; }
  TokenizerFiles files() const override { return Files; }
  TokenizerKind kind() const override { return TokenizerKind::SentencePiece; }

private:
  bool is(int64_t Id, PieceType Type) const {
    return Id >= 0 && Id < Tokens.size() &&
           Proto.Pieces[static_cast<size_t>(Id)].Type == Type;
  }
  absl::Status readPieces();
  absl::Status makeModel();
  absl::Status readEnds();

  TokenizerFiles Files;
  SentencePieceModel Proto;
  TokenTable Tokens;
  SentencePieceNormalizer Normalize;
  std::unique_ptr<WordModel> Model;
  AddedTokens Controls;
  TextEnds Ends;
  int32_t Unknown = -1;
};

} // namespace

absl::Status SentencePieceTokenizer::readPieces() {
  std::vector<AddedToken> ControlList;
  for (size_t I = 0; I < Proto.Pieces.size(); ++I) {
    const SentencePieceModel::Piece &Piece = Proto.Pieces[I];
    if (Piece.Text.empty())
      return error("piece ", I, " is empty");
    if (Piece.Type < PieceType::Normal || Piece.Type > PieceType::Byte)
      return error("piece ", I, " is of the unknown type ", Piece.Type);
    if (Tokens.find(Piece.Text) >= 0)
      return error("the piece \"", Piece.Text, "\" is there twice");
    STATOR_RETURN_IF_ERROR(Tokens.add(static_cast<int64_t>(I), Piece.Text));
    auto Id = static_cast<int32_t>(I);
    if (Piece.Type == PieceType::Unknown && std::exchange(Unknown, Id) >= 0)
      return error("two pieces are the unknown one");
    if (Piece.Type == PieceType::Byte && byteOfName(Piece.Text) < 0)
      return error("the piece \"", Piece.Text,
                   "\" is of the type of bytes, but names none");
    if (Piece.Type == PieceType::Unused && Proto.Model == Proto.Bpe)
      return error("it has unused pieces, which are not supported in a model "
                   "of byte-pair encoding");
    if (Piece.Type == PieceType::Control) {
      AddedToken Token;
      Token.Id = Id;
      Token.Content = Piece.Text;
      Token.Special = true;
      ControlList.push_back(std::move(Token));
    }
  }
  if (Unknown < 0)
    return error("no piece is the unknown one");
  Controls = AddedTokens(std::move(ControlList));
  return absl::OkStatus();
}

absl::Status SentencePieceTokenizer::makeModel() {
  std::vector<std::pair<absl::string_view, int32_t>> Defined, Searched;
  std::array<int32_t, 256> ByteTokens;
  ByteTokens.fill(BpeModel::None);
  for (int64_t I = 0; I < Tokens.size(); ++I) {
    auto Id = static_cast<int32_t>(I);
    if (is(I, PieceType::UserDefined))
      Defined.emplace_back(Tokens.name(Id), Id);
    if (is(I, PieceType::UserDefined) || is(I, PieceType::Normal))
      Searched.emplace_back(Tokens.name(Id), Id);
    if (is(I, PieceType::Byte))
      ByteTokens[static_cast<size_t>(byteOfName(Tokens.name(Id)))] = Id;
  }
  if (Proto.ByteFallback)
    for (int32_t Id : ByteTokens)
      if (Id == BpeModel::None)
        return error("it falls back on bytes, but not every byte has a piece");
  STATOR_RETURN_IF_ERROR(Normalize.init(Proto, ByteTrie(Defined)));

  std::vector<float> Scores;
  Scores.reserve(Proto.Pieces.size());
  for (const SentencePieceModel::Piece &Piece : Proto.Pieces)
    Scores.push_back(Piece.Score);
  if (Proto.Model == Proto.Bpe) {
    auto Result = std::make_unique<FrozenPiecesModel>();
    Result->Frozen = ByteTrie(std::move(Defined));
    Result->Bpe.Tokens = &Tokens;
    Result->Bpe.ByteTokens = ByteTokens;
    Result->Bpe.AnyByteFallback = Proto.ByteFallback;
    Result->Bpe.Unknown = Unknown;
    Result->Bpe.FuseUnknown = true;
    STATOR_ASSIGN_OR_RETURN(
        Result->Bpe.Merges, scoredMerges(Tokens, Scores, [&](int32_t Id) {
          return is(Id, PieceType::Normal) || is(Id, PieceType::UserDefined);
        }));
    if (Proto.EscapeSpaces)
      Result->Bpe.findCuts(SpaceMark);
    Model = std::move(Result);
    return absl::OkStatus();
  }
  auto Result = std::make_unique<UnigramModel>();
  Result->Pieces = ByteTrie(std::move(Searched));
  Result->Scores.assign(Scores.begin(), Scores.end());
  Result->UserDefined.resize(Scores.size());
  // The library begins with the smallest positive number, not with the lowest
  // one, so that the highest score is at least about 0.
  Result->MinScore = std::numeric_limits<float>::max();
  Result->MaxScore = std::numeric_limits<float>::min();
  for (int64_t I = 0; I < Tokens.size(); ++I) {
    auto Index = static_cast<size_t>(I);
    Result->UserDefined[Index] = is(I, PieceType::UserDefined);
    if (!is(I, PieceType::Normal))
      continue;
    Result->MinScore = std::min(Result->MinScore, Scores[Index]);
    Result->MaxScore = std::max(Result->MaxScore, Scores[Index]);
  }
  Result->Unknown = Unknown;
  Result->ByteTokens = ByteTokens;
  Result->ByteFallback = Proto.ByteFallback;
  Model = std::move(Result);
  return absl::OkStatus();
}

absl::Status SentencePieceTokenizer::readEnds() {
  STATOR_ASSIGN_OR_RETURN(Ends, readTextEnds(Files, Tokens));
  if (int32_t Id = Tokens.find(Proto.BeginPiece);
      !Ends.Begin && is(Id, PieceType::Control))
    Ends.Begin = Id;
  if (int32_t Id = Tokens.find(Proto.EndPiece);
      Ends.End.empty() && is(Id, PieceType::Control))
    Ends.End = {Id};
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
SentencePieceTokenizer::create(TokenizerFiles Files) {
  auto Result = std::make_unique<SentencePieceTokenizer>();
  Result->Files = std::move(Files);
  const std::string &Origin = Result->Files.Origin;
  STATOR_ASSIGN_OR_RETURN(
      Result->Proto,
      SentencePieceModel::parse(Result->Files.Files[0].Contents, Origin));
  if (Result->Proto.Model != SentencePieceModel::Unigram &&
      Result->Proto.Model != SentencePieceModel::Bpe)
    return error(Origin, " is a SentencePiece model of a type that is not "
                         "supported: only unigram and BPE are");
  if (Result->Proto.HasDenormalizer)
    return error(Origin, " has a denormalizer, which is not supported");
  for (auto Step : {&SentencePieceTokenizer::readPieces,
                    &SentencePieceTokenizer::makeModel})
    if (absl::Status Status = (*Result.*Step)(); !Status.ok())
      return error(Origin, " cannot be used: ", Status.message());
  STATOR_RETURN_IF_ERROR(Result->readEnds());
  return Result;
}

absl::Status SentencePieceTokenizer::encodeTo(absl::string_view Text,
                                              EncodeOptions Options,
                                              IdSink Sink) const {
  WordEncoder Out(*Model, Text, Sink);
  if (Options.AddSpecial && Ends.AddBegin.value_or(true) && Ends.Begin)
    Out.id(*Ends.Begin);
  auto Encode = [&](absl::string_view Part) {
    Out.word(Normalize.run(Part, /*DummyPrefix=*/Part.data() == Text.data()));
  };
  if (!Options.ParseSpecial || validUtf8Length(Text, 0) < Text.size())
    Encode(Text);
  else
    Controls.split(Text, /*ParseSpecial=*/true, Encode,
                   [&](const AddedToken &Token) { Out.id(Token.Id); });
  if (Options.AddSpecial && Ends.AddEnd.value_or(false) && !Ends.End.empty())
    Out.id(Ends.End[0]);
  return Out.finish();
}

void SentencePieceTokenizer::append(int32_t Id, DecodeState &State,
                                    std::string &Text) const {
  if (Id < 0 || Id >= Tokens.size()) {
    appendUtf8(Text, 0xFFFD);
    State.AtStart = false;
    return;
  }
  absl::string_view Name = Tokens.name(Id);
  if (is(Id, PieceType::Control)) {
    if (!State.ShowSpecial)
      return;
    absl::StrAppend(&Text, Name);
    State.AtStart = false;
    return;
  }
  if (is(Id, PieceType::Byte)) {
    Text.push_back(static_cast<char>(byteOfName(Name)));
    State.AtStart = false;
    return;
  }
  if (Id == Unknown) {
    Text += Proto.UnknownSurface;
    State.AtStart = false;
    return;
  }
  // As long as there is no text, spaces in front of it are not part of it.
  bool Stripped = State.AtStart &&
                  (Proto.AddDummyPrefix || Proto.RemoveExtraSpaces) &&
                  absl::ConsumePrefix(&Name, SpaceMark);
  if (!Name.empty() || (Stripped && !Proto.RemoveExtraSpaces))
    State.AtStart = false;
  absl::StrAppend(&Text, absl::StrReplaceAll(Name, {{SpaceMark, " "}}));
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
readSentencePiece(TokenizerFiles Files) {
  return SentencePieceTokenizer::create(std::move(Files));
}

} // namespace stator::runtime
