//===- State.h - the memory of a program ------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_STATE_H
#define STATOR_RUNTIME_CORE_STATE_H

#include "absl/status/statusor.h"
#include "runtime/core/program.h"
#include <cstdint>
#include <string>

namespace stator::runtime {

/// Zeroed memory, aligned to a huge page so that the kernel can use those.
class Memory {
public:
  Memory() = default;
  Memory(Memory &&Other) noexcept { *this = std::move(Other); }
  Memory &operator=(Memory &&Other) noexcept;
  ~Memory();

  /// \p Purpose names it in the error.
  static absl::StatusOr<Memory> allocate(uint64_t Bytes,
                                         absl::string_view Purpose);
  uint8_t *data() const { return Begin; }

private:
  uint8_t *Begin = nullptr;
  void *Mapping = nullptr;
  size_t MappedBytes = 0;
};

/// What a program runs on: its state, what decoding remembers, scratch, and a
/// buffer for its results.
struct ProgramMemory {
  Memory State, Cache, Arena, Result;
  uint8_t *SharedState = nullptr; ///< in place of a State of its own

  uint8_t *state() const { return SharedState ? SharedState : State.data(); }
  /// Null if the program has none.
  uint8_t *cache() const { return Cache.data(); }
  uint8_t *arena() const { return Arena.data(); }
  float *result() const { return reinterpret_cast<float *>(Result.data()); }
  float *tensor(const StatorTensor &Tensor) const {
    uint8_t *Block = Tensor.Role == STATOR_ROLE_CACHE ? cache() : state();
    return reinterpret_cast<float *>(Block + Tensor.Offset);
  }

  /// \p ResultElements floats for results; a state only if none is given to
  /// share. Error: more than nine tenths of what the machine has available.
  static absl::StatusOr<ProgramMemory> allocate(const StatorProgram &Program,
                                                uint64_t ResultElements,
                                                uint8_t *SharedState = nullptr);
};

/// Bytes an element of a tensor of STATOR_TYPE_* \p Type takes; 0 if there is
/// no such type.
uint64_t bytesOfType(int32_t Type);

/// Whether the table of \p Program holds together and is of this ABI.
absl::Status checkProgram(const StatorProgram &Program);

/// Fills every parameter as the table says. Element i of tensor t is drawn from
/// Philox with the counter (i, t, word, STATOR_RANDOM_INIT): uniform from word
/// 0; normal from words 0 and 1 by the cosine branch of Box and Muller (1958),
///   mean + deviation * sqrt(-2 ln(1 - u0)) * cos(2 pi u1),
/// computed in double and rounded to float. Moments and gradients become zero.
void initializeState(const StatorProgram &Program, uint8_t *State,
                     uint64_t Seed);

/// Name of a parameter or moment that holds NaN or infinity; null if all are
/// finite.
const char *findNonFinite(const StatorProgram &Program, const uint8_t *State);

/// Elements of all tensors with \p Role.
uint64_t countElements(const StatorProgram &Program, int32_t Role);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_STATE_H
