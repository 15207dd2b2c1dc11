#include "runtime/core/tokenizer/JsonFields.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/StatusMacros.h"
#include <limits>
#include <utility>

namespace stator::runtime {

absl::StatusOr<JsonFields> JsonFields::parse(absl::string_view Contents,
                                             std::string Origin,
                                             nlohmann::json &Storage) {
  STATOR_ASSIGN_OR_RETURN(Storage, parseJson(Contents, Origin));
  return of(Storage, std::move(Origin), "");
}

absl::StatusOr<JsonFields> JsonFields::of(const nlohmann::json &Value,
                                          std::string Origin,
                                          std::string Path) {
  JsonFields Result(Value, std::move(Origin), std::move(Path));
  if (!Value.is_object())
    return Result.fail("", "is not an object");
  return Result;
}

std::string JsonFields::pathOf(absl::string_view Name) const {
  return Path.empty() || Name.empty() ? absl::StrCat(Path, Name)
                                      : absl::StrCat(Path, ".", Name);
}

absl::Status JsonFields::fail(absl::string_view Name,
                              absl::string_view Problem) const {
  std::string Where = pathOf(Name);
  return Where.empty() ? error(Origin, " ", Problem)
                       : error(Origin, ": ", Where, " ", Problem);
}

const nlohmann::json *JsonFields::get(const char *Name) const {
  auto Found = Value->find(Name);
  return Found == Value->end() || Found->is_null() ? nullptr : &*Found;
}

absl::StatusOr<std::string> JsonFields::string(const char *Name) const {
  const nlohmann::json *Field = get(Name);
  if (!Field)
    return fail(Name, "is missing");
  if (!Field->is_string())
    return fail(Name, "is not a string");
  return Field->get_ref<const std::string &>();
}

absl::StatusOr<std::string> JsonFields::string(const char *Name,
                                               std::string Default) const {
  if (!has(Name))
    return Default;
  return string(Name);
}

absl::StatusOr<bool> JsonFields::boolean(const char *Name, bool Default) const {
  const nlohmann::json *Field = get(Name);
  if (!Field)
    return Default;
  if (!Field->is_boolean())
    return fail(Name, "is neither true nor false");
  return Field->get<bool>();
}

absl::StatusOr<int64_t> JsonFields::integer(const char *Name) const {
  const nlohmann::json *Field = get(Name);
  if (!Field)
    return fail(Name, "is missing");
  if (!Field->is_number_integer() ||
      (Field->is_number_unsigned() &&
       Field->get<uint64_t>() >
           static_cast<uint64_t>(std::numeric_limits<int64_t>::max())))
    return fail(Name, "is not an integer");
  return Field->get<int64_t>();
}

absl::StatusOr<int64_t> JsonFields::integer(const char *Name,
                                            int64_t Default) const {
  if (!has(Name))
    return Default;
  return integer(Name);
}

absl::StatusOr<JsonFields> JsonFields::object(const char *Name) const {
  const nlohmann::json *Field = get(Name);
  if (!Field)
    return fail(Name, "is missing");
  return of(*Field, Origin, pathOf(Name));
}

absl::StatusOr<const nlohmann::json *>
JsonFields::array(const char *Name) const {
  const nlohmann::json *Field = get(Name);
  if (!Field)
    return fail(Name, "is missing");
  if (!Field->is_array())
    return fail(Name, "is not an array");
  return Field;
}

absl::StatusOr<std::vector<JsonFields>>
JsonFields::objects(const char *Name) const {
  std::vector<JsonFields> Result;
  if (!has(Name))
    return Result;
  STATOR_ASSIGN_OR_RETURN(const nlohmann::json *List, array(Name));
  for (size_t I = 0; I < List->size(); ++I) {
    STATOR_ASSIGN_OR_RETURN(
        JsonFields Element,
        of((*List)[I], Origin, absl::StrCat(pathOf(Name), "[", I, "]")));
    Result.push_back(std::move(Element));
  }
  return Result;
}

} // namespace stator::runtime
