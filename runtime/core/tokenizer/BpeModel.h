//===- BpeModel.h - words into tokens by byte-pair encoding -----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_BPEMODEL_H
#define STATOR_RUNTIME_CORE_TOKENIZER_BPEMODEL_H

#include "runtime/core/tokenizer/BpeMerges.h"
#include "runtime/core/tokenizer/TokenTable.h"
#include "runtime/core/tokenizer/WordModel.h"
#include <array>
#include <cstdint>

namespace stator::runtime {

/// Byte-pair encoding as Hugging Face's tokenizers has it. Words begin as
/// bytes, of which each has a token (GPT-2), or as characters; one without a
/// token becomes the tokens of its bytes, or the unknown token, or nothing.
class BpeModel final : public WordModel {
public:
  static constexpr int32_t None = -1;

  const TokenTable *Tokens = nullptr; ///< not owned
  BpeMerges Merges;
  bool ByteLevel = false;
  /// A word that is a token is that token, whatever the merges say.
  bool IgnoreMerges = false;
  /// With ByteLevel the token of each byte; else, where AnyByteFallback, those
  /// of "<0x00>" to "<0xFF>". None where there is none.
  std::array<int32_t, 256> ByteTokens;
  bool AnyByteFallback = false;
  int32_t Unknown = None;
  bool FuseUnknown = false; ///< unknown characters in a row are one token
  absl::string_view CutMark;

  BpeModel() { ByteTokens.fill(None); }

  absl::Status encode(absl::string_view Word,
                      std::vector<int32_t> &Ids) const override;
  absl::string_view cutMark() const override { return CutMark; }

  /// Sets CutMark to \p Space, which must outlive the model, if the names of
  /// the tokens allow it.
  void findCuts(absl::string_view Space);

private:
  void splitCharacters(absl::string_view Word, std::vector<int32_t> &Ids) const;
};

/// The tokens "<0x00>" to "<0xFF>"; whether there is any.
bool findByteTokens(const TokenTable &Tokens, std::array<int32_t, 256> &Ids);

/// The byte of a name such as "<0x0A>", or -1.
int byteOfName(absl::string_view Name);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_BPEMODEL_H
