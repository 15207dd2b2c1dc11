//===- Parallel.h - work for all CPUs outside of programs -------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_PARALLEL_H
#define STATOR_RUNTIME_CORE_PARALLEL_H

#include "absl/functional/function_ref.h"
#include <cstdint>

namespace stator::runtime {

/// Calls \p Work with [Begin, End) for pieces of at most \p Piece that make up
/// [0, \p Total), in any order and from several threads at once.
void forPieces(uint64_t Total, uint64_t Piece,
               absl::FunctionRef<void(uint64_t Begin, uint64_t End)> Work);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_PARALLEL_H
