//===- ByteTrie.h - longest known string at a place -------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_BYTETRIE_H
#define STATOR_RUNTIME_CORE_TOKENIZER_BYTETRIE_H

#include "absl/strings/string_view.h"
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace stator::runtime {

/// Strings with numbers, to be walked byte by byte.
class ByteTrie {
public:
  struct Found {
    int32_t Value = -1; ///< -1: none
    size_t Size = 0;
  };

  ByteTrie() = default;
  /// Of equal strings the smallest value counts; empty ones are left out.
  /// Values are not negative. The strings need not outlive the trie.
  explicit ByteTrie(std::vector<std::pair<absl::string_view, int32_t>> Entries);

  bool empty() const { return Nodes.size() <= 1; }
  static constexpr uint32_t Root = 0;
  /// The node behind \p Byte; Root if there is none.
  uint32_t next(uint32_t Node, char Byte) const;
  /// Of the string that ends in \p Node, or -1.
  int32_t value(uint32_t Node) const { return Nodes[Node].Value; }

  /// The longest string that \p Text has at \p Position.
  Found longest(absl::string_view Text, size_t Position) const;
  /// The first place from \p Position on where a string begins, or the size of
  /// \p Text.
  size_t findStart(absl::string_view Text, size_t Position) const;

private:
  struct Node {
    uint32_t FirstEdge = 0;
    uint16_t NumEdges = 0;
    int32_t Value = -1;
  };
  struct Edge {
    uint8_t Byte;
    uint32_t To;
  };

  std::vector<Node> Nodes;
  std::vector<Edge> Edges; ///< of each node in the order of the bytes
  std::array<uint32_t, 256> FromRoot{};
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_BYTETRIE_H
