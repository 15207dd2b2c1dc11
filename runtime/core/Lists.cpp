#include "runtime/core/Lists.h"
#include "absl/strings/str_cat.h"

namespace stator::runtime {

void appendList(std::string &Message, absl::string_view Title,
                const std::vector<std::string> &Lines) {
  constexpr size_t MostShown = 8;
  if (Lines.empty())
    return;
  absl::StrAppend(&Message, "\n  ", Title, " (", Lines.size(), "):");
  for (size_t I = 0; I < Lines.size() && I < MostShown; ++I)
    absl::StrAppend(&Message, "\n    ", Lines[I]);
  if (Lines.size() > MostShown)
    absl::StrAppend(&Message, "\n    ... and ", Lines.size() - MostShown,
                    " more");
}

} // namespace stator::runtime
