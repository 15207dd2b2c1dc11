//===- BenchWorker.h - steps on demand, timed -------------------*- C++ -*-===//
//
// How `stator bench` runs a program: compiled or interpreted, every program has
// `--bench-worker` as its first argument for it. The driver writes commands to
// standard input, the worker answers each with one line of JSON on standard
// output. It takes no data: tokens are drawn from the seed, so that all workers
// of a model see the same.
//
//   (start)   {"flops_per_step", with blocks "bytes_per_step" (both of matmuls
//              and attention), "state_bytes", "arena_bytes", "launches":
//   [...]
//              (see describeLaunches), "base_bytes": resident before the state
//              and the arena, ...}
//   run N     {"ms": [...], "between_ms": [...], "losses": [...],
//              "resident_bytes": most ever, "launches": [[[launch, begin, end
//              in ns], ...], ...] if compiled with --profile}
//
// It ends with its input.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_BENCHWORKER_H
#define STATOR_RUNTIME_CORE_BENCHWORKER_H

#include "absl/status/statusor.h"
#include "runtime/core/program.h"
#include <string>
#include <vector>

namespace stator::runtime {

inline constexpr const char *BenchWorkerFlag = "--bench-worker";

/// Serves until the end of the input; \p Arguments are those after
/// `--bench-worker`: `--seed N`, `--threads N`, and at most one of `--prefill
/// N` and `--decode N`: then a step is not a whole forward but blocks that take
/// N tokens, as wide as fit, or N blocks of one token, from position 0 on.
/// Gives the exit code. Errors: wrong flags, a program without blocks or with
/// too small a context, a command that is none, too little memory.
absl::StatusOr<int> runBenchWorker(const StatorProgram &Program,
                                   const std::vector<std::string> &Arguments);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_BENCHWORKER_H
