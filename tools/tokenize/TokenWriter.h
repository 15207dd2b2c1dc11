//===- TokenWriter.h - a corpus as a file of ids ----------------*- C++ -*-===//
#ifndef STATOR_TOOLS_TOKENIZE_TOKENWRITER_H
#define STATOR_TOOLS_TOKENIZE_TOKENWRITER_H

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "runtime/core/Data.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <cstdint>
#include <string>

namespace stator::tokenize {

/// Encodes \p Text into the file \p Output, which appears when it is whole, as
/// Uint16 or Uint32: little-endian ids without a header, as training programs
/// map them. Gives the number of ids. Errors: those of encoding; an id that
/// does not fit; a file that cannot be written.
absl::StatusOr<int64_t> writeTokens(const runtime::Tokenizer &Coder,
                                    absl::string_view Text,
                                    runtime::EncodeOptions Options,
                                    runtime::DataFormat Format,
                                    const std::string &Output,
                                    absl::FunctionRef<void(double)> Progress);

/// The ids of a token file. Error: its size is no multiple of an id's, or an
/// id is too large to be one.
absl::StatusOr<std::vector<int32_t>> readTokens(const std::string &Path,
                                                runtime::DataFormat Format);

} // namespace stator::tokenize

#endif // STATOR_TOOLS_TOKENIZE_TOKENWRITER_H
