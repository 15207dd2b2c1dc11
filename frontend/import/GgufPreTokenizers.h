//===- GgufPreTokenizers.h - The names of tokenizer.ggml.pre ----*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_GGUFPRETOKENIZERS_H
#define STATOR_FRONTEND_IMPORT_GGUFPRETOKENIZERS_H

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator {

/// What a value of tokenizer.ggml.pre stands for in llama.cpp.
struct GgufPreTokenizer {
  /// The "pre_tokenizer" of a tokenizer.json that splits text the same way.
  nlohmann::ordered_json Stages;
  /// A word that is a token is that token, whatever the merges say.
  bool IgnoreMerges = false;
  /// Whether texts begin with BOS where tokenizer.ggml.add_bos_token is
  /// missing.
  bool AddBos = false;
  /// Whether there is a BOS where tokenizer.ggml.bos_token_id is missing.
  bool HasDefaultBos = true;
  bool NormalizeNfc = false; ///< as in the tokenizer.json of these models
};

/// Looks up a value of tokenizer.ggml.pre. Error: llama.cpp does not know it,
/// or it splits text in a way that a tokenizer.json cannot express.
absl::StatusOr<GgufPreTokenizer> findGgufPreTokenizer(llvm::StringRef Name);

/// The value of tokenizer.ggml.pre for the "pre_tokenizer" of a tokenizer.json;
/// "" if there is none.
std::string nameOfPreTokenizer(const nlohmann::json &PreTokenizer);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_GGUFPRETOKENIZERS_H
