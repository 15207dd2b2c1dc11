//===- TokenizerFiles.h - the files that a tokenizer is made of -*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERFILES_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERFILES_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// Which files describe a tokenizer.
enum class TokenizerKind : uint8_t {
  Characters,    ///< Stator's vocab.json: an id is a character of a list
  Bytes,         ///< Stator's vocab.json: an id is a byte
  Tokens,        ///< Stator's vocab.json: ids whose text is not known
  HuggingFace,   ///< tokenizer.json
  VocabMerges,   ///< vocab.json or encoder.json, with merges.txt or vocab.bpe
  SentencePiece, ///< tokenizer.model
  Llama2c,       ///< tokenizer.bin
};

/// "characters", "bytes", "tokens", "Hugging Face tokenizer.json", ...
absl::string_view tokenizerKindName(TokenizerKind Kind);

/// The files of one tokenizer with all their bytes: what is copied beside a
/// checkpoint, into an exported folder, and into an executable.
struct TokenizerFiles {
  struct File {
    /// Without a folder, and whatever it was called where it was found: the
    /// name under which readTokenizerFiles finds it in a folder.
    std::string Name;
    std::string Contents;
  };

  TokenizerKind Kind = TokenizerKind::Tokens;
  /// What the kind needs, then, of a Hugging Face folder, those of
  /// tokenizer_config.json and generation_config.json that are there: they
  /// say which tokens begin and end a text.
  std::vector<File> Files;
  /// Where they were found, for messages.
  std::string Origin;

  const File *find(absl::string_view Name) const;
};

/// The folder or file of the tokenizer that \p Path means. It may be all that
/// weights are read from: of the directory of a training run, that is the
/// folder of its latest checkpoint, and of a .safetensors file its folder.
std::string findTokenizer(const std::string &Path);

/// Finds out what \p Path is, by findTokenizer, and reads it. A folder holds a
/// tokenizer.json, or a *.model, or a tokenizer.bin, or a vocabulary with
/// merges, or Stator's own vocab.json, in this order of preference; a file is
/// known by its contents, and of a vocabulary or of merges the other file is
/// looked for beside it. Errors: nothing there that is a tokenizer, said with
/// what was looked for; files that cannot be read.
absl::StatusOr<TokenizerFiles> readTokenizerFiles(const std::string &Path);

/// Whether \p Folder holds what readTokenizerFiles takes for a tokenizer, also
/// if it is damaged: where a tokenizer may be missing, that is an error still.
bool holdsTokenizer(const std::string &Folder);

/// Error: \p Folder holds files of another tokenizer than \p Own, which is to
/// be written there (none: no tokenizer is). They would be read instead of it,
/// or together with it.
absl::Status refuseOtherTokenizer(const std::string &Folder,
                                  const std::optional<TokenizerFiles> &Own);

/// One string of all files, to embed in an executable: the magic
/// "stator-tokenizer\n", a version, the kind, and for each file its name and
/// its bytes; all numbers are little-endian.
std::string serializeTokenizer(const TokenizerFiles &Files);
/// Error: not what serializeTokenizer wrote. \p Name is for messages.
absl::StatusOr<TokenizerFiles> deserializeTokenizer(absl::string_view Bytes,
                                                    absl::string_view Name);

/// Writes every file into \p Folder, each one atomically.
absl::Status writeTokenizerFiles(const TokenizerFiles &Files,
                                 const std::string &Folder);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERFILES_H
