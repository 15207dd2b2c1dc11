//===- PipelineTokenizer.h - added tokens, normalizer, words ----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_PIPELINETOKENIZER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_PIPELINETOKENIZER_H

#include "runtime/core/tokenizer/AddedTokens.h"
#include "runtime/core/tokenizer/BpeModel.h"
#include "runtime/core/tokenizer/Normalizer.h"
#include "runtime/core/tokenizer/PreTokenizer.h"
#include "runtime/core/tokenizer/TextEnds.h"
#include "runtime/core/tokenizer/TokenTable.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <string>
#include <vector>

namespace stator::runtime {

/// The way of Hugging Face's tokenizers: added tokens are cut out of the text,
/// what is between them is normalized, added tokens of normalized text are cut
/// out, the rest is divided into words, and each word into tokens. Bytes that
/// are no UTF-8 are words of their own.
class PipelineTokenizer final : public Tokenizer {
public:
  /// What the readers of files fill in.
  struct Parts {
    TokenizerFiles Files;
    TokenTable Tokens;
    BpeModel Model; ///< its Tokens need not be set
    Normalizer Normalize;
    PreTokenizer Divide;
    std::vector<AddedToken> Added;
    std::vector<int32_t> Before, After; ///< what is put around a text
    std::vector<std::string> Pieces;    ///< by id: its bytes
    /// A text begins with a space that is not part of it.
    bool StripFirstSpace = false;
    TextEnds Ends;
  };

  explicit PipelineTokenizer(Parts Made);

  absl::Status encodeTo(absl::string_view Text, EncodeOptions Options,
                        IdSink Sink) const override;
  void append(int32_t Id, DecodeState &State, std::string &Text) const override;

  int64_t vocabularySize() const override { return P.Tokens.size(); }
  std::string token(int32_t Id) const override {
    return std::string(P.Tokens.name(Id));
  }
  std::optional<int32_t> find(absl::string_view Token) const override {
    return P.Tokens.lookUp(Token);
  }
  bool isSpecial(int32_t Id) const override {
    return Id >= 0 && static_cast<size_t>(Id) < Special.size() &&
           Special[static_cast<size_t>(Id)];
  }
  std::optional<int32_t> bos() const override { return P.Ends.Begin; }
  std::vector<int32_t> eos() const override { return P.Ends.End; }
  TokenizerFiles files() const override { return P.Files; }
  TokenizerKind kind() const override { return P.Files.Kind; }

private:
  void encodeSection(absl::string_view Text, bool AtStart, bool Prefixed,
                     EncodeOptions Options, WordEncoder &Out) const;

  Parts P;
  AddedTokens InText, InNormalized;
  std::vector<bool> Special; ///< by id
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_PIPELINETOKENIZER_H
