#include "runtime/core/tokenizer/ByteTrie.h"
#include <algorithm>

namespace stator::runtime {

ByteTrie::ByteTrie(std::vector<std::pair<absl::string_view, int32_t>> Entries) {
  Nodes.emplace_back();
  std::sort(Entries.begin(), Entries.end());
  // Each node stands for the entries that have its prefix: a range, since they
  // are sorted. Nodes are made level by level.
  struct Range {
    size_t Begin, End, Depth;
  };
  std::vector<Range> Ranges = {{0, Entries.size(), 0}};
  for (size_t I = 0; I < Ranges.size(); ++I) {
    Range Whole = Ranges[I];
    size_t Begin = Whole.Begin;
    // Those that end here are in front of those that go on.
    while (Begin < Whole.End && Entries[Begin].first.size() == Whole.Depth) {
      if (Nodes[I].Value < 0 && Whole.Depth > 0)
        Nodes[I].Value = Entries[Begin].second;
      ++Begin;
    }
    Nodes[I].FirstEdge = static_cast<uint32_t>(Edges.size());
    while (Begin < Whole.End) {
      char Byte = Entries[Begin].first[Whole.Depth];
      size_t End = Begin + 1;
      while (End < Whole.End && Entries[End].first[Whole.Depth] == Byte)
        ++End;
      Edges.push_back(
          {static_cast<uint8_t>(Byte), static_cast<uint32_t>(Ranges.size())});
      ++Nodes[I].NumEdges;
      Ranges.push_back({Begin, End, Whole.Depth + 1});
      Nodes.emplace_back();
      Begin = End;
    }
  }
  for (uint32_t I = 0; I < Nodes[Root].NumEdges; ++I)
    FromRoot[Edges[I].Byte] = Edges[I].To;
}

uint32_t ByteTrie::next(uint32_t From, char Byte) const {
  auto Wanted = static_cast<uint8_t>(Byte);
  if (From == Root)
    return FromRoot[Wanted];
  const Edge *Begin = Edges.data() + Nodes[From].FirstEdge;
  const Edge *End = Begin + Nodes[From].NumEdges;
  const Edge *Found =
      std::lower_bound(Begin, End, Wanted, [](const Edge &E, uint8_t Label) {
        return E.Byte < Label;
      });
  return Found != End && Found->Byte == Wanted ? Found->To : Root;
}

ByteTrie::Found ByteTrie::longest(absl::string_view Text,
                                  size_t Position) const {
  Found Result;
  uint32_t At = Root;
  for (size_t I = Position; I < Text.size(); ++I) {
    At = next(At, Text[I]);
    if (At == Root)
      break;
    if (Nodes[At].Value >= 0)
      Result = {Nodes[At].Value, I + 1 - Position};
  }
  return Result;
}

size_t ByteTrie::findStart(absl::string_view Text, size_t Position) const {
  if (empty())
    return Text.size();
  for (; Position < Text.size(); ++Position)
    if (FromRoot[static_cast<uint8_t>(Text[Position])] != Root &&
        longest(Text, Position).Value >= 0)
      return Position;
  return Text.size();
}

} // namespace stator::runtime
