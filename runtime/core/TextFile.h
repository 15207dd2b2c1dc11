//===- TextFile.h - text from files of all systems --------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TEXTFILE_H
#define STATOR_RUNTIME_CORE_TEXTFILE_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <vector>

namespace stator::runtime {

/// \p Text without a UTF-8 byte order mark at its beginning.
absl::string_view withoutByteOrderMark(absl::string_view Text);

/// Error: \p Text begins with the byte order mark of UTF-16 or UTF-32.
absl::Status checkEncoding(absl::string_view Text, absl::string_view Name);

/// The lines of \p Text without their ends, which are "\n", "\r\n" or "\r", and
/// without a byte order mark. What follows the last line end is a line only if
/// it is not empty.
std::vector<absl::string_view> splitLines(absl::string_view Text);

/// \p Text without one line end at its end.
absl::string_view withoutLineEnd(absl::string_view Text);

/// A place in a text for messages, both from 1; columns count characters.
struct TextPlace {
  int64_t Line = 1, Column = 1;
};
TextPlace placeOf(absl::string_view Text, size_t Byte);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TEXTFILE_H
