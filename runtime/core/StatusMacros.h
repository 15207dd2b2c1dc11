//===- StatusMacros.h - early return on errors ------------------*- C++ -*-===//
//
// The two macros that every user of absl::Status ends up writing; Abseil
// itself does not ship them.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_STATUSMACROS_H
#define STATOR_RUNTIME_CORE_STATUSMACROS_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define STATOR_RETURN_IF_ERROR(Expression)                                     \
  do {                                                                         \
    if (absl::Status StatorStatus = (Expression); !StatorStatus.ok())          \
      return StatorStatus;                                                     \
  } while (false)

#define STATOR_CONCATENATE_AGAIN(A, B) A##B
#define STATOR_CONCATENATE(A, B) STATOR_CONCATENATE_AGAIN(A, B)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot have them.
#define STATOR_ASSIGN_TO(Temporary, Declaration, Expression)                   \
  auto Temporary = (Expression);                                               \
  if (!Temporary.ok())                                                         \
    return Temporary.status();                                                 \
  Declaration = *std::move(Temporary)
// NOLINTEND(bugprone-macro-parentheses)

/// `STATOR_ASSIGN_OR_RETURN(T X, f());` declares X or returns f's error.
#define STATOR_ASSIGN_OR_RETURN(Declaration, Expression)                       \
  STATOR_ASSIGN_TO(STATOR_CONCATENATE(StatorResult, __LINE__), Declaration,    \
                   Expression)

#endif // STATOR_RUNTIME_CORE_STATUSMACROS_H
