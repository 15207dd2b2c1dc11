#include "runtime/core/tokenizer/TokenTable.h"
#include "runtime/core/Errors.h"

namespace stator::runtime {

void TokenTable::reserve(size_t Count) {
  Names.reserve(Count);
  Ids.reserve(Count);
}

absl::Status TokenTable::add(int64_t Id, absl::string_view Name) {
  if (Id < 0 || Id >= MaxIds)
    return error("the token \"", Name, "\" has the id ", Id,
                 ", but ids are from 0 to ", MaxIds - 1);
  auto Index = static_cast<size_t>(Id);
  if (Index >= Names.size())
    Names.resize(Index + 1);
  if (Names[Index].data()) {
    if (Names[Index] == Name)
      return absl::OkStatus();
    return error("the id ", Id, " is that of two tokens, \"", Names[Index],
                 "\" and \"", Name, "\"");
  }
  Names[Index] = Storage.emplace_back(Name);
  Ids.try_emplace(Names[Index], static_cast<int32_t>(Id));
  return absl::OkStatus();
}

std::optional<int32_t> TokenTable::lookUp(absl::string_view Name) const {
  int32_t Id = find(Name);
  return Id < 0 ? std::nullopt : std::optional<int32_t>(Id);
}

} // namespace stator::runtime
