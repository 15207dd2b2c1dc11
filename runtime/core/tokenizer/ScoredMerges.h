//===- ScoredMerges.h - merges of vocabularies with scores ------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_SCOREDMERGES_H
#define STATOR_RUNTIME_CORE_TOKENIZER_SCOREDMERGES_H

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "runtime/core/tokenizer/BpeMerges.h"
#include "runtime/core/tokenizer/TokenTable.h"
#include <cstdint>
#include <vector>

namespace stator::runtime {

/// The merges of SentencePiece's and llama2.c's byte-pair encoding, which knows
/// no list of merges: any two neighbours that are a token together may become
/// it, that with the highest score first. \p Scores has one for each id; those
/// for which \p Takes is false are neither parts nor results. Error: a token
/// of more than a kilobyte, of which there would be too many parts.
absl::StatusOr<BpeMerges> scoredMerges(const TokenTable &Tokens,
                                       const std::vector<float> &Scores,
                                       absl::FunctionRef<bool(int32_t)> Takes);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_SCOREDMERGES_H
