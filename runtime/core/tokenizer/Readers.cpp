#include "runtime/core/Errors.h"
#include "runtime/core/tokenizer/TokenizerReaders.h"

namespace stator::runtime {

static absl::Status notYet(const TokenizerFiles &Files) {
  return error(Files.Origin,
               " is a tokenizer of a kind that cannot be read "
               "yet (",
               tokenizerKindName(Files.Kind), ")");
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
readHuggingFace(TokenizerFiles Files) {
  return notYet(Files);
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
readVocabMerges(TokenizerFiles Files) {
  return notYet(Files);
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
readSentencePiece(TokenizerFiles Files) {
  return notYet(Files);
}

absl::StatusOr<std::unique_ptr<Tokenizer>> readLlama2c(TokenizerFiles Files) {
  return notYet(Files);
}

} // namespace stator::runtime
