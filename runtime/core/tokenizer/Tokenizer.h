//===- Tokenizer.h - between text and token ids -----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZER_H

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "runtime/core/tokenizer/TokenizerFiles.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// The defaults are those of Hugging Face's `encode`.
struct EncodeOptions {
  /// Put what the tokenizer puts around a text, such as BOS in front.
  bool AddSpecial = true;
  /// Text that reads like a special token, such as "<|endoftext|>", becomes
  /// that token. If not, it is encoded as any other text.
  bool ParseSpecial = true;
};

/// Where in a text a decoder is: some tokenizers begin a text with a space
/// that is not part of it. One for each text, handed from token to token.
struct DecodeState {
  /// Whether BOS, EOS and other special tokens are written as they are called;
  /// if not, nothing is written for them.
  bool ShowSpecial = false;
  bool AtStart = true;
};

/// Text to ids and back. Const members may be called from several threads at
/// once. To show tokens as they come, use TextStream, which never splits a
/// character.
class Tokenizer {
public:
  /// Takes the next ids, and how many bytes of the text are encoded so far.
  using IdSink =
      absl::FunctionRef<void(absl::Span<const int32_t>, size_t Consumed)>;

  virtual ~Tokenizer() = default;

  /// Encodes \p Text and hands the ids to \p Sink in portions, so that the ids
  /// of a large text need not be in memory. Takes time linear in the text (a
  /// logarithm more for single words of many kilobytes). Errors: a character
  /// without a token, text that is not UTF-8 where the tokenizer has no bytes,
  /// ids whose text is not known; said with the byte of the text.
  virtual absl::Status encodeTo(absl::string_view Text, EncodeOptions Options,
                                IdSink Sink) const = 0;
  absl::StatusOr<std::vector<int32_t>> encode(absl::string_view Text,
                                              EncodeOptions Options = {}) const;

  /// Appends the bytes that \p Id stands for in its place in the text, U+FFFD
  /// for an id that the tokenizer does not have. They need not end where a
  /// character ends.
  virtual void append(int32_t Id, DecodeState &State,
                      std::string &Text) const = 0;
  /// The bytes of \p Ids as one text; of byte-level tokenizers what was
  /// encoded, byte for byte. Error: an id that the tokenizer does not have.
  absl::StatusOr<std::string> decode(absl::Span<const int32_t> Ids,
                                     bool ShowSpecial = false) const;

  /// How many ids there are: all are below. 0 if that is not known (Tokens).
  virtual int64_t vocabularySize() const = 0;
  /// The name of a token as its file writes it ("Ġthe", "<0x0A>", "▁a"); empty
  /// if the tokenizer does not have it.
  virtual std::string token(int32_t Id) const = 0;
  /// The id of a token by that name.
  virtual std::optional<int32_t> find(absl::string_view Token) const = 0;
  /// Whether a token stands for no text, such as BOS.
  virtual bool isSpecial(int32_t Id) const = 0;

  /// The token in front of a text, if there is one.
  virtual std::optional<int32_t> bos() const { return std::nullopt; }
  /// Tokens after which a text is over; empty if there are none.
  virtual std::vector<int32_t> eos() const { return {}; }

  /// What to write where the tokenizer is to be found again.
  virtual TokenizerFiles files() const = 0;
  virtual TokenizerKind kind() const = 0;
};

/// The tokenizer of \p Path, a file or a folder; see readTokenizerFiles.
/// Errors: those of it; a file that is damaged, or that asks for something
/// that is not supported, named.
absl::StatusOr<std::unique_ptr<Tokenizer>>
openTokenizer(const std::string &Path);

/// The tokenizer of files that are in memory. \p Files is kept.
absl::StatusOr<std::unique_ptr<Tokenizer>> makeTokenizer(TokenizerFiles Files);

/// The tokenizer of what serializeTokenizer wrote; \p Name is for messages.
absl::StatusOr<std::unique_ptr<Tokenizer>>
openTokenizerFromBytes(absl::string_view Bytes, absl::string_view Name);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZER_H
