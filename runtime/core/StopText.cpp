#include "runtime/core/StopText.h"
#include "absl/strings/match.h"
#include <algorithm>
#include <utility>

namespace stator::runtime {

std::string StopText::push(absl::string_view Piece) {
  if (Found)
    return "";
  Held.append(Piece.data(), Piece.size());
  size_t End = std::string::npos;
  for (const std::string &Stop : Stops)
    End = std::min(End, Held.find(Stop));
  if (End != std::string::npos) {
    Found = true;
    Held.resize(End);
    return std::exchange(Held, "");
  }
  size_t Kept = 0;
  for (const std::string &Stop : Stops)
    for (size_t Size = std::min(Stop.size() - 1, Held.size()); Size > Kept;
         --Size)
      if (absl::EndsWith(Held, absl::string_view(Stop).substr(0, Size)))
        Kept = Size;
  std::string Result = Held.substr(0, Held.size() - Kept);
  Held.erase(0, Result.size());
  return Result;
}

std::string StopText::finish() { return std::exchange(Held, ""); }

} // namespace stator::runtime
