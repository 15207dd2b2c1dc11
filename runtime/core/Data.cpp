#include "runtime/core/Data.h"
#include "absl/strings/match.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Lists.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/Vocabulary.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

namespace stator::runtime {

DataFormat dataFormat(absl::string_view Name, absl::string_view Path) {
  if (Name == "bytes")
    return DataFormat::Bytes;
  if (Name == "uint16" || (Name.empty() && absl::EndsWith(Path, ".bin")))
    return DataFormat::Uint16;
  if (Name == "uint32")
    return DataFormat::Uint32;
  return DataFormat::Text;
}

absl::string_view dataFormatName(DataFormat Format) {
  switch (Format) {
  case DataFormat::Text:
    return "text";
  case DataFormat::Bytes:
    return "bytes";
  case DataFormat::Uint16:
    return "uint16";
  case DataFormat::Uint32:
    break;
  }
  return "uint32";
}

template <typename IdType>
static void widen(const uint8_t *Ids, int64_t Count, int32_t *Out) {
  for (int64_t I = 0; I < Count; ++I) {
    IdType Id;
    std::memcpy(&Id, Ids + I * static_cast<int64_t>(sizeof Id), sizeof Id);
    Out[I] = static_cast<int32_t>(Id);
  }
}

void TokenView::copy(int64_t Begin, int64_t Count, int32_t *Out) const {
  const uint8_t *From = Ids + Begin * Width;
  if (Width == 1)
    widen<uint8_t>(From, Count, Out);
  else if (Width == 2)
    widen<uint16_t>(From, Count, Out);
  else
    widen<uint32_t>(From, Count, Out);
}

static uint64_t fingerprintOf(const MappedFile &File) {
  uint64_t Hash = 0xcbf29ce484222325u;
  for (size_t I = 0; I < File.size(); ++I)
    Hash = (Hash ^ File.data()[I]) * 0x100000001b3u;
  return Hash;
}

/// The error for a text with characters that the vocabulary lacks, of which one
/// is at \p Position.
static absl::Status unknownCharacters(absl::string_view Text, size_t Position,
                                      const Vocabulary &Vocabulary,
                                      absl::string_view Name,
                                      absl::string_view Origin) {
  char32_t CodePoint;
  decodeUtf8(Text, Position, CodePoint);
  if (Origin.empty())
    return error(Name, ": the character ", describeCharacter(CodePoint),
                 " at byte ", Position,
                 " does not occur in the text that the vocabulary was made "
                 "of\nhint: with --val-fraction the vocabulary is made of "
                 "both parts");
  std::vector<std::string> Missing = {absl::StrCat(
      describeCharacter(CodePoint), " (first at byte ", Position, ")")};
  std::set<char32_t> Seen = {CodePoint};
  while (Position < Text.size()) {
    unsigned Length = decodeUtf8(Text, Position, CodePoint);
    if (Length == 0)
      return notUtf8(Text, Position, Name);
    if (Vocabulary.find(CodePoint) < 0 && Seen.insert(CodePoint).second)
      Missing.push_back(describeCharacter(CodePoint));
    Position += Length;
  }
  std::string Message =
      absl::StrCat(Name, " has ", Missing.size(),
                   Missing.size() == 1 ? " character" : " characters",
                   " that the vocabulary of ", Origin, " does not have");
  appendList(Message, "not in the vocabulary", Missing);
  return error(Message, "\nhint: remove them from the text; the weights know "
                        "only the characters that they were trained on");
}

/// Ids of \p Text, \p Width bytes each.
static absl::StatusOr<std::vector<uint8_t>>
encodeText(absl::string_view Text, const Vocabulary &Vocabulary, int Width,
           absl::string_view Name, absl::string_view Origin) {
  std::vector<uint8_t> Ids;
  Ids.reserve(Text.size() * static_cast<size_t>(Width));
  for (size_t Position = 0; Position < Text.size();) {
    char32_t CodePoint;
    unsigned Length = decodeUtf8(Text, Position, CodePoint);
    if (Length == 0)
      return notUtf8(Text, Position, Name);
    int32_t Id = Vocabulary.find(CodePoint);
    if (Id < 0)
      return unknownCharacters(Text, Position, Vocabulary, Name, Origin);
    for (int Byte = 0; Byte < Width; ++Byte)
      Ids.push_back(static_cast<uint8_t>(Id >> (8 * Byte)));
    Position += Length;
  }
  Ids.shrink_to_fit();
  return Ids;
}

/// The same with any tokenizer. What reads like a special token is text.
static absl::StatusOr<std::vector<uint8_t>> encodeWith(const Tokenizer &Coder,
                                                       absl::string_view Text,
                                                       int Width,
                                                       absl::string_view Name) {
  std::vector<uint8_t> Ids;
  EncodeOptions Plain;
  Plain.AddSpecial = Plain.ParseSpecial = false;
  absl::Status Status = Coder.encodeTo(
      Text, Plain, [&](absl::Span<const int32_t> Portion, size_t) {
        for (int32_t Id : Portion)
          for (int Byte = 0; Byte < Width; ++Byte)
            Ids.push_back(static_cast<uint8_t>(Id >> (8 * Byte)));
      });
  if (!Status.ok())
    return error(Name, ": ", Status.message());
  Ids.shrink_to_fit();
  return Ids;
}

static absl::Status checkVocabulary(const Tokenizer &Coder,
                                    const std::string &Path,
                                    const std::string &Origin,
                                    int64_t ModelVocabulary) {
  int64_t Size = Coder.vocabularySize();
  if (Size <= ModelVocabulary)
    return absl::OkStatus();
  if (Coder.kind() == TokenizerKind::Bytes)
    return error(Path,
                 " is read as bytes, which are 256 ids, but the model "
                 "was compiled for ",
                 ModelVocabulary,
                 "\nhint: compile the model with -D vocab=256");
  if (Coder.kind() != TokenizerKind::Characters || !Origin.empty())
    return error(
        Origin.empty() ? Coder.files().Origin : "the tokenizer of " + Origin,
        " has ", Size, " tokens, but the model was compiled for ",
        ModelVocabulary, "\nhint: compile the model with -D vocab=", Size);
  return error(Path, " has ", Size,
               " different characters, but the model was compiled for ",
               ModelVocabulary,
               "\nhint: compile the model with -D vocab=", Size);
}

static absl::Status checkIds(TokenView Tokens, const std::string &Path,
                             int64_t ModelVocabulary) {
  std::vector<int32_t> Ids(1 << 14);
  for (int64_t Begin = 0; Begin < Tokens.size();) {
    int64_t Count =
        std::min<int64_t>(Tokens.size() - Begin, static_cast<int64_t>(1 << 14));
    Tokens.copy(Begin, Count, Ids.data());
    for (int64_t I = 0; I < Count; ++I) {
      // An id of 2^31 or more, in a file of uint32, is seen as negative.
      auto Id = static_cast<uint32_t>(Ids[static_cast<size_t>(I)]);
      if (Id >= static_cast<uint64_t>(ModelVocabulary))
        return error(Path, ": token ", Begin + I, " has the id ", Id,
                     ", but the model was compiled for ids below ",
                     ModelVocabulary,
                     "\nhint: is this the right --format, or the right -D "
                     "vocab?");
    }
    Begin += Count;
  }
  return absl::OkStatus();
}

absl::StatusOr<TokenFile>
TokenFile::open(const std::string &Path, DataFormat Format,
                std::shared_ptr<const Tokenizer> Known, int64_t ModelVocabulary,
                const std::string &Origin) {
  TokenFile Result;
  STATOR_ASSIGN_OR_RETURN(Result.File, MappedFile::openInput(Path));
  if (Result.File.size() == 0)
    return error(Path, " is empty");
  Result.Fingerprint = fingerprintOf(Result.File);
  Result.Modified = Result.File.modifiedAtOpen();
  absl::string_view Text = Result.File.text();

  if (Format == DataFormat::Text) {
    STATOR_RETURN_IF_ERROR(checkEncoding(Text, Path));
    Text = withoutByteOrderMark(Text);
    if (Known) {
      Result.Coder = std::move(Known);
    } else {
      STATOR_ASSIGN_OR_RETURN(Vocabulary Own, Vocabulary::ofText(Text, Path));
      Result.Coder = std::make_shared<Vocabulary>(std::move(Own));
    }
    const Tokenizer &Coder = *Result.Coder;
    STATOR_RETURN_IF_ERROR(
        checkVocabulary(Coder, Path, Origin, ModelVocabulary));
    int64_t Ids = Coder.vocabularySize();
    int Width = Ids <= 0x100 ? 1 : Ids <= 0x10000 ? 2 : 4;
    if (Coder.kind() == TokenizerKind::Characters) {
      STATOR_ASSIGN_OR_RETURN(Result.Encoded,
                              encodeText(Text,
                                         static_cast<const Vocabulary &>(Coder),
                                         Width, Path, Origin));
    } else {
      STATOR_ASSIGN_OR_RETURN(Result.Encoded,
                              encodeWith(Coder, Text, Width, Path));
    }
    Result.Tokens =
        TokenView(Result.Encoded.data(), Width,
                  static_cast<int64_t>(Result.Encoded.size()) / Width);
    STATOR_RETURN_IF_ERROR(Result.checkUnchanged());
    Result.File = MappedFile();
    return Result;
  }

  int Width = Format == DataFormat::Bytes    ? 1
              : Format == DataFormat::Uint16 ? 2
                                             : 4;
  if (Text.size() % static_cast<size_t>(Width) != 0)
    return error(Path, " has ", Text.size(), " bytes, which is no multiple of ",
                 Width, ", the size of a token in --format ",
                 dataFormatName(Format));
  if (Format == DataFormat::Bytes && Known &&
      Known->kind() != TokenizerKind::Bytes)
    return error("the tokenizer of ", Origin,
                 " encodes text, but --format "
                 "bytes reads ",
                 Path, " as bytes");
  if (!Known)
    Known = std::make_shared<Vocabulary>(Format == DataFormat::Bytes
                                             ? Vocabulary::bytes()
                                             : Vocabulary::tokens());
  Result.Coder = std::move(Known);
  STATOR_RETURN_IF_ERROR(
      checkVocabulary(*Result.Coder, Path, Origin, ModelVocabulary));
  Result.Tokens = TokenView(Result.File.data(), Width,
                            static_cast<int64_t>(Text.size()) / Width);
  STATOR_RETURN_IF_ERROR(checkIds(Result.Tokens, Path, ModelVocabulary));
  STATOR_RETURN_IF_ERROR(Result.checkUnchanged());
  Result.File.readZerosForMissing();
  return Result;
}

absl::Status TokenFile::checkUnchanged() {
  if (!File.data())
    return absl::OkStatus();
  STATOR_RETURN_IF_ERROR(File.checkSize());
  // It may have been touched only, or written again with what it had.
  int64_t Now = File.modified();
  if (std::exchange(Modified, Now) != Now && fingerprintOf(File) != Fingerprint)
    return error(File.path(), " was overwritten while it was in use: its ",
                 File.size(), " bytes are not the same ones any more");
  return absl::OkStatus();
}

absl::Status Dataset::checkUnchanged() {
  STATOR_RETURN_IF_ERROR(Data.checkUnchanged());
  return ValidationFile ? ValidationFile->checkUnchanged() : absl::OkStatus();
}

absl::StatusOr<Dataset> openDataset(const DataOptions &Options,
                                    std::shared_ptr<const Tokenizer> Known,
                                    int64_t Time, int64_t ModelVocabulary,
                                    const std::string &Origin) {
  DataFormat Format = dataFormat(Options.Format, Options.Data);
  Dataset Result;
  STATOR_ASSIGN_OR_RETURN(
      Result.Data, TokenFile::open(Options.Data, Format, std::move(Known),
                                   ModelVocabulary, Origin));
  Result.Training = Result.Data.tokens();
  std::string Left;
  if (!Options.Validation.empty()) {
    STATOR_ASSIGN_OR_RETURN(Result.ValidationFile,
                            TokenFile::open(Options.Validation, Format,
                                            Result.Data.tokenizer(),
                                            ModelVocabulary, Origin));
    Result.Validation = Result.ValidationFile->tokens();
    if (Result.Validation.size() < 2)
      return error(Options.Validation,
                   " has a single token; nothing follows it that could be "
                   "predicted");
  } else if (Options.ValidationFraction > 0) {
    int64_t Size = Result.Training.size();
    auto Split = static_cast<int64_t>(std::floor(
        static_cast<double>(Size) * (1.0 - Options.ValidationFraction)));
    Result.Validation = Result.Training.slice(Split, Size);
    Result.Training = Result.Training.slice(0, Split);
    if (Result.Validation.size() < 2)
      return error("--val-fraction ", Options.ValidationFraction, " of ",
                   Options.Data, " (", Size, " tokens) is ",
                   Result.Validation.size(),
                   " tokens, too few to evaluate on\nhint: give a larger "
                   "fraction, or --val FILE");
    Left = absl::StrCat(" after ", Result.Validation.size(), " are held out");
  }
  if (Result.Training.size() < Time + 1)
    return error(Options.Data, " has ", Result.Training.size(), " tokens", Left,
                 ", fewer than one sample, which is ", Time + 1, " (--time ",
                 Time, " and the token after it)");
  return Result;
}

} // namespace stator::runtime
