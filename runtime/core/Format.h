//===- Format.h - numbers as users read them --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_FORMAT_H
#define STATOR_RUNTIME_CORE_FORMAT_H

#include "absl/strings/string_view.h"
#include <cstddef>
#include <cstdint>
#include <string>

namespace stator::runtime {

/// 1234567 as "1.2 MB": sizes in messages are in powers of 1000.
std::string formatBytes(double Bytes);

/// 1234567 as "1.23 M".
std::string formatCount(double Count);

/// [2, 3] as "[2, 3]".
std::string formatShape(const int64_t *Shape, int64_t Rank);

/// The fewest digits that read back as the same float.
std::string formatFloat(float Value);

/// \p Text broken between words into lines of at most \p Width columns, of
/// which the first \p Indent are spaces, each with a newline.
std::string wrapText(absl::string_view Text, size_t Indent, size_t Width = 76);

/// 3725 seconds as "1:02:05", 65 as "1:05".
std::string formatDuration(double Seconds);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_FORMAT_H
