//===- Limits.h - How large a model file may be -----------------*- C++ -*-===//
//
// Far more than models take, and little enough that nothing overflows and no
// file takes all memory. They stand in docs/language.md too, and a test
// compares the two.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_LIMITS_H
#define STATOR_FRONTEND_LIMITS_H

#include <cstddef>
#include <cstdint>

namespace stator::limits {

constexpr size_t FileBytes = size_t(1) << 24;
/// Levels of braces, parentheses and operators.
constexpr unsigned Nesting = 200;
/// Operators and calls in one expression, one on top of the other.
constexpr unsigned ExpressionDepth = 250;

/// Elements of a tensor (32 GiB of f32).
constexpr int64_t Elements = int64_t(1) << 33;
/// The size of a dimension, which an i32 counts.
constexpr int64_t Dimension = (int64_t(1) << 31) - 1;
/// All parameters of a model together (4 TiB of f32; with moments and gradients
/// still far from where an offset in bytes would overflow).
constexpr int64_t Parameters = int64_t(1) << 40;
/// Parts of one tensor.
constexpr int64_t SplitParts = 4096;

/// Copies of a module in one `repeat`.
constexpr int64_t Repeats = 4096;
/// Modules of a model.
constexpr size_t Modules = size_t(1) << 18;
/// Modules in modules, and fns that are expanded in one another.
constexpr size_t ModuleDepth = 64;
constexpr size_t FnDepth = 64;
/// Expressions with all fns and modules expanded. Those that use each other
/// twice at every level grow without bound otherwise.
constexpr uint64_t Expressions = uint64_t(1) << 21;

constexpr int64_t Batch = int64_t(1) << 20;
constexpr int64_t Time = int64_t(1) << 24;
constexpr int64_t Steps = int64_t(1) << 40;

} // namespace stator::limits

#endif // STATOR_FRONTEND_LIMITS_H
