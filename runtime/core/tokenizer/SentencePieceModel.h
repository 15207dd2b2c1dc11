//===- SentencePieceModel.h - what a SentencePiece model says ---*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_SENTENCEPIECEMODEL_H
#define STATOR_RUNTIME_CORE_TOKENIZER_SENTENCEPIECEMODEL_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator::runtime {

/// The fields of a ModelProto of SentencePiece (sentencepiece_model.proto)
/// that decide how text is encoded, with its defaults.
struct SentencePieceModel {
  enum PieceType { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };
  enum ModelType { Unigram = 1, Bpe, Word, Char };

  struct Piece {
    std::string Text;
    float Score = 0;
    int64_t Type = Normal;
  };

  std::vector<Piece> Pieces;
  // TrainerSpec
  int64_t Model = Unigram;
  bool SpaceAsSuffix = false, ByteFallback = false;
  std::string UnknownSurface = " \xe2\x81\x87 ";
  std::string BeginPiece = "<s>", EndPiece = "</s>";
  // NormalizerSpec
  std::string CharacterMap;
  bool AddDummyPrefix = true, RemoveExtraSpaces = true, EscapeSpaces = true;
  /// Whether decoded text would have to be changed again.
  bool HasDenormalizer = false;

  /// Reads the protocol buffer. Error: it is damaged; \p Name is for messages.
  static absl::StatusOr<SentencePieceModel> parse(absl::string_view Bytes,
                                                  absl::string_view Name);
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_SENTENCEPIECEMODEL_H
