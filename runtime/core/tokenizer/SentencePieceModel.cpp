#include "runtime/core/tokenizer/SentencePieceModel.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include <cstring>

namespace stator::runtime {

namespace {

/// Reads the wire format of protocol buffers, one field after the other.
class WireReader {
public:
  enum Type { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

  explicit WireReader(absl::string_view Bytes) : Bytes(Bytes) {}

  /// Reads a field; false at the end, or where the bytes are damaged.
  bool next() {
    if (Bytes.empty() || Damaged)
      return false;
    uint64_t Tag = varint();
    Number = Tag >> 3;
    Wire = static_cast<int>(Tag & 7);
    switch (Wire) {
    case Varint:
      Value = varint();
      break;
    case Fixed64:
      Contents = take(8);
      break;
    case Delimited:
      Contents = take(varint());
      break;
    case Fixed32:
      Contents = take(4);
      break;
    default: // groups, which SentencePiece never had
      Damaged = true;
    }
    return !Damaged;
  }

  bool is(uint64_t Field, Type Wanted) const {
    return Number == Field && Wire == Wanted;
  }
  int64_t integer() const { return static_cast<int64_t>(Value); }
  bool boolean() const { return Value != 0; }
  absl::string_view bytes() const { return Contents; }
  float number() const {
    float Result;
    std::memcpy(&Result, Contents.data(), sizeof Result);
    return Result;
  }
  bool damaged() const { return Damaged; }

private:
  uint64_t varint() {
    uint64_t Result = 0;
    for (unsigned Shift = 0; Shift < 64 && !Bytes.empty(); Shift += 7) {
      auto Byte = static_cast<unsigned char>(Bytes[0]);
      Bytes.remove_prefix(1);
      Result |= uint64_t{Byte & 0x7Fu} << Shift;
      if (Byte < 0x80)
        return Result;
    }
    Damaged = true;
    return 0;
  }
  absl::string_view take(uint64_t Size) {
    if (Size > Bytes.size()) {
      Damaged = true;
      return {};
    }
    absl::string_view Result = Bytes.substr(0, Size);
    Bytes.remove_prefix(Size);
    return Result;
  }

  absl::string_view Bytes, Contents;
  uint64_t Number = 0, Value = 0;
  int Wire = 0;
  bool Damaged = false;
};

} // namespace

// The numbers of fields are those of sentencepiece_model.proto.

static bool readPiece(absl::string_view Bytes,
                      SentencePieceModel::Piece &Piece) {
  WireReader Field(Bytes);
  while (Field.next()) {
    if (Field.is(1, WireReader::Delimited))
      Piece.Text = std::string(Field.bytes());
    else if (Field.is(2, WireReader::Fixed32))
      Piece.Score = Field.number();
    else if (Field.is(3, WireReader::Varint))
      Piece.Type = Field.integer();
  }
  return !Field.damaged();
}

static bool readTrainer(absl::string_view Bytes, SentencePieceModel &Model) {
  WireReader Field(Bytes);
  while (Field.next()) {
    if (Field.is(3, WireReader::Varint))
      Model.Model = Field.integer();
    else if (Field.is(24, WireReader::Varint))
      Model.SpaceAsSuffix = Field.boolean();
    else if (Field.is(35, WireReader::Varint))
      Model.ByteFallback = Field.boolean();
    else if (Field.is(44, WireReader::Delimited))
      Model.UnknownSurface = std::string(Field.bytes());
    else if (Field.is(46, WireReader::Delimited))
      Model.BeginPiece = std::string(Field.bytes());
    else if (Field.is(47, WireReader::Delimited))
      Model.EndPiece = std::string(Field.bytes());
  }
  return !Field.damaged();
}

static bool readNormalizer(absl::string_view Bytes, SentencePieceModel &Model) {
  WireReader Field(Bytes);
  while (Field.next()) {
    if (Field.is(2, WireReader::Delimited))
      Model.CharacterMap = std::string(Field.bytes());
    else if (Field.is(3, WireReader::Varint))
      Model.AddDummyPrefix = Field.boolean();
    else if (Field.is(4, WireReader::Varint))
      Model.RemoveExtraSpaces = Field.boolean();
    else if (Field.is(5, WireReader::Varint))
      Model.EscapeSpaces = Field.boolean();
  }
  return !Field.damaged();
}

absl::StatusOr<SentencePieceModel>
SentencePieceModel::parse(absl::string_view Bytes, absl::string_view Name) {
  SentencePieceModel Result;
  WireReader Field(Bytes);
  bool Whole = true;
  while (Whole && Field.next()) {
    if (Field.is(1, WireReader::Delimited))
      Whole = readPiece(Field.bytes(), Result.Pieces.emplace_back());
    else if (Field.is(2, WireReader::Delimited))
      Whole = readTrainer(Field.bytes(), Result);
    else if (Field.is(3, WireReader::Delimited))
      Whole = readNormalizer(Field.bytes(), Result);
    else if (Field.is(5, WireReader::Delimited)) {
      SentencePieceModel Denormalizer;
      Whole = readNormalizer(Field.bytes(), Denormalizer);
      Result.HasDenormalizer = !Denormalizer.CharacterMap.empty();
    }
  }
  if (!Whole || Field.damaged())
    return error(Name,
                 " is not a SentencePiece model: the protocol buffer is "
                 "damaged behind piece ",
                 Result.Pieces.size());
  if (Result.Pieces.empty())
    return error(Name, " is not a SentencePiece model: it has no pieces");
  return Result;
}

} // namespace stator::runtime
