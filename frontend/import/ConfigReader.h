//===- ConfigReader.h - Values of a checkpoint's config ---------*- C++ -*-===//
//
// A config.json is a JSON object whose keys mean what the classes of the
// `transformers` package say. This reads it value by value, with the type and
// the range that each must have, and remembers the first thing that is wrong,
// so that a description of a family reads as a list of what it needs.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_IMPORT_CONFIGREADER_H
#define STATOR_FRONTEND_IMPORT_CONFIGREADER_H

#include "absl/status/status.h"
#include "nlohmann/json.hpp"
#include "runtime/core/Errors.h"
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>

namespace stator {

/// Of a config that was made of something else: the keys of the original, by
/// those of the config. Messages name the former.
using KeyNames = std::map<std::string, std::string, std::less<>>;

class ConfigReader {
public:
  /// `Object` is a JSON object that outlives this; `Name` stands in messages.
  ConfigReader(const nlohmann::json &Object, std::string Name,
               KeyNames Originals = {})
      : Object(Object), Name(std::move(Name)), Originals(std::move(Originals)) {
  }

  /// The names of one value, of which the first that is there counts: families
  /// were called differently over time.
  using Names = std::initializer_list<const char *>;

  /// A whole number from 1 to 2^31 - 1. Missing without a default is an error.
  int64_t size(Names Keys, std::optional<int64_t> Default = std::nullopt);
  /// A finite number above 0.
  double positive(Names Keys, std::optional<double> Default = std::nullopt);
  bool flag(Names Keys, bool Default);
  std::string text(Names Keys, std::string Default);
  /// The language's function for a name of an activation, such as "gelu_new".
  std::string activation(Names Keys, const char *Default);

  /// Whether the key is there and not null.
  bool has(const char *Key) const { return find({Key}) != nullptr; }
  /// Whether the key is not there at all, not even as null.
  bool lacks(const char *Key) const { return !Object.contains(Key); }
  /// The value, or null.
  const nlohmann::json *find(Names Keys) const;
  /// What the file calls a key.
  std::string display(const char *Key) const;

  /// `Feature` is something that the language or this import cannot express.
  void refuse(const std::string &Feature);
  /// Something is wrong with the values themselves.
  template <typename... PartTypes> void wrong(const PartTypes &...Parts) {
    if (First.ok())
      First = runtime::error(Name, ": ", Parts...);
  }
  /// An error unless `Value` is a multiple of `Of`, both named.
  void requireMultiple(const char *ValueName, int64_t Value, const char *OfName,
                       int64_t Of);

  /// An error if two names of one value are both there with different values.
  void requireEqual(const char *First, const char *Second);

  /// The first thing that was wrong.
  const absl::Status &status() const { return First; }
  const std::string &name() const { return Name; }

private:
  std::string firstKey(Names Keys) const;

  const nlohmann::json &Object;
  std::string Name;
  KeyNames Originals;
  absl::Status First;
};

/// A value of a config in a message: short, on one line.
std::string describeValue(const nlohmann::json &Value);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_CONFIGREADER_H
