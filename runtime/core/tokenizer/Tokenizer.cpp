#include "runtime/core/tokenizer/Tokenizer.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Vocabulary.h"
#include "runtime/core/tokenizer/TokenizerReaders.h"
#include <utility>

namespace stator::runtime {

absl::StatusOr<std::vector<int32_t>>
Tokenizer::encode(absl::string_view Text, EncodeOptions Options) const {
  std::vector<int32_t> Result;
  STATOR_RETURN_IF_ERROR(
      encodeTo(Text, Options, [&](absl::Span<const int32_t> Ids, size_t) {
        Result.insert(Result.end(), Ids.begin(), Ids.end());
      }));
  return Result;
}

absl::StatusOr<std::string> Tokenizer::decode(absl::Span<const int32_t> Ids,
                                              bool ShowSpecial) const {
  std::string Result;
  DecodeState State;
  State.ShowSpecial = ShowSpecial;
  int64_t Size = vocabularySize();
  for (size_t I = 0; I < Ids.size(); ++I) {
    if (Ids[I] < 0 || (Size > 0 && Ids[I] >= Size))
      return error("token ", I, " has the id ", Ids[I],
                   ", but the tokenizer has ids below ", Size);
    append(Ids[I], State, Result);
  }
  return Result;
}

absl::StatusOr<std::unique_ptr<Tokenizer>> makeTokenizer(TokenizerFiles Files) {
  // Files that came in one piece, not from readTokenizerFiles, may be anything.
  size_t Needed = Files.Kind == TokenizerKind::VocabMerges ? 2 : 1;
  if (Files.Files.size() < Needed)
    return error(Files.Origin, ": a tokenizer of this kind (",
                 tokenizerKindName(Files.Kind), ") has ", Needed,
                 " files, but there are ", Files.Files.size());
  switch (Files.Kind) {
  case TokenizerKind::Characters:
  case TokenizerKind::Bytes:
  case TokenizerKind::Tokens: {
    STATOR_ASSIGN_OR_RETURN(
        Vocabulary Own,
        Vocabulary::parse(Files.Files[0].Contents, Files.Origin));
    return std::make_unique<Vocabulary>(std::move(Own));
  }
  case TokenizerKind::HuggingFace:
    return readHuggingFace(std::move(Files));
  case TokenizerKind::VocabMerges:
    return readVocabMerges(std::move(Files));
  case TokenizerKind::SentencePiece:
    return readSentencePiece(std::move(Files));
  case TokenizerKind::Llama2c:
    break;
  }
  return readLlama2c(std::move(Files));
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
openTokenizer(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(TokenizerFiles Files, readTokenizerFiles(Path));
  return makeTokenizer(std::move(Files));
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
openTokenizerFromBytes(absl::string_view Bytes, absl::string_view Name) {
  STATOR_ASSIGN_OR_RETURN(TokenizerFiles Files,
                          deserializeTokenizer(Bytes, Name));
  return makeTokenizer(std::move(Files));
}

} // namespace stator::runtime
