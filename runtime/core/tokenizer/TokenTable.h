//===- TokenTable.h - names of tokens by id and back ------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TOKENTABLE_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TOKENTABLE_H

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// The names of tokens. Ids need not be given out without gaps; an id has one
/// name, a name may have several ids, of which the first that was added is
/// found.
class TokenTable {
public:
  /// No vocabulary is larger; a larger id is a damaged file, and must not make
  /// a table of its size.
  static constexpr int64_t MaxIds = int64_t{1} << 24;

  TokenTable() = default;
  TokenTable(TokenTable &&) noexcept = default;
  TokenTable &operator=(TokenTable &&) noexcept = default;
  TokenTable(const TokenTable &) = delete;
  TokenTable &operator=(const TokenTable &) = delete;

  void reserve(size_t Count);
  /// Errors: \p Id is negative or too large, or has another name already.
  absl::Status add(int64_t Id, absl::string_view Name);

  int64_t size() const { return static_cast<int64_t>(Names.size()); }
  /// Empty for an id that no token has.
  absl::string_view name(int32_t Id) const {
    return Id >= 0 && Id < size() ? Names[static_cast<size_t>(Id)]
                                  : absl::string_view();
  }
  /// -1 if there is none.
  int32_t find(absl::string_view Name) const {
    auto Found = Ids.find(Name);
    return Found == Ids.end() ? -1 : Found->second;
  }
  std::optional<int32_t> lookUp(absl::string_view Name) const;

private:
  std::deque<std::string> Storage; ///< strings that never move
  std::vector<absl::string_view> Names;
  absl::flat_hash_map<absl::string_view, int32_t> Ids;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TOKENTABLE_H
