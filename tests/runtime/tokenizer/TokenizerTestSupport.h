//===- TokenizerTestSupport.h - data and texts for tests --------*- C++ -*-===//
#ifndef STATOR_TESTS_RUNTIME_TOKENIZER_TOKENIZERTESTSUPPORT_H
#define STATOR_TESTS_RUNTIME_TOKENIZER_TOKENIZERTESTSUPPORT_H

#include "runtime/core/tokenizer/Tokenizer.h"
#include "tests/runtime/TestSupport.h"
#include "tests/runtime/tokenizer/SmallTokenizers.h"
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace stator::runtime::testing {

/// A file or folder of the shared data; skips the test where it is missing.
#define SHARED_DATA(Variable, Name)                                            \
  const std::string Variable = std::string(STATOR_SHARED_DATA "/") + (Name);   \
  if (!std::filesystem::exists(Variable))                                      \
  GTEST_SKIP() << (Variable) << " is missing"

/// The whole of a file.
std::string contentsOf(const std::string &Path);

/// The tokenizer of \p Path, or a failed test and null.
std::unique_ptr<Tokenizer> open(const std::string &Path);
/// The tokenizer of a tokenizer.json.
absl::StatusOr<std::unique_ptr<Tokenizer>>
fromJson(const std::string &Contents,
         std::vector<TokenizerFiles::File> Side = {});

/// The ids of \p Text; the test fails where it cannot be encoded.
std::vector<int32_t> ids(const Tokenizer &Coder, absl::string_view Text,
                         EncodeOptions Options = {});
/// Names of the tokens of \p Text.
std::vector<std::string> names(const Tokenizer &Coder, absl::string_view Text,
                               EncodeOptions Options = {});
std::string decoded(const Tokenizer &Coder, const std::vector<int32_t> &Ids);

/// Valid UTF-8 with letters of several scripts, numbers, punctuation, white
/// space of all sorts, contractions, combining marks: about \p Size characters.
std::string randomText(std::mt19937 &Random, size_t Size);
/// Any bytes.
std::string randomBytes(std::mt19937 &Random, size_t Size);
/// \p Original with a few bytes changed, removed, repeated or cut off.
std::string mutated(std::mt19937 &Random, std::string Original);

} // namespace stator::runtime::testing

#endif // STATOR_TESTS_RUNTIME_TOKENIZER_TOKENIZERTESTSUPPORT_H
