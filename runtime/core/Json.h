//===- Json.h - JSON files as programs and people write them ----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_JSON_H
#define STATOR_RUNTIME_CORE_JSON_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace stator::runtime {

/// The value of a whole JSON text. A byte order mark at its beginning is
/// skipped, and NaN, Infinity and -Infinity, which Python's json module writes,
/// are read as numbers. Error: "<Name>: line L, column C: <what is wrong>",
/// where the first line of the text is line number \p FirstLine.
absl::StatusOr<nlohmann::json> parseJson(absl::string_view Text,
                                         absl::string_view Name,
                                         int64_t FirstLine = 1);

/// The same with the members of objects in the order of the text.
absl::StatusOr<nlohmann::ordered_json> parseOrderedJson(absl::string_view Text,
                                                        absl::string_view Name);

/// The same for a file that must hold an object.
absl::StatusOr<nlohmann::json> parseJsonObject(absl::string_view Text,
                                               absl::string_view Name);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_JSON_H
