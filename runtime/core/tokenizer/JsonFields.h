//===- JsonFields.h - typed access to JSON that may be anything -*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_JSONFIELDS_H
#define STATOR_RUNTIME_CORE_TOKENIZER_JSONFIELDS_H

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include <cstdint>
#include <string>

namespace stator::runtime {

/// A JSON object with its place in a file, so that errors can name it:
/// "tokenizer.json: model.merges is not an array". A field that is null is
/// taken as missing. Refers to the JSON value.
class JsonFields {
public:
  /// Of a whole file, which is parsed into \p Storage. Error: not JSON, or not
  /// an object.
  static absl::StatusOr<JsonFields> parse(absl::string_view Contents,
                                          std::string Origin,
                                          nlohmann::json &Storage);
  /// Error: \p Value is no object.
  static absl::StatusOr<JsonFields> of(const nlohmann::json &Value,
                                       std::string Origin, std::string Path);

  /// Null if it is missing.
  const nlohmann::json *get(const char *Name) const;
  bool has(const char *Name) const { return get(Name) != nullptr; }

  // Errors: missing where there is no default; of another type.
  absl::StatusOr<std::string> string(const char *Name) const;
  absl::StatusOr<std::string> string(const char *Name,
                                     std::string Default) const;
  absl::StatusOr<bool> boolean(const char *Name, bool Default) const;
  absl::StatusOr<int64_t> integer(const char *Name) const;
  absl::StatusOr<int64_t> integer(const char *Name, int64_t Default) const;
  absl::StatusOr<JsonFields> object(const char *Name) const;
  absl::StatusOr<const nlohmann::json *> array(const char *Name) const;
  /// The elements of an array of objects; none if it is missing.
  absl::StatusOr<std::vector<JsonFields>> objects(const char *Name) const;

  const nlohmann::json &value() const { return *Value; }
  /// An error about \p Name, or about the object itself if that is empty:
  /// "<file>: <path> <Problem>".
  absl::Status fail(absl::string_view Name, absl::string_view Problem) const;

private:
  JsonFields(const nlohmann::json &Value, std::string Origin, std::string Path)
      : Value(&Value), Origin(std::move(Origin)), Path(std::move(Path)) {}

  std::string pathOf(absl::string_view Name) const;

  const nlohmann::json *Value;
  std::string Origin, Path;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_JSONFIELDS_H
