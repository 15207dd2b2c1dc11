//===- ContextLimit.h - what bounds the length of a text --------*- C++ -*-===//
//
// The errors where a text does not fit into the context of a program, with
// advice that leads to a program into which it does.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_CONTEXTLIMIT_H
#define STATOR_RUNTIME_CORE_CONTEXTLIMIT_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/core/program.h"
#include <string>

namespace stator::runtime {

/// The tensor in which the weights of \p Program have a row for every position,
/// beyond which no --time can make the context longer; null if there is none.
const StatorTensor *findPositionTable(const StatorProgram &Program);

/// The error for \p What of \p Length tokens that are more than the context of
/// \p Program holds.
absl::Status beyondContext(const StatorProgram &Program, absl::string_view What,
                           int64_t Length);

/// What to do where a text has as many tokens as the context holds.
std::string adviceForMore(const StatorProgram &Program);

/// The error for \p What of \p Length tokens that are fewer than the prefix of
/// \p Program.
absl::Status withinPrefix(const StatorProgram &Program, absl::string_view What,
                          int64_t Length);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_CONTEXTLIMIT_H
