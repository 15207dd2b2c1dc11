//===- StopText.h - where a text is to end ----------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_STOPTEXT_H
#define STATOR_RUNTIME_CORE_STOPTEXT_H

#include "absl/strings/string_view.h"
#include <string>
#include <vector>

namespace stator::runtime {

/// Lets a text through up to the first of some stop strings. What could be the
/// beginning of one is held back until it is known, so that no part of a stop
/// string is ever shown.
class StopText {
public:
  explicit StopText(std::vector<std::string> Stops) : Stops(std::move(Stops)) {}

  /// What can be shown of the text so far, now that \p Piece was added to it.
  std::string push(absl::string_view Piece);
  /// What was held back, at the end of the text.
  std::string finish();
  /// Whether a stop string has come. Nothing is let through any more.
  bool found() const { return Found; }

private:
  std::vector<std::string> Stops;
  std::string Held;
  bool Found = false;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_STOPTEXT_H
