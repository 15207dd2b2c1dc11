#include "runtime/core/tokenizer/ScoredMerges.h"
#include "runtime/core/Errors.h"
#include <algorithm>
#include <cmath>
#include <functional>

namespace stator::runtime {

constexpr size_t MaxTokenBytes = 1024;

absl::StatusOr<BpeMerges> scoredMerges(const TokenTable &Tokens,
                                       const std::vector<float> &Scores,
                                       absl::FunctionRef<bool(int32_t)> Takes) {
  // Equal scores have equal ranks, so that the leftmost pair is the first.
  std::vector<float> Ordered;
  for (float Score : Scores)
    if (!std::isnan(Score))
      Ordered.push_back(Score);
  std::ranges::sort(Ordered, std::greater<>());
  auto Repeated = std::ranges::unique(Ordered);
  Ordered.erase(Repeated.begin(), Repeated.end());

  struct Pair {
    int32_t Left, Right, Id;
    uint32_t Rank;
  };
  std::vector<Pair> Pairs;
  auto FindTaken = [&](absl::string_view Name) {
    int32_t Id = Tokens.find(Name);
    return Id >= 0 && Takes(Id) ? Id : -1;
  };
  for (int64_t I = 0; I < Tokens.size(); ++I) {
    auto Id = static_cast<int32_t>(I);
    absl::string_view Name = Tokens.name(Id);
    float Score = Scores[static_cast<size_t>(I)];
    // Of tokens with the same name one is found.
    if (Name.size() < 2 || std::isnan(Score) || FindTaken(Name) != Id)
      continue;
    if (Name.size() > MaxTokenBytes)
      return error("the token ", Id, " has ", Name.size(),
                   " bytes; tokens of more than ", MaxTokenBytes,
                   " are not supported");
    auto Rank =
        static_cast<uint32_t>(std::lower_bound(Ordered.begin(), Ordered.end(),
                                               Score, std::greater<>()) -
                              Ordered.begin());
    for (size_t Cut = 1; Cut < Name.size(); ++Cut) {
      int32_t Left = FindTaken(Name.substr(0, Cut));
      if (Left < 0)
        continue;
      int32_t Right = FindTaken(Name.substr(Cut));
      if (Right >= 0)
        Pairs.push_back({Left, Right, Id, Rank});
    }
  }
  BpeMerges Result(Pairs.size());
  for (const Pair &Merge : Pairs)
    Result.add(Merge.Left, Merge.Right, Merge.Rank, Merge.Id);
  return Result;
}

} // namespace stator::runtime
