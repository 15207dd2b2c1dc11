//===- Errors.h - statuses with the wording that users see ------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_ERRORS_H
#define STATOR_RUNTIME_CORE_ERRORS_H

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <string>

namespace stator::runtime {

/// An error whose message is the concatenation of \p Parts. What is wrong is
/// on the first line; further lines hold hints and lists.
template <typename... PartTypes> absl::Status error(const PartTypes &...Parts) {
  return absl::FailedPreconditionError(absl::StrCat(Parts...));
}

/// A mistake in the command line, which exits with another code.
template <typename... PartTypes>
absl::Status usageError(const PartTypes &...Parts) {
  return absl::InvalidArgumentError(absl::StrCat(Parts...));
}

/// "cannot <Action> <Path>: <what errno says>".
absl::Status fileError(absl::string_view Action, absl::string_view Path,
                       int Errno);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_ERRORS_H
