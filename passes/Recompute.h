//===- Recompute.h - Recomputation for a memory budget ----------*- C++ -*-===//
//
// What stator-recompute leaves in the IR, and amounts of memory as text.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_RECOMPUTE_H
#define STATOR_PASSES_RECOMPUTE_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace stator {

/// On an op (unit): it runs where it stands, late, although its operands are
/// there early. Kernel formation does not put it into a kernel with ops that do
/// not have the attribute and run earlier.
inline constexpr llvm::StringLiteral RecomputedAttrName = "stator.recomputed";

/// On a module with a memory budget: a dictionary of `budget` (bytes), `values`
/// (that are recomputed), `saved` (bytes of arena) and `flops` (added).
inline constexpr llvm::StringLiteral RecomputeSummaryAttrName =
    "stator.recompute";

/// Bytes of a budget that are left to the program itself, its threads and its
/// data: a hundredth, at most 32 MiB.
int64_t getBudgetReserve(int64_t Budget);

/// Reads "3500000000", "3.5GB", "512MiB": a positive number and one of the
/// units B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024), or
/// none. Fractions of a byte are dropped. On failure `Error` says what is
/// wrong.
std::optional<int64_t> parseByteCount(llvm::StringRef Text, std::string &Error);

/// 1234567 as "1.23 MB".
std::string formatByteCount(double Bytes);

} // namespace stator

#endif // STATOR_PASSES_RECOMPUTE_H
