//===- Lists.h - lists in messages ------------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_LISTS_H
#define STATOR_RUNTIME_CORE_LISTS_H

#include "absl/strings/string_view.h"
#include <string>
#include <vector>

namespace stator::runtime {

/// Appends a list of problems of one kind that says how many there are and
/// shows the first few; nothing if there are none.
void appendList(std::string &Message, absl::string_view Title,
                const std::vector<std::string> &Lines);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_LISTS_H
