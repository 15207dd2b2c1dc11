//===- Data.h - token sequences to learn from -------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_DATA_H
#define STATOR_RUNTIME_CORE_DATA_H

#include "runtime/core/MappedFile.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// How a data file is read.
enum class DataFormat {
  Text,   ///< encoded by a tokenizer; without one, by characters, of UTF-8
  Bytes,  ///< an id is a byte
  Uint16, ///< little-endian ids without a header, as nanoGPT writes them
  Uint32
};

/// The format named \p Name; where that is empty, by the extension of \p Path:
/// .bin is uint16, all else text.
DataFormat dataFormat(absl::string_view Name, absl::string_view Path);
absl::string_view dataFormatName(DataFormat Format);

/// A stretch of token ids somewhere in memory. Does not own them.
class TokenView {
public:
  TokenView() = default;
  /// \p Width bytes an id: 1, 2 or 4.
  TokenView(const void *Ids, int Width, int64_t Size)
      : Ids(static_cast<const uint8_t *>(Ids)), Width(Width), Size(Size) {}

  int64_t size() const { return Size; }
  TokenView slice(int64_t Begin, int64_t End) const {
    return {Ids + Begin * Width, Width, End - Begin};
  }
  /// Writes ids [Begin, Begin + Count) to \p Out.
  void copy(int64_t Begin, int64_t Count, int32_t *Out) const;

private:
  const uint8_t *Ids = nullptr;
  int Width = 1;
  int64_t Size = 0;
};

/// The ids of one file: in place in the mapped file where that holds ids,
/// else encoded with as few bytes an id as the vocabulary allows.
class TokenFile {
public:
  /// Reads \p Path as \p Format. Text is encoded with \p Known, or, if that is
  /// null, by a vocabulary of its characters; ids are those of \p Known.
  /// \p Origin is where \p Known is from, for messages; "" for the data itself.
  /// \p ModelVocabulary is the number of ids that the model knows. Errors:
  /// missing, unreadable or empty file; not UTF-8; a character that \p Known
  /// lacks; more tokens, or a larger id, than the model has; a size that is no
  /// multiple of an id's; bytes with a tokenizer.
  static absl::StatusOr<TokenFile> open(const std::string &Path,
                                        DataFormat Format,
                                        std::shared_ptr<const Tokenizer> Known,
                                        int64_t ModelVocabulary,
                                        const std::string &Origin = "");

  TokenView tokens() const { return Tokens; }
  const std::shared_ptr<const Tokenizer> &tokenizer() const { return Coder; }
  /// Of the bytes of the file (FNV-1a, 64 bits): whether it is still the same.
  uint64_t fingerprint() const { return Fingerprint; }

  /// Error: the file has changed, so tokens that were read from it since the
  /// last call may be wrong. Where a file was cut they are 0. Never an error
  /// for text, which is encoded once. Quick unless the file was written to.
  absl::Status checkUnchanged();

private:
  MappedFile File;
  std::vector<uint8_t> Encoded;
  TokenView Tokens;
  std::shared_ptr<const Tokenizer> Coder; ///< never null
  uint64_t Fingerprint = 0;
  int64_t Modified = 0; ///< when the file had this fingerprint
};

/// What to train on and what to hold out.
struct DataOptions {
  std::string Data;       ///< path
  std::string Validation; ///< path, or empty
  double ValidationFraction = 0;
  std::string Format;    ///< "" for by extension
  std::string Tokenizer; ///< path, or empty
};

/// Training and held-out tokens.
struct Dataset {
  TokenFile Data;
  std::optional<TokenFile> ValidationFile;
  TokenView Training, Validation; ///< Validation is empty if there is none

  /// As TokenFile has it, of both files.
  absl::Status checkUnchanged();
  /// What encoded the text, or what the ids are of.
  const Tokenizer &tokenizer() const { return *Data.tokenizer(); }
};

/// Opens the files of \p Options for a model with \p Time positions and
/// \p ModelVocabulary ids. A fraction F is held out from the end: of n tokens,
/// the first floor(n * (1 - F)) are trained on, as in nanoGPT. \p Known is the
/// tokenizer of a checkpoint that is continued, or what \p Options name, and
/// \p Origin where it is from, for messages.
/// Errors: those of TokenFile::open; fewer than Time + 1 tokens to train on;
/// fewer than two held out.
absl::StatusOr<Dataset> openDataset(const DataOptions &Options,
                                    std::shared_ptr<const Tokenizer> Known,
                                    int64_t Time, int64_t ModelVocabulary,
                                    const std::string &Origin = "");

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_DATA_H
