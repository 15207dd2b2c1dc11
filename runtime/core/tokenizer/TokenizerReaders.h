//===- TokenizerReaders.h - one reader for each kind of files ---*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERREADERS_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERREADERS_H

#include "runtime/core/tokenizer/Tokenizer.h"
#include <memory>

namespace stator::runtime {

// What makeTokenizer chooses from. Each keeps the files that it is given, and
// its errors begin with where they are from.

/// Hugging Face's tokenizer.json: BPE, byte-level or with byte fallback. Error:
/// a part that is not supported, named.
absl::StatusOr<std::unique_ptr<Tokenizer>>
readHuggingFace(TokenizerFiles Files);

/// GPT-2's two files: ids of tokens as JSON, and merges, one a line.
absl::StatusOr<std::unique_ptr<Tokenizer>>
readVocabMerges(TokenizerFiles Files);

/// A ModelProto of SentencePiece: unigram and BPE.
absl::StatusOr<std::unique_ptr<Tokenizer>>
readSentencePiece(TokenizerFiles Files);

/// llama2.c's tokenizer.bin.
absl::StatusOr<std::unique_ptr<Tokenizer>> readLlama2c(TokenizerFiles Files);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERREADERS_H
