//===- Finite.h - NaN and infinity among many numbers -----------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_FINITE_H
#define STATOR_RUNTIME_CORE_FINITE_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace stator::runtime {

/// The bits of a float without its sign from which on it is not finite.
inline constexpr uint32_t BitsOfInfinity = 0x7F800000u;
/// The bits without the sign from which on a float rounds to a bf16 infinity.
inline constexpr uint32_t BitsBeyondBrainFloat = 0x7F7F8000u;

/// The index of the first of \p Values whose bits, without the sign, are
/// \p Limit or more: with BitsOfInfinity the first that is NaN or infinite.
std::optional<int64_t> findBeyond(const float *Values, int64_t Count,
                                  uint32_t Limit = BitsOfInfinity);

/// Error: some of the \p Logits are NaN or infinite, of either sign. The
/// message begins with \p Where and names the first such token.
absl::Status checkLogits(const float *Logits, int64_t Count,
                         absl::string_view Where);

/// The error for element number \p Element of a tensor of weights, which is
/// NaN, infinite, or beyond the range of bf16.
absl::Status wrongValue(absl::string_view Path, absl::string_view Name,
                        const std::vector<int64_t> &Shape, uint64_t Element,
                        float Value);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_FINITE_H
